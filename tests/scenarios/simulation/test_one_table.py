"""How a body moves stands in one table: what slides or falls has its numbers there and nowhere else."""

import numpy as np

from scenarios.load import loads
from scenarios.simulation.dynamics.sliding import FallingState, SlidingState
from scenarios.simulation.dynamics.state_table import BOTTOM, SLIDE_VELOCITY, SLIDES, velocities
from scenarios.simulation.simulate import SimulationState

SCENE = """
name: slides
intent: One car skids, a truck loses its load.
duration: 3 s
road: {lanes: 2, opposite_lanes: 1}
ego: {lane: 0, speed: 18 km/h, drive: hold speed}
actors:
  spinner: {kind: car, lane: 1, ahead: 12 m, speed: 40 km/h}
  truck: {kind: truck, lane: 1, ahead: 45 m, speed: 30 km/h}
  crate: {kind: barrier, size: [1.2 m, 1.2 m, 1 m]}
story:
  - spinner skids to the left by 90 degrees after 0.3 s
  - truck drops the crate after 0.3 s
"""


def test_a_body_that_slides_or_falls_does_so_in_its_row():
    world = SimulationState(loads(SCENE)[0])
    assert not world.table[:, SLIDES].any()
    for _ in range(60):
        world.step()
    for name in ("spinner", "crate"):
        place = world.place[name]
        mover, row = world.movers[place], world.table[place]
        assert mover.slides
        assert row[SLIDES] == 1
        assert np.shares_memory(mover.skid.row, row)
        row[SLIDE_VELOCITY] = 3.0, -1.0
        assert mover.velocity().tolist() == velocities(world.table)[place].tolist() == [3.0, -1.0]
    crate = world.movers[world.place["crate"]]
    assert crate.bottom_m == world.table[world.place["crate"], BOTTOM] > 0
    assert np.shares_memory(crate.fall.row, world.table)
    before = crate.at
    world.step()
    assert crate.at[0] > before[0], "it goes on with the velocity that its row has"


def test_what_is_not_yet_a_bodys_own_has_a_row_of_its_own():
    one, other = SlidingState(np.array([1.0, 2.0]), 7.0), SlidingState(np.array([3.0, 4.0]), 7.0, side=-1)
    one.step(0.0, loads(SCENE)[0].placed[1].body.size, 0.1)
    assert other.velocity.tolist() == [3.0, 4.0]
    assert (one.side, other.side) == (1, -1)
    assert FallingState(2.0).bottom_m == 2.0

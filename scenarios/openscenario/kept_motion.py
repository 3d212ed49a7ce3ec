"""Checks that a written scenario moves as the file was played; where it does not, another form is written."""

from dataclasses import dataclass, replace

import numpy as np

from scenarios.load import loads
from scenarios.openscenario.actors.entities import Entity
from scenarios.openscenario.motion import in_map
from scenarios.openscenario.source.node import Report
from scenarios.openscenario.source.positions import WorldPosition
from scenarios.openscenario.story.trajectories import WholeMotion
from scenarios.openscenario.write_file import Drafted, draft_text
from scenarios.rollout import Rollout
from scenarios.simulation.simulate import simulate
from scenarios.source.errors import SpecErrors

CLOSE = 0.3, 0.25  # the largest deviation of a scenario from its file, m and m/s
LOOSE = 2.0, 1.0  # the same beside an ego that is driven
PLACED_M = 0.1  # deviation of places that is told


@dataclass(frozen=True)
class Deviating:
    """An entity that moves otherwise than in the file: by how much, and when first."""

    entity: Entity
    metres: float
    mps: float
    t_s: float


def kept_motion(drafted: Drafted, report: Report) -> bool:
    """Rewrite actors until all move as in the file: events by their conditions, then by time, then a trajectory.

    Beside an ego that is driven, events that answer to it are worth more than exact times: there a larger deviation is
    told instead. False, with a refusal, if an actor does not even move so on its trajectory.
    """
    board, loose = drafted.board, drafted.driven()
    limits = LOOSE if loose else CLOSE
    for _ in range(3 * len(drafted.stage.entities) + 3):
        try:
            scenario = loads(draft_text(drafted, Report(), driver=False), "imported.yaml")[0]
        except SpecErrors:
            return True  # the caller reports it
        rollout = simulate(scenario)
        worst = _deviating(drafted, rollout, limits)
        if worst is None:
            break
        name = worst.entity.name
        if name in board.motions:
            report.refuse(worst.entity.node.unsupported(f"{_by_how_much(worst)} on its own trajectory"))
            return False
        if name not in board.by_time and any(told.actor is worst.entity for told in board.told):
            board.by_time.add(name)
        else:
            board.motions[name] = worst.entity.node.unsupported(_by_how_much(worst))
    _tell(drafted, report)
    if loose and (worst := _deviating(drafted, rollout, CLOSE)) is not None:
        said = f"{worst.entity.id} moves up to {worst.metres:.1f} m and {worst.mps:.1f} m/s otherwise than in the file"
        worst.entity.node.differs(f"{said} beside an ego that keeps its speed; its events are kept")
    return True


def _by_how_much(found: Deviating) -> str:
    return f"its events would move it otherwise: {found.metres:.1f} m and {found.mps:.1f} m/s at {found.t_s:.1f} s"


def _deviating(drafted: Drafted, rollout: Rollout, limits: tuple[float, float]) -> Deviating | None:
    """The entity that first leaves its track, up to the first impact."""
    hits = [event.t_s for event in rollout.happenings if event.other]
    hits += [entity.hit_s for entity in drafted.stage.entities.values() if entity.hit_s is not None]
    until = int(np.searchsorted(rollout.t_s, min(hits, default=np.inf)))
    found = []
    for entity in drafted.stage.entities.values():
        if entity.name not in drafted.tracks or entity.id not in {body.id for body in rollout.bodies}:
            continue
        track, row = in_map(drafted.stage.course, drafted.tracks[entity.name]), rollout.index(entity.id)
        last = min(len(track), until)
        off = np.hypot(*(rollout.centre[:last, row, :2] - track[:last, :2]).T)
        faster = np.abs(rollout.speed_mps[:last, row] - track[:last, 3])
        faster[:1] = 0.0  # an event of the first step may set another speed
        loose = entity.name in drafted.board.motions  # points at frames: a speed that jumps is only seen at frames
        wrong = np.flatnonzero((off > limits[0]) | ((faster > limits[1]) & (not loose)))
        if len(wrong):
            found.append(Deviating(entity, float(off.max()), float(faster.max()), float(rollout.t_s[wrong[0]])))
    return min(found, key=lambda one: one.t_s, default=None)


def _tell(drafted: Drafted, report: Report) -> None:
    """What is written in another form than the file's, and how far places are from those of the file."""
    board = drafted.board
    for name, reason in board.motions.items():
        if not isinstance(reason, WholeMotion):
            said = f"{drafted.stage.entities[name].id} gets its motion as a trajectory instead of events: "
            report.approximated.append(replace(reason.remark, said=said + reason.remark.said))
    for told in drafted.written():
        if told.actor.name in board.by_time and told.begins_s is not None and told.trigger.after_s is None:
            told.node.differs(f"it begins at {told.begins_s:.2f} s, when its conditions hold as the file is played")
    moved = max((_misplaced(drafted, name) for name in drafted.tracks), default=0.0)
    if moved > PLACED_M:
        said = f"the road's line is approximated: places are up to {moved:.1f} m from the file's"
        drafted.ego.node.differs(said, "Road")


def _misplaced(drafted: Drafted, name: str) -> float:
    course, track = drafted.stage.course, drafted.tracks[name]
    if not course.kept_along:
        return 0.0
    here = in_map(course, track[::6])
    rigid = np.array([course.rigid(WorldPosition(x, y, h)) for x, y, h, _ in track[::6].tolist()])
    return float(np.hypot(*(here[:, :2] - rigid[:, :2]).T).max())

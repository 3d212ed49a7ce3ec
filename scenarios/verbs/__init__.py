"""Verbs of a story, one module each, or one for a few that belong together.

Owns the extension interface for verbs (`story_verb`): the spec of a verb, its phrases, its compilation and its motion.
A new verb is a module in one of the packages here and an entry in `VERBS`; docs/extending/story-verbs.md shows one.
"""

from scenarios.verbs.crossing.cross import CROSS
from scenarios.verbs.crossing.step_out import STEP_OUT
from scenarios.verbs.crossing.turn_back import TURN_BACK
from scenarios.verbs.junction.merge import MERGE
from scenarios.verbs.junction.run_red_light import RUN_RED_LIGHT
from scenarios.verbs.junction.stop_at_line import STOP_AT_LINE
from scenarios.verbs.junction.take_exit import TAKE_EXIT
from scenarios.verbs.junction.turn import TURN
from scenarios.verbs.lateral.follow_trajectory import FOLLOW_TRAJECTORY
from scenarios.verbs.lateral.lane_changes import CHANGE_LANE, CUT_IN, CUT_OUT
from scenarios.verbs.lateral.lose_control import LOSE_CONTROL
from scenarios.verbs.lateral.offset import OFFSET
from scenarios.verbs.lateral.overtake import OVERTAKE
from scenarios.verbs.lateral.pull_out import PULL_OUT
from scenarios.verbs.lateral.turn_around import TURN_AROUND
from scenarios.verbs.longitudinal.brake import BRAKE
from scenarios.verbs.longitudinal.change_speed import CHANGE_SPEED
from scenarios.verbs.longitudinal.follow import FOLLOW
from scenarios.verbs.longitudinal.hold_speed import HOLD_SPEED
from scenarios.verbs.longitudinal.reverse import REVERSE
from scenarios.verbs.longitudinal.stop import STOP
from scenarios.verbs.longitudinal.wait import WAIT
from scenarios.verbs.scene.drop import DROP
from scenarios.verbs.scene.open_door import OPEN_DOOR
from scenarios.verbs.scene.scene_edge import APPEAR, DISAPPEAR
from scenarios.verbs.story_verb import VerbRegistry

# In the order of docs/phrases.md, of the keys of an event's action, and of suggestions that are equally good.
VERBS = VerbRegistry((
    BRAKE, STOP, CHANGE_SPEED, HOLD_SPEED, FOLLOW, CUT_IN, CUT_OUT, CHANGE_LANE, OFFSET, CROSS, STEP_OUT, TURN,
    STOP_AT_LINE, RUN_RED_LIGHT, TAKE_EXIT, MERGE, DROP, APPEAR, DISAPPEAR,
    REVERSE, PULL_OUT, OVERTAKE, TURN_AROUND, TURN_BACK, WAIT, OPEN_DOOR, FOLLOW_TRAJECTORY, LOSE_CONTROL,
))  # fmt: skip

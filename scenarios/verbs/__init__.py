"""Verbs of a story, one module each.

Owns the extension interface for verbs (`story_verb`): the spec of a verb, its phrases, its compilation and its motion.
A new verb is a module here and an entry in `VERBS`; docs/extending/story-verbs.md shows one.
"""

from scenarios.verbs.follow_trajectory import FOLLOW_TRAJECTORY
from scenarios.verbs.lose_control import LOSE_CONTROL
from scenarios.verbs.open_door import OPEN_DOOR
from scenarios.verbs.overtake import OVERTAKE
from scenarios.verbs.pull_out import PULL_OUT
from scenarios.verbs.reverse import REVERSE
from scenarios.verbs.story_verb import VerbRegistry
from scenarios.verbs.turn_around import TURN_AROUND
from scenarios.verbs.turn_back import TURN_BACK
from scenarios.verbs.wait import WAIT

VERBS = VerbRegistry((
    REVERSE, PULL_OUT, OVERTAKE, TURN_AROUND, TURN_BACK, WAIT, OPEN_DOOR, FOLLOW_TRAJECTORY, LOSE_CONTROL,
))  # fmt: skip

"""The spec of a scenario file. Validated values are in SI units."""

import math
import re
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints, model_validator

from scenarios.model.environment import TIMES, WEATHERS, Environment, Sun, TimeOfDay, Weather
from scenarios.rollout import KEYFRAME_RATE_HZ, to_keyframe
from scenarios.source.errors import quoted
from scenarios.source.units import ANGLE, LENGTH, TIME, NotAQuantity, quantity, shown, spelling
from scenarios.spec.actor_spec import ActorSpec, EgoSpec
from scenarios.spec.base import Angle, Instant, Section, fault, measured, one_of
from scenarios.spec.road_spec import RoadSpec

LONGEST_ID = 32  # characters
WORDS_SAFE_AS_ID = f"letters a-z, digits, - or _, starting with a letter, at most {LONGEST_ID} of them, and not 'ego'"


def not_the_ego(name: str) -> str:
    """Refuses the name ego: the ego has its own section."""
    if name == "ego":
        raise fault("an actor called ego", WORDS_SAFE_AS_ID)
    return name


# Names are used in folder names: dots, slashes and spaces are not allowed.
Slug = Annotated[str, StringConstraints(strict=True, pattern=r"^[a-z0-9]+(?:-[a-z0-9]+)*\z", max_length=64)]
ActorId = Annotated[
    str,
    StringConstraints(strict=True, pattern=r"^[a-z][a-z0-9_-]*\z", max_length=LONGEST_ID),
    AfterValidator(not_the_ego),
]
Prose = Annotated[str, StringConstraints(strict=True, strip_whitespace=True, min_length=1, max_length=1000)]
SceneName = Annotated[str, StringConstraints(strict=True, pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*\z", max_length=64)]


class SunSpec(Section):
    height: Annotated[float, measured(ANGLE, math.radians(2), math.radians(70))] = Field(
        description="above the horizon, such as 8 deg"
    )
    bearing: Angle = Field(0.0, description="from the ego's first heading to the left, such as 10 deg; 0 deg: ahead")


class EnvironmentSpec(Section):
    time: Annotated[TimeOfDay, one_of(TimeOfDay)] = Field(TimeOfDay.DAY, description=", ".join(TIMES))
    weather: Annotated[Weather, one_of(Weather)] = Field(Weather.CLEAR, description=", ".join(WEATHERS))
    sun: SunSpec | None = Field(None, description="a mapping such as {height: 8 deg}: a low sun ahead of the ego")

    @model_validator(mode="after")
    def _by_day(self) -> "EnvironmentSpec":
        if self.sun is not None and not (TIMES[self.time].has_sun and WEATHERS[self.weather].has_sun):
            times, weathers = (" or ".join(r.name for r in x.values() if r.has_sun) for x in (TIMES, WEATHERS))
            raise fault(f"a sun at {self.time}, {self.weather}", f"a sun only by {times} in {weathers} weather")
        return self

    def environment(self) -> Environment:
        """Convert to numbers."""
        sun = None if self.sun is None else Sun(self.sun.height, self.sun.bearing)
        return Environment(self.time, self.weather, sun)


class Collision(StrEnum):
    ALLOWED = "allowed"
    NEVER = "never"
    REQUIRED = "required"


class EventsDone(StrEnum):
    """How the events of the story have to be done."""

    AS_ASKED = "as asked"
    AS_FAR_AS_POSSIBLE = "as far as possible"


Bounds = tuple[float, float]


def bounds(measure) -> BeforeValidator:
    """Reads "below 2 s", "above 1 s" or "between 1 s and 2 s" to (minimum, maximum)."""

    def read(written: object) -> Bounds:
        text = written.strip() if isinstance(written, str) else ""
        wanted = f"'below {measure.example}', 'above {measure.example}' or 'between {measure.example} and ...'"
        match = re.fullmatch(r"(below|above) (.+)|between (.+) and (.+)", text)
        if match is None:
            raise fault(quoted(written), wanted)
        try:
            ends = [quantity(part, measure) for part in match.groups()[1:] if part]
        except NotAQuantity as error:
            raise fault(quoted(written), f"{wanted}; {error.wanted}") from error
        least, most = {"below": (-float("inf"), ends[0]), "above": (ends[0], float("inf"))}.get(match[1], tuple(ends))
        if least >= most:
            raise fault(quoted(written), f"{wanted}, the smaller one first")
        return least, most

    one = spelling(measure)
    spelt = Field(
        pattern=f"^(?:(?:below|above) {one}|between {one} and {one})$",
        examples=[f"below {measure.example}"],
        json_schema_extra={"patternErrorMessage": f"wanted such as 'below {measure.example}' or 'above ...'"},
    )
    return BeforeValidator(read, json_schema_input_type=Annotated[str, spelt])


class ExpectSpec(Section):
    collision: Annotated[Collision, one_of(Collision)] = Field(
        Collision.ALLOWED, description="allowed, never or required"
    )
    min_ttc: Annotated[Bounds | None, bounds(TIME)] = Field(None, description="such as below 2 s")
    min_gap: Annotated[Bounds | None, bounds(LENGTH)] = Field(None, description="such as above 1 m")
    events: Annotated[EventsDone, one_of(EventsDone)] = Field(
        EventsDone.AS_ASKED,
        description="as asked, or as far as possible: an event may do less than it says, or not be possible",
    )

    @model_validator(mode="after")
    def _possible(self) -> "ExpectSpec":
        if self.collision is Collision.REQUIRED and self.min_gap is not None and self.min_gap[0] > 0:
            raise fault("a collision required and a gap that stays open", "expectations that can hold together")
        return self


def _said(written: object) -> str:
    """Words or a number. In braces YAML reads `type: a, b` as two keys, the second without a value."""
    if isinstance(written, bool) or not isinstance(written, str | int | float):
        raise fault(quoted(written), 'words or a number; words with a comma in them need quotes, such as "one, two"')
    return str(written)


Source = dict[str, Annotated[str, BeforeValidator(_said, json_schema_input_type=str | int | float)]]


def _to_a_keyframe(duration_s: float) -> float:
    """A clip ends on a keyframe, because only keyframes have annotations."""
    after_s = to_keyframe(duration_s)
    if abs(after_s - duration_s) > 1e-6:
        near = f"{shown(after_s - 1 / KEYFRAME_RATE_HZ, TIME)} or {shown(after_s, TIME)}"
        raise fault(shown(duration_s, TIME), f"whole half seconds, since a clip ends on a keyframe: {near}")
    return after_s


Duration = Annotated[float, measured(TIME, 1.0, 60.0), AfterValidator(_to_a_keyframe)]


class Common(Section):
    """Keys of both kinds of scenario: on a generated road and from a log."""

    name: Slug = Field(description="a name of a-z, 0-9 and single hyphens, at most 64 characters, such as cut-in-wet")
    intent: Prose = Field(description="a sentence that states the purpose of this scenario")
    source: Source = Field({}, max_length=20, description="a mapping such as {suite: nhtsa, type: cut-in}")
    duration: Duration = Field(6.0, description="a time of whole half seconds from 1 s to 60 s, such as 6 s or 6.5 s")
    environment: EnvironmentSpec = Field(EnvironmentSpec(), description="a mapping such as {time: dusk, weather: rain}")
    expect: ExpectSpec = Field(ExpectSpec(), description="a mapping such as {collision: never, min_ttc: below 2 s}")


class WorldSpec(Common):
    """A scenario on a generated road."""

    road: RoadSpec = Field(description="a mapping such as {kind: straight, lanes: 2}")
    ego: EgoSpec = Field(description="a mapping such as {lane: 0, speed: 50 km/h, drive: follow}")
    actors: dict[ActorId, ActorSpec] = Field(
        {}, max_length=64, description=f"a mapping from ids ({WORDS_SAFE_AS_ID}) to actors"
    )
    story: tuple[Any, ...] = Field((), max_length=64, description="a list of sentences or of {actor, when, do}")


class Start(Section):
    """The start in a real log; the log's folder is given on the command line, not in the file."""

    scene: SceneName = Field(description="the name of a scene of the log, such as scene-0002")
    start: Instant = Field(0.0, description="a time from the scene's start, such as 0.5 s")
    split: Slug | Literal[""] = Field("", description="the name of a split of the log")


class LogSpec(Common):
    """A scenario that starts from a real log."""

    from_: Start = Field(alias="from", description="a mapping such as {scene: scene-0002, start: 0 s}")

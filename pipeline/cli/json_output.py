"""The output of `--json`: one document for each command, described by the models below (docs/json-output.md).

`schema_version` grows when a field is renamed, removed or changes its meaning; a new field alone does not change it.
"""

from typing import TYPE_CHECKING, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field
from rich.console import Console

from outputs.verdict import Verdict
from scenarios.events.event_outcomes import EventOutcome
from scenarios.metrics.contact import SIDES
from scenarios.metrics.near_miss import NearMiss
from scenarios.scenario import Scenario
from scenarios.source.errors import SpecErrors

if TYPE_CHECKING:
    from conditioning.logs.log_fault import LogFault

SCHEMA_VERSION: Final = 1


class JsonPart(BaseModel):
    """A part of a document: unknown fields are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class JsonFault(JsonPart):
    """One mistake in a scenario file."""

    file: str
    line: int = Field(description="from 1; 0 if the fault has no place in the file")
    column: int = Field(description="from 1; 0 as for line")
    where: str = Field(description="path in the file, such as actors.lead.speed")
    found: str
    wanted: str


class JsonLogFault(JsonPart):
    """One kind of fault in a table of a log, with the first rows that have it."""

    kind: str = Field(description="stable name of the kind")
    table: str
    rows: tuple[str, ...] = Field(description="tokens of the first rows; empty: the whole table")
    count: int = Field(description="number of all these rows")
    found: str
    wanted: str
    refused: bool = Field(description="false: a remark, with which the log is read nevertheless")


class JsonLogScene(JsonPart):
    """A scene of a log."""

    version: str = Field(description="the folder of its tables")
    name: str
    lasts_s: float
    keyframes: int
    pictures: dict[str, int] = Field(description="number of pictures or sweeps by sensor")
    boxes: dict[str, int] = Field(description="number of boxes by category")
    left_out: dict[str, int] = Field(description="those of categories without a kind of body")
    readable: bool


class JsonScenario(JsonPart):
    """A concrete scenario: a file, or one variant of its sweep."""

    id: str
    name: str
    intent: str
    duration_s: float
    parameters: dict[str, Any] = Field(description="the sweep's values, as the author wrote them")


class JsonVerdict(JsonPart):
    """The result of one check."""

    id: str = Field(description="the check's stable name")
    check: str = Field(description="the same in words")
    outcome: str = Field(description="pass, fail or inconclusive")
    gates: bool = Field(description="false: a tag, which never rejects")
    value: float | None
    limit: float | None
    unit: str = Field(description="of value and limit")
    model: str
    reason: str


class JsonCollision(JsonPart):
    """A contact."""

    t_s: float
    actor: str
    other: str
    impact_mps: float | None = Field(description="relative speed at the contact, m/s")
    along_mps: float | None = Field(description="its component along the heading of actor, m/s")
    across_mps: float | None = Field(description="its component to the left of actor, m/s")


class JsonCriticalFigure(JsonPart):
    """A figure of the near miss."""

    value: float = Field(description="m or s")
    t_s: float
    other: str = Field(description="id of the other body")
    side: str = Field(description="of the ego: ahead, on the left, behind or on the right")


class JsonEncroachment(JsonPart):
    """A post-encroachment time."""

    value: float = Field(description="s")
    t_s: float = Field(description="when the second body reaches the place")
    other: str = Field(description="id of the other body")
    ego_first: bool


class JsonImpact(JsonPart):
    """The ego's first contact."""

    t_s: float
    other: str = Field(description="id of the other body")
    side: str = Field(description="of the ego: ahead, on the left, behind or on the right")
    speed_mps: float | None = Field(description="relative speed, m/s; null in a log")
    along_mps: float | None = Field(description="the ego's velocity relative to the other's, along its heading, m/s")
    across_mps: float | None = Field(description="the same, to its left, m/s")


class JsonNearMiss(JsonPart):
    """The near miss of a scenario: figures up to the ego's first contact."""

    contact: JsonImpact | None
    distance: JsonCriticalFigure | None = Field(
        description="least straight distance, m, of bodies that move or are met"
    )
    ttc: JsonCriticalFigure | None = Field(description="least time to collision, s; null: never about to happen")
    pet: JsonEncroachment | None = Field(description="least post-encroachment time; null: no path crosses the ego's")


class JsonAsked(JsonPart):
    """One quantity of an event: asked by the story, and done in the simulation."""

    what: str = Field(description="such as rate, speed, time")
    asked: float | str
    done: float | str | None = Field(description="null if the clip, another event or an impact ended it before")
    unit: str = Field(description="of both: s, m, m/s, m/s^2, rad; empty for words")
    bound: str = Field(description="at most, at least, or empty: the very value")
    tolerance: float
    kept: bool | None = Field(description="null if it could not be seen, or the author left the value open")
    text: str


class JsonEvent(JsonPart):
    """An event of the story: what it asked, and what was done."""

    event: str
    actor: str
    began_s: float | None = Field(description="null if its trigger never held")
    ended_s: float | None
    end: str = Field(
        description="ended, ended by a later event, not over at the end of the clip, could not be done, did not begin"
    )
    why: str
    excused: str = Field(description="the impact before it after which its actor could not act")
    failed: bool = Field(description="whether it fell short of what it was asked")
    asked: tuple[JsonAsked, ...]


class JsonChecked(JsonPart):
    """A scenario with the results of the physics checks."""

    scenario: JsonScenario
    possible: bool
    as_expected: bool = Field(description="whether it ends as the file's expect requires")
    ended: str
    lasted_s: float
    near_miss: JsonNearMiss
    collisions: tuple[JsonCollision, ...]
    events: tuple[JsonEvent, ...] = Field(description="what every event of the story asked, and what was done")
    verdicts: tuple[JsonVerdict, ...]


class JsonExplained(JsonPart):
    """The meaning of a file."""

    file: str
    text: str
    scenarios: tuple[JsonScenario, ...]
    dropped: dict[str, int] = Field(description="number of combinations that each constraint of the sweep excludes")


class JsonShipped(JsonPart):
    """A shipped scenario file."""

    name: str
    group: str
    intent: str
    scenarios: int


class JsonCase(JsonPart):
    """A case that a search found."""

    id: str
    file: str
    values: dict[str, Any]
    figures: tuple[float, ...] = Field(description="by measure; 100 m/s²: no braking suffices")
    impact_mps: float | None
    near_miss: JsonNearMiss


class JsonFailure(JsonPart):
    """A clip that could not be made."""

    clip: str
    scenario: str = Field(description="its id")
    name: str
    seed: int
    reason: str
    trace: str
    attempts: int
    passing: bool = Field(description="the machine failed, so that another try may succeed")


class JsonDocument(JsonPart):
    """The first fields of every document."""

    schema_version: Literal[1] = SCHEMA_VERSION
    ok: bool = Field(description="whether the exit code is 0")


class CheckDocument(JsonDocument):
    """`nearmiss check --json`"""

    command: Literal["check"] = "check"
    scenarios: tuple[JsonChecked, ...]
    left_out: tuple[str, ...] = Field(description="scenarios that start from a log, if no --log was given")
    dropped: int
    faults: tuple[JsonFault, ...]
    log: tuple[JsonLogFault, ...] = Field((), description="remarks on the log, with which it is read nevertheless")


class CheckLogDocument(JsonDocument):
    """`nearmiss check-log --json`"""

    command: Literal["check-log"] = "check-log"
    log: str
    scenes: tuple[JsonLogScene, ...]
    faults: tuple[JsonLogFault, ...]


class ExplainDocument(JsonDocument):
    """`nearmiss explain --json`"""

    command: Literal["explain"] = "explain"
    files: tuple[JsonExplained, ...]
    faults: tuple[JsonFault, ...]


class LibraryDocument(JsonDocument):
    """`nearmiss library --json`"""

    command: Literal["library"] = "library"
    files: tuple[JsonShipped, ...]


class SearchDocument(JsonDocument):
    """`nearmiss search --json`"""

    command: Literal["search"] = "search"
    file: str
    out: str
    measures: tuple[str, ...]
    units: tuple[str, ...]
    seed: int
    trials: int
    fates: dict[str, int] = Field(description="number of trials by outcome")
    frontier: tuple[JsonCase, ...] = Field(description="the worst case first")


class StatusDocument(JsonDocument):
    """`nearmiss status --json`"""

    command: Literal["status"] = "status"
    run: str
    renderer: str = Field(description="name of the renderer of the frames")
    phase: str = Field(description="running, complete or stopped")
    wanted: int = Field(description="clips of the run's requests")
    accepted: int
    rejected: int
    missing: int
    extra: int = Field(description="clips that belong to no request any more")
    faulty: int = Field(description="scenario files with faults")
    failed: tuple[JsonFailure, ...] = Field(description="failed clips, which are among the missing ones")
    damaged: tuple[tuple[str, str], ...] = Field(description="damaged finished clips, each with its damage")
    working: tuple[tuple[str, str, float], ...] = Field(description="clip, stage, seconds in it")
    holder: dict[str, str] | None = Field(description="the process that has locked the folder")
    began: str
    why: str = Field(description="how the last start ended")
    next: str = Field(description="the command to continue")


DOCUMENTS: tuple[type[JsonDocument], ...] = (
    CheckDocument, CheckLogDocument, ExplainDocument, LibraryDocument, SearchDocument, StatusDocument,
)  # fmt: skip


def faults_json(faults: tuple[SpecErrors, ...]) -> tuple[JsonFault, ...]:
    return tuple(
        JsonFault(file=str(some.path), line=one.line, column=one.column, where=one.where, found=one.found,
                  wanted=one.wanted)
        for some in faults
        for one in some.faults
    )  # fmt: skip


def log_fault_json(fault: "LogFault") -> JsonLogFault:
    return JsonLogFault(**{name: getattr(fault, name) for name in JsonLogFault.model_fields})


def scenario_json(scenario: Scenario) -> JsonScenario:
    return JsonScenario(
        id=scenario.id, name=scenario.name, intent=scenario.intent, duration_s=scenario.duration_s,
        parameters=dict(scenario.parameters),
    )  # fmt: skip


def near_miss_json(near: NearMiss) -> JsonNearMiss:
    hit = near.contact
    contact = hit and JsonImpact(
        t_s=hit.t_s, other=hit.other, side=SIDES[hit.side], speed_mps=hit.speed_mps, along_mps=hit.along_mps,
        across_mps=hit.across_mps,
    )  # fmt: skip
    distance, ttc = (
        one and JsonCriticalFigure(value=one.value, t_s=one.t_s, other=one.other, side=one.where)
        for one in (near.distance, near.ttc)
    )
    pet = near.pet and JsonEncroachment(
        value=near.pet.value, t_s=near.pet.t_s, other=near.pet.other, ego_first=near.pet.ego_first
    )
    return JsonNearMiss(contact=contact, distance=distance, ttc=ttc, pet=pet)


def verdict_json(verdict: Verdict) -> JsonVerdict:
    return JsonVerdict(**{name: getattr(verdict, name) for name in JsonVerdict.model_fields})


def event_json(one: EventOutcome) -> JsonEvent:
    asked = tuple(
        JsonAsked(
            what=part.what, asked=part.asked, done=part.done, unit=part.unit, bound=part.bound,
            tolerance=part.tolerance, kept=part.kept, text=part.text,
        )
        for part in one.asked
    )  # fmt: skip
    return JsonEvent(
        event=one.event, actor=one.actor, began_s=one.began_s, ended_s=one.ended_s, end=one.end, why=one.why,
        excused=one.excused, failed=one.failed, asked=asked,
    )  # fmt: skip


def print_document(document: JsonDocument, console: Console) -> None:
    """Print the document without line breaks at the terminal's width."""
    text = document.model_dump_json(indent=1)
    console.print(text, markup=False, highlight=False, soft_wrap=True)


def page() -> str:
    """docs/json-output.md, generated from the models: every document and its parts."""
    lines = [*_INTRODUCTION.splitlines(), *(line for model in DOCUMENTS for line in _section(model))]
    parts = [model for model in JsonPart.__subclasses__() if model is not JsonDocument]
    return "\n".join([*lines, *(line for model in parts for line in _section(model))]) + "\n"


def _section(model: type[JsonPart]) -> list[str]:
    about = (model.__doc__ or "").strip()
    title = about if issubclass(model, JsonDocument) else model.__name__
    lines = ["", f"## {title}", ""] + ([] if issubclass(model, JsonDocument) else [about, ""])
    lines += ["| field | type | meaning |", "| --- | --- | --- |"]
    for name, field in model.model_fields.items():
        kind = field.annotation.__name__ if isinstance(field.annotation, type) else str(field.annotation)
        kind = kind if "[" not in str(field.annotation) else str(field.annotation)
        plain = kind.replace("typing.", "").replace(f"{__name__}.", "").replace("|", "or")
        lines.append(f"| `{name}` | {plain} | {field.description or ''} |")
    return lines


_INTRODUCTION = """\
# JSON output and exit codes

With `--json`, `check`, `check-log`, `explain`, `library`, `search` and `status` print one JSON document and nothing
else on standard output; messages about misuse go to standard error. This page is generated from the models in
`pipeline/cli/json_output.py`. `schema_version` grows when a field is renamed, removed or changes its meaning. Ids,
units and words are those of the text output.

| exit code | meaning |
| --- | --- |
| 0 | success |
| 1 | a file or log has faults, a scenario is impossible or misses its `expect`, a clip failed, or nothing was found |
| 2 | misuse: an unknown name or option, a file or folder that cannot be used |
| 130 | stopped by Ctrl-C |
| 143 | stopped by SIGTERM; running clips were finished or dropped |
"""

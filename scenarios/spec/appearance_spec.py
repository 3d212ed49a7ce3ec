"""The spec of an actor's kind and appearance: kind, size, livery, colour."""

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from scenarios.model.bodies import CALLED, LIVERIED, VARIANTS, Colour, Kind, Livery
from scenarios.model.kinds.registry import KINDS
from scenarios.source.errors import nearest, quoted
from scenarios.source.units import SPEED, shown
from scenarios.spec.base import Extents, Section, fault, one_of

SIZE = "three lengths: length, width, height, such as [4.4 m, 1.8 m, 1.5 m]"


def _kind(written: object) -> Kind:
    if isinstance(written, str) and written in list(Kind):
        return Kind(written)
    if isinstance(written, str) and written in CALLED:
        raise fault(quoted(written), f"{CALLED[written]}, as it is called here; or one of {', '.join(WRITTEN)}")
    raise fault(quoted(written), nearest(written if isinstance(written, str) else "", WRITTEN))


WRITTEN = (*map(str, Kind), *VARIANTS)
KindWritten = Annotated[Kind, BeforeValidator(_kind, json_schema_input_type=Literal[WRITTEN])]
WHAT = f"one of {', '.join(Kind)}; {', '.join(VARIANTS)} define the size as well"
LIVERIES = f"one of {', '.join(Livery)}: the paint and lamps of a vehicle"
COLOURS = f"one of {', '.join(Colour)}: the colour of paint, load, coat or jacket"


def _sized(raw: Any) -> Any:
    """Expands variants: `kind: dog` is an animal of a dog's size by default, `kind: ambulance` a van in its livery."""
    variant = VARIANTS.get(raw["kind"]) if isinstance(raw, dict) and isinstance(raw.get("kind"), str) else None
    if variant is None:
        return raw
    size = [f"{m} m" for m in (variant.size.length_m, variant.size.width_m, variant.size.height_m)]
    said = {**raw, "kind": variant.kind}
    if variant.livery is not Livery.PLAIN:
        said = {"livery": variant.livery} | said
    if not isinstance(raw.get("box"), dict):
        return {"size": size} | said
    return said | {"box": {"size": size} | raw["box"]}


class AppearanceSpec(Section):
    """The kind and appearance of an actor."""

    kind: KindWritten = Field(description=WHAT)
    livery: Annotated[Livery, one_of(Livery)] = Field(Livery.PLAIN, description=LIVERIES)
    colour: Annotated[Colour, one_of(Colour)] = Field(Colour.ANY, description=COLOURS)
    _sized = model_validator(mode="before")(_sized)

    @model_validator(mode="after")
    def _liveried(self) -> "AppearanceSpec":
        if self.livery is not Livery.PLAIN and self.kind not in LIVERIED[self.livery]:
            raise fault(f"{self.livery} livery on a {self.kind}", f"it on {' or '.join(LIVERIED[self.livery])}")
        return self


class SizedActorSpec(AppearanceSpec):
    """An actor with a size in its section."""

    size: Extents | None = Field(None, description=SIZE)


def too_fast(kind: Kind) -> str:
    """The correction of a speed above a kind's limit."""
    fastest = KINDS[kind].dynamics.fastest_mps
    assert fastest is not None
    return f"at most {shown(fastest, SPEED)}, the maximum speed of that kind"

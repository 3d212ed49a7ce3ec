"""A tram: a single car on rails in the street."""

from scenarios.model.kinds.actor_kind import (
    ActorKind,
    AttributeGroup,
    Dynamics,
    Footing,
    Manner,
    Mass,
    MassPer,
    NuScenesNames,
    OpenScenarioElement,
    OpenScenarioNames,
    Size,
)
from scenarios.model.kinds.listed import Kind

TRAM = ActorKind(
    Kind.TRAM,
    Size(14.7, 2.5, 3.6),  # a Tatra T6A5 with its pantograph lowered: one rigid car, since a body is one box
    Mass(1300.0, MassPer.METRE),  # 19 t
    Footing.FOUR_WHEELS,
    # nuScenes has no rail vehicle. A rigid bus is the most similar category: a long vehicle that carries passengers
    # along a street. So it counts as a bus in the detection task.
    NuScenesNames("vehicle.bus.rigid", AttributeGroup.VEHICLE),
    OpenScenarioNames(OpenScenarioElement.VEHICLE, "tram", {"tram": ""}),
    Manner.DRIVES,
    # Passengers stand: 1.0 to 1.3 m/s^2 in service. Hardest: an emergency stop with track brakes (EN 13452-1).
    Dynamics(
        speeding_up_mps2=1.0, slowing_down_mps2=1.2, stopping_mps2=1.3, at_line_mps2=1.2, hardest_mps2=2.8,
        fastest_mps=80 / 3.6, crossing_mps=20 / 3.6,
    ),
    words=("streetcar",),
    groups=("vehicle",),
    on_rails=True,
)  # fmt: skip
KINDS = (TRAM,)

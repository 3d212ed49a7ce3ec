"""A tram: a single car on rails in the street.

Sources. Size and mass: Tatra T6A5, 14.7 m x 2.5 m, 18.7 t (https://en.wikipedia.org/wiki/Tatra_T6A5); its roof is
3.17 m high, what a lowered pantograph adds is assumed. Top speed: 80 km/h, Skoda ForCity Smart
(https://www.skodagroup.com/de/reference/strassenbahn-forcity-smart-ostrava); the T6A5 itself reaches 65 km/h.
Emergency braking: BOStrab annex 2, table 2 asks for a mean of at least 1.71 m/s^2 from 20 km/h to 2.73 m/s^2 from
70 km/h, on dry and level track (https://gesetze.legal/bund/bostrab/anlage_2). Tests reached peaks of 3.5 m/s^2 in 1990
and of 4.9 m/s^2 with a tram of 2017 (https://salingre.de/06_s-bahn-verzoegerung.html). The limit of 2.8 m/s^2 here, a
tram that just meets the rule at speed, is an assumption of this project, and so are all rates of ordinary driving.
"""

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
    Size(14.7, 2.5, 3.6),  # one rigid car, since a body is one box
    Mass(1300.0, MassPer.METRE),  # 19 t
    Footing.FOUR_WHEELS,
    # nuScenes has no rail vehicle. A rigid bus is the most similar category: a long vehicle that carries passengers
    # along a street. So it counts as a bus in the detection task.
    NuScenesNames("vehicle.bus.rigid", AttributeGroup.VEHICLE),
    OpenScenarioNames(OpenScenarioElement.VEHICLE, "tram", {"tram": ""}),
    Manner.DRIVES,
    # Passengers stand: 1.0 to 1.3 m/s^2 in service. Hardest: an emergency stop with track brakes.
    Dynamics(
        speeding_up_mps2=1.0, slowing_down_mps2=1.2, stopping_mps2=1.3, at_line_mps2=1.2, hardest_mps2=2.8,
        fastest_mps=80 / 3.6, crossing_mps=20 / 3.6,
    ),
    words=("streetcar",),
    groups=("vehicle",),
    on_rails=True,
)  # fmt: skip
KINDS = (TRAM,)

"""Driver models: IDM car following, and the emergency braking of named models."""

from dataclasses import dataclass
from typing import no_type_check

from scenarios.numba_cache import njit

G = 9.81
IDM_ACCELERATION = 1.5  # m/s^2; Treiber's model, usual range 1-3
IDM_COMFORT_DECEL = 2.0  # m/s^2; usual range 1.5-5
IDM_TIME_GAP_S = 1.5
IDM_STANDSTILL_GAP_M = 2.0
IDM_EXPONENT = 4.0
USUAL_DRIVER = "r157 careful"  # where a file names no driver


@dataclass(frozen=True)
class DriverModel:
    """A driver model with emergency braking.

    The driver brakes `pedal_s` seconds after the risk is visible; the deceleration increases linearly to `decel_mps2`
    within `build_up_s`. An emergency is a TTC below `critical_ttc_s` that needs hard braking or, with
    `heeds_brake_lights`, a braking leader. `emergency` False: car following by IDM only.
    """

    name: str
    pedal_s: float
    decel_mps2: float
    build_up_s: float
    critical_ttc_s: float
    heeds_brake_lights: bool
    emergency: bool
    source: str

    @property
    def jerk(self) -> float:
        """Increase of the deceleration, m/s^3."""
        return self.decel_mps2 / self.build_up_s


# UN R157 counts 0.4 s of risk perception and 0.75 s of delay: 1.15 s in all until braking is in effect. Published
# worked values take a step at 1.15 s; a pressure that builds over 0.6 s gives them when it starts 0.25 s earlier.
_R157_PEDAL_S = 0.4 + 0.75 - 0.25

_MODELS = (
    DriverModel(
        "r157 careful", _R157_PEDAL_S, 0.774 * G, 0.6, 2.0, True, True,
        "UN R157 careful and competent driver: 0.4 s risk + 0.75 s delay, 0.774 g reached in 0.6 s",
    ),
    DriverModel(
        "attentive", 0.4, 0.9 * G, 0.3, 2.5, True, True,
        "0.5 s until 0.9 g is in effect (0.3 s build-up around it); the quick driver of the worked values",
    ),
    DriverModel(
        "aashto", 2.5, 3.4, 0.6, 4.0, True, True, "AASHTO stopping sight distance: 2.5 s, 3.4 m/s^2",
    ),
    DriverModel(
        "aeb r157", 0.0, 0.85 * G, 0.6, 1.5, False, True, "UN R157 AEB: 0.85 g within 0.6 s at TTC 1.5 s",
    ),
    DriverModel("idm", 0.0, 5.0, 0.6, 0.0, False, False, "Intelligent Driver Model alone, no emergency brake"),
)  # fmt: skip
DRIVERS: dict[str, DriverModel] = {m.name: m for m in _MODELS}


def driver(name: str) -> DriverModel:
    """The driver model of that name; ValueError lists the known names."""
    if name not in DRIVERS:
        raise ValueError(f"no driver {name!r}; there are {', '.join(sorted(DRIVERS))}")
    return DRIVERS[name]


@njit(cache=True, nogil=True)
@no_type_check
def free_acceleration(speed, desired):
    """Acceleration towards the desired speed on an empty road, m/s^2 (improved IDM)."""
    if desired < 0.01:
        return -IDM_COMFORT_DECEL if speed > 0 else 0.0
    if speed <= desired:
        return IDM_ACCELERATION * (1 - (speed / desired) ** IDM_EXPONENT)
    exponent = IDM_ACCELERATION * IDM_EXPONENT / IDM_COMFORT_DECEL
    return -IDM_COMFORT_DECEL * (1 - (desired / speed) ** exponent)


@njit(cache=True, nogil=True)
@no_type_check
def idm(speed, desired, gap, lead_speed, time_gap=IDM_TIME_GAP_S):
    """Improved IDM (Treiber & Kesting 2013, ch. 11.3.8): no braking at the desired speed and gap. SI."""
    free = free_acceleration(speed, desired)
    closing = speed * (speed - lead_speed) / (2 * (IDM_ACCELERATION * IDM_COMFORT_DECEL) ** 0.5)
    wanted = IDM_STANDSTILL_GAP_M + max(0.0, speed * time_gap + closing)
    ratio = min(wanted / max(gap, 0.1), 10.0)
    if speed > desired:
        return free if ratio < 1 else free + IDM_ACCELERATION * (1 - ratio**2)
    if ratio >= 1:
        return IDM_ACCELERATION * (1 - ratio**2)
    return free * (1 - ratio ** (2 * IDM_ACCELERATION / max(free, 1e-6))) if free > 1e-6 else 0.0


@njit(cache=True, nogil=True)
@no_type_check
def accepted_time_gap(speed, gap, lead_speed):
    """The time gap that a driver keeps: 1.5 s, or the shorter one at the start behind an equally fast leader."""
    if speed < 1 or lead_speed < speed - 0.5:
        return IDM_TIME_GAP_S
    return min(IDM_TIME_GAP_S, max(0.2, (gap - IDM_STANDSTILL_GAP_M) / speed))

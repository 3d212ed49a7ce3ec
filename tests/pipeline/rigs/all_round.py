"""A scenario with bodies on all sides of the ego, and rigs for it."""

from pathlib import Path

ALL_ROUND = """\
name: all-round
intent: Bodies on every side of the ego.
duration: 1 s
road: {kind: straight, lanes: 3, opposite_lanes: 0, lane_width: 3.5 m, surface: dry}
environment: {time: day, weather: clear}
ego: {lane: 1, speed: 10 km/h, drive: hold speed}
actors:
  lead: {kind: car, ahead: 12 m, lane: 1, speed: 10 km/h}
  bus-left: {kind: bus, box: {at: [9 m, 7 m], size: [7 m, 2.5 m, 3 m], heading: 0 deg}}
  truck-right: {kind: truck, box: {at: [9 m, -7 m], size: [7 m, 2.5 m, 3 m], heading: 0 deg}}
  child-left: {kind: child, box: {at: [7 m, 4.5 m], heading: 0 deg}}
  cone-right: {kind: cone, box: {at: [6.5 m, -4.5 m], heading: 0 deg}}
  adult-behind-left: {kind: pedestrian, box: {at: [-1.5 m, 6.5 m], heading: 0 deg}}
  barrier-behind-right: {kind: barrier, box: {at: [-1 m, -6 m], heading: 0 deg}}
  car-behind: {kind: car, behind: 12 m, lane: 1, speed: 10 km/h}
  motorcycle-behind-left: {kind: motorcycle, behind: 5 m, lane: 2, speed: 10 km/h}
  van-behind-right: {kind: van, behind: 6 m, lane: 0, speed: 10 km/h}
"""

PAIR = """\
[[camera]]
name = "CAM_LEFT"
width = 1280
height = 720
focal_px = 900.0
at_m = [1.6, 0.3, 1.4]
yaw_deg = 60.0
pitch_deg = 5.0

[[camera]]
name = "CAM_RIGHT"
width = 1280
height = 720
focal_px = 900.0
at_m = [1.6, -0.3, 1.4]
yaw_deg = -60.0
pitch_deg = 5.0
"""


def scenario_in(folder: Path) -> str:
    """Write the scenario's file."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "all-round.yaml").write_text(ALL_ROUND, encoding="utf-8")
    return str(folder / "all-round.yaml")


def pair_in(folder: Path, name: str = "pair.toml", text: str = PAIR) -> str:
    """Write a rig file with two cameras that look to the sides."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(text, encoding="utf-8")
    return str(folder / name)

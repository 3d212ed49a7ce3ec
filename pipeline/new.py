"""A first scenario file for a new author."""

from pathlib import Path

from pipeline.errors import UserError
from pipeline.runs import safe_name

TEMPLATE = """\
# A scenario: what a test engineer would say aloud. Every quantity carries its unit.
#   nearmiss explain {file}     what was understood
#   nearmiss check {file}       whether it is physically possible
#   nearmiss preview {file}     a drawing, in seconds
#   nearmiss generate {file}    clips, dataset and report
name: {name}
intent: The car ahead brakes hard on a wet road while the ego follows closely.
source: {{suite: own, type: lead vehicle decelerating}}
duration: 6 s

road: {{kind: straight, lanes: 2, lane_width: 3.5 m, surface: wet}}     # or kind: curve, radius: 200 m
environment: {{time: dusk, weather: rain}}        # day dusk night; clear rain fog snow

ego: {{lane: 1, speed: 50 km/h, drive: follow}}   # lanes are counted from the right, 0 first

actors:
  lead: {{kind: car, ahead: 15 m, lane: 1, speed: 50 km/h}}             # 15 m free gap, bumper to bumper

story:
  - lead brakes at 6 m/s^2 after 1.5 s

sweep:                                            # every combination becomes a scenario of its own
  actors.lead.ahead: [12 m, 20 m]

expect: {{collision: allowed, min_ttc: below 4 s}}
"""


def write_new(path: Path) -> Path:
    """Write the template to `path`, which must not exist yet; `.yaml` is added where it is missing."""
    path = path if path.suffix in (".yaml", ".yml") else path.with_name(path.name + ".yaml")
    text = TEMPLATE.format(name=safe_name(path.stem), file=path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8") as stream:
            stream.write(text)
    except FileExistsError:
        raise UserError(f"{path} exists; give another name") from None
    return path

"""A weather is one record in each half: the page's example is a weather like any other."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Annotated

import pytest
from pydantic import TypeAdapter, ValidationError

from scenarios.model.environment import SURFACES, TIMES, WEATHERS, RecordError, Weather, by_name
from scenarios.spec.base import one_of

ROOT = Path(__file__).resolve().parents[3]
PAGE = (ROOT / "docs" / "extending" / "weather.md").read_text(encoding="utf-8")
# In a process of its own: the tests' check of types knows only the weathers that are listed.
PROGRAM = """
from dataclasses import replace
from enum import StrEnum
import numpy as np
from conditioning.assets.scenery import build_scenery
from conditioning.geometry.rigs import FRONT
from conditioning.renderer import procedural, weather as looks
from scenarios.load import loads
from scenarios.model import environment
from scenarios.simulation.simulate import simulate

listed = StrEnum("Weather", [(w.name, w.value) for w in environment.Weather] + [{listed}])
try:
    environment.by_name(listed, environment.WEATHERS.values())
except environment.RecordError as error:
    print(error)
environment.Weather = looks.Weather = listed
record, look = eval({record!r}, vars(environment)), eval({look!r}, vars(looks))
environment.WEATHERS = environment.by_name(listed, (*environment.WEATHERS.values(), record))
looks.WEATHER_LOOKS = environment.by_name(listed, (*looks.WEATHER_LOOKS.values(), look))
(scenario,) = loads({street!r}, "street.yaml")
rollout = simulate(scenario)
for weather in ("hail", "rain", "snow"):
    there = replace(rollout, environment=environment.Environment(weather=listed(weather)))
    a, b = procedural.render_procedural(there, build_scenery(there), FRONT.resized(72, 128), 0, [0, 1]).astype(int)
    print(weather, a.mean(), np.abs(a - b).mean())
"""
STREET = """\
name: street
intent: Something to look at.
duration: 1 s
road: {lanes: 2}
ego: {lane: 0, speed: 30 km/h, drive: hold speed}
"""


def block(first_line: str) -> str:
    """A code block of the page, by its first line."""
    (code,) = re.findall(rf"```python\n# {re.escape(first_line)}\n(.*?)```", PAGE, re.DOTALL)
    return code.rstrip()


def test_the_page_s_example_is_drawn():
    listed = "(" + block("scenarios/model/environment.py, in Weather").replace("HAIL =", '"HAIL",') + ")"
    record = block("scenarios/model/environment.py, in WEATHERS")
    look = block("conditioning/renderer/weather.py, in WEATHER_LOOKS")
    program = PROGRAM.format(listed=listed, record=record, look=look, street=STREET)
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    refusal, *rows = done.stdout.splitlines()
    assert refusal == "no record of Weather hail; there are clear, rain, fog, snow"
    brightness = {name: float(mean) for name, mean, _ in map(str.split, rows)}
    falls = {name: float(change) for name, _, change in map(str.split, rows)}
    assert falls["hail"] > 0.5
    assert brightness["hail"] < brightness["snow"]
    assert brightness["hail"] != brightness["rain"]


def test_an_unlisted_weather_is_refused_with_the_list_of_weathers():
    with pytest.raises(ValidationError, match="clear, rain, fog, snow"):
        TypeAdapter(Annotated[Weather, one_of(Weather)]).validate_python("hail")


def test_a_name_with_two_records_is_refused():
    with pytest.raises(RecordError, match="two records of Weather rain"):
        by_name(Weather, (*WEATHERS.values(), WEATHERS[Weather.RAIN]))


def test_the_shares_of_sampled_streets_sum_to_one():
    for records in (TIMES, WEATHERS):
        assert sum(record.street_share for record in records.values()) == pytest.approx(1)
    assert all(set(record.street_surfaces) <= set(SURFACES) for record in WEATHERS.values())

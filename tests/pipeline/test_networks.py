"""Weights are refused unless their words and layers are those of the program."""

import subprocess
import sys

import pytest

from conditioning.caption import VOCABULARY
from pipeline.networks import check_weights
from scenarios.load import library

# A version of the program with one more weather, and one with one more layer.
LATER = {
    "hail": """
from dataclasses import replace
from enum import StrEnum
import scenarios.model.environment as environment
known = {weather.name: weather.value for weather in environment.Weather}
environment.Weather = StrEnum("Weather", {"HAIL": "hail", **known})
by_name = environment.by_name


def with_hail(names, records):  # it means and looks what rain does
    records = tuple(records)
    new = [replace(r, name=names.HAIL) for r in records if names is environment.Weather and r.name == "rain"]
    return by_name(names, (*records, *new))


environment.by_name = with_hail
environment.WEATHERS = with_hail(environment.Weather, environment.WEATHERS.values())
""",
    "puddle": """
import conditioning.layers.control_layers as layers
layers.LAYERS = ("puddle", *layers.LAYERS)
""",
}


def later(change: str, program: str, *arguments: object) -> subprocess.CompletedProcess:
    command = [sys.executable, "-c", LATER[change] + program, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120)


def test_a_new_weather_changes_no_index_of_a_known_word():
    told = later("hail", "from conditioning.caption import VOCABULARY; print(*VOCABULARY, sep='|')")
    assert told.stdout.strip().split("|") == [*VOCABULARY, "hail"]


@pytest.mark.weights
@pytest.mark.parametrize(
    ("change", "told"),
    [
        ("hail", "world.safetensors has another vocabulary than captions are written in: new: 'hail'."),
        ("puddle", "the preset's world reads other layers than are drawn: new: 'puddle'; moved: 'road', 'marking'"),
    ],
    ids=["word", "layer"],
)
def test_weights_with_other_words_or_layers_are_refused_before_anything_is_made(tmp_path, change, told):
    out = tmp_path / "run"
    run = later(
        change, "from pipeline.cli.main import main; main()",
        "generate", library()["nhtsa/lead-brake"], "--out", out, "--inline",
    )  # fmt: skip
    assert run.returncode == 2
    assert told in " ".join(run.stderr.split())
    assert "Traceback" not in run.stderr
    assert not out.exists()


@pytest.mark.weights
def test_the_shipped_weights_know_every_word_and_layer():
    check_weights("tiny")

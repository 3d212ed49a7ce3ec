"""Every option is declared once: commands, flows and resume commands have it with the same default."""

import inspect
import json
import re
from pathlib import Path

import pytest
import typer
from typer.main import get_command
from typer.testing import CliRunner

import flows
from outputs.strict_model import StrictModel
from pipeline.cli.main import app
from pipeline.cli.options import with_options
from pipeline.options import options_of, words
from pipeline.runs import run_config
from pipeline.runs.run_config import (
    ExecutionConfig,
    GenerateOptions,
    LaunchOptions,
    NightlyOptions,
    RunOptions,
    WebhookOptions,
)
from pipeline.training.train_options import TrainOptions

GENERATE = (GenerateOptions, ExecutionConfig, LaunchOptions)
NIGHT = (NightlyOptions, RunOptions, ExecutionConfig, WebhookOptions, LaunchOptions)
PROGRAM, FLOWS = get_command(app).commands, get_command(flows.app).commands


def spellings(command) -> set[str]:
    return {spelling for parameter in command.params for spelling in parameter.opts if spelling.startswith("--")}


def declared(models) -> set[str]:
    return {option.spelling for model in models for option in options_of(model)}


@pytest.mark.parametrize(
    ("name", "flow", "models", "own"),
    [("generate", "run", GENERATE, {"--out"}), ("nightly", "night", NIGHT, {"--out", "--at", "--serve"})],
)
def test_a_command_and_its_flow_have_the_same_options(name, flow, models, own):
    assert spellings(PROGRAM[name]) - {"--help"} == declared(models) | own
    assert spellings(FLOWS[flow]) - {"--help"} == declared(models) | own - {"--at", "--serve"}


@pytest.mark.parametrize(
    ("flow", "models", "own"),
    [
        (flows.generate_flow, GENERATE, {"paths", "out", "shard_size", "how"}),
        (flows.nightly_flow, NIGHT, {"specs", "root", "shard_size", "how"}),
    ],
)
def test_a_flow_has_every_field_as_a_parameter(flow, models, own):
    parameters = inspect.signature(flow.fn).parameters
    fields = {o.field: (o, model) for model in models if model is not ExecutionConfig for o in options_of(model)}
    assert set(parameters) == set(fields) | own
    for field, (option, _) in fields.items():
        assert parameters[field].default == option.default
    assert flow.parameters.properties["formats"]["items"] == {"type": "string"}
    assert set(flow.parameters.definitions["ExecutionConfig"]["properties"]) == set(ExecutionConfig.model_fields)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["generate", "a.yaml", "--inline", "--workers", "2"], "--workers would have no effect"),
        (["generate", "a.yaml", "--inline", "--ray", "localhost:1", "--deadline", "9"], "--ray, --deadline would have"),
        (["nightly", "a.yaml", "--out", "nights", "--inline", "--workers", "2"], "--workers would have no effect"),
        (["nightly", "a.yaml", "--out", "nights", "--at", "02:00"], "--at is the start of every night of --serve"),
        (["generate", "a.yaml", "--deadline", "inf"], "--deadline"),
    ],
)
def test_an_option_without_effect_is_refused(words, told, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    answer = CliRunner().invoke(app, words)
    assert answer.exit_code == 2
    assert told in " ".join(answer.output.split())
    assert not list(tmp_path.iterdir())


def test_a_schedule_has_the_options_of_a_nightly_run(monkeypatch, tmp_path):
    """Prefect stores the parameters as JSON and reads them again every night."""
    assert spellings(FLOWS["serve"]) - {"--help", "--cron"} == spellings(FLOWS["night"]) - {"--help"}
    started: dict = {}
    monkeypatch.setattr(flows, "_server_error", lambda: "")
    monkeypatch.setattr(flows.nightly_flow, "serve", lambda **given: started.update(given))
    wanted = ["--renderer", "procedural", "--seed", "3", "--seed", "4", "--log", str(tmp_path), "--clips", "9"]
    how = ["--workers", "2", "--grace", "50"]
    answer = CliRunner().invoke(
        flows.app, ["serve", "nhtsa/lead-brake", "--out", "nights", "--cron", "0 2 * * *", *wanted, *how]
    )
    assert answer.exit_code == 0, answer.output
    read = flows.nightly_flow.validate_parameters(json.loads(json.dumps(started["parameters"])))
    assert (read["specs"], read["root"], read["clips"], read["grace_s"]) == (["nhtsa/lead-brake"], "nights", 9, 50)
    assert (read["renderer"], read["seeds"], read["log"]) == ("procedural", (3, 4), tmp_path)
    assert read["how"] == ExecutionConfig(workers=2)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (["--inline", "--workers", "2"], "--workers would have no effect"),
        (["--rig", "nope"], "nope"),
        (["--renderer", "nope"], "no renderer is named 'nope'"),
        (["--format", "nope"], "no export format is named 'nope'"),
    ],
)
@pytest.mark.parametrize("command", [["run"], ["night"], ["serve", "--cron", "0 2 * * *"]])
def test_a_flow_with_a_wrong_option_ends_with_a_message_before_it_starts(command, given, told, tmp_path, monkeypatch):
    monkeypatch.setattr(flows, "_server_error", lambda: "")
    monkeypatch.chdir(tmp_path)
    answer = CliRunner().invoke(flows.app, [*command, "nhtsa/lead-brake", "--out", "made", *given])
    assert answer.exit_code == 2 and isinstance(answer.exception, SystemExit)
    assert told in " ".join(answer.output.split())
    assert not list(tmp_path.iterdir())


def test_training_has_the_same_options_as_a_command_and_as_a_flow():
    assert spellings(PROGRAM["train"]) - {"--help"} == declared([TrainOptions])
    assert set(flows.train_flow.parameters.properties) == set(TrainOptions.model_fields) | {"part"}


def test_parameters_of_a_flow_are_read_from_json_and_refused_out_of_range():
    told = {"paths": ["a"], "out": "b", "seeds": [1, 2], "weights": None, "how": {"use_ray": False, "workers": 2}}
    read = flows.generate_flow.validate_parameters(told)
    assert (read["seeds"], read["how"]) == ((1, 2), ExecutionConfig(use_ray=False, workers=2))
    with pytest.raises(Exception, match="limit"):
        flows.generate_flow.validate_parameters(told | {"limit": 0})
    with pytest.raises(Exception, match="worker"):
        flows.generate_flow.validate_parameters(told | {"how": {"worker": 2}})


def test_an_option_has_help_default_and_range_of_its_field():
    for model in GENERATE:
        for option in options_of(model):
            (parameter,) = [p for p in PROGRAM["generate"].params if option.spelling in p.opts]
            assert parameter.help == option.help
            assert parameter.min == option.least
            assert parameter.max == option.most
            assert parameter.multiple == option.several


SETTINGS = [
    GenerateOptions(
        preset="base", weights=Path("/w"), log=Path("/l"), seeds=(1, 2), renderer="procedural",
        formats=("nuscenes", "labels"), attribution="A & B", limit=3, rig="nuscenes",
    ),
    ExecutionConfig(
        ray="127.0.0.1:1", workers=2, staged=True, gpus=1.5, gpu_share=0.1234567, batch=3, deadline_s=2.25,
        metrics_port=99,
    ),
    ExecutionConfig(use_ray=False),
    NightlyOptions(clips=3, hours=1.25, into="s3://bucket/all", retry_failed=True),
    LaunchOptions(grace_s=0.5, trust_network=True),
]  # fmt: skip


def read_back(told: list[str], model: type[StrictModel]) -> StrictModel:
    """The model that a command with its options reads from these words."""
    read = []

    def command(*, settings) -> None:
        read.append(settings)

    command.__annotations__["settings"] = model
    program = typer.Typer()
    program.command()(with_options(command))
    result = CliRunner().invoke(program, told)
    assert result.exit_code == 0, result.output
    return read[0]


@pytest.mark.parametrize("settings", SETTINGS, ids=lambda settings: type(settings).__name__)
def test_the_options_of_a_command_give_the_settings_they_were_made_from(settings):
    assert read_back(words(settings), type(settings)) == settings
    assert read_back([], type(settings)) == type(settings)()
    assert words(type(settings)()) == []


def test_the_settings_above_cover_all_fields():
    for model in (GenerateOptions, ExecutionConfig, NightlyOptions, LaunchOptions):
        told = {word for settings in SETTINGS if type(settings) is model for word in words(settings)}
        assert {option.spelling for option in options_of(model)} <= told


@pytest.mark.parametrize(
    ("told", "why"),
    [
        (["--workers", "0"], "--workers"),
        (["--deadline", "nan"], "--deadline"),
        (["--gpus", "1", "--inline"], "--inline works in this process"),
        (["--gpu-share", "0.5"], "--gpu-share 0.5 .* --gpus"),
        (["--seed", "1.5"], "--seed"),
    ],
)
def test_an_invalid_value_of_an_option_gives_exit_code_2(told, why):
    result = CliRunner().invoke(app, ["generate", "cut-in", *told])
    assert result.exit_code == 2
    assert re.search(why, result.output)


@pytest.mark.parametrize("command", [(app, "generate"), (app, "nightly"), (flows.app, "run")])
def test_a_port_of_metrics_without_their_extra_is_refused(command, tmp_path, monkeypatch):
    program, name = command
    installed = run_config.find_spec
    monkeypatch.setattr(run_config, "find_spec", lambda part: None if part == "opencensus" else installed(part))
    monkeypatch.setattr(flows, "_server_error", lambda: "")
    monkeypatch.chdir(tmp_path)
    told = [name, "nhtsa/lead-brake", "--out", "made", "--metrics-port", "9123"]
    answer = CliRunner().invoke(program, told)
    assert answer.exit_code == 2 and isinstance(answer.exception, SystemExit)
    assert "--metrics-port 9123 would have no effect: opencensus not installed" in " ".join(answer.output.split())
    assert not list(tmp_path.iterdir())


def test_several_clips_at_once_imply_workers_of_the_networks_as_their_help_says():
    assert ExecutionConfig(batch=4).networks == ExecutionConfig(batch=4, staged=True).networks
    (batch,) = [option for option in options_of(ExecutionConfig) if option.field == "batch"]
    assert "more than 1 implies --staged" in batch.help


def test_a_command_may_have_other_defaults_than_the_model():
    (grace,) = [parameter for parameter in PROGRAM["nightly"].params if "--grace" in parameter.opts]
    assert grace.default == 60  # longer, since a nightly run needs no quick answer
    assert LaunchOptions().grace_s == 25

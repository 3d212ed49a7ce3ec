"""The commands that are defined outside of `pipeline.cli.main`, by name."""

from collections.abc import Callable

from pipeline.cli.dataset_commands import export_dataset, fetch, merge
from pipeline.cli.exchange_commands import export_scenario, import_scenario
from pipeline.cli.night_commands import nightly
from pipeline.cli.plan_commands import plan
from pipeline.cli.run_commands import RUN_COMMANDS

COMMANDS: dict[str, Callable[..., None]] = {
    "import": import_scenario,
    "export": export_scenario,
    "merge": merge,
    "export-dataset": export_dataset,
    "fetch": fetch,
    "plan": plan,
    "nightly": nightly,
    **RUN_COMMANDS,
}

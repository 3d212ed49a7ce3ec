"""`nearmiss explain`. Imports no libraries for simulation or pictures, so that it starts quickly."""

from rich.console import Console

from pipeline.cli.json_output import ExplainDocument, JsonExplained, faults_json, print_document, scenario_json
from pipeline.runs.scenario_sources import find
from scenarios.authoring.explain import explain
from scenarios.load import understand
from scenarios.source.errors import SpecErrors
from scenarios.source.yaml_document import read_document
from scenarios.story.phrase_catalog import page


def explain_files(names: tuple[str, ...], console: Console) -> bool:
    """Print the meaning of each file; False if one has faults, which are printed."""
    sound = True
    for file in find(names):
        try:
            console.print(str(file), style="bold", markup=False)
            console.print(explain(file), markup=False, highlight=False, soft_wrap=True)
        except SpecErrors as faults:
            show(faults, console)
            sound = False
    return sound


def explain_as_json(names: tuple[str, ...], console: Console) -> bool:
    """The same as one document of `pipeline.cli.json_output`."""
    explained, wrong = [], []
    for file in find(names):
        try:
            meaning = understand(read_document(file))
        except SpecErrors as faults:
            wrong.append(faults)
            continue
        known = tuple(map(scenario_json, meaning.scenarios))
        explained.append(
            JsonExplained(file=str(file), text=explain(file), scenarios=known, dropped=dict(meaning.dropped))
        )
    document = ExplainDocument(ok=not wrong, files=tuple(explained), faults=faults_json(tuple(wrong)))
    print_document(document, console)
    return document.ok


def explain_phrases(console: Console) -> None:
    """Print the phrases of story lines."""
    console.print(page(), markup=False, highlight=False, soft_wrap=True, end="")


def show(faults: SpecErrors, console: Console) -> None:
    """Print all faults of a file."""
    console.print(str(faults), style="red", markup=False, highlight=False, soft_wrap=True)

"""The list of shipped scenarios, with the names that are accepted in place of a path."""

import re
from collections import Counter
from math import log
from pathlib import Path

from rich.console import Console
from rich.table import Column, Table
from rich.text import Text

from pipeline.cli.json_output import JsonShipped, LibraryDocument, print_document
from scenarios.load import groups, library, load, suites
from scenarios.source.counts import counted
from scenarios.source.yaml_document import read_document

_EMPTY = {"the", "and", "then", "with", "from", "ego", "for", "that", "into", "onto", "over", "out", "its", "road"}


def list_shipped(console: Console) -> None:
    """Print the names of the short list and the suites."""
    for group, files in groups().items():
        if group in ("library", "suites"):  # each of their folders is a group
            continue
        loaded = [load(file) for file in files]
        console.print(f"[bold]{group}[/]  {counted(sum(map(len, loaded)), 'scenario')}", highlight=False)
        table = Table.grid(Column(no_wrap=True), Column(), padding=(0, 2))
        for file, scenarios in zip(files, loaded, strict=True):
            table.add_row(Text(f"  {file.stem}"), Text(scenarios[0].intent))
        console.print(table)
    names = "A PATH can be one of these names, a group of them, `library` (the short list) or `suites`."
    console.print(names, markup=False, highlight=False, soft_wrap=True)


def shipped_as_json(console: Console) -> None:
    """The same as one document of `pipeline.cli.json_output`."""
    files = []
    for group, paths in groups().items():
        if group in ("library", "suites"):
            continue
        for path in paths:
            scenarios = load(path)
            files.append(JsonShipped(name=path.stem, group=group, intent=scenarios[0].intent, scenarios=len(scenarios)))
    print_document(LibraryDocument(ok=True, files=tuple(files)), console)


def nearest_shipped(phrase: str) -> str:
    """The name of the shipped scenario with the most words of a phrase, weighted by their rarity."""
    said = {name: _stems(_words_of(name, path)) for name, path in (library() | suites()).items()}
    shared_by = Counter(stem for stems in said.values() for stem in stems)
    wanted = _stems(phrase)
    return max(said, key=lambda name: sum(log(len(said) / shared_by[stem]) for stem in wanted & said[name]))


def _words_of(name: str, path: Path) -> str:
    data = read_document(path).data
    return f"{name} {data['intent']} {data.get('environment', '')} {data.get('source', '')} {data.get('story', '')}"


def _stems(text: str) -> set[str]:
    return {word[:5] for word in re.findall(r"[a-z]{3,}", text.lower()) if word not in _EMPTY}

"""What ships with nearmiss, by the names that work wherever a path does."""

from rich.console import Console

from scenarios.load import groups, load


def list_shipped(console: Console) -> None:
    """Print the short list and the suites: every name that works wherever a path does."""
    for group, files in groups().items():
        if group in ("library", "suites"):  # every folder in them is a group of its own
            continue
        loaded = [load(file) for file in files]
        counted = sum(map(len, loaded))
        console.print(f"[bold]{group}[/]  {counted} scenario{'s' * (counted > 1)}", highlight=False)
        for file, scenarios in zip(files, loaded, strict=True):
            console.print(f"  {file.stem}  {scenarios[0].intent}", markup=False, highlight=False, soft_wrap=True)
    names = "wherever a PATH is asked for: one of these names, a group of them, `library` (the short list) or `suites`"
    console.print(names, markup=False, highlight=False, soft_wrap=True)

"""README and documentation pages for the tests."""

import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGES = (ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")))
TEXT = {path.relative_to(ROOT).as_posix(): path.read_text() for path in PAGES}
OWN_TESTS = "docs/extending/"  # pages whose examples must be registered first: each has its own test
_FENCE = re.compile(r"^( *)```(\w*)\n(.*?)^\1```$", re.DOTALL | re.MULTILINE)


def examples(page: str, language: str) -> list[str]:
    """Code blocks of a page in a language; "" for blocks without one."""
    return [text for _, named, text in _FENCE.findall(TEXT[page]) if named == language]


def command_lines(page: str) -> Iterator[str]:
    """Commands on a page: lines of shell blocks, lines after $ in sessions, and code within sentences."""
    for language, prompt in (("sh", ""), ("console", "$ ")):
        lines = (line for text in examples(page, language) for line in text.splitlines())
        yield from (line.removeprefix(prompt) for line in lines if line.startswith(prompt))
    yield from re.findall(r"`([^`\n]+)`", _FENCE.sub("", TEXT[page]))


def anchors(page: Path) -> set[str]:
    """Fragments of a page's headings, as GitHub and mkdocs build them."""
    headings = re.findall(r"^#+ (.+)$", _FENCE.sub("", page.read_text()), re.MULTILINE)
    return {slug(heading) for heading in headings}


def slug(heading: str) -> str:
    """The fragment of one heading."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-")

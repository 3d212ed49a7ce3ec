"""The lock file pins all dependencies with hashes."""

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
LOCK = (ROOT / "requirements.lock").read_text()


@pytest.fixture(scope="module")
def locked() -> dict[str, tuple[str, int]]:
    """Version and number of hashes of every package in the lock file."""
    entries = re.split(r"\n(?=[A-Za-z0-9])", "\n" + re.sub(r"^#.*\n", "", LOCK, flags=re.MULTILINE))
    found = {}
    for entry in entries[1:]:
        name, version = re.match(r"([A-Za-z0-9._-]+)(?:\[.*?\])?==([^\s;\\]+)", entry).groups()
        found[canonicalize_name(name)] = version, len(re.findall(r"--hash=sha256:[0-9a-f]{64}\b", entry))
    return found


@pytest.mark.parametrize("written", PROJECT["dependencies"])
def test_the_lock_file_agrees_with_the_project_s_requirements(written, locked):
    wanted = Requirement(written)
    version, _ = locked[canonicalize_name(wanted.name)]
    assert wanted.specifier.contains(version), "renew the lock file as described in SECURITY.md"


def test_every_package_in_the_lock_file_has_hashes_and_comes_from_the_index(locked):
    assert len(locked) > len(PROJECT["dependencies"])
    assert [name for name, (_, hashes) in locked.items() if not hashes] == []
    assert not re.search(r"^(-e|--(extra-)?index|--find)|://|@ ", LOCK, re.MULTILINE)

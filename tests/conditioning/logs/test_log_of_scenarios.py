"""What an exact converter writes of the shipped scenarios is read, with remarks that are true."""

import pytest

from conditioning.logs.check_log import check_log
from scenarios.load import library, load, suites
from scenarios.simulation.simulate import simulate
from tests.conditioning.log_by_hand import write_tables
from tests.conditioning.log_of_rollout import tables_of

FILES = library() | suites()


@pytest.mark.parametrize("name", sorted(FILES)[::4])
def test_a_shipped_scenario_s_tables_are_read(name, tmp_path):
    """Crashes, slides, reversing and falling bodies look to no check like a converter's fault."""
    made = load(FILES[name])[0]
    if made.from_log is not None:
        pytest.skip("starts from a log")
    write_tables(tmp_path, tables_of(simulate(made)))
    report = check_log(tmp_path)
    assert report.sound, [str(fault) for fault in report.faults if fault.refused]
    assert {fault.kind for fault in report.faults} <= {"file-missing", "category-wider"}

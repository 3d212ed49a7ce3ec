"""The progress display while clips are made."""

import json
import time

from rich.console import Console

from pipeline.cli.display.progress import ProgressDisplay
from pipeline.runs.clip_outcome import ClipFailed
from pipeline.runs.stage_timer import in_work


def test_running_stages_are_read_from_the_run_folder(tmp_path):
    folder = tmp_path / ".unfinished"
    folder.mkdir()
    (folder / "a-s0-123.0f0f.stage").write_text(json.dumps({"stage": "judge", "since": time.time() - 5}))
    (folder / "b-s0-456.0f0f.stage").write_text("{")  # being written at this moment
    ((clip, stage, seconds),) = in_work(tmp_path)
    assert (clip, stage) == ("a-s0-123", "judge")
    assert 5 <= seconds < 60


def test_without_a_terminal_every_finished_clip_is_one_line(tmp_path):
    console = Console(record=True, width=80, force_terminal=False)
    with ProgressDisplay(console) as board:
        board.begins(tmp_path, 2, 1)
        board.ended(
            ClipFailed(
                clip="a-clip", scenario="s", name="n", seed=0, reason="ValueError: [x] " + "long " * 40, trace=""
            )
        )
    lines = console.export_text().splitlines()
    assert lines[0].endswith("2 clips to make, 1 already there")
    assert lines[1].startswith("failed   a-clip  ValueError: [x] long")
    assert lines[1].count("long") == 40
    assert len(lines) == 2

"""Log messages during a run are in its folder, one line each, and not on the console."""

import json
import logging

from pipeline.engine.event_log import journal, log


def test_log_lines_name_their_clip_and_are_only_in_the_run_folder(tmp_path, caplog):
    for stage in ("take_pictures", "judge"):  # a second start adds to the file
        with journal(tmp_path):
            log.info("stage", extra={"clip": "cut-in-s0", "stage": stage, "seconds": 1.5})
    lines = [json.loads(line) for line in (tmp_path / "log.jsonl").read_text().splitlines()]
    assert [(line["event"], line["clip"], line["stage"]) for line in lines] == [
        ("stage", "cut-in-s0", "take_pictures"),
        ("stage", "cut-in-s0", "judge"),
    ]
    assert caplog.records == []
    log.warning("heard")  # outside of a run: goes to the usual handlers
    assert [(record.levelno, record.message) for record in caplog.records] == [(logging.WARNING, "heard")]

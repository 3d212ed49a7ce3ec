"""No key, token or address with one is written to a file."""

import json
import logging

import pytest

from pipeline.engine.event_log import journal, log
from pipeline.engine.redact import HIDDEN, hide
from pipeline.runs.run_folder import Job, open_run
from tests.pipeline.situations import car_ahead

KEY = 'wJalrXUtn"FEMI\\K7MDENG'  # with characters that JSON escapes
HOOK = "https://hooks.example/T0/B0/abcdef"


@pytest.fixture
def secrets(monkeypatch):
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", KEY)
    monkeypatch.setenv("NEARMISS_WEBHOOK", HOOK)
    monkeypatch.setenv("SOME_TOKEN", "1")  # too short for a secret, and contained in many texts
    monkeypatch.setenv("HOME_TOWN", "Innsbruck")


def test_values_of_secret_variables_are_hidden_in_text_and_json(secrets):
    assert hide(f"denied for {KEY} in Innsbruck, line 1") == f"denied for {HIDDEN} in Innsbruck, line 1"
    assert json.loads(hide(json.dumps({"url": HOOK, "key": KEY}))) == {"url": HIDDEN, "key": HIDDEN}


def test_users_and_passwords_in_addresses_are_hidden():
    assert (
        hide("s3://AKIA:abc/def@bucket/x and https://token@host/y")
        == f"s3://AKIA:abc/def@bucket/x and https://{HIDDEN}@host/y"
    )
    assert hide("s3://AKIA:abcdef@bucket/x") == f"s3://{HIDDEN}@bucket/x"
    assert hide("mail a@b.c, https://host/a@b") == "mail a@b.c, https://host/a@b"


def test_hiding_twice_changes_nothing(secrets):
    once = hide(f"{KEY} https://user:word@host {HOOK}")
    assert hide(once) == once


def test_no_file_of_a_run_contains_a_secret(secrets, tmp_path):
    start = {"paths": ("s3://user:word@bucket/specs",), "again": f"nearmiss generate --key {KEY}"}
    with open_run(tmp_path / "run", {"weights": "w"}, start) as run, journal(run.path):
        run.fail(Job("a-s0-1", car_ahead(), 0), f"ConnectionError: {HOOK}", f"Traceback ... {KEY}")
        try:
            raise OSError(f"PUT {HOOK}")
        except OSError:
            log.warning("not stored with %s", KEY, exc_info=True, extra={"url": HOOK})
    texts = [path.read_text() for path in (tmp_path / "run").rglob("*") if path.is_file()]
    assert len(texts) >= 4
    for text in texts:
        assert HOOK not in text
        assert "FEMI" not in text
        assert "user:word" not in text
    (line,) = (tmp_path / "run" / "log.jsonl").read_text().splitlines()
    assert json.loads(line)["event"] == f"not stored with {HIDDEN}"
    assert "OSError: PUT" in json.loads(line)["trace"]


def test_the_logging_configuration_is_restored(tmp_path):
    before = list(log.handlers), log.level
    with journal(tmp_path):
        assert log.isEnabledFor(logging.INFO)
    assert (list(log.handlers), log.level) == before

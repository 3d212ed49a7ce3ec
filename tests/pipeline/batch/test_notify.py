"""The webhook: it sends a message, retries, gives up, and never shows its address."""

import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from pipeline.batch.webhook import VARIABLE, Hook, NoAddress, hook
from pipeline.engine.event_log import journal

PATH = "/services/T0/secret-path"


@pytest.fixture
def listener():
    """A server on loopback that answers with the given codes, then 200, and keeps the messages."""

    class Answers(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            self.server.got.append((self.path, self.headers["Content-Type"], json.loads(body)))
            self.send_response(self.server.codes.pop(0) if self.server.codes else 200)
            self.end_headers()

        def log_message(self, *arguments):
            pass

    server = HTTPServer(("127.0.0.1", 0), Answers)
    server.got, server.codes = [], []
    server.url = f"http://127.0.0.1:{server.server_port}{PATH}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def test_a_message_is_one_post_of_json(listener):
    assert Hook(listener.url).send({"text": "ü"})
    assert listener.got == [(PATH, "application/json", {"text": "ü"})]


def test_a_server_error_is_retried(listener):
    listener.codes = [503, 429]
    assert Hook(listener.url).send({}, pause_s=0.0)
    assert len(listener.got) == 3


def test_a_refusal_is_final(listener):
    listener.codes = [404]
    assert not Hook(listener.url).send({}, pause_s=0.0)
    assert len(listener.got) == 1


def test_a_redirect_is_not_followed(listener):
    listener.codes = [302]
    assert not Hook(listener.url).send({}, pause_s=0.0)
    assert len(listener.got) == 1


def test_an_unreachable_server_raises_nothing_and_the_address_is_not_logged(tmp_path, listener):
    listener.codes = [500] * 3
    with journal(tmp_path):
        assert not Hook(listener.url).send({}, pause_s=0.0)
        assert not Hook("http://127.0.0.1:9/secret-path").send({}, pause_s=0.0)
    told = (tmp_path / "log.jsonl").read_text()
    assert told.count("hook failed") == 6
    assert "answer 500" in told
    assert "ConnectError" in told
    assert "secret-path" not in told
    assert "secret-path" not in repr(Hook(listener.url))


def test_an_address_that_cannot_be_resolved_raises_nothing():
    assert not Hook("https://[bad/secret").send({}, pause_s=0.0)


def test_the_address_comes_from_a_file_or_the_environment(monkeypatch, tmp_path):
    monkeypatch.delenv(VARIABLE, raising=False)
    assert hook() is None
    monkeypatch.setenv(VARIABLE, "https://from.environment/x")
    assert hook() == Hook("https://from.environment/x")
    (tmp_path / "hook").write_text("https://from.file/x\n")
    assert hook(tmp_path / "hook") == Hook("https://from.file/x")


@pytest.mark.parametrize("content", ["", "file:///etc/passwd", "secret words", "http://"])
def test_an_invalid_address_is_refused_and_not_printed(monkeypatch, tmp_path, content):
    (tmp_path / "hook").write_text(content)
    with pytest.raises(NoAddress, match="has no web address") as refused:
        hook(tmp_path / "hook")
    assert "secret" not in str(refused.value)
    with pytest.raises(NoAddress, match="cannot be read"):
        hook(tmp_path / "nothing-here")

"""The report in a real browser, if one is installed: no overflow, clips play, no violation of its security policy."""

import asyncio
import json
import re
import shutil
import subprocess
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from websockets.asyncio.client import connect

from outputs.clips.clip import write_clip
from outputs.reporting.report import MissingClip, RunRequest, write_report
from tests.outputs.made import BAD, clip, record

BROWSER = next(
    (found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), None
)
pytestmark = pytest.mark.skipif(BROWSER is None, reason="Chromium is not installed")

OVERFLOWS = """(() => { const wide = document.documentElement.clientWidth;
  const out = (e) => !e.closest(".scroll") && e.getBoundingClientRect().right > wide + 1;
  return [...document.querySelectorAll("body *")].filter(out)
    .map((e) => e.tagName).concat(document.documentElement.scrollWidth > wide ? ["page"] : []) })()"""
PAINTED = """(async () => { const all = [...document.querySelectorAll("details.whole[open] video")];
  const shown = (v) => v.error || (v.readyState >= 2 && !v.seeking && v.currentTime > 0);
  for (let i = 0; i < 200 && !all.every(shown); i++) await new Promise((done) => setTimeout(done, 100));
  return all.map((v) => v.error ? v.error.message : shown(v) ? "ok" : "black") })()"""
PLAYED = """(async () => { const [video] = document.querySelectorAll("video"); document.querySelector(".play").click();
  const frames = await new Promise((done) => { let n = 0;
    const on = () => ++n < 4 ? video.requestVideoFrameCallback(on) : done(n);
    video.requestVideoFrameCallback(on) }); document.querySelector(".play").click();
  return [frames, video.currentTime > 0, document.querySelector(".now").textContent] })()"""
COLOURS = """(() => { const of = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  return Object.fromEntries(%s.map((name) => [name, of("--" + name)])) })()"""
PAIRS = [("ink", "panel"), ("soft", "panel"), ("soft", "ground"), ("accent", "panel"), ("good", "good-back"),
         ("bad", "bad-back"), ("unsure", "unsure-back"), *((f"s{i}", "panel") for i in range(5))]  # fmt: skip


@pytest.fixture(scope="module")
def page(tmp_path_factory) -> Path:
    """A report with many failures, and names and words that are longer than a line."""
    folder = tmp_path_factory.mktemp("browser")
    name = "a-child-steps-out-from-behind-the-parked-van-at-night-in-the-rain"
    long = {"name": name, "parameters": {"actors.child.trajectory.speed": "6 km/h"}}
    write_clip(folder / "good-s0", clip(record("good-s0", **long)))
    write_clip(folder / f"{name}-s0", clip(record(f"{name}-s0", BAD, **long), source=()))
    lost = [
        MissingClip(f"{name}-s{i}", f"OSError: /srv/{'deep/' * 30}frames: no space", transient=True) for i in range(9)
    ]
    again = f"nearmiss nightly /srv/{'specs/' * 20} --out runs/nights --retry-failed"
    request = RunRequest({"scenarios": f"/srv/{'specs/' * 20}"}, 11, 3, (f"{name}.yaml:7:12: {'x' * 90}",), again)
    write_report(folder / "report.html", [folder / "good-s0", folder / f"{name}-s0"], failures=lost, request=request)
    return folder / "report.html"


@pytest.fixture(scope="module")
def browser(tmp_path_factory) -> Iterator[str]:
    """The address of a browser tab."""
    profile = tmp_path_factory.mktemp("profile")
    command = [BROWSER, "--headless=new", "--no-sandbox", "--disable-gpu", "--remote-debugging-port=0",
               f"--user-data-dir={profile}", "about:blank"]  # fmt: skip
    process = subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
    try:
        matches = (re.search(r"ws://(127\.0\.0\.1:\d+)/", line) for line in process.stderr)
        place = next((match[1] for match in matches if match), None)
        assert place, "the browser ended without printing its address"
        with urllib.request.urlopen(f"http://{place}/json", timeout=20) as answer:
            yield next(tab["webSocketDebuggerUrl"] for tab in json.load(answer) if tab["type"] == "page")
    finally:
        process.terminate()
        process.wait()


def evaluate(browser: str, page: Path, width: int, scheme: str, *questions: str) -> tuple[list, list]:
    """Evaluate expressions in the page in a window of that width; returns the values and the browser's errors."""

    async def answer() -> tuple[list, list]:
        errors: list = []
        async with connect(browser, max_size=2**26) as socket:
            number = 0

            async def call(method: str, **parameters) -> dict:
                nonlocal number
                number += 1
                await socket.send(json.dumps({"id": number, "method": method, "params": parameters}))
                while True:
                    reply = json.loads(await asyncio.wait_for(socket.recv(), 90))
                    if reply.get("id") == number:
                        return reply["result"]
                    if reply["method"] in ("Runtime.exceptionThrown", "Log.entryAdded"):
                        errors.append(reply["params"])

            for domain in ("Page", "Runtime", "Log"):
                await call(f"{domain}.enable")
            screen = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 640}
            await call("Emulation.setDeviceMetricsOverride", **screen)
            await call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
            await call("Page.navigate", url=page.as_uri())
            ready = 'new Promise((d) => document.readyState === "complete" ? d() : addEventListener("load", d))'
            answers = []
            for question in (ready, *questions):
                reply = await call("Runtime.evaluate", expression=question, awaitPromise=True, returnByValue=True)
                assert "exceptionDetails" not in reply, reply
                answers.append(reply["result"].get("value"))
            return answers[1:], errors

    return asyncio.run(answer())


@pytest.mark.parametrize("width", [390, 1600])
def test_nothing_overflows_and_every_clip_shows_a_frame(browser, page, width):
    unfold = 'document.querySelectorAll("details").forEach((d) => { d.open = true })'
    (closed, painted, _, opened), errors = evaluate(
        browser, page, width, "light", OVERFLOWS, PAINTED, unfold, OVERFLOWS
    )
    assert (closed, opened) == ([], [])
    assert set(painted) == {"ok"}
    assert errors == []


def test_a_clip_plays_and_its_time_advances(browser, page):
    (played,), errors = evaluate(browser, page, 1600, "dark", PLAYED)
    frames, moved, now = played
    assert frames == 4
    assert moved
    assert re.fullmatch(r"\d\.\d\d s, frame [1-9]\d*", now)
    assert errors == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_texts_have_enough_contrast_in_light_and_dark_mode(browser, page, scheme):
    """WCAG 2 level AA requires 4.5 for small text."""
    names = sorted({name for pair in PAIRS for name in pair})
    (colours,), _ = evaluate(browser, page, 1600, scheme, COLOURS % json.dumps(names))
    assert (luminance(colours["ground"]) < 0.1) == (scheme == "dark")
    for text, ground in PAIRS:
        dark, bright = sorted((luminance(colours[text]), luminance(colours[ground])))
        assert (bright + 0.05) / (dark + 0.05) >= 4.5, (text, ground)


def luminance(colour: str) -> float:
    """Relative luminance of #rrggbb, by WCAG 2."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

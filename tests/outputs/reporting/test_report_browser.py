"""The report in a real browser, where there is one: nothing sticks out, clips play, its policy refuses nothing."""

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
from outputs.reporting.report import NotMade, Ordered, write_report
from tests.outputs.made import BAD, clip, record

BROWSER = next(
    (found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), None
)
pytestmark = pytest.mark.skipif(BROWSER is None, reason="no Chromium here")

STICKS_OUT = """(() => { const wide = document.documentElement.clientWidth;
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
    """A morning after a night in which much broke, with long names and words that no line can hold."""
    folder = tmp_path_factory.mktemp("browser")
    name = "a-child-steps-out-from-behind-the-parked-van-at-night-in-the-rain"
    long = {"name": name, "parameters": {"actors.child.trajectory.speed": "6 km/h"}}
    write_clip(folder / "good-s0", clip(record("good-s0", **long)))
    write_clip(folder / f"{name}-s0", clip(record(f"{name}-s0", BAD, **long), source=()))
    lost = [NotMade(f"{name}-s{i}", f"OSError: /srv/{'deep/' * 30}frames: no space", transient=True) for i in range(9)]
    again = f"nearmiss nightly /srv/{'specs/' * 20} --out runs/nights --retry-failed"
    told = Ordered({"scenarios": f"/srv/{'specs/' * 20}"}, 11, 3, (f"{name}.yaml:7:12: {'x' * 90}",), again)
    write_report(folder / "report.html", [folder / "good-s0", folder / f"{name}-s0"], failures=lost, ordered=told)
    return folder / "report.html"


@pytest.fixture(scope="module")
def browser(tmp_path_factory) -> Iterator[str]:
    """The address of a tab."""
    profile = tmp_path_factory.mktemp("profile")
    command = [BROWSER, "--headless=new", "--no-sandbox", "--disable-gpu", "--remote-debugging-port=0",
               f"--user-data-dir={profile}", "about:blank"]  # fmt: skip
    process = subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
    try:
        told = (re.search(r"ws://(127\.0\.0\.1:\d+)/", line) for line in process.stderr)
        place = next((match[1] for match in told if match), None)
        assert place, "the browser ended without a word of where it listens"
        with urllib.request.urlopen(f"http://{place}/json", timeout=20) as answer:
            yield next(tab["webSocketDebuggerUrl"] for tab in json.load(answer) if tab["type"] == "page")
    finally:
        process.terminate()
        process.wait()


def look(browser: str, page: Path, width: int, scheme: str, *questions: str) -> tuple[list, list]:
    """What the page answers in a window of that width, and what the browser complains about."""

    async def asked() -> tuple[list, list]:
        complaints: list = []
        async with connect(browser, max_size=2**26) as line:
            number = 0

            async def call(method: str, **parameters) -> dict:
                nonlocal number
                number += 1
                await line.send(json.dumps({"id": number, "method": method, "params": parameters}))
                while True:
                    told = json.loads(await asyncio.wait_for(line.recv(), 90))
                    if told.get("id") == number:
                        return told["result"]
                    if told["method"] in ("Runtime.exceptionThrown", "Log.entryAdded"):
                        complaints.append(told["params"])

            for domain in ("Page", "Runtime", "Log"):
                await call(f"{domain}.enable")
            screen = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 640}
            await call("Emulation.setDeviceMetricsOverride", **screen)
            await call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
            await call("Page.navigate", url=page.as_uri())
            ready = 'new Promise((d) => document.readyState === "complete" ? d() : addEventListener("load", d))'
            answers = []
            for question in (ready, *questions):
                told = await call("Runtime.evaluate", expression=question, awaitPromise=True, returnByValue=True)
                assert "exceptionDetails" not in told, told
                answers.append(told["result"].get("value"))
            return answers[1:], complaints

    return asyncio.run(asked())


@pytest.mark.parametrize("width", [390, 1600])
def test_nothing_sticks_out_and_every_clip_shows_a_frame(browser, page, width):
    unfold = 'document.querySelectorAll("details").forEach((d) => { d.open = true })'
    (closed, painted, _, opened), complaints = look(
        browser, page, width, "light", STICKS_OUT, PAINTED, unfold, STICKS_OUT
    )
    assert (closed, opened) == ([], [])
    assert set(painted) == {"ok"}
    assert complaints == []


def test_a_clip_plays_and_its_clock_goes_with_it(browser, page):
    (played,), complaints = look(browser, page, 1600, "dark", PLAYED)
    frames, moved, now = played
    assert frames == 4
    assert moved
    assert re.fullmatch(r"\d\.\d\d s, frame [1-9]\d*", now)
    assert complaints == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_everything_can_be_read_by_day_and_by_night(browser, page, scheme):
    """4.5 is what WCAG 2 asks of small text (AA)."""
    names = sorted({name for pair in PAIRS for name in pair})
    (colours,), _ = look(browser, page, 1600, scheme, COLOURS % json.dumps(names))
    assert (luminance(colours["ground"]) < 0.1) == (scheme == "dark")
    for text, ground in PAIRS:
        dark, bright = sorted((luminance(colours[text]), luminance(colours[ground])))
        assert (bright + 0.05) / (dark + 0.05) >= 4.5, (text, ground)


def luminance(colour: str) -> float:
    """Relative luminance of #rrggbb, by WCAG 2."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

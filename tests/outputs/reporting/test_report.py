"""The report: one self-contained file, names escaped, every clip and reason in it."""

import base64
import json
import re
from html.parser import HTMLParser

import numpy as np
import pytest

from outputs.clips.clip import write_clip
from outputs.clips.manifest import read_record
from outputs.reporting.clip_section import clip_view
from outputs.reporting.plots import Series, line_plot, ticks
from outputs.reporting.report import MissingClip, RunRequest, duration, group_failures, quantity, write_report
from outputs.verdict import Outcome
from scenarios.events.event_outcomes import EventOutcome
from scenarios.rollout import EventEnd
from scenarios.verbs.performance import Asked
from tests.outputs.made import BAD, FRAMES, GOOD, clip, record, verdict

EVENTS = (
    EventOutcome("car brakes at 6 m/s^2 after 1 s", "car", 1.0, 4.5, EventEnd.ENDED, "the road gives 1.0 m/s^2", "", (
        Asked("rate", 6.0, 0.98, "m/s^2", 0.6), Asked("speed", 20 / 3.6, 20.4 / 3.6, "m/s", 0.3),
    )),
    EventOutcome("car turns left after 5 s", "car", 5.0, 5.01, EventEnd.DECLINED, "it is too late to turn", "", ()),
)  # fmt: skip
HOSTILE = "</script><script>alert(1)</script><img src=x onerror=alert(2)>"


class Page(HTMLParser):
    """The tags, scripts and texts of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.scripts: list[str] = []
        self.words: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        (self.scripts if self.cdata_elem == "script" else self.words).append(data)

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    folder = tmp_path_factory.mktemp("clips")
    about = {"name": HOSTILE, "attribution": "Somebody, CC BY 4.0", "parameters": {HOSTILE: HOSTILE}}
    bad = record(
        "bad-s0", BAD, **about, spec_hash="street-1", events=EVENTS
    )  # older records have the scenario's id here
    write_clip(folder / "good-s0", clip(record("good-s0")))
    write_clip(folder / "bad-s0", clip(bad, source=()))
    return [folder / "good-s0", folder / "bad-s0"]


@pytest.fixture(scope="module")
def text(folders, tmp_path_factory) -> str:
    path = tmp_path_factory.mktemp("report") / "report.html"
    write_report(path, folders, failures=[MissingClip("broken.yaml", f"no road {HOSTILE}")])
    return path.read_text()


def test_it_needs_no_other_file(text):
    page = Page(text)
    assert not page.all("link") and not page.all("iframe")
    assert all(image["src"].startswith("data:image/jpeg;base64,") for image in page.all("img"))
    assert not [s for s in page.all("script") if "src" in s]
    assert all(video["src"].startswith("data:video/mp4;base64,") for video in page.all("video"))
    assert not re.search(r"(src|href)=\"(https?:)?//", text)


def test_a_name_cannot_become_markup(text):
    page = Page(text)
    assert "alert" not in "".join(page.scripts)
    assert text.count("<script") == 1 + 2  # the page's script, and the boxes of each clip
    assert HOSTILE in "".join(page.words)
    assert not [attributes for _, attributes in page.tags if any(name.startswith("on") for name in attributes)]


def test_only_the_page_s_own_script_may_run(text):
    policy = next(m["content"] for m in Page(text).all("meta") if m.get("http-equiv") == "Content-Security-Policy")
    assert "default-src 'none'" in policy
    assert "unsafe-inline" not in policy.split("script-src")[1]


def test_it_has_the_videos_of_the_clips_unchanged(text, folders):
    videos = [base64.b64decode(v["src"].split(",")[1]) for v in Page(text).all("video")]
    names = ["generated.mp4", "source.mp4"]
    assert videos == [*((folders[0] / "CAM_FRONT" / n).read_bytes() for n in names),
                      (folders[1] / "CAM_FRONT" / "generated.mp4").read_bytes()]  # fmt: skip


def test_the_boxes_of_every_frame_are_those_of_the_labels(text):
    found = re.findall(r'<script type="application/json" class="boxes">(.*?)</script>', text)
    data, labels = json.loads(found[0]), clip().labels[0]
    assert len(data["frames"]) == FRAMES
    for frame, boxes in enumerate(data["frames"]):
        assert {box[0] for box in boxes} == set(np.flatnonzero(labels.in_view[frame]).tolist())
        for actor, *corners, percent in boxes:
            assert np.allclose(corners, labels.amodal_box[frame, actor], atol=0.06)
            assert percent == round(100 * labels.visibility[frame, actor])


def test_it_has_reasons_failures_and_sources(text):
    words = "".join(Page(text).words)
    assert "the car leaves its lane" in words
    assert "broken.yaml" in words
    assert "Somebody, CC BY 4.0" in words
    assert "friction circle" in words
    assert "least distance" in words  # the near miss, above the videos
    assert "brakes at 6 m/s²" in words


def test_it_compares_what_every_event_asked_with_what_was_done(text, folders):
    assert read_record(folders[1] / "record.json").events == EVENTS
    rows = re.findall(r"<tr><td>(car [^<]*).*?</tr>", text, re.DOTALL)
    assert rows == [one.event for one in EVENTS]
    table = " ".join(text[text.index("Asked and done") :].split())
    for words in ("rate 6 m/s^2", "0.98 m/s^2", "speed 20 km/h", "20.4 km/h", "1.00 to 4.50 s", "could not be done",
                  "the road gives 1.0 m/s^2", "it is too late to turn", "not as asked"):  # fmt: skip
        assert words in table


def test_it_has_the_hash_of_the_scenario_file_if_the_record_has_it(text):
    assert re.findall(r"SHA-256 of the scenario file</dt><dd[^>]*>(.*?)<", text) == ["ab" * 32]


def test_the_report_of_a_long_run_lists_clips_without_videos(folders, tmp_path):
    write_report(tmp_path / "report.html", folders, shown=1)
    page = Page((tmp_path / "report.html").read_text())
    assert len(page.all("article")) == 1
    assert "Without videos, so that this page opens quickly: the last 1 clip." in "".join(page.words)
    assert HOSTILE in "".join(page.words)


def test_it_begins_with_the_request_and_the_command_to_resume(folders, tmp_path):
    request = RunRequest(
        {"scenarios": HOSTILE, "log": ""}, 7, 5, (f"broken.yaml: {HOSTILE}",), f"nearmiss nightly {HOSTILE}"
    )
    write_report(tmp_path / "report.html", folders, request=request)
    page = Page((tmp_path / "report.html").read_text())
    words = "".join(page.words)
    assert "7 requested, 5 more left for a later run" in " ".join(words.split())
    assert f"nearmiss nightly {HOSTILE}" in words
    assert f"broken.yaml: {HOSTILE}" in words
    assert words.index("Correct the files, then resume with") < words.index("Why clips were rejected")
    assert "alert" not in "".join(page.scripts)
    complete = RunRequest({}, 2, 0, (), "nearmiss generate x")
    write_report(tmp_path / "report.html", folders, request=complete)
    assert "esume with" not in (tmp_path / "report.html").read_text()


def test_failures_and_the_command_to_resume_come_first_and_each_reason_once(folders, tmp_path):
    lost = [MissingClip(f"clip-{i}", "TookTooLong: 1800 s", transient=True) for i in range(400)]
    failures = [MissingClip("odd-s0", f"no road {HOSTILE}"), *lost]
    write_report(
        tmp_path / "report.html", folders, failures=failures, request=RunRequest({}, 402, 0, (), "nearmiss resume x")
    )
    text = (tmp_path / "report.html").read_text()
    words = " ".join("".join(Page(text).words).split())
    assert text.count("TookTooLong: 1800 s") == 1
    assert "not complete 401 clips failed" in words
    order = [
        "not complete",
        "TookTooLong",
        "no road",
        "Resume with nearmiss resume x",
        "clips from 1 scenario",
        "Why clips were rejected",
    ]
    places = [words.index(one) for one in order]
    assert places == sorted(places)
    assert "400 clips; failure of the machine" in words
    assert "1 clip; failure of the clip" in words
    assert all(f"clip-{i}" in words for i in range(400)), "in the closed section"
    assert [group.clips for group in group_failures(failures)][1] == ("odd-s0",)


def test_it_states_that_a_run_had_no_failures(folders, tmp_path):
    for waiting, head in ((0, "complete No failures"), (7, "clips left 7 clips are left for a later run")):
        write_report(tmp_path / "report.html", folders, request=RunRequest({}, 2, waiting, (), "nearmiss nightly x"))
        words = " ".join("".join(Page((tmp_path / "report.html").read_text()).words).split())
        assert head in words
        assert ("Resume with nearmiss nightly x" in words) == (waiting > 0)


def test_a_failed_tag_is_not_shown_as_a_failed_check(folders, tmp_path):
    tagged = record("good-s0", (*GOOD, verdict("physics", Outcome.FAIL, gates=False)))
    write_clip(tmp_path / "good-s0", clip(tagged, source=()))
    write_report(tmp_path / "report.html", [tmp_path / "good-s0"])
    pills = [
        span["class"]
        for span in Page((tmp_path / "report.html").read_text()).all("span")
        if "pill" in (span.get("class") or "")
    ]
    assert "pill fail" not in pills
    assert "pill tag" in pills


def test_verdicts_name_their_camera_and_those_that_reject_the_clip_are_marked(folders, tmp_path):
    held = record("held-s0", (*GOOD, verdict("pixels", Outcome.INCONCLUSIVE, must_pass=True)))
    write_clip(tmp_path / "held-s0", clip(held))
    write_report(tmp_path / "report.html", [tmp_path / "held-s0"])
    words = " ".join("".join(Page((tmp_path / "report.html").read_text()).words).split())
    assert "pixels, CAM_FRONT, rejects the clip" in words
    assert words.index("rejects the clip") < words.index("physics check")
    assert "pixels check (CAM_FRONT): inconclusive, the car leaves its lane" in words


@pytest.mark.parametrize(("seconds", "text"), [(0.0, "0 s"), (95.4, "95 s"), (2880.0, "48 min"), (62000.0, "17.2 h")])
def test_durations_have_a_readable_unit(seconds, text):
    assert duration(seconds) == text


def test_the_report_of_a_long_run_closes_the_sections_of_rejected_clips(folders, tmp_path):
    good, bad = folders
    for path, many in ((tmp_path / "few.html", [good, bad]), (tmp_path / "many.html", [good, *[bad] * 29])):
        write_report(path, many, shown=4)
    few, many = (Page((tmp_path / f"{name}.html").read_text()) for name in ("few", "many"))
    assert ["open" in fold for fold in few.all("details") if fold.get("class") == "fold"] == [True]
    assert ["open" in fold for fold in many.all("details") if fold.get("class") == "fold"] == [False]
    assert ["open" in clip for clip in many.all("details") if clip.get("class") == "whole"] == [True, *[False] * 3]
    assert [video["preload"] for video in many.all("video")] == ["metadata"] * 2 + ["none"] * 3
    assert len(many.all("img")) == 30
    assert all(image["loading"] == "lazy" for image in many.all("img"))


def test_a_run_without_clips_has_a_report(tmp_path):
    write_report(tmp_path / "report.html", [])
    assert "<p>No clips.</p>" in (tmp_path / "report.html").read_text()


def test_plots_show_the_speeds_and_the_bodies_in_the_ego_s_path(folders):
    speed, gap, ttc = clip_view(folders[0]).plots
    assert speed.lines[0].label == "ego"
    assert [line.label for line in gap.lines] == ["car"]  # 13.4 m ahead in the ego's lane
    assert gap.lines[0].colour == next(line.colour for line in speed.lines if line.label == "car") == 1
    assert ttc.lines[0].path == ""  # the car is faster than the ego
    assert speed.marks[0].text == "car brakes at 6 m/s²"


@pytest.mark.parametrize(("low", "high"), [(0.0, 1.0), (0.0, 7.3), (-4.0, 12.0), (0.0, 1e4), (3.0, 3.0), (0.0, 0.002)])
def test_ticks_are_few_round_numbers_that_enclose_the_values(low, high):
    found = ticks(low, high)
    assert found[0] <= low + 1e-9
    assert found[-1] >= high - 1e-9
    assert 2 <= len(found) <= 8 or low == high


def test_a_value_that_is_not_finite_is_a_gap_in_the_line():
    t = np.arange(5.0)
    plot = line_plot("x", "m", t, [Series("a", np.array([1.0, np.nan, 2.0, 3.0, np.inf]))])
    assert plot.lines[0].path.count("M") == 2
    assert plot.lines[0].path.count("L") == 1
    assert line_plot("x", "m", t, [Series("a", np.full(5, np.nan))]).lines[0].path == ""


def test_values_above_the_ceiling_are_not_drawn():
    plot = line_plot("TTC", "s", np.arange(4.0), [Series("a", np.array([99.0, 12.0, 5.0, 3.0]))], ceiling=10.0)
    assert plot.y_ticks[-1].text in ("5", "6")
    assert plot.lines[0].path.count("L") == 1


@pytest.mark.parametrize(
    ("value", "text"), [(None, "–"), (0.41234, "0.412"), (12345.6, "12346"), (float("inf"), "inf")]
)
def test_quantities_are_short(value, text):
    assert quantity(value) == text

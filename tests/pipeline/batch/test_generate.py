"""The command `generate`: the shipped preset makes its clip; after a kill and a restart no clip is lost or doubled.

With Ray, at random moments, and with other faults: test_faults.py and test_faults_ray.py.
"""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

from outputs.clips.clip import read_clip
from tests.pipeline.situations import case

ROOT = Path(__file__).resolve().parents[3]
BATCH = 6


def start(program: str, file: Path, out: Path, *options: str) -> subprocess.Popen:
    command = [sys.executable, "-m", program, "generate", str(file), "--out", str(out), "--inline", *options]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def finished(out: Path) -> dict[str, int]:
    """The finished clips, each with the inode of its folder."""
    return {p.name: p.stat().st_ino for kind in ("clips", "rejected") for p in (out / kind).glob("*/") if p.is_dir()}


def test_the_command_makes_a_clip_with_the_shipped_preset(tmp_path, newborn_weights):
    file, out = tmp_path / "one.yaml", tmp_path / "run"
    file.write_text(case(1))
    made = start("pipeline.cli.main", file, out, "--weights", str(newborn_weights))
    text, _ = made.communicate()
    assert made.returncode == 0, text
    (clip,) = finished(out)
    (listed,) = json.loads((out / "manifest.json").read_text())["clips"]
    assert (listed["id"], listed["preset"]) == (clip, "tiny")
    (place,) = out.glob(f"*/{clip}")
    assert read_clip(place).frames[0].shape == (13, 144, 256, 3)
    assert (out / "report.html").stat().st_size > 10_000


def test_the_same_command_completes_a_killed_batch(tmp_path, speck_weights):
    file, out = tmp_path / "six.yaml", tmp_path / "run"
    file.write_text(case(BATCH))
    command = ("tests.pipeline.troubled_cli", file, out, "--preset", "speck", "--weights", str(speck_weights))
    first = start(*command)
    while len(finished(out)) < 2 and first.poll() is None:
        time.sleep(0.02)
    first.send_signal(signal.SIGKILL)
    first.wait()
    before = finished(out)
    assert 2 <= len(before) < BATCH, first.stdout.read()

    second = start(*command)
    text, _ = second.communicate()
    assert second.returncode == 0, text
    after = finished(out)
    assert len(after) == BATCH
    assert before.items() <= after.items()
    assert f"{BATCH - len(before)} clip" in text
    assert list((out / ".unfinished").iterdir()) == []
    manifest = json.loads((out / "manifest.json").read_text())
    assert sorted(clip["id"] for clip in manifest["clips"]) == sorted(after)
    (covered,) = manifest["coverage"]
    assert covered["whole"]["asked"] == covered["whole"]["run"] == BATCH
    assert len(json.loads((out / "run.json").read_text())["starts"]) == 2
    assert (out / "report.html").stat().st_size > 10_000

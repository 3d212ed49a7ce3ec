"""Small pictures of clips as data URIs, for pages that cannot read the run folder."""

import base64
import io
from collections.abc import Sequence
from pathlib import Path

from PIL import Image

from outputs.clips.clip import frame_paths
from outputs.clips.manifest import read_record

WIDE, COLUMNS, MOST = 192, 4, 12
THUMB = 128  # pixels; one page may have hundreds
QUALITY = 78


def picture(clips: Sequence[Path], most: int = MOST) -> str:
    """A contact sheet with the middle frame of up to `most` clips; "" without clips."""
    count = min(most, len(clips))
    frames = [_middle_frame(clips[i * len(clips) // count], WIDE) for i in range(count)]
    return _data_uri(_sheet(frames)) if frames else ""


def thumbnail(clip: Path) -> str:
    """The middle frame of a clip."""
    return _data_uri(_middle_frame(clip, THUMB))


def _sheet(pictures: Sequence[Image.Image]) -> Image.Image:
    wide, high = pictures[0].size
    columns = min(COLUMNS, len(pictures))
    sheet = Image.new("RGB", (wide * columns, high * -(-len(pictures) // columns)))
    for i, one in enumerate(pictures):
        sheet.paste(one, (i % columns * wide, i // columns * high))
    return sheet


def _data_uri(picture: Image.Image) -> str:
    written = io.BytesIO()
    picture.save(written, "JPEG", quality=QUALITY)
    return "data:image/jpeg;base64," + base64.b64encode(written.getvalue()).decode()


def _middle_frame(folder: Path, wide: int) -> Image.Image:
    frames = frame_paths(folder, read_record(folder / "record.json").cameras[0])
    with Image.open(frames[len(frames) // 2]) as frame:
        return frame.convert("RGB").resize((wide, wide * frame.height // frame.width))

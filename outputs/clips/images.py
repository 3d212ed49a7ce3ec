"""Single pictures as files."""

from pathlib import Path

import numpy as np
from jaxtyping import UInt8
from PIL import Image

JPEG_QUALITY = 95  # as in perception datasets: artefacts are well below a camera's own noise


def write_image(path: Path, picture: UInt8[np.ndarray, "height width 3"]) -> None:
    """Write RGB as PNG (lossless) or JPEG, chosen by the file's suffix. No chroma subsampling."""
    if path.suffix == ".png":
        Image.fromarray(picture).save(path, optimize=False)
    elif path.suffix == ".jpg":
        Image.fromarray(picture).save(path, quality=JPEG_QUALITY, subsampling=0)
    else:
        raise ValueError(f"{path}: pictures end in .jpg or .png")


def read_image(path: Path) -> UInt8[np.ndarray, "height width 3"]:
    with Image.open(path) as picture:
        return np.asarray(picture.convert("RGB"))

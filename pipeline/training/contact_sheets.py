"""Contact sheets: rows of pictures in one PNG, enlarged for visual inspection."""

from pathlib import Path

import numpy as np
from einops import rearrange
from jaxtyping import Float, UInt8
from PIL import Image, ImageDraw


def outlined(
    picture: UInt8[np.ndarray, "height width 3"], boxes: Float[np.ndarray, "box 4"]
) -> UInt8[np.ndarray, "height width 3"]:
    """A copy with a green outline around every box (left, top, right, bottom in pixels)."""
    image = Image.fromarray(picture)
    for box in boxes.tolist():
        ImageDraw.Draw(image).rectangle(box, outline=(0, 255, 0))
    return np.asarray(image)


def sheet(rows: list[UInt8[np.ndarray, "time height width 3"]], path: Path, enlarge: int = 2) -> None:
    """Write rows of pictures below each other, enlarged by nearest neighbour."""
    grid = np.concatenate([rearrange(row, "t h w c -> h (t w) c") for row in rows])
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(grid).resize((grid.shape[1] * enlarge, grid.shape[0] * enlarge), Image.Resampling.NEAREST).save(
        path
    )

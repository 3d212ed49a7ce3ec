"""Contact sheets: rows of pictures in one PNG, enlarged so that a person can judge them."""

from pathlib import Path

import numpy as np
import torch
from einops import rearrange
from jaxtyping import Float, UInt8
from PIL import Image, ImageDraw
from torch import Tensor


def signed(values: np.ndarray) -> Float[Tensor, "..."]:
    """Bytes 0..255 to -1..1."""
    return torch.from_numpy(np.require(values, requirements=("C", "W"))).float() / 127.5 - 1


def to_bytes(pictures: Float[Tensor, "*any 3 height width"]) -> UInt8[np.ndarray, "*any height width 3"]:
    """Pictures in [-1, 1] as bytes."""
    scaled = ((pictures.float().clamp(-1, 1) + 1) * 127.5).round()
    return rearrange(scaled.byte().cpu().numpy(), "... c h w -> ... h w c")


def outlined(
    picture: UInt8[np.ndarray, "height width 3"], boxes: Float[np.ndarray, "box 4"]
) -> UInt8[np.ndarray, "height width 3"]:
    """A copy with a green frame around every box (left, top, right, bottom in pixels)."""
    image = Image.fromarray(picture)
    for box in boxes.tolist():
        ImageDraw.Draw(image).rectangle(box, outline=(0, 255, 0))
    return np.asarray(image)


def sheet(rows: list[UInt8[np.ndarray, "time height width 3"]], path: Path, enlarge: int = 2) -> None:
    """One row of pictures below another, nearest-neighbour enlarged."""
    grid = np.concatenate([rearrange(row, "t h w c -> h (t w) c") for row in rows])
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(grid).resize((grid.shape[1] * enlarge, grid.shape[0] * enlarge), Image.NEAREST).save(path)

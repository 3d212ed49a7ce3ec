"""Preview of a scenario without networks: the top-down view, speeds, and the camera's layers over time."""

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import UInt8
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

from conditioning.assets.scenery import Scenery
from conditioning.caption import caption
from conditioning.geometry.camera import Camera
from conditioning.layers.control_layers import FOREGROUND, LAYERS, Layers, draw_layers
from conditioning.layers.part_masks import PARTS
from conditioning.preview.topdown import COLOURS, CRITICAL, colour_of, draw_scene
from scenarios.metrics.critical_instant import critical_instant
from scenarios.rollout import Rollout

COLUMNS = 4
MOST_EVENTS = 12  # number of events listed beside the speeds
_BACKGROUND = {
    "road": "#5b5d62", "sidewalk": "#a39c92", "terrain": "#5d8a4c", "building": "#9a6e4f", "tree": "#2f7d32",
}  # fmt: skip
_SKY = "#bcd4ea"
_CUBOID = 0.4  # share of a cuboid's colour outside of the body's mesh
_DARKER = {"glass": 0.5, "dark": 0.75, "trousers": 0.5, "skin": -0.3}  # to distinguish the parts
_AT = {name: i for i, name in enumerate(LAYERS)}


@dataclass(frozen=True)
class PreviewView:
    """One camera, with its pictures at `preview_frames(rollout)` if there are any."""

    camera: Camera
    pictures: UInt8[np.ndarray, "view height width 3"] | None = None


def write_preview(
    rollout: Rollout,
    scenery: Scenery,
    camera: Camera,
    path: Path,
    pictures: UInt8[np.ndarray, "view height width 3"] | None = None,
) -> None:
    """Write a PNG with the top-down view, the speeds, and the layers at `preview_frames(rollout)`.

    `pictures`, if given, are a camera's pictures at the same frames and are shown above the layers.
    """
    write_rig_preview(rollout, scenery, (PreviewView(camera, pictures),), path)


def write_rig_preview(rollout: Rollout, scenery: Scenery, views: Sequence[PreviewView], path: Path) -> None:
    """The same for all cameras of a rig, below one another; how near things are is shown for a single camera only."""
    FigureCanvasAgg(draw_preview(rollout, scenery, views)).print_png(str(path))


def preview_frames(rollout: Rollout) -> list[int]:
    """The instants that a preview shows: evenly from the first frame to the last, and the critical one."""
    even = np.linspace(0, len(rollout.t_s) - 1, COLUMNS).round().astype(int).tolist()
    critical = critical_instant(rollout)
    return sorted({*even, critical.frame} if critical else set(even))


def draw_topdown(rollout: Rollout, scenery: Scenery, camera: Camera) -> Figure:
    """The top-down view as a figure."""
    figure = Figure(figsize=(12, 5), layout="constrained")
    draw_scene(figure.subplots(), rollout, scenery, (camera,), preview_frames(rollout))
    return figure


def draw_preview(rollout: Rollout, scenery: Scenery, views: Sequence[PreviewView]) -> Figure:
    """The complete preview sheet."""
    frames, critical = preview_frames(rollout), critical_instant(rollout)
    strips = [strip for view in views for strip in _strips(rollout, scenery, view, frames, len(views) == 1)]
    figure = Figure(figsize=(14, 6.2 + 2.1 * len(strips)), layout="constrained")
    figure.suptitle(f"{rollout.name}  ({rollout.id})\n{caption(rollout)}", fontsize=11)
    above, below = figure.subfigures(2, 1, squeeze=False, height_ratios=(5.0, 2.1 * len(strips)))[:, 0]
    scene, speeds = above.subplots(1, 2, width_ratios=(3, 1))
    draw_scene(scene, rollout, scenery, [view.camera for view in views], frames)
    _draw_speeds(speeds, rollout)
    grid = below.subplots(len(strips), len(frames), squeeze=False)
    for row, (name, strip) in zip(grid, strips, strict=True):
        for axes, frame, picture in zip(row, frames, strip, strict=True):
            axes.imshow(picture, interpolation="nearest")
            axes.set(xticks=[], yticks=[], title=f"{name}, {rollout.t_s[frame]:.1f} s")
            axes.title.set_fontsize(8)
            if critical and frame == critical.frame:
                _mark_critical(axes, critical.words if name == strips[0][0] else "")
    return figure


def _strips(
    rollout: Rollout, scenery: Scenery, view: PreviewView, frames: list[int], alone: bool
) -> list[tuple[str, UInt8[np.ndarray, "view height width 3"]]]:
    """The rows of pictures of one camera with what they show; its name where it is not `alone`."""
    layers = draw_layers(rollout, scenery, view.camera, frames)
    strips = [] if view.pictures is None else [("picture", view.pictures)]
    strips.append(("layers", false_colours(layers)))
    if alone:
        return [*strips, ("how near", _nearness(layers))]
    return [(f"{view.camera.name}, {what}", pictures) for what, pictures in strips]


def _mark_critical(axes: Axes, words: str) -> None:
    """A red frame around a picture of the critical instant, and what makes it critical."""
    for spine in axes.spines.values():
        spine.set(color=CRITICAL, linewidth=2.5)
    axes.set_title("\n".join(part for part in (axes.get_title(), words) if part), fontsize=8, color=CRITICAL)


def false_colours(layers: Layers) -> UInt8[np.ndarray, "time height width 3"]:
    """Layers as one picture: a colour for each class, pale outside of the mesh, red for brake lights."""
    values = layers.values.astype(float) / 255
    picture = np.ones((len(values), *values.shape[2:], 3)) * to_rgb(_SKY)
    for name, colour in _BACKGROUND.items():
        picture[values[:, _AT[name]] > 0] = to_rgb(colour)
    picture += values[:, _AT["marking"], ..., None] * (1.0 - picture)
    in_front = values[:, _AT["foreground_nearness"]] >= values[:, _AT["background_nearness"]]
    shade = 0.55 + 0.25 * values[:, _AT["local_z"]] + 0.2 * values[:, _AT["local_y"]]
    parts = values[:, _AT[PARTS[0]] : _AT[PARTS[-1]] + 1]
    shade *= 1 - sum(darker * parts[:, PARTS.index(name)] for name, darker in _DARKER.items())
    opacity = _CUBOID + (1 - _CUBOID) * parts.sum(1).clip(max=1)
    for name in FOREGROUND[:6]:
        mask = (values[:, _AT[name]] > 0) & in_front
        body = shade[mask, None] * to_rgb(COLOURS[name])
        picture[mask] += opacity[mask, None] * (body - picture[mask])
    lit = (values[:, _AT["brake_light"]] > 0) & in_front & (values[:, _AT["local_x"]] < 0.01)
    picture[lit] += opacity[lit, None] * ((1.0, 0.1, 0.05) - picture[lit])
    return np.rint(255 * picture).astype(np.uint8)


def _nearness(layers: Layers) -> UInt8[np.ndarray, "time height width 3"]:
    nearest = np.maximum(layers.values[:, _AT["background_nearness"]], layers.values[:, _AT["foreground_nearness"]])
    return np.repeat(nearest[..., None], 3, axis=-1)


def _draw_speeds(axes: Axes, rollout: Rollout) -> None:
    """Speed of the ego and of all moving bodies, km/h; and the events, at their times."""
    few = len(rollout.bodies) < 12
    for row, body in enumerate(rollout.bodies):
        valid, ego = rollout.valid[:, row], row == 0
        speed = 3.6 * np.abs(rollout.speed_mps[valid, row])
        if ego or speed.max(initial=0.0) > 1.0:
            colour, label = colour_of(rollout, row), body.id if ego or few else None
            axes.plot(rollout.t_s[valid], speed, label=label, color=colour, linewidth=2.0 if ego else 1.2)
    axes.set(ylabel="speed, km/h", xlim=(0, max(rollout.t_s[-1], 0.1)))
    axes.set_ylim(bottom=0)
    if critical := critical_instant(rollout):
        axes.axvline(critical.t_s, color=CRITICAL, linewidth=1.2, label=f"{critical.t_s:.1f} s: {critical.words}")
    # Above the axes and the numbers of the events, since in the axes it would cover curves.
    columns = 1 if len(axes.get_legend_handles_labels()[1]) < 5 else 2
    axes.legend(fontsize=7, loc="lower left", bbox_to_anchor=(0.0, 1.07), borderaxespad=0.0, ncols=columns)
    _number_events(axes, rollout)


def _number_events(axes: Axes, rollout: Rollout) -> None:
    """A line and a number at the instant of each event, and the events as text below the axis."""
    lines = ["time, s"]
    for number, event in enumerate(rollout.happenings[:MOST_EVENTS], 1):
        axes.axvline(event.t_s, color="grey", linewidth=0.8, linestyle=":")
        above = 1.005 + 0.025 * (number % 2)  # so that the numbers of consecutive events do not overlap
        place = ("data", "axes fraction")
        axes.annotate(str(number), xy=(event.t_s, above), xycoords=place, ha="center", fontsize=6)
        text = f"{number}  {event.t_s:.1f} s  {event.actor}: {event.what}"
        lines += textwrap.wrap(text, 48, subsequent_indent="     ")
    if (more := len(rollout.happenings) - MOST_EVENTS) > 0:
        lines.append(f"and {more} more")
    axes.set_xlabel("\n".join(lines), loc="left", fontsize=7)

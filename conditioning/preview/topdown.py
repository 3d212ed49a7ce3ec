"""A rollout seen from above: road, scenery, and the path of every body."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.patches import Circle, Polygon

from conditioning.assets.scenery import Scenery
from conditioning.assets.shelters import slabs_of
from conditioning.geometry.backdrop import facade_corners
from conditioning.geometry.camera import Camera
from conditioning.geometry.cuboids import corners
from conditioning.ground.markings import DASH_M, GAP_M, YELLOW, lane_lines, partial_markings
from conditioning.ground.road_surface import GROUND_LOOKS, bars_of, is_painted
from conditioning.layers.control_layers import CLASS_OF
from scenarios.metrics.critical_instant import critical_instant
from scenarios.roads.road import Road, ring_centre
from scenarios.roads.road_polygons import road_area
from scenarios.rollout import Rollout

COLOURS = {
    "ego": "#1f6fd6", "car": "#a8484f", "truck": "#e07b1a", "bus": "#b89a00", "two_wheeler": "#0c9c9c",
    "person": "#c21fb4", "obstacle": "#6a5acd",
}  # fmt: skip
_GROUND = {"terrain": "#cfdcc4", "sidewalk": "#c9c2b8", "road": "#8d8f94"}
CRITICAL = "#d40000"  # whatever marks the critical instant
_MARGIN_M, _AHEAD_M = 12.0, 45.0
_NAMED_M = 40.0  # bodies farther from the ego have no name: a log has about a hundred


def colour_of(rollout: Rollout, row: int) -> str:
    """A body's colour in all drawings of the preview."""
    return COLOURS["ego"] if row == 0 else COLOURS[CLASS_OF[rollout.bodies[row].kind]]


def draw_scene(axes: Axes, rollout: Rollout, scenery: Scenery, cameras: Sequence[Camera], frames: list[int]) -> None:
    """Draw the rollout from above, metres, map x to the right; bodies at `frames`, later ones more opaque; every
    camera's field of view."""
    low, high = _extent(rollout)
    if rollout.road is not None:
        _draw_road(axes, rollout.road, rollout)
    _draw_scenery(axes, scenery)
    for camera in cameras:
        _draw_view(axes, rollout, camera)
    for row in range(len(rollout.bodies)):
        _draw_body(axes, rollout, row, frames)
    _draw_critical(axes, rollout)
    axes.set(xlim=(low[0], high[0]), ylim=(low[1], high[1]), xlabel="map x, m", ylabel="map y, m", aspect="equal")


def _extent(rollout: Rollout) -> tuple[Float[np.ndarray, "2"], Float[np.ndarray, "2"]]:
    """The ego's path and what comes near it."""
    path = rollout.ego_to_map[:, :2, 3]
    ahead = path + _AHEAD_M * rollout.ego_to_map[:, :2, 0]
    shown = [path, ahead]
    for row in range(1, len(rollout.bodies)):
        positions = rollout.centre[rollout.valid[:, row], row, :2]
        near = np.linalg.norm(positions[:, None] - path[None], axis=-1).min(axis=1, initial=np.inf) < _AHEAD_M
        shown.append(positions[near])
    points = np.concatenate(shown)
    return points.min(axis=0) - _MARGIN_M, points.max(axis=0) + _MARGIN_M


def _draw_road(axes: Axes, road: Road, rollout: Rollout) -> None:
    s = road.project(rollout.ego_to_map[:, :2, 3])[:, 0]
    bend = 0.0 if road.pieces else abs(road.curvature_per_m)  # a road of constant curvature must not meet itself
    reach = min(150.0, 1.5 / bend) if bend > 1e-9 else 150.0
    first, last = float(s.min()) - reach / 2, float(s.max()) + reach
    axes.set_facecolor(_GROUND["terrain"])
    for name, beside in (("sidewalk", road.sidewalk_m), ("road", 0.0)):
        band = np.array(road_area(road, first, last, beside).exterior.coords)
        axes.add_patch(Polygon(band, color=_GROUND[name], zorder=1, linewidth=0))
    if road.junction is not None and road.junction.ring_m:
        island = Circle(ring_centre(road), road.junction.island_m, facecolor=_GROUND["terrain"], edgecolor="white")
        axes.add_patch(island).set_zorder(1.2)
    for patch in road.patches:
        band = np.array(road.band(patch.d_from, patch.d_to, patch.s_from, patch.s_to).exterior.coords)
        axes.add_patch(Polygon(band, color=GROUND_LOOKS[patch.surface].colour, zorder=1.5, linewidth=0))
    for on_other, s_from, s_to, right, left in bars_of(road):
        barred = road.cross if on_other else road
        assert barred is not None
        band = np.array(barred.band(right, left, s_from, s_to).exterior.coords)
        axes.add_patch(Polygon(band, color="white", zorder=2, linewidth=0))
    solid = [np.arange(first, last, 1.0)]
    period = DASH_M + GAP_M
    starts = np.arange(np.floor(first / period) * period, last, period)
    dashes = [np.linspace(start, start + 0.99 * DASH_M, 3) for start in starts]
    for d, dashed, colour in lane_lines(road):
        for at in dashes if dashed else solid:
            x, y, _ = road.pose(at, np.full_like(at, d)).T
            if road.cross is not None or len(road.strips):  # no line inside a junction or along a bay
                x = np.where(is_painted(road, np.stack([x, y], axis=-1)), x, np.nan)
            axes.plot(x, y, color="#f2c200" if colour == YELLOW else "white", linewidth=0.8, zorder=2)

    for s0, d0, s1, d1, dash, _, _, colour in partial_markings(road):
        at = np.linspace(s0, s1, max(2, int(s1 - s0)))
        x, y, _ = road.pose(at, np.interp(at, (s0, s1), (d0, d1))).T
        paint, style = "#f2c200" if colour == YELLOW else "white", ":" if dash else "-"
        axes.plot(x, y, linewidth=0.8, zorder=2, color=paint, linestyle=style)


def _draw_scenery(axes: Axes, scenery: Scenery) -> None:
    for building in scenery.buildings:
        axes.add_patch(Polygon(facade_corners(building), facecolor="#a98d78", edgecolor="#7c6655", zorder=2))
    for shelter in scenery.shelters:
        for slab in slabs_of(shelter):
            axes.add_patch(Polygon(slab.footprint, facecolor="#5c7f8a", edgecolor="#39525a", zorder=2, linewidth=0.5))
    for tree in scenery.trees:
        axes.add_patch(Circle((tree.x_m, tree.y_m), tree.crown_radius_m, color="#4f8f46", alpha=0.7, zorder=7))


def _draw_view(axes: Axes, rollout: Rollout, camera: Camera) -> None:
    """The camera's field of view at the start."""
    pose = rollout.ego_to_map[0] @ camera.camera_to_ego
    sides = np.array([[(u - camera.intrinsic[0, 2]) / camera.intrinsic[0, 0], 0.0, 1.0] for u in (0, camera.width)])
    far = pose[:3, 3] + 60.0 * sides @ pose[:3, :3].T
    cone = np.concatenate([pose[None, :2, 3], far[:, :2]])
    axes.add_patch(Polygon(cone, facecolor=COLOURS["ego"], alpha=0.08, zorder=3, linewidth=0))


def _draw_critical(axes: Axes, rollout: Rollout) -> None:
    """The ego's outline at the critical instant in red, and in words why it is critical."""
    if (critical := critical_instant(rollout)) is None:
        return
    at = [critical.frame]
    box = corners(rollout.centre[at, 0], rollout.sizes[[0]], rollout.yaw_rad[at, 0])[0]
    foot = box[[0, 2, 6, 4], :2]
    axes.add_patch(Polygon(foot, fill=False, edgecolor=CRITICAL, linewidth=1.8, zorder=9))
    axes.annotate(
        f"{critical.t_s:.1f} s: {critical.words}", foot.max(axis=0), (4, 14), textcoords="offset points", fontsize=8,
        color=CRITICAL, zorder=9, arrowprops={"arrowstyle": "-", "color": CRITICAL, "linewidth": 0.8},
        bbox={"facecolor": "white", "alpha": 0.75, "linewidth": 0, "pad": 1.0},
    )  # fmt: skip


def _draw_body(axes: Axes, rollout: Rollout, row: int, frames: list[int]) -> None:
    valid = rollout.valid[:, row]
    if not valid.any():
        return
    colour, path = colour_of(rollout, row), rollout.centre[valid, row, :2]
    axes.plot(*path.T, color=colour, linewidth=1.0, zorder=4)
    shown = [frame for frame in frames if valid[frame]]
    for index, frame in enumerate(shown):
        box = corners(rollout.centre[[frame], row], rollout.sizes[[row]], rollout.yaw_rad[[frame], row])[0]
        foot = box[[0, 2, 6, 4], :2]  # the corners of `UNIT_CORNERS` with z = -1, in cyclic order
        alpha = 0.25 + 0.65 * (index + 1) / len(shown)
        axes.add_patch(Polygon(foot, facecolor=colour, edgecolor="black", linewidth=0.5, alpha=alpha, zorder=5))
        nose = foot[2:].mean(axis=0)
        axes.plot(*np.stack([foot.mean(axis=0), nose]).T, color="black", linewidth=0.6, zorder=6)
    if np.linalg.norm(path - rollout.ego_to_map[valid, :2, 3], axis=-1).min() < _NAMED_M:
        axes.annotate(
            rollout.bodies[row].id, path[0], (3, 3), textcoords="offset points", fontsize=7, zorder=8, clip_on=True
        )

"""The ground in the shading kernel: asphalt with markings, kerbs and pavement, terrain, and snow."""

from typing import no_type_check

import numpy as np

from conditioning.ground.road_surface import (
    cross_road_coordinates,
    distance_beyond_edge,
    distance_beyond_ring,
    line_owner,
    on_island_line,
    widens,
)
from conditioning.renderer.textures import (
    asphalt,
    dash_coverage,
    faded_noise,
    noise,
    paint_lines,
    pavement,
    stripe_coverage,
    terrain,
)
from scenarios.numba_cache import njit
from scenarios.roads.reference_line import bend_at, locate_on
from scenarios.roads.widening import beyond_strips

_fast = njit(cache=True, nogil=True, fastmath={"contract", "reassoc", "arcp", "nsz", "afn"})


@_fast
@no_type_check
def _paint_bars(s, d, on_cross_road, across, along, bars, wear, albedo):
    """Stop lines of the road at the point."""
    for i in range(len(bars)):
        if bars[i, 0] == on_cross_road and abs(s - bars[i, 1]) < 20.0:
            middle, half = (bars[i, 1] + bars[i, 2]) / 2, (bars[i, 2] - bars[i, 1]) / 2
            share = wear * stripe_coverage(s, middle, half, along)
            share *= stripe_coverage(d, (bars[i, 3] + bars[i, 4]) / 2, (bars[i, 4] - bars[i, 3]) / 2, across)
            for k in range(3):
                albedo[k] += share * (0.66 - albedo[k])


@_fast
@no_type_check
def _paint_strokes(s, d, across, along, strokes, wear, albedo):
    """Markings on a part of the road."""
    for i in range(len(strokes)):
        s0, d0, s1, d1, dash, period, width, colour = strokes[i]
        if s < s0 - 0.1 or s > s1 + 0.1:
            continue
        slope = (d1 - d0) / (s1 - s0)
        tilt = np.sqrt(1 + slope * slope)
        share = stripe_coverage((d - d0 - slope * (s - s0)) / tilt, 0.0, width / 2, across)
        if share <= 0.0:
            continue
        if period > 0:
            share *= dash_coverage(s - s0, along, dash, period)
        share *= wear
        albedo[0] += share * (0.66 - albedo[0])
        albedo[1] += share * ((0.42 if colour > 1.5 else 0.66) - albedo[1])
        albedo[2] += share * ((0.06 if colour > 1.5 else 0.64) - albedo[2])


@_fast
@no_type_check
def _snow_on_ground(px, py, d, right, lane_width, on_road, along, snow, seed, albedo):
    """Snow, thinner in the wheel tracks."""
    cover = 0.9
    if on_road:
        lane = (d - right) / lane_width
        lane -= np.floor(lane)
        track = max(np.exp(-(((lane - 0.26) / 0.11) ** 2)), np.exp(-(((lane - 0.74) / 0.11) ** 2)))
        patches = noise(px / 1.9, py / 1.9, seed + 31) + 0.5 * faded_noise(px, py, 0.4, along, seed + 32)
        cover = min(0.9, max(0.0, 0.35 + 1.5 * (patches - 0.55) + 0.3 * (1 - track))) * (1 - 0.75 * track)
    for k in range(3):
        albedo[k] += snow * cover * ((0.62, 0.64, 0.68)[k] - albedo[k])


@_fast
@no_type_check
def _covered_by(s, d, px, py, patches, wet, snow, seed):
    """Wetness, snow and frost of the road, with patches of another surface; patches have irregular ends."""
    frost, ragged = 0.0, s + 1.2 * (noise(px / 0.7, py / 0.7, seed + 41) - 0.5)
    for i in range(len(patches)):
        if patches[i, 0] <= ragged <= patches[i, 1] and patches[i, 2] <= d <= patches[i, 3]:
            wet, snow, frost = patches[i, 4], patches[i, 5], patches[i, 6]
    return wet, snow, frost


@_fast
@no_type_check
def shade_ground(px, py, across, along_x, along_y, road, nodes, lines, others, light, albedo):
    """Write the ground's colour into `albedo`; return its specular reflectivity.

    `road` is curvature, right and left edge, sidewalk and lane width, and 1 if there is a road; `nodes` is its
    reference line if that is not an arc.
    """
    crossing, cross_lines, bars, patches, strips, strokes = others
    curvature, right, left, walk, lane_width, known = road
    s, d, heading = px, py, 0.0
    if len(nodes) > 0:
        s, d = locate_on(nodes, px, py)
        heading, _ = bend_at(nodes, 0.0, s)
    elif abs(curvature) > 1e-9:
        to_centre = 1 / curvature - py
        sign = 1.0 if curvature > 0 else -1.0
        heading = np.arctan2(sign * px, sign * to_centre)
        s, d = heading / curvature, 1 / curvature - sign * np.sqrt(px * px + to_centre * to_centre)
    edge, painted = max(right - d, d - left), lines
    main_s, main_d, open_right, open_left = s, d, 0, 0
    if len(strips) > 0:
        edge = min(edge, beyond_strips(s, d, strips))
        open_right, open_left = int(widens(s, right, -1, strips)), int(widens(s, left, 1, strips))
    own = edge  # distance beyond the edge of the ego's own road
    if crossing.there > 0:
        cross_s, cross_d = cross_road_coordinates(px, py, crossing)
        edge = min(distance_beyond_edge(d, cross_d, crossing), edge if len(strips) > 0 else np.inf)
        edge = distance_beyond_ring(px, py, edge, crossing)
        which = line_owner(px, py, d, cross_d, crossing)
        if which != 1:
            painted = cross_lines[: len(cross_lines) if which == 2 else 0]
        if own > 0:  # on the crossing road, or nearest to it
            s, d, right, left, lane_width = cross_s, cross_d, crossing.right, crossing.left, crossing.lane_width
            heading = np.arctan2(crossing.sin, crossing.cos)
    c, h = np.cos(heading), np.sin(heading)
    along = max(abs(c * along_x + h * along_y), across * 0.3)
    cross = max(abs(-h * along_x + c * along_y), across)
    gloss, wet, snow, frost = 0.0, light.wet, light.snow, 0.0
    seed = light.seed
    if len(patches) > 0 and own <= 0:
        wet, snow, frost = _covered_by(s, d, px, py, patches, wet, snow, seed)
    if known == 0.0 or edge <= 0:
        gloss = asphalt(px, py, s, d, cross, along, lane_width, right, seed, wet, albedo)
        if known > 0:
            wear = 0.80 + 0.5 * faded_noise(px, py, 0.5, along, seed + 21)
            if open_right + open_left > 0 and len(painted) > 1:
                paint_lines(s, d, cross, along, painted[open_right : 2 - open_left], wear, albedo)
                painted = painted[2:]
            paint_lines(s, d, cross, along, painted, wear, albedo)
            if crossing.ring > 0:
                share = wear * stripe_coverage(on_island_line(px, py, crossing), 0.0, 0.075, across)
                for k in range(3):
                    albedo[k] += share * (0.66 - albedo[k])
            _paint_strokes(main_s, main_d, cross, along, strokes, wear, albedo)
            for k in range(3):
                albedo[k] += 0.45 * frost * ((0.40, 0.44, 0.50)[k] - albedo[k])
            _paint_bars(s, d, 1.0 if own > 0 else 0.0, cross, along, bars, wear, albedo)
            gutter = -edge
            if gutter < 0.5:
                for k in range(3):
                    albedo[k] *= 0.75 + 0.5 * gutter
    elif edge <= walk:
        kerb = edge
        pavement(px, py, along, seed, albedo)
        if kerb < 0.30:
            for k in range(3):
                albedo[k] = (0.42 if kerb > 0.12 else 0.16) * (1 + 0.3 * faded_noise(px, py, 0.3, along, seed))
        if light.wet > 0:
            gloss = 0.25 * light.wet
            for k in range(3):
                albedo[k] *= 1 - 0.4 * light.wet
    else:
        terrain(px, py, along, seed, albedo)
    if snow > 0:
        _snow_on_ground(px, py, d, right, lane_width, known == 0.0 or edge <= 0, along, snow, seed, albedo)
    return gloss

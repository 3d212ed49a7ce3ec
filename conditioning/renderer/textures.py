"""Procedural textures: noise, ground, facades, leaves and sky, each a function of position alone."""

from typing import no_type_check

import numpy as np

from scenarios.numba_cache import njit

_fast = njit(cache=True, nogil=True, fastmath={"contract", "reassoc", "arcp", "nsz", "afn"}, inline="never")


@_fast
@no_type_check
def hash01(i, j, seed):
    """A value in 0..1 for a cell of a grid."""
    h = (np.int64(i) * 374761393 + np.int64(j) * 668265263 + np.int64(seed) * 2147483647) & 0xFFFFFFFF
    h = ((h ^ (h >> 13)) * 1274126177) & 0xFFFFFFFF
    return ((h ^ (h >> 16)) & 0xFFFFFF) / 16777215.0


@_fast
@no_type_check
def noise(x, y, seed):
    """Smooth noise 0..1 with cells of one unit."""
    fx, fy = np.floor(x), np.floor(y)
    i, j = int(fx), int(fy)
    u, v = x - fx, y - fy
    u, v = u * u * (3 - 2 * u), v * v * (3 - 2 * v)
    low = hash01(i, j, seed) * (1 - u) + hash01(i + 1, j, seed) * u
    high = hash01(i, j + 1, seed) * (1 - u) + hash01(i + 1, j + 1, seed) * u
    return low * (1 - v) + high * v


@_fast
@no_type_check
def faded_noise(x, y, cell, footprint, seed):
    """Noise around 0 (-.5 .. .5) that becomes 0 where a pixel covers more than a cell."""
    keep = min(1.0, max(0.0, 1.6 - footprint / cell))
    if keep <= 0.0:
        return 0.0
    return keep * (noise(x / cell, y / cell, seed) - 0.5)


@_fast
@no_type_check
def stripe_coverage(d, centre, half, footprint):
    """The share of a pixel of width `footprint` at d that a stripe covers."""
    w = max(0.5 * footprint, 0.012)
    low, high = max(d - w, centre - half), min(d + w, centre + half)
    return max(0.0, high - low) / (2 * w)


@_fast
@no_type_check
def dash_coverage(s, footprint, dash, period):
    """The share of a pixel of length `footprint` at s that dashes cover; dashes start at 0."""
    w = max(0.5 * footprint, 0.03)
    low, high = (s - w) / period, (s + w) / period
    share = dash / period
    up = np.floor(high) * share + min(high - np.floor(high), share)
    down = np.floor(low) * share + min(low - np.floor(low), share)
    return (up - down) / (high - low)


@_fast
@no_type_check
def asphalt(x, y, s, d, across, along, lane_width, right_edge, seed, wet, out):
    """Worn asphalt: grain, stains, patches, cracks, wheel tracks; returns its gloss."""
    tone = 0.105 * (0.8 + 0.45 * hash01(7, seed, 11))
    tone *= 1 + 0.5 * faded_noise(x, y, 0.13, along, seed) + 0.3 * faded_noise(x, y, 0.7, along, seed + 1)
    tone *= 1 + 0.38 * faded_noise(x, y, 5.5, along, seed + 2)
    lane = (d - right_edge) / lane_width
    lane -= np.floor(lane)
    track = np.exp(-(((lane - 0.26) / 0.10) ** 2)) + np.exp(-(((lane - 0.74) / 0.10) ** 2))
    tone *= 1 + 0.10 * track - 0.10 * np.exp(-(((lane - 0.5) / 0.12) ** 2))
    patch = hash01(int(np.floor(s / 7.0)), int(np.floor((d - right_edge) / lane_width)), seed + 5)
    if patch > 0.86:
        tone *= 0.74
    if along < 0.25 and noise(x / 9.0, y / 9.0, seed + 7) > 0.70:  # cracked stretches
        crack = abs(noise(x / 1.1, y / 1.1, seed + 8) + 0.35 * noise(x / 0.3, y / 0.3, seed + 10) - 0.675)
        if crack < 0.025:
            tone *= 0.74
    puddle = 0.0
    if wet > 0:
        puddle = wet * min(1.0, max(0.0, 0.60 + 1.5 * (noise(x / 3.1, y / 3.1, seed + 9) - 0.42)))
        tone *= 1 - 0.55 * wet
    out[0], out[1], out[2] = tone * 1.02, tone, tone * 0.99
    return puddle


@_fast
@no_type_check
def pavement(x, y, along, seed, out):
    """Slabs of a metre fixed to the map, with joints."""
    joint = 0.0
    for c in (x, y):
        f = c - np.floor(c)
        f = min(f, 1 - f)
        joint = max(joint, max(0.0, 1 - f / max(0.03, 0.5 * along)) * min(1.0, 0.06 / max(0.06, along)))
    tone = 0.26 * (
        1 + 0.22 * (hash01(int(np.floor(x)), int(np.floor(y)), seed) - 0.5) * min(1.0, 1.5 / max(along, 0.05))
    )
    tone *= (1 - 0.45 * joint) * (
        1 + 0.3 * faded_noise(x, y, 0.2, along, seed + 1) + 0.25 * faded_noise(x, y, 4.0, along, seed + 2)
    )
    out[0], out[1], out[2] = tone * 1.04, tone, tone * 0.94


@_fast
@no_type_check
def terrain(x, y, along, seed, out):
    """Grass with bare patches."""
    bare = min(1.0, max(0.0, 3.0 * (noise(x / 6.0, y / 6.0, seed + 3) - 0.62)))
    tone = (
        1
        + 0.7 * faded_noise(x, y, 0.25, along, seed)
        + 0.5 * faded_noise(x, y, 1.7, along, seed + 1)
        + 0.4 * faded_noise(x, y, 9.0, along, seed + 2)
    )
    out[0] = tone * (0.075 * (1 - bare) + 0.20 * bare)
    out[1] = tone * (0.125 * (1 - bare) + 0.16 * bare)
    out[2] = tone * (0.035 * (1 - bare) + 0.10 * bare)


@_fast
@no_type_check
def paint_lines(s, d, across, along, lines, wear, out):
    """Add lane markings to `out`; `lines` as from `markings.lane_lines`."""
    for i in range(lines.shape[0]):
        share = stripe_coverage(d, lines[i, 0], 0.075, across)
        if share > 0.0:
            if lines[i, 1] > 0:
                share *= dash_coverage(s, along, 3.0, 9.0)
            share *= wear
            yellow = lines[i, 2] > 1.5
            out[0] += share * (0.66 - out[0])
            out[1] += share * ((0.42 if yellow else 0.66) - out[1])
            out[2] += share * ((0.06 if yellow else 0.64) - out[2])


@_fast
@no_type_check
def facade(u, v, top, look, footprint, lit, seed, out, glow):
    """A wall of 3 m cells with windows, doors and shops at street level; returns the share of glass in the pixel."""
    style, detail = int(look[3]), int(look[5])
    out[0], out[1], out[2] = look[0], look[1], look[2]
    glow[0], glow[1], glow[2] = 0.0, 0.0, 0.0
    i, j = int(np.floor(u / 3.0)), int(np.floor(v / 3.0))
    fu, fv = u / 3.0 - i, v / 3.0 - j
    grain = 1 + 0.16 * faded_noise(u, v, 0.35, footprint, detail) + 0.26 * faded_noise(u, v, 4.0, footprint, detail + 1)
    if style == 0 and footprint < 0.3:
        row = np.floor(v / 0.15)
        shade = hash01(int(np.floor(u / 0.4 + 0.5 * row)), int(row), detail)
        grain *= 1 + (0.45 * shade - 0.22) * (1 - footprint / 0.3)
    if style == 2 and min(fv, 1 - fv) < 0.02 + 0.1 * footprint:
        grain *= 0.8
    if j == 0 and style != 3:
        grain *= 0.86
    if fv > 0.97 and j == 0:
        grain *= 0.7
    for k in range(3):
        out[k] *= grain
    if v > top - 0.6:  # cornice
        for k in range(3):
            out[k] *= 1.18 if style != 3 else 0.6
        return 0.0
    wide, low, high = look[4] * 0.5, 0.30, 0.82
    shop = j == 0 and hash01(i // 2, detail, 5) < 0.45
    door = j == 0 and not shop and hash01(i, detail, 6) < 0.3
    if style == 3:
        wide, low, high = 0.46, 0.10, 0.94
    if shop:
        wide, low, high = 0.44, 0.12, 0.74
    if door:
        wide, low, high = 0.19, 0.0, 0.72
    du = abs(fu - 0.5)
    soft = max(0.012, 0.5 * footprint / 3.0)
    inside = min(1.0, max(0.0, (wide - du) / soft + 0.5)) * min(1.0, max(0.0, (fv - low) / soft + 0.5))
    inside *= min(1.0, max(0.0, (high - fv) / soft + 0.5))
    if shop and fv > 0.74 and fv < 0.95 and du < 0.47:  # awning or sign board
        hue = hash01(i // 2, detail, 9)
        out[0], out[1], out[2] = 0.08 + 0.5 * hue, 0.10 + 0.25 * (1 - hue), 0.08 + 0.4 * abs(hue - 0.5)
        if lit > 0:
            for k in range(3):
                glow[k] = 0.25 * out[k] * min(1.0, 3 * lit)
        return 0.0
    if inside <= 0.0:
        if du < wide + 0.05 and fv > low - 0.06 and fv < high + 0.03 and style != 3:  # frame and sill
            for k in range(3):
                out[k] = 0.5 * out[k] + 0.25
        return 0.0
    if door:
        shade = hash01(i, detail, 12)
        out[0] += inside * (0.05 + 0.2 * shade - out[0])
        out[1] += inside * (0.045 + 0.05 * (1 - shade) - out[1])
        out[2] += inside * (0.03 + 0.12 * (1 - shade) - out[2])
        return 0.0
    bar = du < 0.018 + 0.0 * soft and footprint < 0.12 and not shop
    curtain = hash01(i, j, detail + 7)
    dark = 0.03 + (0.16 if curtain > 0.7 and fv > 0.45 else 0.0)
    if bar:
        dark = 0.4
    out[0] += inside * (dark * 0.95 - out[0])
    out[1] += inside * (dark - out[1])
    out[2] += inside * (dark * 1.05 - out[2])
    burning = lit * (2.2 if shop else 1.0)
    if hash01(i, j, detail + seed) < burning and not bar:
        warm = hash01(i, j, detail + 3)
        power = inside * (0.10 + 0.26 * hash01(i, j, detail + 4)) * (0.55 + 0.6 * fv) * (0.45 if curtain > 0.7 else 1.0)
        if shop:
            power *= 0.7 + 0.6 * faded_noise(u, v, 0.5, footprint, detail + 2)
        glow[0], glow[1], glow[2] = power, power * (0.52 + 0.25 * warm), power * (0.18 + 0.35 * warm)
    return inside


@_fast
@no_type_check
def sky(rx, ry, rz, light, with_clouds, out):
    """Radiance of the sky in a unit direction of the map frame."""
    up = max(rz, 0.0)
    rest = 1 - min(1.0, up)
    t = 1 - rest * rest * rest
    facing = rx * light.sun_direction[0] + ry * light.sun_direction[1] + rz * light.sun_direction[2]
    low_sun = max(0.0, 1 - 2.5 * light.sun_direction[2])
    toward = max(0.0, facing) * max(0.0, facing)
    halo = toward * toward * toward * (0.15 + 0.9 * low_sun) * (1 - light.cloud) * 0.55
    disc = facing**900 * 3.0 * (1 - light.cloud) if facing > 0.985 else 0.0
    cover = 0.0
    if with_clouds and rz > 0.01 and light.cloud < 0.9:
        x, y = rx / (rz + 0.10) * 1.3, ry / (rz + 0.10) * 1.3
        n = 0.55 * noise(x, y, light.seed) + 0.28 * noise(2.1 * x, 2.1 * y, light.seed + 1)
        n += 0.17 * noise(4.4 * x, 4.4 * y, light.seed + 2)
        cover = min(1.0, max(0.0, (n - 0.58 + 0.25 * (light.cloud - 0.45)) * 5)) * min(1.0, rz * 9)
    elif with_clouds and light.cloud >= 0.9 and rz > 0.01:
        x, y = rx / (rz + 0.15), ry / (rz + 0.15)
        t *= 0.6 + 0.8 * noise(1.3 * x, 1.3 * y, light.seed)
    for k in range(3):
        base = light.horizon[k] * (1 - t) + light.zenith[k] * t + light.sun[k] * (halo + disc)
        bright = 0.42 * light.sun[k] + 0.55 * light.horizon[k]
        out[k] = base + 0.85 * cover * (bright - base)


@_fast
@no_type_check
def skyline(azimuth, elevation, seed):
    """True where distant roofs and trees cover the sky."""
    blocks = 0.020 * hash01(int(np.floor(azimuth * 28)), 3, seed) + 0.012
    trees = 0.018 + 0.014 * noise(azimuth * 60, 0.5, seed + 1)
    return elevation < max(blocks, trees)

"""The shading kernel: light at every pixel of a G-buffer, then reflections on a wet road."""

from typing import no_type_check

import numpy as np

from conditioning.renderer.ground_shading import shade_ground
from conditioning.renderer.textures import facade, faded_noise, sky, skyline
from scenarios.numba_cache import njit

_fast = njit(cache=True, nogil=True, fastmath={"contract", "reassoc", "arcp", "nsz", "afn"})


@_fast
@no_type_check
def _lamps(px, py, pz, nx, ny, nz, lamps, light, out):
    """Light of the street lamps at a point, decreasing with distance."""
    for i in range(lamps.shape[0]):
        dx, dy, dz = lamps[i, 0] - px, lamps[i, 1] - py, lamps[i, 2] - pz
        if dx * dx + dy * dy > 600.0 or dz < 0.0:
            continue
        far = dx * dx + dy * dy + dz * dz + 2.0
        inverse = 1 / np.sqrt(far)
        facing = 0.25 + 0.75 * max(0.0, (dx * nx + dy * ny + dz * nz) * inverse)
        down = dz * inverse
        power = facing * (0.15 + 0.85 * down) / far
        for k in range(3):
            out[k] += power * light.lamp[k]


@_fast
@no_type_check
def _headlight(px, py, pz, nx, ny, nz, ego, light, out):
    """The ego's low beam: wide, bright below its cut-off."""
    dx, dy, dz = px - ego[0, 3], py - ego[1, 3], pz - ego[2, 3]
    x = dx * ego[0, 0] + dy * ego[1, 0] + dz * ego[2, 0] - 3.4
    y = dx * ego[0, 1] + dy * ego[1, 1] + dz * ego[2, 1]
    z = dx * ego[0, 2] + dy * ego[1, 2] + dz * ego[2, 2] - 0.65
    if x < 0.3:
        return
    far = x * x + y * y + z * z + 4.0
    side, rise = y / x, z / x
    beam = np.exp(-((side / 0.42) ** 2)) * (1.0 if rise < 0.0 else 0.10 + 0.90 * np.exp(-((rise / 0.035) ** 2)))
    inverse = 1 / np.sqrt(far)
    facing = 0.2 + 0.8 * abs(dx * nx + dy * ny + dz * nz) * inverse
    power = light.headlight * beam * facing / (far**0.82) * 0.55
    out[0] += power
    out[1] += power * 0.95
    out[2] += power * 0.86


@_fast
@no_type_check
def _lit(albedo, px, py, pz, nx, ny, nz, sunlit, ambient_share, lamps, ego, light, received, out):
    """Diffuse light from a surface."""
    sun = sunlit * max(0.0, nx * light.sun_direction[0] + ny * light.sun_direction[1] + nz * light.sun_direction[2])
    up = 0.5 + 0.5 * nz
    for k in range(3):
        ambient = light.ambient[k] * up + light.bounce[k] * (1 - up)
        received[k] = ambient * ambient_share + light.sun[k] * sun
    if light.headlight > 0:
        _lamps(px, py, pz, nx, ny, nz, lamps, light, received)
        _headlight(px, py, pz, nx, ny, nz, ego, light, received)
    for k in range(3):
        out[k] = albedo[k] * received[k]


@_fast
@no_type_check
def _leaves(px, py, pz, nz, footprint, light, albedo):
    """Vary a crown's colour with a leaf pattern; return the share of sky light that reaches this leaf."""
    leaf = 1.1 * faded_noise(px + py, pz, 0.5, footprint, 3)
    leaf += 1.2 * faded_noise(px - py, pz + 0.3 * px, 0.19, footprint, 5)
    nz = min(1.0, max(-1.0, nz + 0.8 * leaf))
    for k in range(3):
        albedo[k] *= max(0.3, 1 + 1.1 * leaf)
    if light.snow > 0 and nz > 0.1:
        for k in range(3):
            albedo[k] += 0.55 * min(1.0, nz + leaf) * (0.66 - albedo[k])
    return max(0.22, 0.72 + 0.8 * leaf) * (0.55 + 0.45 * max(0.0, nz))


@_fast
@no_type_check
def _surface(row, z, footprint, origin, rx, ry, rz, u, v, finish, albedos, normals, emission, gloss_of, sunlit_of,
             look_of, looks, lamps, ego, light, albedo, received, glow, air, value):  # fmt: skip
    """Radiance of a triangle of a body, building, tree or lamp in the direction (rx, ry, rz) at depth z."""
    px, py, pz = origin[0] + z * rx, origin[1] + z * ry, origin[2] + z * rz
    long = np.sqrt(rx * rx + ry * ry + rz * rz)
    rx, ry, rz = rx / long, ry / long, rz / long
    nx, ny, nz = normals[row, 0], normals[row, 1], normals[row, 2]
    facing = nx * rx + ny * ry + nz * rz
    if facing > 0:
        nx, ny, nz = -nx, -ny, -nz
    for k in range(3):
        albedo[k], glow[k] = albedos[row, k], emission[row, k]
    shine, sunlit = gloss_of[row], sunlit_of[row]
    if finish[row] == 2:
        look, spread = looks[look_of[row]], footprint / max(abs(facing), 0.15)
        shine = 0.55 * facade(u, v, look[6], look, spread, light.lit_windows, light.seed, albedo, glow)
        share = min(1.0, 0.55 + 0.12 * pz)
    elif finish[row] == 3:
        share = _leaves(px, py, pz, nz, footprint, light, albedo)
    else:
        share = min(1.0, 0.55 + 0.75 * v)
    _lit(albedo, px, py, pz, nx, ny, nz, sunlit, share, lamps, ego, light, received, value)
    if shine > 0:
        _reflect(rx, ry, rz, nx, ny, nz, shine, sunlit, light, air, received, value)
    for k in range(3):
        value[k] += glow[k]


@_fast
@no_type_check
def _far(rx, ry, rz, light, skyline_seed, value):
    """Sky, and the haze of roofs and trees along the horizon."""
    long = np.sqrt(rx * rx + ry * ry + rz * rz)
    sky(rx / long, ry / long, rz / long, light, True, value)
    if rz < 0.05 * long and skyline(np.arctan2(ry, rx), rz / long, skyline_seed):
        for k in range(3):
            value[k] = 0.35 * value[k] + 0.5 * light.fog[k]


@_fast
@no_type_check
def shade(depth, triangle, uv, shadow, contact, finish, albedos, normals, emission, gloss_of, sunlit_of, look_of, looks,
          rotation, origin, intrinsic, plane, offset, road, nodes, lines, crossing, lamps, ego, light, skyline_seed,
          colour, mirror):  # fmt: skip
    """Write every pixel's radiance into `colour`, the ground's reflectivity into `mirror`, its depth into `depth`."""
    height, width = depth.shape
    albedo, received, value, glow, air = np.zeros(3), np.zeros(3), np.zeros(3), np.zeros(3), np.zeros(3)
    fx, fy, cx, cy = intrinsic[0, 0], intrinsic[1, 1], intrinsic[0, 2], intrinsic[1, 2]
    above = offset - (plane[0] * origin[0] + plane[1] * origin[1] + plane[2] * origin[2])
    for y in range(height):
        for x in range(width):
            a, b = (x + 0.5 - cx) / fx, (y + 0.5 - cy) / fy
            rx = rotation[0, 0] * a + rotation[0, 1] * b + rotation[0, 2]
            ry = rotation[1, 0] * a + rotation[1, 1] * b + rotation[1, 2]
            rz = rotation[2, 0] * a + rotation[2, 1] * b + rotation[2, 2]
            falling = plane[0] * rx + plane[1] * ry + plane[2] * rz
            t = above / falling if falling < -1e-6 else 1e9
            z, row = depth[y, x], triangle[y, x]
            if row < 0 and t > 3000.0:
                _far(rx, ry, rz, light, skyline_seed, value)
                z = 0.0
            elif t < z:
                z = t
                depth[y, x] = t
                px, py = origin[0] + t * rx, origin[1] + t * ry
                # Metres of ground covered by one pixel row, along the viewing direction.
                stretch = t * t / (fy * max(0.3, -above)) / np.sqrt(rx * rx + ry * ry)
                mirror[y, x] = shade_ground(px, py, t / fx, stretch * rx, stretch * ry, road, nodes, lines,
                                       crossing, light, albedo)  # fmt: skip
                nx, ny, nz, share = plane[0], plane[1], plane[2], 1 - 0.85 * contact[y, x]
                sunlit = 1.0 - shadow[y, x]
                _lit(albedo, px, py, 0.0, nx, ny, nz, sunlit, share, lamps, ego, light, received, value)
            else:
                _surface(row, z, z / fx, origin, rx, ry, rz, uv[y, x, 0], uv[y, x, 1], finish, albedos, normals,
                         emission, gloss_of, sunlit_of, look_of, looks, lamps, ego, light, albedo, received, glow, air,
                         value)  # fmt: skip
            clear = np.exp(-light.fog_per_m * z * np.sqrt(rx * rx + ry * ry + rz * rz))
            for k in range(3):
                colour[y, x, k] = value[k] * clear + light.fog[k] * (1 - clear)


@_fast
@no_type_check
def _reflect(rx, ry, rz, nx, ny, nz, shine, sunlit, light, air, received, value):
    """Clear coat and glass: reflection of the sky above, the lit ground below, the sun's highlight; Schlick's
    Fresnel."""
    facing = -(rx * nx + ry * ny + rz * nz)
    fresnel = (0.05 + 0.95 * (1 - max(0.0, facing)) ** 5) * shine + 0.04 * shine
    mx, my, mz = rx + 2 * facing * nx, ry + 2 * facing * ny, rz + 2 * facing * nz
    sky(mx, my, mz, light, False, air)
    blend = min(1.0, max(0.0, (mz + 0.02) * 6))
    street = 0.35 + 0.65 * min(1.0, max(0.0, (mz - 0.12) * 3.5))  # low directions show houses, not the bright horizon
    spark = max(0.0, mx * light.sun_direction[0] + my * light.sun_direction[1] + mz * light.sun_direction[2]) ** 60
    for k in range(3):
        below = 0.16 * received[k]
        value[k] = value[k] * (1 - fresnel) + fresnel * (air[k] * street * blend + below * (1 - blend))
        value[k] += 0.5 * shine * spark * light.sun[k] * sunlit


@_fast
@no_type_check
def mirror_on_road(depth, mirror, intrinsic, camera_height, colour, wet_colour):
    """Add reflections to the wet ground, by marching the reflected ray up its picture column."""
    height, width = depth.shape
    fy, cy = intrinsic[1, 1], intrinsic[1, 2]
    for y in range(height):
        for x in range(width):
            if mirror[y, x] <= 0.02:
                continue
            z = depth[y, x]
            slope = camera_height / z
            end = int(max(0.0, 2 * cy - (y + 0.5)))
            jitter = int((((y * 7 + x * 13) % 11) - 5) * (0.4 + 6.0 / z))
            column = min(width - 1, max(0, x + jitter // 2))
            hit = end
            row = y - 3
            while row > end:
                # On the reflected ray each row has this depth; a nearer surface there blocks it.
                part = (row + 0.5 - cy) / fy + slope
                if part <= 0:
                    break
                reach = 2 * camera_height / part
                if depth[row, column] < reach * 1.02 and depth[row, column] > z * 1.02 and mirror[row, column] <= 0.02:
                    hit = row
                    break
                row -= 3
            facing = slope / np.sqrt(1 + slope * slope)
            fresnel = mirror[y, x] * (0.06 + 0.94 * (1 - facing) ** 4) * 0.85
            for k in range(3):
                seen = 0.5 * colour[hit, column, k] + 0.25 * (
                    colour[max(0, hit - 4), column, k] + colour[min(height - 1, hit + 2), column, k]
                )
                wet_colour[y, x, k] = colour[y, x, k] * (1 - 0.6 * fresnel) + fresnel * min(seen, 4.0)


@_fast
@no_type_check
def downsample_picture(colour):
    """Average 2 x 2 pixels; very bright ones are limited so that one cannot saturate all four."""
    height, width, _ = colour.shape
    out = np.zeros((height // 2, width // 2, 3), np.float32)
    for y in range(height):
        for x in range(width):
            for k in range(3):
                out[y // 2, x // 2, k] += 0.25 * min(colour[y, x, k], 8.0)
    return out

"""The triangles of one instant with their materials: bodies, buildings, trees and lamps."""

from dataclasses import dataclass, fields

import numpy as np
from jaxtyping import Bool, Float, Int

from conditioning.assets.body_meshes import distance_gone, worn
from conditioning.assets.kinds.registry import DRAWN
from conditioning.assets.materials import (
    BEACON,
    FACADE,
    FINISH,
    FOLIAGE,
    GLASS,
    PAINT,
    PLAIN,
    body_colours,
    crown_colours,
    drawn_from,
    wall_looks,
)
from conditioning.assets.mesh import BodyPart, Sculptor
from conditioning.assets.posts import lamp_pole, lamp_shade
from conditioning.assets.scenery import Lamp, Scenery
from conditioning.assets.shelters import SHELTER_COLOURS, Shelter, Slab, slabs_of
from conditioning.geometry.backdrop import BUILDING, build_mesh, crown
from conditioning.renderer.weather import LIT, Lighting
from scenarios.model.bodies import FOUR_WHEELS, TWO_WHEELS
from scenarios.rollout import Rollout

BRAKE_POWER, TAIL_POWER, HEAD_POWER = 6.0, 0.55, 7.0


@dataclass(frozen=True)
class SceneTriangles:
    """Triangles in the map frame. `uv`: facade coordinates, or for bodies (unused, height above the ground)."""

    points: Float[np.ndarray, "triangle 3 3"]
    uv: Float[np.ndarray, "triangle 3 2"]
    normal: Float[np.ndarray, "triangle 3"]
    albedo: Float[np.ndarray, "triangle 3"]
    emission: Float[np.ndarray, "triangle 3"]
    finish: Int[np.ndarray, "triangle"]
    gloss: Float[np.ndarray, "triangle"]
    look: Int[np.ndarray, "triangle"]


def concatenate_triangles(sets: list[SceneTriangles]) -> SceneTriangles:
    """All triangles of several sets."""
    return SceneTriangles(*(np.concatenate([getattr(c, f.name) for c in sets]) for f in fields(SceneTriangles)))


def select_triangles(triangles: SceneTriangles, rows: Bool[np.ndarray, "triangle"]) -> SceneTriangles:
    """Some of the triangles."""
    return SceneTriangles(*(getattr(triangles, f.name)[rows] for f in fields(SceneTriangles)))


def _normals(points: Float[np.ndarray, "triangle 3 3"]) -> Float[np.ndarray, "triangle 3"]:
    normal = np.cross(points[:, 1] - points[:, 0], points[:, 2] - points[:, 0])
    return normal / np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-12)


def uniform_triangles(points, albedo, finish=PLAIN, gloss=0.0, emission=0.0) -> SceneTriangles:
    """Triangles of one colour; `emission` is the light that they emit."""
    n = len(points)
    uv = np.stack([np.zeros((n, 3)), points[..., 2]], axis=-1)
    return SceneTriangles(
        points, uv, _normals(points), np.broadcast_to(albedo, (n, 3)).copy(), np.broadcast_to(emission, (n, 3)).copy(),
        np.full(n, finish), np.full(n, gloss), np.zeros(n, np.int64),
    )  # fmt: skip


def _tree(tree, colour, index: int) -> list[SceneTriangles]:
    """A trunk and a crown of overlapping blobs, all inside the ellipsoid that the layers show."""
    middle, half = crown(tree)
    rng = drawn_from("tree", index, round(tree.x_m, 2))
    crown_mesh, r = Sculptor(), tree.crown_radius_m
    for k in range(9):
        turn, up = 2.4 * k + rng.uniform(-0.5, 0.5), rng.uniform(-0.8, 0.8)
        out, size = 0.56 * np.sqrt(1 - up**2), rng.uniform(0.34, 0.44)
        at = (out * r * np.cos(turn), out * r * np.sin(turn), middle + 0.56 * up * half)
        if k == 0:
            at, size = (0.0, 0.0, middle), 0.66
        crown_mesh.blob(at, (size * r, size * r, size * half), BodyPart.TOP)
    leaves = crown_mesh.triangles()
    trunk_mesh = Sculptor()
    trunk_mesh.limb((0, 0, 0), (0, 0, middle), 0.15, 0.09, BodyPart.TRIM, 6)
    place = np.array([tree.x_m, tree.y_m, 0.0])
    return [
        uniform_triangles(leaves + place, colour, FOLIAGE),
        uniform_triangles(trunk_mesh.triangles() + place, (0.085, 0.06, 0.042)),
    ]


def _lamp(lamp: Lamp, light: Lighting) -> list[SceneTriangles]:
    emission = light.lamp * 0.9
    return [
        uniform_triangles(lamp_pole(lamp), (0.13, 0.135, 0.14)),
        uniform_triangles(lamp_shade(lamp), (0.25, 0.25, 0.25), emission=emission),
    ]


def _shelter(shelter: Shelter, light: Lighting) -> list[SceneTriangles]:
    """Panes and a roof; with lights on, the end panel emits light."""
    glow = {Slab.PANEL: 0.8 * float(light.lights_on)}
    return [
        uniform_triangles(slab.triangles, SHELTER_COLOURS[slab.name], GLASS if slab.name == Slab.PANE else PLAIN,
              0.5 if slab.name == Slab.PANE else 0.0, glow.get(slab.name, 0.0))
        for slab in slabs_of(shelter)
    ]  # fmt: skip


def _walls(scenery: Scenery, seed: int) -> tuple[SceneTriangles, Float[np.ndarray, "building 7"]]:
    mesh = build_mesh(Scenery(scenery.buildings, (), ()))
    keep = mesh.kind == BUILDING
    points, n = mesh.points[keep], int(keep.sum())
    looks = np.concatenate(
        [wall_looks(seed, len(scenery.buildings)), [[b.height_m] for b in scenery.buildings]], axis=1
    )
    walls = SceneTriangles(points, mesh.uv_m[keep], mesh.normal[keep], np.zeros((n, 3)), np.zeros((n, 3)),
                           np.full(n, FACADE),
                 np.ones(n), np.arange(n) // max(1, n // max(1, len(scenery.buildings))))  # fmt: skip
    return walls, looks


def no_triangles() -> SceneTriangles:
    """An empty set of triangles."""
    return uniform_triangles(np.zeros((0, 3, 3)), (0.0, 0.0, 0.0))


def static_triangles(
    scenery: Scenery, light: Lighting, seed: int
) -> tuple[SceneTriangles, Float[np.ndarray, "building 7"]]:
    """Everything static, and the appearance of each building."""
    sets, looks = [no_triangles()], np.zeros((1, 7))
    if scenery.buildings:
        walls, looks = _walls(scenery, seed)
        sets.append(walls)
    colours = crown_colours(seed, len(scenery.trees))
    for i, (tree, colour) in enumerate(zip(scenery.trees, colours, strict=True)):
        sets += _tree(tree, colour, i)
    for lamp in scenery.lamps:
        sets += _lamp(lamp, light)
    for shelter in scenery.shelters:
        sets += _shelter(shelter, light)
    return concatenate_triangles(sets), looks


class BodyMeshes:
    """The meshes of a rollout's bodies, with the colours of one seed."""

    def __init__(self, rollout: Rollout, light: Lighting, seed: int) -> None:
        self.rollout, self.light = rollout, light
        self.gone = distance_gone(rollout)
        self.colours = [body_colours(seed, body) for body in rollout.bodies]

    def at(self, frame: int, rows: Int[np.ndarray, "actor"]) -> list[SceneTriangles]:
        """The meshes of some bodies at a frame."""
        return [self._body(frame, int(i)) for i in rows]

    def _body(self, frame: int, i: int) -> SceneTriangles:
        points, part = worn(self.rollout, self.gone, frame, i)
        ground = self.rollout.centre[frame, i, 2] - self.rollout.bodies[i].size.height_m / 2
        uv = np.stack([np.zeros(points.shape[:2]), points[..., 2] - ground], axis=-1)
        finish = FINISH[part]
        gloss = np.select([finish == PAINT, finish == GLASS], [0.8, 1.0], 0.0)
        n = len(points)
        return SceneTriangles(points, uv, _normals(points), self.colours[i][part], self._emission(frame, i)[part],
                    finish, gloss, np.zeros(n, np.int64))  # fmt: skip

    def _emission(self, frame: int, i: int) -> Float[np.ndarray, "part 3"]:
        """The light emitted by each part; parked bodies have their lamps off."""
        body, power = self.rollout.bodies[i], np.zeros((len(BodyPart), 3))
        kind = body.kind
        lights_on = self.light.lights_on
        if kind not in FOUR_WHEELS | TWO_WHEELS:
            power[BodyPart.AMBER] = np.array([1.0, 0.4, 0.02]) * 2.0 * lights_on
            return power
        is_parked = np.abs(self.rollout.speed_mps[:, i]).max() < 0.2
        dim = lights_on * (0.35 if is_parked else 1.0)
        if self.rollout.brake_light[frame, i]:
            power[BodyPart.TAIL_LIGHT] = LIT["tail"] * BRAKE_POWER * (0.75 + 0.25 * (1 - lights_on))
        else:
            power[BodyPart.TAIL_LIGHT] = LIT["tail"] * TAIL_POWER * dim
        power[BodyPart.HEAD_LIGHT] = LIT["head"] * HEAD_POWER * lights_on * (0.0 if is_parked else 1.0)
        power[BodyPart.SIGN] = LIT["sign"] * (0.9 if lights_on else 0.45)
        power[BodyPart.AMBER] = BEACON[body.livery] * 1.5
        power[BodyPart.GLASS] = (
            np.array([0.085, 0.075, 0.055]) * lights_on * (1.0 if DRAWN[kind].lit_windows and not is_parked else 0.0)
        )
        return power

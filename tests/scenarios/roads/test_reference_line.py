"""Reference lines of lines, arcs and clothoids, and of drawn points."""

import math

import numpy as np
import pytest
from scipy.integrate import trapezoid

from scenarios.roads.reference_line import Piece, smoothed, through
from scenarios.roads.road import Road, RoadKind
from tests.scenarios.situations import STRAIGHT, curve

WINDING = smoothed(
    [Piece(100.0), Piece(40.0), Piece(60.0, 1 / 80, 1 / 80), Piece(60.0, -1 / 120, -1 / 40), Piece(100.0)], 20.0
)


def path(*pieces: Piece, begins_m: float = 0.0, **more) -> Road:
    """A path road of two lanes and an opposite one; the ego is in the right lane."""
    return Road(RoadKind.PATH, 2, 1, 3.5, 0.0, 0, pieces=pieces, begins_m=begins_m, **more)


S_BEND = path(*WINDING, begins_m=-100.0)


def test_project_is_the_inverse_of_pose_before_along_and_beyond_an_s_bend():
    rng = np.random.default_rng(0)
    s, d = rng.uniform(-150, 400, 500), rng.uniform(-12, 12, 500)
    assert S_BEND.project(S_BEND.pose(s, d)[:, :2]) == pytest.approx(np.stack([s, d], -1), abs=1e-7)


def test_one_point_is_placed_and_located_as_many_are():
    x, y, heading = S_BEND.place(71.0, -2.5)
    assert (x, y, heading) == pytest.approx(tuple(S_BEND.pose(np.array(71.0), np.array(-2.5))))
    assert S_BEND.locate(x, y) == pytest.approx((71.0, -2.5))


@pytest.mark.parametrize("radius", [60.0, -80.0])
def test_an_arc_in_pieces_is_the_arc(radius):
    arc, pieces = curve(radius), path(Piece(200.0, 1 / radius, 1 / radius), begins_m=-80.0)
    s, d = np.linspace(-70, 110, 90), np.linspace(-8, 8, 90)
    assert pieces.pose(s, d) == pytest.approx(arc.pose(s, d), abs=1e-9)
    assert pieces.project(arc.pose(s, d)[:, :2]) == pytest.approx(np.stack([s, d], -1), abs=1e-7)
    assert (pieces.heading(40.0), pieces.curvature(40.0)) == pytest.approx((40.0 / radius, 1 / radius))


def test_a_straight_path_is_the_straight_road():
    s, d = np.linspace(-300, 300, 50), np.linspace(-9, 9, 50)
    assert path(Piece(100.0)).pose(s, d) == pytest.approx(STRAIGHT.pose(s, d), abs=1e-12)


def test_a_clothoid_turns_by_its_mean_curvature():
    """Euler's spiral: from straight to 1/R over L it turns by L / 2R, and ends where Fresnel's integrals say."""
    length, radius = 60.0, 40.0
    x, y, heading = path(Piece(length, 0.0, 1 / radius)).place(length, 0.0)
    assert heading == pytest.approx(length / (2 * radius))
    t = np.linspace(0, length, 200_001)
    tangent = t**2 / (2 * radius * length)
    assert (x, y) == pytest.approx((trapezoid(np.cos(tangent), t), trapezoid(np.sin(tangent), t)), abs=1e-6)


def test_transitions_keep_the_length_and_every_heading_and_leave_no_step_of_curvature():
    sharp = [Piece(100.0), Piece(60.0, 1 / 80, 1 / 80), Piece(60.0, -1 / 60, -1 / 60), Piece(100.0)]
    eased = smoothed(sharp, 20.0)
    assert sum(p.length_m for p in eased) == pytest.approx(320.0)
    assert [a.to_curvature_per_m for a in eased[:-1]] == pytest.approx([b.curvature_per_m for b in eased[1:]])
    assert path(*eased).heading(320.0) == pytest.approx(60 / 80 - 60 / 60)
    assert max(abs(p.sharpness) for p in eased) == pytest.approx((1 / 80 + 1 / 60) / 20.0)


def test_a_drawn_line_is_followed_within_centimetres():
    xy = S_BEND.pose(np.arange(0.0, 220.0, 1.0), np.zeros(220))[:, :2]
    pieces, origin = through(xy)
    drawn = path(*pieces, origin=origin)
    assert np.abs(drawn.project(xy)[:, 1]).max() < 0.02


def test_a_line_may_begin_in_any_pose():
    moved = path(*WINDING, origin=(10.0, -5.0, math.pi / 2))
    assert moved.place(0.0, 0.0) == pytest.approx((10.0, -5.0, math.pi / 2))
    assert moved.locate(10.0 - 3.0, -5.0 + 20.0) == pytest.approx((20.0, 3.0))


def test_a_point_between_two_legs_of_a_hairpin_belongs_to_the_nearer_one():
    hairpin = path(Piece(80.0), Piece(25 * math.pi, 1 / 25, 1 / 25), Piece(80.0))
    assert hairpin.locate(40.0, 10.0) == pytest.approx((40.0, 10.0))
    s, d = hairpin.locate(40.0, 40.0)
    assert (s, d) == pytest.approx((160.0 + 25 * math.pi - 40.0, 10.0))

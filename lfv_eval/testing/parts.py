"""Draw photographs of turned metal flanges, as an inspection camera would take them.

Everything is computed from uniform random numbers, the stream that numpy is least likely to change. Lengths are
pixels, angles radians; the origin is the top left corner, x to the right and y down. Grey levels: 0 black, 1 white.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating[Any]]
Box = tuple[slice, slice]
"""Rows and columns."""

N_BOLTS = 6
RIM, BORE, GROOVE, BOLT_CIRCLE, BOLT = 0.955, 0.24, 0.44, 0.70, 0.075
"""Radii in units of the flange's own: chamfer, bore, groove, bolt circle, bolt hole."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Flange:
    """Where one part lies and how it is lit.

    Attributes:
        size: Width and height of the picture.
        centre: Its centre, ``(x, y)``.
        radius: Its outer radius.
        turn: Angle of the first bolt hole.
        lamp: Unit vector ``(x, y)`` in the picture that points to the lamp.
        exposure: Factor on all grey levels.
    """

    size: tuple[int, int]
    centre: tuple[float, float]
    radius: float
    turn: float
    lamp: tuple[float, float]
    exposure: float

    @property
    def bolts(self) -> list[tuple[float, float]]:
        """Centres of the bolt holes."""
        angles = [self.turn + 2 * math.pi * i / N_BOLTS for i in range(N_BOLTS)]
        reach = BOLT_CIRCLE * self.radius
        return [(self.centre[0] + reach * math.cos(a), self.centre[1] + reach * math.sin(a)) for a in angles]

    def clearance(self, x: float, y: float) -> float:
        """Distance from a point to the nearest edge of the turned face; negative off the face."""
        r = math.hypot(x - self.centre[0], y - self.centre[1])
        holes = min(math.hypot(x - bx, y - by) for bx, by in self.bolts) - BOLT * 1.5 * self.radius
        return min(RIM * self.radius - r, r - BORE * 1.2 * self.radius, holes)


@dataclass(frozen=True, slots=True, kw_only=True)
class Photograph:
    """A picture in the making.

    Attributes:
        flange: What it shows.
        grey: float32 ``(height, width)``, nominally 0..1.
        metal: float32 ``(height, width)``, the share of metal in every pixel, 0..1.
    """

    flange: Flange
    grey: Floats
    metal: Floats


def place_flange(rng: np.random.Generator, size: tuple[int, int]) -> Flange:
    """Put a part under the camera, with the small differences of position and light of a real station."""
    width, height = size
    shift_x, shift_y, scale, turn, lamp, exposure = rng.random(6).tolist()
    angle = math.radians(-125 + 30 * (lamp - 0.5))
    return Flange(
        size=size,
        centre=(width * (0.5 + 0.03 * (shift_x - 0.5)), height * (0.5 + 0.03 * (shift_y - 0.5))),
        radius=min(size) * (0.44 + 0.01 * (scale - 0.5)),
        turn=2 * math.pi * turn / N_BOLTS,
        lamp=(math.cos(angle), math.sin(angle)),
        exposure=0.95 + 0.1 * exposure,
    )


def photograph(rng: np.random.Generator, flange: Flange) -> Photograph:
    """Draw a sound part on its mat."""
    width, height = flange.size
    dx = np.arange(width, dtype=np.float32)[None, :] - flange.centre[0]
    dy = np.arange(height, dtype=np.float32)[:, None] - flange.centre[1]
    r = np.sqrt(dx * dx + dy * dy) + (1e-3)
    toward_lamp = (dx * flange.lamp[0] + dy * flange.lamp[1]) / r
    mat = _mat(rng, flange, dx, dy)
    face, metal = _turned_face(rng, flange, r, toward_lamp)
    _drill(flange, face, metal)
    return Photograph(flange=flange, grey=mat + (face - mat) * metal, metal=metal)


def _mat(rng: np.random.Generator, flange: Flange, dx: Floats, dy: Floats) -> Floats:
    """The dark rubber mat with its grain, lit from the lamp's side, and the part's soft shadow on it."""
    lamp_x, lamp_y = flange.lamp
    falloff = (dx * lamp_x + dy * lamp_y) * (0.11 / min(flange.size))
    grain = rng.random((flange.size[1], flange.size[0]), np.float32) - 0.5
    soft = grain + np.roll(grain, 1, 0) + np.roll(grain, 1, 1) + np.roll(grain, (1, 1), (0, 1))
    reach = 0.06 * flange.radius
    from_shadow = np.sqrt((dx + reach * lamp_x) ** 2 + (dy + reach * lamp_y) ** 2)
    shadow = edge(from_shadow - flange.radius, 0.16 * flange.radius)
    mat: Floats = (0.17 + falloff + 0.035 * soft) * (1 - 0.75 * shadow)
    return mat


def _turned_face(rng: np.random.Generator, flange: Flange, r: Floats, toward_lamp: Floats) -> tuple[Floats, Floats]:
    """The face with its turning marks, the bow-tie reflection these cause, chamfers and the bore."""
    unit = flange.radius
    steps = int(unit * 2) + 8
    fine, coarse = rng.random(steps, np.float32), rng.random(steps // 8 + 1, np.float32)
    marks = (fine - 0.5) * 0.07 + (np.repeat(coarse, 8)[:steps] - 0.5) * 0.05
    bow_tie = toward_lamp * toward_lamp
    face = 0.44 + 0.06 * toward_lamp * r / unit + 0.34 * bow_tie**6 + 0.10 * bow_tie
    face += marks[np.minimum(r * 2, steps - 1).astype(np.intp)] * (0.7 + bow_tie)
    face *= 1 - 0.35 * line(r - GROOVE * unit, 0.018 * unit)
    face *= 1 + 0.22 * line(r - (GROOVE + 0.025) * unit, 0.012 * unit)
    face += (1 - edge(r - RIM * unit, 1.2)) * (0.30 * toward_lamp + 0.04)
    face -= edge(r - (BORE + 0.03) * unit, 1.2) * (0.30 * toward_lamp - 0.02)
    metal = edge(r - unit, 1.0) - edge(r - BORE * unit, 1.0)
    return face, metal


def _drill(flange: Flange, face: Floats, metal: Floats) -> None:
    """Cut the bolt holes, each with its countersink, out of the face (in place)."""
    hole = BOLT * flange.radius
    for bolt in flange.bolts:
        here = box(flange.size, bolt, hole * 1.5 + 3)
        dx, dy = offsets(here, bolt)
        r = np.sqrt(dx * dx + dy * dy) + (1e-3)
        toward_lamp = (dx * flange.lamp[0] + dy * flange.lamp[1]) / r
        sink = edge(r - (hole * 1.4), 1.2)
        face[here] += sink * (0.02 - 0.26 * toward_lamp)
        metal[here] *= 1 - edge(r - hole, 1.0)


def develop(rng: np.random.Generator, photo: Photograph) -> NDArray[np.uint8]:
    """Turn grey levels into the camera's picture: tint, vignette, sensor noise.

    Returns:
        uint8 ``(height, width, 3)``, RGB.
    """
    height, width = photo.grey.shape
    across = np.linspace(-1, 1, width, dtype=np.float32)[None, :] ** 2
    down = np.linspace(-1, 1, height, dtype=np.float32)[:, None] ** 2
    vignette = (1 - 0.10 * (across + down)) * (255 * photo.flange.exposure)
    noise = rng.random((height, width), np.float32) + rng.random((height, width), np.float32) - 1
    level = photo.grey * vignette + noise * 5
    tint = np.array([0.97, 1.0, 1.025], np.float32)
    picture: NDArray[np.uint8] = np.clip(level[..., None] * tint, 0, 255).astype(np.uint8)
    return picture


def edge(distance: Floats, softness: float) -> Floats:
    """1 inside (negative distance), 0 outside, a ramp of the given width between."""
    ramp: Floats = np.clip(0.5 - distance / softness, 0, 1)
    return ramp


def line(distance: Floats, width: float) -> Floats:
    """1 on a line, fading to 0 at the given half width (at least a pixel)."""
    fade: Floats = np.clip(1 - np.abs(distance) / max(width, 1.0), 0, 1)
    return fade


def box(size: tuple[int, int], point: tuple[float, float], margin: float) -> Box:
    """The square around a point, cut to the picture and never empty."""
    width, height = size
    x, y = point
    left, top = min(max(int(x - margin), 0), width - 1), min(max(int(y - margin), 0), height - 1)
    right = min(max(int(x + margin) + 1, left + 1), width)
    bottom = min(max(int(y + margin) + 1, top + 1), height)
    return slice(top, bottom), slice(left, right)


def offsets(around: Box, point: tuple[float, float]) -> tuple[Floats, Floats]:
    """Column and row distance of every pixel of a box to a point; they broadcast to the box's shape."""
    dx = np.arange(around[1].start, around[1].stop, dtype=np.float32)[None, :] - point[0]
    dy = np.arange(around[0].start, around[0].stop, dtype=np.float32)[:, None] - point[1]
    return dx, dy

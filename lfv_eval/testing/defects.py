"""Damage a drawn part: scratches and dents with their exact masks, and harmless traces of oil.

Conventions as in ``parts``: lengths are pixels, angles radians, ``y`` points down.
"""

from __future__ import annotations

import math
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from .parts import Flange, Floats, Photograph, box, line, offsets

Mask = NDArray[np.bool_]
Kind = Literal["scratch", "dent"]
KINDS: tuple[Kind, ...] = ("scratch", "dent")
"""The kinds of defect that can be drawn."""


def add_defect(rng: np.random.Generator, photo: Photograph, kind: Kind, strength: float) -> Mask:
    """Draw one defect into the picture.

    Args:
        rng: Source of its place and shape.
        photo: The picture; its ``grey`` is changed.
        kind: ``scratch`` or ``dent``.
        strength: How easily it is seen, 0 (hardly) .. 1 (plainly); decides contrast and size.

    Returns:
        bool ``(height, width)``, True on the defect: its exact mask. Never empty.
    """
    draw = _scratch if kind == "scratch" else _dent
    return draw(rng, photo, min(max(strength, 0.0), 1.0))


def _scratch(rng: np.random.Generator, photo: Photograph, strength: float) -> Mask:
    """A curved groove, dark, with the bright burr on its side away from the lamp."""
    scale = photo.flange.radius / 105
    x, y = _free_point(rng, photo.flange, 5 * scale)
    angle, long, bend, wide = rng.random(4).tolist()
    length = (26 + 62 * strength * long + 22 * strength) * scale
    path = _curve((x, y), 2 * math.pi * angle, length, bend - 0.5)
    taper = np.sqrt(np.maximum(1 - np.linspace(-1, 1, len(path), dtype=np.float32) ** 4, 0.15))
    half_width = taper * (0.9 + strength * wide) * scale
    groove = _stroke(photo.flange.size, path, half_width)
    side = np.asarray(photo.flange.lamp, np.float32) * (-1.7 * scale)
    burr = _stroke(photo.flange.size, path + side, half_width * 0.7)
    contrast = photo.metal * (0.20 + 0.58 * strength)
    photo.grey[...] *= 1 - contrast * np.clip(groove + 0.5, 0, 1)
    photo.grey[...] += contrast * 0.6 * np.clip(burr + 0.5, 0, 1)
    return _on_metal(photo, groove > -0.7, (x, y))


def _curve(middle: tuple[float, float], angle: float, length: float, bend: float) -> Floats:
    """Points ``(n, 2)`` at most a pixel apart along a parabola through ``middle``."""
    along = np.linspace(-0.5, 0.5, max(int(length * 1.5), 8), dtype=np.float32)
    sideways = 0.5 * bend * (1 - 4 * along * along)
    cos, sin = math.cos(angle) * length, math.sin(angle) * length
    curve: Floats = np.stack([along * cos - sideways * sin, along * sin + sideways * cos], axis=1)
    return curve + np.asarray(middle, np.float32)


def _stroke(size: tuple[int, int], path: Floats, half_width: Floats) -> Floats:
    """How deep each pixel lies in a brush stroke: half width minus distance, the maximum over the path."""
    depth = np.full((size[1], size[0]), -1e3, np.float32)
    for (x, y), half in zip(path.tolist(), half_width.tolist(), strict=True):
        near = box(size, (x, y), half + 2.5)
        dx, dy = offsets(near, (x, y))
        np.maximum(depth[near], half - np.sqrt(dx * dx + dy * dy), out=depth[near])
    return depth


def _dent(rng: np.random.Generator, photo: Photograph, strength: float) -> Mask:
    """A shallow three-lobed bowl: dark on the lamp's side, bright opposite, with a raised lip."""
    lamp, scale = photo.flange.lamp, photo.flange.radius / 105
    deep, turn, long, lobe = rng.random(4).tolist()
    radius = (5.5 + 3.5 * deep + 4 * strength) * scale
    x, y = _free_point(rng, photo.flange, radius)
    here = box(photo.flange.size, (x, y), radius * 1.9 + 3)
    dx, dy = offsets(here, (x, y))
    u, v = _turned(dx, dy, 2 * math.pi * turn, radius * (1 + 0.5 * long), radius / (1 + 0.5 * long))
    lobes = 1 + 0.12 * np.cos(3 * np.arctan2(v, u) + 2 * math.pi * lobe)
    rho = np.sqrt(u * u + v * v) / lobes
    slope = np.where(rho < 1, rho * (1 - rho * rho) * 2.6, 0)
    lip = line((rho - 1) * radius, 1.6 * scale) * 0.3
    distance = np.sqrt(dx * dx + dy * dy) + 1e-3
    toward_lamp = (dx * lamp[0] + dy * lamp[1]) / distance
    contrast = photo.metal[here] * (0.18 + 0.40 * strength)
    photo.grey[here] += contrast * toward_lamp * (lip - slope)
    photo.grey[here] *= 1 - contrast * 0.45 * np.clip(1 - rho, 0, 1)
    inside = np.zeros(photo.grey.shape, np.bool_)
    inside[here] = rho <= 1
    return _on_metal(photo, inside, (x, y))


def add_smear(rng: np.random.Generator, photo: Photograph, strength: float) -> tuple[float, float]:
    """Draw a harmless trace of oil, the kind of thing that makes a model cry wolf.

    Args:
        rng: Source of its place and shape.
        photo: The picture; its ``grey`` is changed.
        strength: How dark it is, 0..1.

    Returns:
        Its centre ``(x, y)``.
    """
    scale = photo.flange.radius / 105
    long, wide, turn = rng.random(3).tolist()
    length, width = (20 + 14 * long) * scale, (6 + 5 * wide) * scale
    x, y = _free_point(rng, photo.flange, width)
    here = box(photo.flange.size, (x, y), length * 1.6)
    u, v = _turned(*offsets(here, (x, y)), 2 * math.pi * turn, length, width)
    film = np.exp(-((u * u + v * v) ** 2))
    streaks = 0.75 + 0.25 * np.cos(v * 7)
    darkness = 0.18 + 0.28 * min(max(strength, 0.0), 1.0)
    photo.grey[here] *= 1 - photo.metal[here] * film * streaks * darkness
    return x, y


def _turned(dx: Floats, dy: Floats, angle: float, length: float, width: float) -> tuple[Floats, Floats]:
    """Coordinates along and across an ellipse, in units of its half axes."""
    cos, sin = math.cos(angle), math.sin(angle)
    return (dx * cos + dy * sin) / length, (dy * cos - dx * sin) / width


def _free_point(rng: np.random.Generator, flange: Flange, room: float) -> tuple[float, float]:
    """A random point of the turned face with so much room around it, or the roomiest of those tried."""
    best, best_room = flange.centre, -math.inf
    for share, around in rng.random((24, 2)).tolist():
        r, angle = flange.radius * math.sqrt(0.09 + 0.78 * share), 2 * math.pi * around
        x, y = flange.centre[0] + r * math.cos(angle), flange.centre[1] + r * math.sin(angle)
        found = flange.clearance(x, y)
        if found > best_room:
            best, best_room = (x, y), found
        if found >= room:
            break
    return best


def _on_metal(photo: Photograph, inside: Mask, centre: tuple[float, float]) -> Mask:
    """What of a shape lies on metal, and its centre pixel in any case: no defect has an empty mask."""
    mask: Mask = inside & (photo.metal > 0.5)
    mask[int(centre[1]), int(centre[0])] = True
    return mask

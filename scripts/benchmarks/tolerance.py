"""Time the tolerant measures of one image against scipy's Euclidean distance transform of the whole image.

Both sides compute the boundary F score at 5 px; then come the full measurement, and the best shift alone. The sides
take turns; the ratio of their median CPU times (user + system) is what travels between machines.

    scripts/bench tolerance [--size 1024] [--rounds 9]
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from lfv_eval.metrics.tolerance.bit_planes import planes_around
from lfv_eval.metrics.tolerance.images import measure_image
from lfv_eval.metrics.tolerance.shifts import best_shift

TAU = 5

Mask = NDArray[np.bool_]


def scratch(size: int) -> tuple[Mask, Mask]:
    """A scratch of 3 px right across the image, and the same 3 px lower."""
    y, x = np.mgrid[:size, :size]
    angle = 0.7
    across = (x - size / 2) * np.sin(angle) - (y - size / 2) * np.cos(angle)
    truth = abs(across) <= 1.5
    return truth, np.roll(truth, 3, axis=0)


def blobs(size: int) -> tuple[Mask, Mask]:
    """Blobs all over the image: the outline is long and the crop is the whole image."""
    rng = np.random.default_rng(0)
    field = ndimage.gaussian_filter(rng.normal(size=(size, size)), 12)
    truth = field > np.quantile(field, 0.8)
    return truth, np.roll(truth, 3, axis=0)


def small_spot(size: int) -> tuple[Mask, Mask]:
    """A spot of 40 px, as most anomalies are."""
    y, x = np.mgrid[:size, :size]
    truth = np.hypot(y - size / 3, x - size / 2) < 20
    return truth, np.roll(truth, 3, axis=0)


def f_score(hits: tuple[int, int, int, int]) -> float:
    precision, recall = hits[0] / hits[1], hits[2] / hits[3]
    return 2 * precision * recall / (precision + recall)


def ours(truth: Mask, predicted: Mask) -> float:
    first, second = (plane.boundary() for plane in planes_around(truth, predicted, TAU))
    hits = (second & first.dilated(TAU)).count(), second.count(), (first & second.dilated(TAU)).count(), first.count()
    return f_score(hits)


def theirs(truth: Mask, predicted: Mask) -> float:
    first, second = (mask & ~ndimage.binary_erosion(mask) for mask in (truth, predicted))
    near_first, near_second = (ndimage.distance_transform_edt(~edge) <= TAU for edge in (first, second))
    hits = (second & near_first).sum(), second.sum(), (first & near_second).sum(), first.sum()
    return f_score((int(hits[0]), int(hits[1]), int(hits[2]), int(hits[3])))


def seconds(call: Callable[[], object]) -> tuple[float, float]:
    """CPU and wall time of one call."""
    cpu, wall = time.process_time(), time.perf_counter()
    call()
    return time.process_time() - cpu, time.perf_counter() - wall


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", type=int, default=1024, help="side of the images in px (default: 1024)")
    parser.add_argument("--rounds", type=int, default=9, help="turns of each side (default: 9)")
    arguments = parser.parse_args()
    for draw in (scratch, blobs, small_spot):
        truth, predicted = draw(arguments.size)
        assert ours(truth, predicted) == theirs(truth, predicted)
        planes = planes_around(truth, predicted, TAU)
        calls: list[Callable[[], object]] = [
            lambda: theirs(truth, predicted),  # noqa: B023
            lambda: ours(truth, predicted),  # noqa: B023
            lambda: measure_image(truth, predicted, tau=TAU),  # noqa: B023
            lambda: best_shift(*planes),  # noqa: B023
        ]
        turns = [[seconds(call) for call in calls] for _ in range(arguments.rounds)]
        print(f"{draw.__name__}, {arguments.size} x {arguments.size} px, {arguments.rounds} rounds")
        for kind, index in (("CPU", 0), ("wall", 1)):
            medians = [1000 * statistics.median(turn[side][index] for turn in turns) for side in range(len(calls))]
            for name, ms in zip(("scipy", "ours", "everything", "best shift"), medians, strict=True):
                print(f"  {kind:4} {name:10} {ms:8.2f} ms, ratio {ms / medians[0]:.4f}")


if __name__ == "__main__":
    main()

"""Measured images with and without a known fault, for measuring advice. Each maker gives a function of a random stream.

Statistics of images are normal around usual values. No pixels are made: what measures pixels is tested elsewhere.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ..advice.case import Case, build_case
from ..image_records import GRID_SIDE, RING_CELLS, ImageSet, ImageStatistics, PositionSums
from .advice_cases import Maker, evidence, rows

_USUAL = {"luminance": (0.45, 0.02), "contrast": (0.2, 0.01), "saturation": (0.3, 0.02)}
_USUAL |= {"red_green": (0.01, 0.005), "blue_green": (-0.01, 0.005)}


def image(
    rng: np.random.Generator, index: int, class_name: str | None, *, tails: float = 0, **changes: object
) -> ImageStatistics:
    """One image with usual statistics, some changed."""

    def draw() -> float:
        return float(rng.standard_t(tails) if tails else rng.normal())

    measured: dict[str, object] = {name: mean + sd * draw() for name, (mean, sd) in _USUAL.items()}
    name = f"s3://bucket/{class_name}-{index:04d}-{rng.integers(1 << 40):010x}.jpg"
    digest = f"{rng.integers(1 << 62):064x}"
    found: dict[str, object] = {
        "uri": name, "class_name": class_name, "width_px": 640, "height_px": 480, "size_bytes": 90_000,
        "format": "JPEG", "sharpness": 0.01 * 2 ** (0.3 * draw()), "pixel_sha256": digest, "file_sha256": digest,
        "dhash": f"{int.from_bytes(rng.bytes(8)):016x}",
    }  # fmt: skip
    return ImageStatistics(**(measured | found | changes))  # type: ignore[arg-type]


def image_set(images: list[ImageStatistics]) -> ImageSet:
    """A measured set without positions."""
    return ImageSet(images=tuple(images), n_images=len(images))


def _photographs(
    rng: np.random.Generator, n_anomaly: int, n_normal: int, tails: float = 0, **changes: object
) -> list[ImageStatistics]:
    names = ["anomaly"] * n_anomaly + ["normal"] * n_normal
    return [image(rng, index, name, tails=tails, **changes) for index, name in enumerate(names)]


def _case(test: list[ImageStatistics], training: list[ImageStatistics] | None = None, **more: object) -> Case:
    """A case of measured images whose predictions are all right."""
    anomalous = np.array([one.class_name == "anomaly" for one in test])
    images = rows(anomalous, anomalous, np.where(anomalous, 0.9, 0.1), [one.uri for one in test])
    return build_case(
        evidence(images),
        test_images=image_set(test),
        training_images=None if training is None else image_set(training),
        **more,  # type: ignore[arg-type]
    )


def photographs(
    n_anomaly: int,
    n_normal: int,
    *,
    n_dark: int = 0,
    tails: float = 0,
    odd_size: bool = False,
    both_labels: bool = False,
) -> Maker:
    """Measured test images; dark ones are 8 standard deviations darker."""

    def make(rng: np.random.Generator) -> Case:
        images = _photographs(rng, n_anomaly, n_normal, tails)
        for index in rng.choice(len(images), n_dark, replace=False).tolist():
            images[index] = replace(images[index], luminance=images[index].luminance - 0.16)
        if odd_size:
            images[3] = replace(images[3], height_px=481)
        if both_labels:
            images[-1] = replace(images[-1], pixel_sha256=images[0].pixel_sha256)
        return _case(images)

    return make


def two_sets(n_training: int, n_test: int, *, shift: float = 0) -> Maker:
    """Training and test images, so many of each class; the test's are darker by ``shift`` standard deviations."""

    def make(rng: np.random.Generator) -> Case:
        training = _photographs(rng, n_training, n_training)
        darker = shift * _USUAL["luminance"][1]
        test = [replace(one, luminance=one.luminance - darker) for one in _photographs(rng, n_test, n_test)]
        return _case(test, training)

    return make


def positions(n_images: int, border: float) -> Maker:
    """Normal images whose border cells vary ``border`` times as much as the others."""
    side = np.arange(GRID_SIDE)
    inner = (side >= RING_CELLS) & (side < GRID_SIDE - RING_CELLS)
    spread = np.where(inner[:, None] & inner[None, :], 12.0, 12.0 * border)

    def make(rng: np.random.Generator) -> Case:
        cells = np.clip(np.rint(rng.normal(120, spread, (n_images, GRID_SIDE, GRID_SIDE))), 0, 255).astype(int)
        total = PositionSums()
        for one in cells:
            total += PositionSums.of_image(one.ravel().tolist())
        case = _case(_photographs(rng, 0, n_images))
        measured = replace(
            image_set(list(case.test_images.images if case.test_images else ())), positions={"normal": total}
        )
        return replace(case, test_images=measured)

    return make


def _with_hashes(rng: np.random.Generator, hashes: list[int]) -> Case:
    return _case([image(rng, index, "normal", dhash=f"{one:016x}") for index, one in enumerate(hashes)])


def hashes(n_images: int, n_scenes: int) -> Maker:
    """Images of so many scenes; those of one scene differ in up to 3 bits of their hash."""

    def make(rng: np.random.Generator) -> Case:
        scenes = [int.from_bytes(rng.bytes(8)) for _ in range(n_scenes)]
        found = list(scenes)
        while len(found) < n_images:
            bits = rng.choice(64, int(rng.integers(0, 4)), replace=False).tolist()
            found.append(scenes[int(rng.integers(n_scenes))] ^ sum(1 << bit for bit in bits))
        return _with_hashes(rng, found)

    return make


def fixture(n_images: int, flips: float) -> Maker:
    """Different parts that all look alike: each bit of a common hash is another with probability ``flips``."""

    def make(rng: np.random.Generator) -> Case:
        common = int.from_bytes(rng.bytes(8))
        flipped = [sum(1 << bit for bit in np.flatnonzero(rng.random(64) < flips).tolist()) for _ in range(n_images)]
        return _with_hashes(rng, [common ^ one for one in flipped])

    return make


def leaked(n_test: int, n_shared: int) -> Maker:
    """Test images of which some are in the training set under another name."""

    def make(rng: np.random.Generator) -> Case:
        test = _photographs(rng, n_test // 2, n_test - n_test // 2)
        copies = [replace(one, uri=f"copy-{index}.jpg") for index, one in enumerate(test[:n_shared])]
        return _case(test, _photographs(rng, 30, 30) + copies)

    return make

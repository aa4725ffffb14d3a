"""Counts against loops over every single pixel, for every kind of PNG with every other."""

import itertools
import random

import numpy as np
import pytest
from sklearn.metrics import confusion_matrix

from lfv_eval.formats.masks import pixels as mask_pixels
from lfv_eval.formats.masks.pairs import pair

COLORS = {"#23a436": "cracked", "#14a3b3": "dent", "#f76902": "Stain"}
GRAYS = {"#404040": "cracked", "#808080": "dent", "#c0c0c0": "stain"}
FOUR_GRAYS = {"#555555": "cracked", "#aaaaaa": "dent"}
BLACK_IS_A_CLASS = {"#000000": "cracked", "#ffffff": "background"}
POLICIES = ("ignore", "threshold:1", "threshold:128", "threshold:77", "opaque")
MINIMUM = {"ignore": 0, "threshold:1": 1, "threshold:77": 77, "threshold:128": 128, "opaque": 255}
ALPHAS = np.array([0, 1, 76, 77, 127, 128, 254, 255])
SIZE = (11, 13)  # not a multiple of anything


def rgb_of(names):
    return np.array([(int(name[1:3], 16), int(name[3:5], 16), int(name[5:7], 16)) for name in names])


def pick(rng, colors):
    return rng.choice(len(colors), size=SIZE, p=[0.5] + [0.5 / (len(colors) - 1)] * (len(colors) - 1))


def true_color(rng, depth, alpha, trns):
    colors = np.concatenate([[[255, 255, 255]], rgb_of(COLORS), [[0, 0, 0], [9, 8, 7]]])
    rgba = np.concatenate([colors[pick(rng, colors)], rng.choice(ALPHAS, size=(*SIZE, 1))], axis=2)
    samples = rgba if alpha else rgba[:, :, :3]
    if depth == 16:
        samples = samples * 257
    key = b""
    if trns:
        key = b"".join(int(value * (257 if depth == 16 else 1)).to_bytes(2, "big") for value in colors[2])
        rgba[:, :, 3] = np.where((rgba[:, :, :3] == colors[2]).all(axis=2), 0, 255)
    elif not alpha:
        rgba[:, :, 3] = 255
    return {"samples": samples, "color_type": 6 if alpha else 2, "depth": depth, "trns": key}, rgba, COLORS


def palette(rng, depth, trns):
    n = 2**depth
    colors = np.concatenate([[[255, 255, 255]], rgb_of(COLORS), [[0, 0, 0]]])
    entries = colors[np.arange(n) % len(colors)] if depth > 1 else colors[:2]
    alphas = np.full(n, 255)
    if trns:
        alphas[: n - 1] = rng.choice(ALPHAS, size=n - 1)
    index = rng.integers(0, n, SIZE)
    rgba = np.concatenate([entries[index], alphas[index][:, :, None]], axis=2)
    body = entries.astype(np.uint8).tobytes()
    short = alphas[: n - 1].astype(np.uint8).tobytes() if trns else b""
    return {"samples": index[:, :, None], "color_type": 3, "depth": depth, "palette": body, "trns": short}, rgba, COLORS


def gray(rng, depth, alpha, trns):
    levels = 2 ** min(depth, 8)
    names = {1: BLACK_IS_A_CLASS, 2: FOUR_GRAYS}.get(depth, GRAYS)
    value = (
        rng.integers(0, levels, SIZE)
        if depth < 4
        else rng.choice([0, 64, 128, 192, 255, 85], SIZE) * (levels - 1) // 255
    )
    eight = value * 255 // (levels - 1)
    alphas = rng.choice(ALPHAS, size=SIZE) if alpha else np.full(SIZE, 255)
    key = b""
    scale = 257 if depth == 16 else 1
    if trns:
        transparent = int(value[0, 0])
        key = (transparent * scale).to_bytes(2, "big")
        alphas = np.where(value == transparent, 0, 255)
    if depth == 4:
        names = {f"#{level * 17:02x}" + f"{level * 17:02x}" * 2: name for level, name in ((4, "cracked"), (8, "dent"))}
    samples = np.stack([value * scale, alphas * scale] if alpha else [value * scale], axis=2)
    rgba = np.stack([eight, eight, eight, alphas], axis=2)
    return {"samples": samples, "color_type": 4 if alpha else 0, "depth": depth, "trns": key}, rgba, names


KINDS = {
    **{f"rgb-{d}": lambda rng, d=d: true_color(rng, d, False, False) for d in (8, 16)},
    **{f"rgb-{d}-trns": lambda rng, d=d: true_color(rng, d, False, True) for d in (8, 16)},
    **{f"rgba-{d}": lambda rng, d=d: true_color(rng, d, True, False) for d in (8, 16)},
    **{f"palette-{d}": lambda rng, d=d: palette(rng, d, False) for d in (1, 2, 4, 8)},
    **{f"palette-{d}-trns": lambda rng, d=d: palette(rng, d, True) for d in (1, 2, 4, 8)},
    **{f"gray-{d}": lambda rng, d=d: gray(rng, d, False, False) for d in (1, 2, 4, 8, 16)},
    **{f"gray-{d}-trns": lambda rng, d=d: gray(rng, d, False, True) for d in (1, 2, 4, 8, 16)},
    **{f"gray-alpha-{d}": lambda rng, d=d: gray(rng, d, True, False) for d in (8, 16)},
}


def make(kind, seed, png):
    rng = np.random.default_rng(seed)
    fields, rgba, names = KINDS[kind](rng)
    choice = random.Random(seed)
    interlaced = bool(choice.getrandbits(1))
    body = png(**fields, interlaced=interlaced, choose_filter=lambda row: choice.randrange(5))
    return body, rgba.tolist(), names


def label_at(pixel, names, minimum):
    red, green, blue, alpha = pixel
    name = names.get(f"#{red:02x}{green:02x}{blue:02x}", "background").lower()
    return None if name == "background" or alpha < minimum else name


def by_hand(truth, predicted, truth_names, predicted_names, label, minimum):
    both = in_truth = in_predicted = 0
    for truth_row, predicted_row in zip(truth, predicted, strict=True):
        for truth_pixel, predicted_pixel in zip(truth_row, predicted_row, strict=True):
            a = label_at(truth_pixel, truth_names, minimum) == label
            b = label_at(predicted_pixel, predicted_names, minimum) == label
            both += a and b
            in_truth += a
            in_predicted += b
    return both, in_truth, in_predicted


@pytest.mark.parametrize("kinds", list(itertools.product(KINDS, KINDS)), ids="/".join)
def test_equals_a_loop_over_pixels(kinds, png):
    seed = sum(map(ord, "".join(kinds)))
    truth, truth_rgba, truth_names = make(kinds[0], seed, png)
    predicted, predicted_rgba, predicted_names = make(kinds[1], seed + 1, png)
    found = pair(truth, predicted, truth_names, predicted_names, POLICIES, unknown_tolerance=1)
    assert (found.height, found.width) == SIZE
    assert {row.label.lower() for row in found.counts} == {
        name.lower() for name in (*truth_names.values(), *predicted_names.values()) if name.lower() != "background"
    }
    for row in found.counts:
        expected = by_hand(
            truth_rgba, predicted_rgba, truth_names, predicted_names, row.label.lower(), MINIMUM[row.policy]
        )
        assert (row.intersection_px, row.truth_px, row.predicted_px) == expected


def blobs(rng, shape, n_labels, noise):
    """A label image with rectangles, and a share of noisy pixels, in stripes that are sparse and dense by turns."""
    image = np.zeros(shape, np.uint8)
    for label in rng.integers(1, n_labels + 1, 12):
        y, x = rng.integers(0, shape[0] - 20), rng.integers(0, shape[1] - 20)
        image[y : y + rng.integers(3, 200), x : x + rng.integers(3, 200)] = label
    at = rng.random(shape) < noise * (np.arange(shape[0])[:, None] // 100 % 2)
    image[at] = rng.integers(0, n_labels + 1, at.sum())
    return image


@pytest.mark.parametrize("noise", [0, 0.02, 1])
@pytest.mark.parametrize("modes", list(itertools.product(["P", "RGB", "RGBA"], ["P", "RGB"])), ids="/".join)
def test_large_masks_equal_scikit_learn(modes, noise, pillow_png):
    rng = np.random.default_rng(int(noise * 100) + len(modes[0]))
    colors = np.concatenate([[[255, 255, 255]], rng.choice(2**24, 20, replace=False)[:, None] >> [0, 8, 16] & 255])
    names = {"#{:02x}{:02x}{:02x}".format(*color): f"label {n}" for n, color in enumerate(colors) if n}
    labels = [blobs(rng, (643, 517), 20, noise) for _ in modes]
    found = pair(*(pillow_png(image, colors, mode) for image, mode in zip(labels, modes, strict=True)), names, names)
    matrix = confusion_matrix(labels[0].ravel(), labels[1].ravel(), labels=range(21))
    got = {
        row.label: (row.intersection_px, row.truth_px, row.predicted_px)
        for row in found.counts
        if row.policy == "ignore"
    }
    assert got == {f"label {n}": (matrix[n, n], matrix[n].sum(), matrix[:, n].sum()) for n in range(1, 21)}


@pytest.mark.parametrize("kind", KINDS)
def test_a_copy_of_the_pixels_serves_where_they_cannot_be_shared(kind, png, monkeypatch):
    body, _, names = make(kind, 7, png)
    shared = pair(body, None, names, {}, unknown_tolerance=1)
    monkeypatch.setattr(mask_pixels, "_shared_memory", lambda image, size_bytes: None)
    assert pair(body, None, names, {}, unknown_tolerance=1) == shared

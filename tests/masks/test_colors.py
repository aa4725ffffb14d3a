"""What colours mean: names join, background has many forms, unknown colours are counted, red/blue swaps recognised."""

import numpy as np
import pytest

from lfv_eval.errors import MaskError
from lfv_eval.formats.masks.colors import ColorTable, parse_color_map
from lfv_eval.formats.masks.pairs import pair
from lfv_eval.records import Where

WHITE, BLACK, GREEN, SWAPPED = (255, 255, 255), (0, 0, 0), (0x23, 0xA4, 0x36), (0x36, 0xA4, 0x23)
CRACKED = {"#23a436": "cracked"}


def image(*runs):
    """A 10 x 10 image of runs (colour, pixels), the rest white."""
    pixels = np.full((100, len(runs[0][0]) if runs else 3), 255)
    at = 0
    for color, n_px in runs:
        pixels[at : at + n_px] = color
        at += n_px
    return pixels.reshape(10, 10, -1)


def codes(found):
    return [problem.code for problem in found.problems]


def pixels(found, policy="ignore"):
    return {
        row.label: (row.intersection_px, row.truth_px, row.predicted_px) for row in found.counts if row.policy == policy
    }


def test_labels_join_by_name_whatever_their_colours_and_spelling(rgb_png):
    truth, predicted = rgb_png(image((GREEN, 30))), rgb_png(image(((1, 2, 3), 20)))
    found = pair(truth, predicted, {"#23A436": " Cracked"}, {"#010203": "cracked "})
    assert pixels(found) == {"Cracked": (20, 30, 20)}


def test_the_same_colour_under_two_names_is_two_labels(rgb_png):
    body = rgb_png(image((GREEN, 30)))
    assert pixels(pair(body, body, {"#23a436": "dent"}, CRACKED)) == {"dent": (0, 30, 0), "cracked": (0, 0, 30)}


def test_two_colours_of_one_label_are_one_label(rgb_png):
    body = rgb_png(image((GREEN, 30), ((1, 2, 3), 5)))
    assert pixels(pair(body, body, CRACKED | {"#010203": "Cracked"}, CRACKED | {"#010203": "cracked"})) == {
        "cracked": (35, 35, 35)
    }


@pytest.mark.parametrize(
    ("color", "names"),
    [
        (WHITE, CRACKED),
        (BLACK, CRACKED),
        ((9, 9, 9), CRACKED | {"#090909": "BackGround "}),
        (WHITE, CRACKED | {"#090909": "BACKGROUND"}),
    ],
)
def test_background(color, names, rgb_png):
    body = rgb_png(image((GREEN, 10), (color, 90)))
    found = pair(body, body, names, names)
    assert pixels(found) == {"cracked": (10, 10, 10)}
    assert codes(found) == []


def test_fully_transparent_pixels_of_any_colour_are_background(rgba_png):
    body = rgba_png(image(((*GREEN, 255), 10), ((77, 1, 2, 0), 90)))
    found = pair(body, body, CRACKED, CRACKED)
    assert pixels(found) == {"cracked": (10, 10, 10)}
    assert codes(found) == []


def test_a_map_may_call_white_or_black_an_anomaly(rgb_png):
    names = {"#ffffff": "bright", "#000000": "dark", "#808080": "background"}
    body = rgb_png(image((BLACK, 10), ((128, 128, 128), 60)))
    assert pixels(pair(body, None, names, {})) == {"bright": (0, 30, 0), "dark": (0, 10, 0)}


def test_the_key_of_the_map_is_the_colour_not_the_palette_index(png):
    palette = bytes([*GREEN, *GREEN, *WHITE])
    body = png(np.array([[[0], [1], [2]]]), 3, 8, palette=palette)
    assert pixels(pair(body, None, CRACKED, {})) == {"cracked": (0, 2, 0)}


def test_unknown_colours_are_background_counted_and_listed(rgb_png):
    body = rgb_png(image((GREEN, 10), ((1, 2, 3), 2), ((3, 2, 1), 1)))
    found = pair(body, None, CRACKED, {}, truth_where=Where(uri="s3://b/m.png"), unknown_tolerance=0.03)
    assert found.truth.unknown_px == 3
    (problem,) = found.problems
    assert problem.code == "UNKNOWN_COLORS"
    assert problem.where.uri == "s3://b/m.png"
    assert "3 of 100 px" in problem.message
    assert "#010203 (2 px), #030201 (1 px)" in problem.message


def test_too_many_unknown_colours_are_refused(rgb_png):
    body = rgb_png(image(*(((n, 1, 2), 1) for n in range(20))))
    with pytest.raises(MaskError, match=r"20 of 100 px have colours .*#000102 \(1 px\)") as caught:
        pair(None, body, {}, CRACKED, predicted_where=Where(uri="p.png", line=7))
    assert caught.value.where == "p.png line 7"
    assert caught.value.message.count("#") == 5


def test_the_nearest_colour_is_not_guessed(rgb_png):
    body = rgb_png(image(((0x23, 0xA4, 0x37), 1)))
    assert pixels(pair(body, None, CRACKED, {})) == {"cracked": (0, 0, 0)}


def test_swapped_red_and_blue_are_recognised_and_corrected(rgb_png):
    truth, predicted = rgb_png(image((GREEN, 30))), rgb_png(image((SWAPPED, 40)))
    found = pair(truth, predicted, CRACKED, CRACKED)
    assert pixels(found) == {"cracked": (30, 30, 40)}
    assert codes(found) == ["MASK_RB_SWAPPED"]
    assert (found.truth.red_blue_swapped, found.predicted.red_blue_swapped) == (False, True)


def test_swapped_pixels_keep_their_alpha(rgba_png):
    body = rgba_png(image(((*SWAPPED, 255), 4), ((*SWAPPED, 100), 3), ((*SWAPPED, 0), 2)))
    found = pair(body, body, CRACKED, CRACKED)
    assert pixels(found, "ignore") == {"cracked": (9, 9, 9)}
    assert pixels(found, "threshold:1") == {"cracked": (7, 7, 7)}
    assert pixels(found, "opaque") == {"cracked": (4, 4, 4)}


@pytest.mark.parametrize(
    "runs",
    [
        [(SWAPPED, 40), (GREEN, 1)],  # both: not a swap
        [(SWAPPED, 40), ((1, 2, 3), 1)],  # something that no swap explains
    ],
)
def test_what_is_no_swap_stays_unknown(runs, rgb_png):
    body = rgb_png(image(*runs))
    found = pair(body, None, CRACKED, {}, unknown_tolerance=1)
    assert found.truth.unknown_px == sum(n_px for color, n_px in runs if color != GREEN)
    assert codes(found) == ["UNKNOWN_COLORS"]
    assert "#36a423 (40 px)" in found.problems[0].message


def test_a_palindromic_colour_is_itself_not_swapped(rgb_png):
    body = rgb_png(image(((0x44, 1, 0x44), 5)))
    found = pair(body, None, {"#440144": "cracked"}, {})
    assert (pixels(found), codes(found)) == ({"cracked": (0, 5, 0)}, [])


def test_a_swapped_colour_that_is_another_class_is_that_class(rgb_png):
    body = rgb_png(image((SWAPPED, 5)))
    found = pair(body, None, CRACKED | {"#36a423": "dent"}, {})
    assert (pixels(found), codes(found)) == ({"cracked": (0, 0, 0), "dent": (0, 5, 0)}, [])


def test_spellings_of_colours(rgb_png):
    body = rgb_png(image(((0xFF, 0, 0xAA), 5), (GREEN, 6)))
    found = pair(body, None, {"#F0A": "dent", "23A436": "cracked"}, {})
    assert (pixels(found), codes(found)) == ({"dent": (0, 5, 0), "cracked": (0, 6, 0)}, ["COLOR_SPELLING"])


@pytest.mark.parametrize(
    ("names", "message"),
    [
        ({"red": "cracked"}, "must look like #23a436, got 'red'"),
        ({"#23a43680": "cracked"}, "must look like"),
        ({"#٣٣٣٣٣٣": "cracked"}, "must look like"),
        ({"#23a436": "cracked", "#23A436": "dent"}, "two labels, 'cracked' and 'dent'"),
        ({"#23a436": "cracked", "23a436": "background"}, "two labels"),
        ({f"#{n:06x}": f"label {n}" for n in range(300)}, "300 entries"),
    ],
)
def test_unusable_maps_are_refused(names, message, rgb_png):
    with pytest.raises(MaskError, match=message):
        pair(rgb_png(image()), None, names, {})


def test_every_one_of_many_colours_gets_its_own_category(pillow_png):
    rng = np.random.default_rng(0)
    colors = (np.sort(rng.choice(2**24 - 2, 256, replace=False) + 1)[:, None] >> [16, 8, 0]) & 255
    names = {"#{:02x}{:02x}{:02x}".format(*color): f"label {n}" for n, color in enumerate(colors)}
    labels = rng.integers(0, 256, (64, 64)).astype(np.uint8)
    found = pair(pillow_png(labels, colors, "RGB"), pillow_png(labels.T, colors, "P"), names, names)
    for n in range(256):
        both = int(((labels == n) & (n == labels.T)).sum())
        assert pixels(found)[f"label {n}"] == (both, int((labels == n).sum()), int((labels == n).sum()))


def test_the_table_tells_all_24_bit_neighbours_apart(rgb_png):
    from lfv_eval.formats.masks.pixels import decode
    from lfv_eval.formats.masks.png_file import open_png

    pixels = decode(open_png(rgb_png(image())))
    table = ColorTable(pixels, parse_color_map(CRACKED), (0,))
    everything = np.arange(2**24, dtype=np.uint32)
    known = np.flatnonzero(table(everything) != 1)
    assert known.tolist() == sorted([0, 0xFFFFFF, 0x36A423, 0x23A436])

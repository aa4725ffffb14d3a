"""Colour maps beside mask references."""

from __future__ import annotations

import pytest

from lfv_eval.errors import DocumentError
from lfv_eval.records import Severity

WHITE = {"class-name": "BACKGROUND", "hex-color": "#ffffff"}


def read(make, colors, n=1):
    rows = [make.with_mask(make.row(i), "anomaly-mask-ref", colors) for i in range(n)]
    evaluation = make.manifest(rows)
    return evaluation, evaluation.images.truth_mask[0].label_by_color


@pytest.mark.parametrize(
    "entry",
    [
        {"class-name": "cracked", "hex-color": "#23A436", "confidence": 0.0},
        {"class-name": "cracked", "hex-color": "#23a436"},
        {"name": "cracked", "hex-color": "#23a436", "total-percentage-area": 0.009},
        {"class-name": "cracked", "Color": "#23a436"},
        {"class-name": "cracked", "hex_color": "#23a436"},
    ],
)
@pytest.mark.parametrize("key", ["0", "1"])
def test_spellings(make, entry, key):
    evaluation, labels = read(make, {key: entry})
    assert labels == {"#23a436": "cracked"}
    assert evaluation.problems == ()


@pytest.mark.parametrize(("printed", "color"), [("#fff", "#ffffff"), ("23A436", "#23a436"), ("abc", "#aabbcc")])
def test_other_colour_spellings_are_noted(make, printed, color):
    evaluation, labels = read(make, {"1": {"class-name": "x", "hex-color": printed}})
    assert labels == {color: "x"}
    assert make.codes(evaluation) == {"COLOR_SPELLING": 1}


@pytest.mark.parametrize(
    ("entry", "problem"),
    [
        ({"class-name": "x"}, "CLASS_WITHOUT_COLOR"),
        ({"class-name": "x", "hex-color": None}, "CLASS_WITHOUT_COLOR"),
        ({"class-name": "x", "hex-color": "red"}, "COLOR_UNREADABLE"),
        ({"class-name": "x", "hex-color": "#23a43600"}, "COLOR_UNREADABLE"),
        ({"hex-color": "#23a436"}, "COLOR_WITHOUT_CLASS_NAME"),
        ("x", "COLOR_WITHOUT_CLASS_NAME"),
        ({"class-name": "x", "hex-color": "#FFFFFF"}, "COLOR_SHARED"),
    ],
)
def test_entries_that_cannot_be_used(make, entry, problem):
    evaluation, labels = read(make, {"0": WHITE, "1": entry}, n=3)
    assert labels == {"#ffffff": "BACKGROUND"}
    (found,) = evaluation.problems
    assert (found.code, found.count, found.lines, found.severity) == (problem, 3, (1, 2, 3), Severity.ERROR)


def test_one_class_may_have_two_colours_and_one_name_two_spellings(make):
    colors = {
        "0": {"class-name": "Dent", "hex-color": "#ff0000"},
        "1": {"class-name": "dent ", "hex-color": "#ff0000"},
        "2": {"class-name": "dent", "hex-color": "#00ff00"},
    }
    evaluation, labels = read(make, colors)
    assert labels == {"#ff0000": "Dent", "#00ff00": "dent"}
    assert evaluation.problems == ()


@pytest.mark.parametrize("colors", [None, {}, [], "x", 5])
def test_a_mask_without_a_map_is_noted(make, colors):
    evaluation, labels = read(make, colors)
    assert labels == {}
    assert make.codes(evaluation) == {"MASK_WITHOUT_COLOR_MAP": 1}


def test_equal_maps_are_one_object(make):
    def colors(area):
        return {"0": {"name": "scratch", "hex-color": "#00ff00", "total-percentage-area": area}}

    rows = [make.with_mask(make.row(i), "anomaly-mask-ref-detected", colors(i / 5000)) for i in range(3000)]
    maps = [mask.label_by_color for mask in make.manifest(rows).images.predicted_mask]
    assert maps[0] == {"#00ff00": "scratch"}
    assert len({id(labels) for labels in maps}) == 1


def test_maps_are_bounded(make):
    colors = {str(i): {"class-name": str(i), "hex-color": f"#{i:06x}"} for i in range(1001)}
    with pytest.raises(DocumentError, match="at most 1000 entries, got 1001"):
        read(make, colors)

"""Which attributes hold truth and prediction, under whatever names and in whatever order they appear."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lfv_eval.errors import DocumentError
from lfv_eval.images import Exclusion

COLORS = {
    "0": {"class-name": "BACKGROUND", "hex-color": "#ffffff"},
    "1": {"class-name": "cracked", "hex-color": "#23A436"},
}


def renamed(row, **names):
    """The row with attributes (and their metadata) under other names."""
    for attribute, new in names.items():
        old = attribute.replace("_", "-")
        row = {
            (new if key == old else f"{new}-metadata" if key == f"{old}-metadata" else key): value
            for key, value in row.items()
        }
    return row


def labels(evaluation):
    return evaluation.images.truth.tolist(), evaluation.images.predicted.tolist()


@pytest.mark.parametrize(
    "names",
    [
        {},
        {"anomaly_label": "auto-label"},
        {"anomaly_label": "auto-label", "anomaly_label_detected": "auto-label-detected"},
        {"anomaly_label": "cookie-classification", "anomaly_label_detected": "cookie-classification-detected"},
        {"anomaly_label": "étiquette", "anomaly_label_detected": "étiquette-detected"},
        {"anomaly_label": 'odd "name"'},
    ],
)
def test_label_attributes_are_discovered(make, names):
    rows = [
        make.row(1, "anomaly", "normal"),
        make.row(2, "normal", "normal"),
        make.row(3, "normal", "anomaly"),
        make.row(4),
    ]
    evaluation = make.manifest([renamed(row, **names) for row in rows])
    assert labels(evaluation) == ([1, 0, 0, 1], [0, 0, 1, 1])
    assert evaluation.problems == ()


def test_a_type_is_not_needed_where_there_is_a_class_name(make):
    row = make.row()
    for key in ("anomaly-label-metadata", "anomaly-label-detected-metadata"):
        del row[key]["type"]
    assert labels(make.manifest([row])) == ([1], [1])


def test_attributes_of_other_kinds_are_ignored(make):
    more = {
        "weight": 3,
        "boxes": {"annotations": []},
        "boxes-metadata": {"type": "groundtruth/object-detection", "class-map": {}},
        "notes-metadata": {"author": "me"},
        "Notes": None,
    }
    evaluation = make.manifest([make.row(1) | more, make.row(2)])
    assert labels(evaluation) == ([1, 1], [1, 1])
    assert evaluation.problems == ()


def two_truths(make):
    row = make.row(1, "normal")
    extra = {"adjusted": 1, "adjusted-metadata": {"class-name": "anomaly", "type": "groundtruth/image-classification"}}
    return row | extra


def test_several_truths_are_refused_until_one_is_chosen(make):
    rows = [make.row(2, "normal"), two_truths(make)]
    with pytest.raises(DocumentError, match=r"line 2: expected one label attribute, got 2: .*label_attribute"):
        make.manifest(rows)
    assert labels(make.manifest(rows, label_attribute="anomaly-label"))[0] == [0, 0]
    evaluation = make.manifest(rows, label_attribute="adjusted")
    assert labels(evaluation)[0] == [-1, 1]
    assert evaluation.images.exclusion.tolist() == [Exclusion.UNLABELLED, Exclusion.USED]


def test_the_chosen_attribute_selects_its_own_prediction(make):
    row = two_truths(make)
    row["adjusted-detected"] = 0
    row["adjusted-detected-metadata"] = row["anomaly-label-detected-metadata"] | {"class-name": "normal"}
    assert labels(make.manifest([row], label_attribute="adjusted")) == ([1], [0])
    assert labels(make.manifest([row], label_attribute="anomaly-label")) == ([0], [1])


def test_an_attribute_that_is_not_there_is_refused(make):
    for setting in ("label_attribute", "mask_attribute"):
        with pytest.raises(DocumentError, match=f"no row has the {setting} 'other'.*found: 'anomaly-label'"):
            make.manifest([make.row()], **{setting: "other"})


def test_a_manifest_without_predictions_is_refused(make):
    with pytest.raises(DocumentError, match="expected a predicted label.*dataset manifest"):
        make.manifest([make.row(predicted=None)])


@pytest.mark.parametrize("name", ["anomaly-mask-ref", "cookie-segmentation-ref", "mask", "anomaly-mask-ref-v2"])
@pytest.mark.parametrize("typed", [True, False])
def test_mask_attributes_are_discovered(make, name, typed):
    row = make.with_mask(make.row(), name, COLORS, "s3://b/truth.png")
    row = make.with_mask(row, f"{name}-detected", COLORS, "s3://b/predicted.png")
    if not typed:
        for key in (name, f"{name}-detected"):
            del row[f"{key}-metadata"]["type"]
    images = make.manifest([make.row(2), row, make.row(3)]).images
    assert [m and m.uri for m in images.truth_mask] == [None, "s3://b/truth.png", None]
    assert [m and m.uri for m in images.predicted_mask] == [None, "s3://b/predicted.png", None]
    assert images.truth_mask[1].label_by_color == {"#ffffff": "BACKGROUND", "#23a436": "cracked"}


def test_several_masks_are_refused_until_one_is_chosen(make):
    row = make.with_mask(make.with_mask(make.row(), "a-ref", COLORS, "a"), "b-ref", COLORS, "b")
    with pytest.raises(DocumentError, match=r"expected one mask attribute, got 2: 'a-ref', 'b-ref'.*mask_attribute"):
        make.manifest([row])
    assert make.manifest([row], mask_attribute="b-ref").images.truth_mask[0].uri == "b"


def test_an_attribute_that_tells_what_it_is_only_later_is_still_read_from_the_first_rows(make):
    late = make.with_mask(make.row(1), "m-ref", COLORS, "s3://b/1.png")
    early = make.with_mask(make.row(2), "m-ref", COLORS, "s3://b/2.png")
    del early["m-ref-metadata"]
    vague = make.with_mask(make.row(3), "m-ref", COLORS, "s3://b/3.png") | {"m-ref-metadata": {"note": "none yet"}}
    evaluation = make.manifest([early, vague, late])
    assert [mask.uri for mask in evaluation.images.truth_mask] == ["s3://b/2.png", "s3://b/3.png", "s3://b/1.png"]
    assert make.codes(evaluation) == {"MASK_WITHOUT_COLOR_MAP": 2}


def test_a_label_that_appears_after_the_fast_reader_is_running_is_not_missed(make):
    rows = [make.row(i, truth=None) for i in range(1, 3000)] + [make.row(3000, "normal")]
    assert make.manifest(rows).images.truth.tolist() == [-1] * 2999 + [0]
    vague = [make.row(i) | {"anomaly-label-metadata": {}, "anomaly-label": None} for i in range(1, 5)]
    assert make.manifest([*vague, make.row(5)]).images.truth.tolist() == [-1] * 4 + [1]


def test_names_without_end_are_refused(make):
    rows = [make.row(i) | {f"key-{i}-{j}": 0 for j in range(10)} for i in range(60)]
    with pytest.raises(DocumentError, match="at most 300 different top-level names"):
        make.manifest(rows)


@settings(max_examples=40)
@given(st.data())
def test_order_of_rows_and_keys_does_not_matter(make, data):
    rows = [
        make.row(1, "normal", "anomaly", 0.75),
        make.row(2, "Anomaly", "normal", 0.5),
        make.row(3, truth=None),
        make.row(4, "Detection"),
        make.with_mask(make.row(5), "anomaly-mask-ref", COLORS),
        make.with_mask(make.row(6), "anomaly-mask-ref-detected", COLORS),
        make.row(7, confidence=-1.0),
        make.row(8) | {"anomaly-label": 0},
        make.row(9, extra={"x": [1]}),
        make.with_mask(make.row(10), "anomaly-mask-ref", {"0": {"class-name": "x"}}),
    ]
    shuffled = [
        {key: row[key] for key in data.draw(st.permutations(list(row)))} for row in data.draw(st.permutations(rows))
    ]

    def facts(evaluation):
        records = {
            r.uri: (r.truth, r.predicted, r.confidence, r.truth_mask, r.predicted_mask) for r in evaluation.images
        }
        return {k: tuple(map(str, v)) for k, v in records.items()}, make.codes(evaluation), evaluation.claims

    assert facts(make.manifest(shuffled)) == facts(make.manifest(rows))

"""What one row may look like: labels, integers, confidences, references, duplicates."""

from __future__ import annotations

import json
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lfv_eval.errors import DocumentError
from lfv_eval.images import Exclusion
from lfv_eval.records import Severity


def slow(row):
    """The same row with a member that the fast reader never takes."""
    return row | {"vague-metadata": {}}


def only(evaluation):
    (record,) = evaluation.images
    return record


def test_guide_sample(make):
    """The line of the developer guide, its stray asterisk removed."""
    kind, time = "groundtruth/image-classification", "2020-05-22T21:33:37.201882"
    line = {
        "source-ref": "s3://customerbucket/path/to/image.jpg",
        "source-ref-metadata": {"creation-date": time},
        "anomaly-label": 1,
        "anomaly-label-metadata": {
            "class-name": "anomaly",
            "type": kind,
            "human-annotated": "yes",
            "creation-date": time,
            "job-name": "labeling-job/anomaly-detection",
        },
        "anomaly-label-detected": 1,
        "anomaly-label-detected-metadata": {
            "class-name": "anomaly",
            "confidence": 0.9,
            "type": kind,
            "human-annotated": "no",
            "creation-date": time,
            "job-name": "training-job/anomaly-detection",
            "model-arn": "lookoutvision-some-model-arn",
            "project-name": "lookoutvision-some-project-name",
            "model-version": "lookoutvision-some-model-version",
        },
    }
    evaluation = make.manifest([line])
    record = only(evaluation)
    assert (record.truth, record.predicted, record.confidence, record.printed_confidence) == (1, 1, 0.9, "0.9")
    assert (record.line, record.document, record.exclusion) == (1, "m.json", Exclusion.USED)
    model = evaluation.claims[0].model
    assert (model.project, model.arn) == ("lookoutvision-some-project-name", "lookoutvision-some-model-arn")
    assert evaluation.problems == ()


@pytest.mark.parametrize("change", [dict, slow])
@pytest.mark.parametrize(
    ("name", "truth", "problems"),
    [
        ("anomaly", 1, {}),
        ("Anomaly", 1, {}),
        (" ANOMALY ", 1, {}),
        ("normal", 0, {}),
        ("Normal", 0, {}),
        ("Detection", -1, {"UNKNOWN_CLASS_NAME": 1}),
        ("", -1, {"UNKNOWN_CLASS_NAME": 1}),
        (None, -1, {"UNLABELLED_ROW": 1}),
    ],
)
def test_class_names(make, change, name, truth, problems):
    evaluation = make.manifest([change(make.row(1, truth=name)), make.row(2)])
    assert evaluation.images.truth.tolist() == [truth, 1]
    assert evaluation.images.exclusion.tolist() == [
        Exclusion.UNLABELLED if truth < 0 else Exclusion.USED,
        Exclusion.USED,
    ]
    assert make.codes(evaluation) == problems
    evaluation = make.manifest([change(make.row(1, predicted=name)), make.row(2)])
    assert evaluation.images.predicted.tolist() == [truth, 1]
    assert evaluation.images.exclusion.tolist()[0] == (Exclusion.FAILED_PREDICTION if truth < 0 else Exclusion.USED)


@pytest.mark.parametrize("change", [dict, slow])
def test_the_class_name_decides_over_the_integer(make, change):
    rows = [change(make.row(i, "normal") | {"anomaly-label": i % 2}) for i in range(1, 8)]
    evaluation = make.manifest(rows)
    assert evaluation.images.truth.tolist() == [0] * 7
    (problem,) = evaluation.problems
    assert (problem.code, problem.count, problem.lines) == ("NUMBER_CONTRADICTS_CLASS_NAME", 4, (1, 3, 5, 7))
    assert (problem.where.uri, problem.where.line, problem.severity) == ("m.json", 1, Severity.WARNING)
    evaluation = make.manifest([change(make.row(1, predicted="normal") | {"anomaly-label-detected": 1})])
    assert make.codes(evaluation) == {"PREDICTED_NUMBER_CONTRADICTS_CLASS_NAME": 1}


@pytest.mark.parametrize(
    ("integer", "problem"),
    [
        ("1", "INTEGER_AS_TEXT"),
        (True, "INTEGER_AS_BOOLEAN"),
        (1.0, "INTEGER_AS_FRACTION"),
        (7, "INTEGER_UNREADABLE"),
        ("s3://bucket/mask.png", "INTEGER_UNREADABLE"),
        ([1], "INTEGER_UNREADABLE"),
        (None, None),
    ],
)
def test_integers_of_other_types_are_noted(make, integer, problem):
    evaluation = make.manifest([make.row() | {"anomaly-label": integer}])
    assert only(evaluation).truth == 1
    assert make.codes(evaluation) == ({problem: 1} if problem else {})
    if problem in ("INTEGER_AS_TEXT", "INTEGER_AS_BOOLEAN"):
        contradicted = make.manifest([make.row(1, "normal") | {"anomaly-label": integer}])
        assert make.codes(contradicted) == {problem: 1, "NUMBER_CONTRADICTS_CLASS_NAME": 1}


@pytest.mark.parametrize("change", [dict, slow])
@pytest.mark.parametrize("label", ["anomaly-label", "anomaly-label-detected"])
def test_an_integer_alone_is_refused(make, change, label):
    bare = make.row(2)
    del bare[f"{label}-metadata"]["class-name"]
    with pytest.raises(
        DocumentError, match=r'm\.json line 2: "class-name" of the (truth|predicted) label is missing.*Hint'
    ):
        make.manifest([make.row(1), change(bare)])


@pytest.mark.parametrize("change", [dict, slow])
@pytest.mark.parametrize("printed", ["0.9", "0.90", "0.9300000071525574", "1", "1.0", "0", "0.0", "1e-1", "5E-324"])
def test_printed_digits_are_kept(make, change, printed):
    body = make.lines([change(make.row(1)), make.row(2)]).replace(b"0.9,", printed.encode() + b",", 1)
    record = make.manifest(body).images[0]
    assert (record.printed_confidence, record.confidence) == (printed, float(printed))


@settings(max_examples=50)
@given(st.lists(st.floats(0, 1), min_size=1, max_size=20))
def test_confidences_are_read_exactly(make, values):
    images = make.manifest([make.row(i, confidence=value) for i, value in enumerate(values)]).images
    assert images.confidence.tolist() == values
    assert images.printed_confidence == [json.dumps(value) for value in values]


@pytest.mark.parametrize("change", [dict, slow])
@pytest.mark.parametrize("missing", [None, ...])
def test_a_missing_confidence_is_noted_and_the_row_still_counts(make, change, missing):
    row = make.row(2, confidence=None)
    if missing is ...:
        del row["anomaly-label-detected-metadata"]["confidence"]
    evaluation = make.manifest([make.row(1), change(row)])
    record = evaluation.images[1]
    assert (record.confidence, record.printed_confidence, record.exclusion) == (None, "", Exclusion.USED)
    assert make.codes(evaluation) == {"MISSING_CONFIDENCE": 1}


@pytest.mark.parametrize("change", [dict, slow])
def test_a_negative_confidence_is_a_failed_prediction(make, change):
    evaluation = make.manifest([make.row(1), change(make.row(2, confidence=-1.0)), make.row(3)])
    record = evaluation.images[1]
    assert (record.predicted, record.confidence, record.printed_confidence) == (-1, None, "-1.0")
    assert evaluation.images.exclusion.tolist() == [0, Exclusion.FAILED_PREDICTION, 0]
    assert make.codes(evaluation) == {"FAILED_PREDICTION": 1}


def test_a_confidence_in_quotes_is_noted(make):
    evaluation = make.manifest([make.row(1, confidence="0.930")])
    assert (only(evaluation).confidence, only(evaluation).printed_confidence) == (0.93, "0.930")
    assert make.codes(evaluation) == {"CONFIDENCE_AS_TEXT": 1}


def test_a_column_of_percentages_is_divided_as_a_whole(make):
    evaluation = make.manifest([make.row(i, confidence=value) for i, value in enumerate([99.5, 50, 0], 1)])
    assert evaluation.images.confidence.tolist() == [0.995, 0.5, 0.0]
    assert evaluation.images.printed_confidence == ["99.5", "50", "0"]
    assert make.codes(evaluation) == {"CONFIDENCE_IN_PERCENT": 2}
    with pytest.raises(DocumentError, match=r'line 2: "confidence" must be a number in 0\.\.1, got 95\.0'):
        make.manifest([make.row(1, confidence=0.5), make.row(2, confidence=95.0)])


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ('"high"', '"high"'),
        ("true", "true"),
        ("[0.9]", "\\[0.9\\]"),
        ("100.5", "100.5"),
        ("1e400", "1e400"),
        ("1e-999999999", "1e-999999999"),
        ('"NaN"', '"NaN"'),
        ('"0,9"', '"0,9"'),
        ('"0x1"', '"0x1"'),
        ('"1_0"', '"1_0"'),
        ("0." + "3" * 1000, "0.3"),
    ],
)
@pytest.mark.parametrize("change", [dict, slow])
def test_a_confidence_that_is_no_number_is_refused(make, change, written, shown):
    body = make.lines([make.row(1), change(make.row(2, confidence="HERE"))]).replace(b'"HERE"', written.encode())
    with pytest.raises(
        DocumentError, match=rf'^m\.json line 2: "confidence" must be a number in 0\.\.1, got {shown}.*Hint:'
    ):
        make.manifest(body)


@pytest.mark.parametrize(
    "uri",
    [
        "s3://s3://b/x.png",
        "s3://b//x.png",
        "s3://b/normal/",
        "x.png",
        "training-images/x.jpg",
        "file:/x.jpg",
        "/aws_dda/x.jpg",
    ],
)
def test_odd_references_are_kept_verbatim_and_noted(make, uri):
    evaluation = make.manifest([make.row(1), make.row(2, source_ref=uri), make.row(3)])
    assert evaluation.images.uri[1] == uri
    (problem,) = evaluation.problems
    assert (problem.code, problem.lines, problem.severity) == ("ODD_SOURCE_REF", (2,), Severity.NOTE)


@pytest.mark.parametrize("uri", ["s3://b/a b+c%20d.png", "s3://b/ü/2020-01-01T10:00:00.png", "s3://b/x"])
def test_usual_references_are_not_noted(make, uri):
    assert make.manifest([make.row(1), make.row(2, source_ref=uri)]).problems == ()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"source-ref": None}, '"source-ref" must be text, got null'),
        ({"source-ref": ""}, '"source-ref" must be text, got ""'),
        ({"source-ref": 5}, '"source-ref" must be text, got 5'),
        ({"anomaly-label-metadata": "x"}, '"anomaly-label-metadata" must be an object, got "x"'),
        ({"anomaly-label-metadata": {"class-name": 1}}, '"class-name" must be text, got 1'),
    ],
)
def test_members_of_another_type_are_refused(make, change, message):
    with pytest.raises(DocumentError) as caught:
        make.manifest([make.row(1), make.row(2) | change])
    assert message in str(caught.value)
    assert caught.value.where == "m.json line 2"


@pytest.mark.parametrize("keep", ["first", "last"])
def test_duplicates(make, keep):
    rows = [make.row(1), make.row(2, confidence=0.8), make.row(1), make.row(2, "normal", confidence=0.8), make.row(3)]
    evaluation = make.manifest(rows, duplicates=keep)
    used, dropped = Exclusion.USED, Exclusion.DUPLICATE
    first = [used, used, dropped, dropped, used]
    assert evaluation.images.exclusion.tolist() == (first if keep == "first" else [dropped, dropped, used, used, used])
    by_code = {p.code: p for p in evaluation.problems}
    assert by_code["EXACT_DUPLICATE"].lines == ((3,) if keep == "first" else (1,))
    assert by_code["CONFLICTING_DUPLICATE"].lines == ((4,) if keep == "first" else (2,))
    assert by_code["CONFLICTING_DUPLICATE"].severity == Severity.ERROR


def test_duplicates_may_be_refused(make):
    with pytest.raises(DocumentError, match=r"line 3: repeats the source-ref of line 1.*--duplicates"):
        make.manifest([make.row(1), make.row(2), make.row(1)], duplicates="refuse")
    assert math.isclose(make.manifest([make.row(1)], duplicates="refuse").images.confidence[0], 0.9)

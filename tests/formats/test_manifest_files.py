"""Whole files: ends of lines, arrays, broken and hostile ones, recognition, and the two readers against each other."""

from __future__ import annotations

import json
import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lfv_eval.errors import DocumentError, LfvEvalError
from lfv_eval.formats.rows import jsonlines
from lfv_eval.images import Images
from lfv_eval.settings import Settings

COLORS = {"0": {"class-name": "BACKGROUND", "hex-color": "#ffffff"}, "1": {"name": "dent", "Color": "0f0"}}


def varied(make, n=12):
    """Rows of every tolerable sort."""
    rows = [
        make.row(i, ["anomaly", "normal"][i % 2], ["anomaly", "normal"][i % 3 > 0], (i + 1) / (n + 1)) for i in range(n)
    ]
    rows[1] = make.with_mask(rows[1], "anomaly-mask-ref", COLORS)
    rows[2] = make.with_mask(rows[2], "anomaly-mask-ref-detected", COLORS)
    rows[3]["anomaly-label"] = "1"
    rows[4] = make.row(4, truth=None)
    rows[5] = make.row(5, "Detection")
    rows[6] = make.row(6, confidence=-1)
    rows[7]["source-ref"] = "s3://s3://b//x"
    rows[8]["anomaly-label"] = 1 - rows[8]["anomaly-label"]
    rows[9] = rows[0] | {"anomaly-label-metadata": {"class-name": " Normal"}}
    return rows


def columns(images: Images):
    numbers = (images.line, images.truth, images.predicted, images.confidence, images.exclusion)
    return (
        [column.tolist() for column in map(np.nan_to_num, numbers)],
        images.uri,
        images.printed_confidence,
        images.truth_mask,
        images.predicted_mask,
    )


def facts(evaluation):
    return columns(evaluation.images), evaluation.problems, evaluation.claims


def test_types_of_the_columns(make):
    images = make.manifest(varied(make)).images
    assert (images.line.dtype, images.truth.dtype, images.predicted.dtype) == (np.int64, np.int8, np.int8)
    assert (images.confidence.dtype, images.exclusion.dtype) == (np.float64, np.int8)
    assert images.document == ["m.json"] * 12


@pytest.mark.parametrize(
    "change",
    [
        lambda body: body.replace(b"\n", b"\r\n"),
        lambda body: b"\xef\xbb\xbf" + body,
        lambda body: body.rstrip(b"\n"),
        lambda body: body.replace(b", ", b",").replace(b": ", b":\t"),
        lambda body: body.replace(b"\n", b" \n"),
    ],
    ids=["crlf", "bom", "no final newline", "other spaces", "trailing spaces"],
)
def test_the_file_may_be_written_otherwise(make, change):
    body = make.lines(varied(make, 400))
    assert facts(make.manifest(change(body))) == facts(make.manifest(body))


def test_blank_lines_are_skipped_but_counted(make):
    body = make.lines(varied(make)).replace(b"\n", b"\n\n \r\n")
    evaluation = make.manifest(b"\n" + body)
    assert evaluation.images.line.tolist() == [2 + 3 * i for i in range(12)]


@pytest.mark.parametrize("indent", [None, 4])
def test_a_json_array_is_accepted_and_said(make, indent):
    rows = varied(make)
    array = make.manifest(b" \n" + json.dumps(rows, indent=indent).encode() + b"\n")
    lines = make.manifest(rows)
    assert columns(array.images) == columns(lines.images)
    assert make.codes(array) == make.codes(lines) | {"JSON_ARRAY": 1}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[1, 2]", "one JSON array of records"),
        ('[{"a": 1}, 2, {}]', r"line 1.*"),
        ('[{"source-ref": "s3://b/1"}, [', "line 2: expected a record"),
        ('[{"source-ref": "s3://b/1"} {"source-ref": "s3://b/1"}]', "line 2: expected a record"),
        ('[{"source-ref": "s3://b/1"},', "cut off"),
        ('[{"source-ref": "s3://b/1"}] x', "goes on after its end"),
        ("[]", "no rows"),
        ("[" * 1000, "expected a record"),
    ],
)
def test_broken_arrays_are_refused(make, text, message):
    with pytest.raises(DocumentError, match=message):
        make.manifest(text.encode())


def test_arrays_are_bounded(make, monkeypatch):
    monkeypatch.setattr("lfv_eval.formats.rows.reading.MAX_ARRAY_BYTES", 100)
    with pytest.raises(DocumentError, match="at most 100 bytes.*jq"):
        make.manifest(json.dumps(varied(make)).encode())


@pytest.mark.parametrize("body", [b"", b"\n", b" \r\n\n", b"\xef\xbb\xbf"])
def test_an_empty_file_is_refused(make, body):
    with pytest.raises(DocumentError, match="got no rows"):
        make.manifest(body)


@pytest.mark.parametrize(
    ("broken", "line", "hint"),
    [
        (
            lambda body: body.replace(b'{"source-ref": "s3://bucket/images/3.png"', b"// row 3"),
            4,
            "comments are not JSON",
        ),
        (lambda body: body.replace(b'"source-ref":', b'"source-ref"*:', 1), 1, r"stray \*"),
        (lambda body: body.replace(b"0.9,", b"NaN,", 1), 1, "NaN and Infinity are not JSON"),
        (lambda body: body.replace(b"0.9,", b"-Infinity,", 1), 1, "NaN and Infinity are not JSON"),
        (lambda body: body[:-200], 10, "cut off"),
        (lambda body: json.dumps(json.loads(body.split(b"\n")[0]), indent=2).encode(), 1, "on one line"),
        (lambda body: body + b"[1]\n", 11, "correct or delete"),
        (lambda body: body + b'{"source-ref": "\xff"}\n', 11, "UTF-8"),
        (lambda body: body + b'{"a":' * 100_000 + b"\n", 11, "another kind of file"),
        (lambda body: body + b'{"source-ref": "\\ud800"}\n', 11, "correct or delete"),
    ],
    ids=["comment", "asterisk", "nan", "infinity", "cut-off", "pretty", "list", "bytes", "deep", "surrogate"],
)
def test_broken_lines_are_refused_with_line_and_hint(make, broken, line, hint):
    body = make.lines([make.row(i) for i in range(10)])
    with pytest.raises(DocumentError, match=hint) as caught:
        make.manifest(broken(body))
    assert caught.value.where == f"m.json line {line}"


def test_utf16_is_refused_clearly(make):
    with pytest.raises(DocumentError, match="UTF-16.*save the manifest as UTF-8"):
        make.manifest(make.lines([make.row()]).decode().encode("utf-16"))


def test_huge_lines_are_refused_before_they_fill_the_memory(make, tmp_path):
    path = tmp_path / "m.json"
    path.write_bytes(make.lines([make.row()]) + b'{"x": "' + b"y" * (40 * 2**20))
    tracemalloc.start()
    with pytest.raises(DocumentError, match="line 2: expected a record of at most 8388608 bytes"):
        make.formats["evaluation_manifest"].parse(make.document(path), Settings())
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 80 * 2**20


def test_captured_inferences_are_unwrapped(make):
    row = make.row(1, truth=None, source_ref="/aws_dda/inference-results/1/1-2.jpg")
    capture = {"deviceGroundTruthData": [row], "eventVersion": "0", "eventMetadata": {"modelName": "m"}}
    body = json.dumps(capture).encode()
    assert make.sniffed(body, "1-2.jsonl") == ["evaluation_manifest"]
    evaluation = make.manifest(body)
    assert evaluation.images.predicted.tolist() == [1]
    assert make.codes(evaluation) == {"WRAPPED_RECORD": 1, "UNLABELLED_ROW": 1, "ODD_SOURCE_REF": 1}


def test_several_records_on_one_line_do_not_shift_the_line_numbers(make):
    one = json.dumps(make.row(1)).encode()
    two = json.dumps(make.row(2)).encode()
    half = two.replace(b', "anomaly-label"', b',\n"anomaly-label"', 1)
    prefix = make.lines([make.row(i) for i in range(10, 14)])
    for body in (one + one + b"\n" + half + b"\n", one + b" " + two + b"\n", half + b"\n" + one + one + b"\n"):
        with pytest.raises(DocumentError) as caught:
            make.manifest(prefix + body)
        assert caught.value.where == "m.json line 5"


def test_blocks_do_not_depend_on_where_they_are_cut(make, monkeypatch):
    body = make.lines(varied(make, 60))
    whole = facts(make.manifest(body))
    for size in (7, 500, 801, 4096):
        monkeypatch.setattr(jsonlines, "BLOCK_BYTES", size)
        assert facts(make.manifest(body)) == whole


@settings(max_examples=40)
@given(st.data())
def test_the_fast_and_the_tolerant_reader_agree(make, data):
    """A metadata member that tells nothing sends every row to the tolerant reader."""
    rows = varied(make, 40)
    chosen = data.draw(st.lists(st.sampled_from(rows), min_size=5, max_size=40))
    slow = [row | {"vague-metadata": {}} for row in chosen]
    assert facts(make.manifest(slow)) == facts(make.manifest(chosen))


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_no_bytes_raise_anything_but_our_errors(make, data):
    rows = varied(make)
    body = bytearray(make.lines([rows[i] for i in data.draw(st.lists(st.integers(0, 11), min_size=1, max_size=3))]))
    pieces = st.sampled_from(
        [b'"', b"{", b"}", b"[", b"null", b"\n", b"\x00", b"\xff", b"\\u", b"1e999", b":", b",", b"-1", b"[]"]
    )
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(body)))
        body[at : at + data.draw(st.sampled_from([0, 0, 1, 2, 10]))] = data.draw(pieces | st.binary(max_size=3))
    for kind, reader in make.formats.items():
        reader.sniff(f"{kind}.json", bytes(body))
        try:
            reader.parse(make.document(bytes(body)), Settings())
        except LfvEvalError as error:
            assert "m.json" in str(error)


def test_recognition(make):
    rows = [make.row(i) for i in range(200)]
    body = make.lines(rows)
    name = "mymodel_EvaluationManifest-parts-3.json"
    plain = [make.row(i, predicted=None) for i in range(200)]
    assert make.sniffed(body) == ["evaluation_manifest"]
    assert make.sniffed(b"\xef\xbb\xbf\r\n" + body) == ["evaluation_manifest"]
    assert make.sniffed(json.dumps(rows, indent=4).encode(), "manifest") == ["evaluation_manifest"]
    assert make.sniffed(make.lines([plain[0], rows[1]])) == ["evaluation_manifest"]
    assert make.sniffed(b'{"x": "' + b"y" * 3000 + b'", ' + body[1:600]) == ["evaluation_manifest"]
    for cut in (0, 30, 300, 650):
        assert make.sniffed(body[:cut], name) == ["evaluation_manifest"], cut
    assert make.sniffed(body.replace(b'"source-ref":', b'"source-ref"*:')) == ["evaluation_manifest"]
    assert make.sniffed(json.dumps(rows[0], indent=2).encode()) == ["evaluation_manifest"]
    assert make.sniffed(make.lines(plain)) == make.sniffed(json.dumps(plain).encode()) == []
    assert make.sniffed(make.lines(plain), name) == []
    quoting = json.dumps({"problems": [json.dumps(rows[0])], "anomaly-label-detected-metadata ": {}}).encode()
    nested = json.dumps({"rows": rows[:3]}, indent=2).encode()
    for other in (
        b"\x89PNG\r\n\x1a\n\x00\x00",
        b"\xff\xd8\xff\xe0",
        b"{}",
        b"[]",
        b"x",
        quoting,
        nested,
        b"[" * 70_000,
    ):
        assert make.sniffed(other) == [], other[:20]


@pytest.mark.parametrize("name", ["aliens", "cookies"])
def test_real_manifest(make, name):
    folder = make.folder(name)
    path = folder / f"EvaluationManifest-{name}-1.json"
    expected = json.loads((folder / "expected.json").read_text())["recomputed"]
    images = make.formats["evaluation_manifest"].parse(make.document(path), Settings()).images
    cells = {
        cell: int(np.count_nonzero((images.truth == truth) & (images.predicted == predicted)))
        for cell, truth, predicted in (("tp", 1, 1), ("fp", 0, 1), ("fn", 1, 0), ("tn", 0, 0))
    }
    assert cells == expected["counts"]
    assert len(images) == expected["NumberOfTestingImages"]
    for line, printed in zip(path.read_text().splitlines(), images.printed_confidence, strict=True):
        assert f'"confidence": {printed},' in line
    for other in folder.glob("*"):
        if other.suffix == ".manifest" or other.name in ("expected.json", "folds.json", "README.md"):
            assert make.sniffed(other.read_bytes(), other.name) == []


def test_the_capture_of_the_defect_detection_application(make):
    path = make.shared.parent / "spec" / "samples" / "dda_seg_anomaly.jsonl"
    if not path.is_file():
        pytest.skip("the sample is not here")
    record = make.manifest(path.read_bytes()).images[0]
    assert (record.predicted, record.truth, record.printed_confidence) == (1, -1, "0.9300000071525574")
    assert record.predicted_mask.label_by_color == {"#ffffff": "background", "#23a436": "cracked"}

"""Input manifests: recognised by exactly one reader, read like evaluation manifests, harmless where broken."""

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lfv_eval import registry
from lfv_eval.datasets import dataset_test_images, training_images, with_roles
from lfv_eval.errors import AccessError, DocumentError
from lfv_eval.formats import dataset_manifest, describe_model, evaluation_manifest, evaluation_result
from lfv_eval.formats.dataset_manifest import read_dataset, role_by_name
from lfv_eval.images import ANOMALY, NORMAL, UNLABELLED, Dataset, DatasetRole, Exclusion, Images
from lfv_eval.records import Document, Evaluation, Severity
from lfv_eval.settings import Duplicates, Settings

READERS = {
    "dataset_manifest": dataset_manifest.FORMAT,
    "evaluation_manifest": evaluation_manifest.FORMAT,
    "evaluation_result": evaluation_result.FORMAT,
    "describe_model": describe_model.FORMAT,
}
COLORS = {
    "0": {"class-name": "BACKGROUND", "hex-color": "#ffffff"},
    "1": {"class-name": "dent", "hex-color": "#00FF00"},
}


def row(number, name="anomaly", *, label="anomaly-label", **more):
    made = {"source-ref": f"s3://bucket/images/{number}.png"}
    if name is not None:
        made[label] = int(name.casefold() == "anomaly")
        made[f"{label}-metadata"] = {"class-name": name, "type": "groundtruth/image-classification"}
    return made | more


def masked(made):
    metadata = {"internal-color-map": COLORS, "type": "groundtruth/semantic-segmentation"}
    return made | {"anomaly-mask-ref": "s3://bucket/masks/1.png", "anomaly-mask-ref-metadata": metadata}


def predicted(made):
    metadata = {"class-name": "normal", "confidence": 0.9, "type": "groundtruth/image-classification"}
    return made | {"anomaly-label-detected": 0, "anomaly-label-detected-metadata": metadata}


def lines(rows):
    return "".join(json.dumps(one) + "\n" for one in rows).encode()


def document(body, uri="train.manifest"):
    return Document(uri=uri, body=body, size_bytes=len(body), sha256=hashlib.sha256(body).hexdigest())


def read(rows, uri="train.manifest", **choices):
    body = rows if isinstance(rows, bytes) else lines(rows)
    return read_dataset(document(body, uri), Settings(**choices))


def recognised(body, uri="x.manifest"):
    return [name for name, reader in READERS.items() if reader.sniff(uri, body[:65_536])]


def images_of(names):
    n = len(names)
    return Images(
        uri=list(names),
        document=["m"] * n,
        line=np.arange(1, n + 1),
        truth=np.zeros(n, np.int8),
        predicted=np.zeros(n, np.int8),
        confidence=np.ones(n),
        printed_confidence=["1"] * n,
        truth_mask=[None] * n,
        predicted_mask=[None] * n,
        exclusion=np.zeros(n, np.int8),
    )


def test_rows():
    dataset, problems = read([masked(row(1)), row(2, "normal"), row(3, None), row(4, "Detection")])
    images = dataset.images
    assert images.truth.tolist() == [ANOMALY, NORMAL, UNLABELLED, UNLABELLED]
    assert images.line.tolist() == [1, 2, 3, 4]
    assert images.uri[0] == "s3://bucket/images/1.png"
    assert images.truth_mask[0].label_by_color == {"#ffffff": "BACKGROUND", "#00ff00": "dent"}
    assert images.truth_mask[1:] == [None] * 3
    assert images.exclusion.tolist() == [Exclusion.USED] * 2 + [Exclusion.UNLABELLED] * 2
    assert set(images.predicted.tolist()) == {UNLABELLED}
    assert np.isnan(images.confidence).all()
    assert (images.truth.dtype, images.exclusion.dtype, images.line.dtype) == (np.int8, np.int8, np.int64)
    assert {p.code: p.lines for p in problems} == {"UNLABELLED_ROW": (3,), "UNKNOWN_CLASS_NAME": (4,)}
    assert images[0].confidence is None


def test_what_is_odd_is_noted_and_cannot_change_a_number():
    inverted = row(1) | {"anomaly-label": 0}
    dataset, problems = read([inverted, row(2, " Normal"), row(3), row(3)])
    assert dataset.images.truth.tolist() == [1, 0, 1, 1]
    assert dataset.images.exclusion.tolist() == [0, 0, 0, Exclusion.DUPLICATE]
    assert {p.code for p in problems} == {"NUMBER_CONTRADICTS_CLASS_NAME", "CLASS_NAME_SPELLING", "EXACT_DUPLICATE"}
    assert {p.severity for p in problems} == {Severity.NOTE}


def test_any_attribute_name_is_discovered():
    dataset, _ = read([row(1, None), row(2, label="auto-label")])
    assert dataset.images.truth.tolist() == [UNLABELLED, ANOMALY]


def test_a_name_given_for_the_evaluation_manifest_need_not_occur():
    dataset, _ = read([row(1, label="auto-label")], label_attribute="anomaly-label")
    assert dataset.images.truth.tolist() == [ANOMALY]
    both = row(1) | row(1, "normal", label="auto-label")
    assert read([both], label_attribute="auto-label")[0].images.truth.tolist() == [NORMAL]
    with pytest.raises(DocumentError, match="expected one label attribute, got 2"):
        read([both], mask_attribute="mine")


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "got no rows"),
        (b'{"source-ref": 3}\n', '"source-ref" must be text'),
        (lines([row(1)]) + b"{oops\n", "line 2: expected one JSON object"),
        (lines([row(1), predicted(row(2))]), "expected no predictions, got the attribute 'anomaly-label-detected'"),
        (lines([row(1) | {"anomaly-label-metadata": {"type": "groundtruth/image-classification"}}]), "is missing"),
        (lines([row(1)]).decode().encode("utf-16"), "expected UTF-8"),
    ],
)
def test_what_is_none_is_refused_when_named_and_a_problem_when_found(body, message):
    with pytest.raises(DocumentError, match=message):
        read(body)
    found = dataset_manifest.FORMAT.parse(document(body), Settings())
    assert [problem.code for problem in found.problems] == ["DATASET_MANIFEST_UNUSABLE"]
    assert found.datasets == ()
    assert len(found.documents) == 1


def test_duplicates_may_be_refused():
    with pytest.raises(DocumentError, match="repeats the source-ref of line 1"):
        read([row(1), row(1)], duplicates=Duplicates.REFUSE)


def test_a_file_that_vanished(tmp_path):
    gone = Document(uri="train.manifest", body=tmp_path / "train.manifest", size_bytes=0, sha256="")
    with pytest.raises(AccessError):
        dataset_manifest.FORMAT.parse(gone, Settings())


def test_a_dataset_joins_nothing_but_the_datasets():
    found = dataset_manifest.FORMAT.parse(document(lines([row(1), row(2, "normal")])), Settings())
    assert (len(found.images), found.claims, len(found.datasets)) == (0, (), 1)
    joined = found + Evaluation(images=images_of("ab")) + found
    assert (len(joined.images), len(joined.datasets), len(joined.documents)) == (2, 2, 2)


@pytest.mark.parametrize(
    "body",
    [
        lines([row(1), row(2, "normal")]),
        b"\xef\xbb\xbf\r\n" + lines([row(1, None)]),
        json.dumps([row(1), row(2)]).encode(),
        lines([masked(row(n)) for n in range(400)]),
        lines([row(1)]).rstrip(b"\n"),
    ],
)
@pytest.mark.parametrize("uri", ["train.manifest", "manifest.jsonl", "data.json", "s3://b/EvaluationManifest-p-1.json"])
def test_input_manifests_have_one_reader(body, uri):
    assert recognised(body, uri) == ["dataset_manifest"]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (lines([predicted(row(1))]), ["evaluation_manifest"]),
        (lines([row(1), predicted(row(2))]), ["evaluation_manifest"]),
        (b'{"EvaluationDetails": {}}', None),
        (b'{"source": 1}\n', []),
        (b'["source-ref"]', []),
        (b"source-ref,label\n", []),
        (b"\x89PNG\r\n", []),
        (b"", []),
    ],
)
def test_other_documents_are_not_taken(body, expected):
    found = recognised(body)
    assert "dataset_manifest" not in found
    assert expected is None or found == expected


@given(st.binary(max_size=60) | st.lists(st.sampled_from([row(1), predicted(row(2)), {"x": 1}, 3])).map(lines))
def test_never_two_readers_and_never_another_error(body):
    assert len(recognised(body)) < 2
    dataset_manifest.FORMAT.parse(document(body), Settings())


@pytest.mark.parametrize(
    ("uri", "role"),
    [
        ("train.manifest", "training"),
        ("TRAIN_class.manifest", "training"),
        ("s3://b/p/manifests/test/output.manifest", "test"),
        ("test-project/training.manifest", "training"),
        ("s3://test/x.manifest", "test"),
        ("train-and-test.manifest", "unknown"),
        ("contest/latest.manifest", "unknown"),
        ("constraint.manifest", "unknown"),
        ("", "unknown"),
    ],
)
def test_roles_by_name(uri, role):
    assert role_by_name(uri) == role


@pytest.mark.parametrize(
    ("dataset", "evaluated", "role"),
    [
        ("abc", "abc", "test"),
        ("ab", "abc", "test"),
        ("abcd", "abc", "single"),
        ("cde", "abc", "unknown"),
        ("xyz", "abc", "unknown"),
        ("abc", "", "unknown"),
    ],
)
def test_roles_by_identity(dataset, evaluated, role):
    unknown = Dataset(uri="d", role=DatasetRole.UNKNOWN, images=images_of(dataset))
    settled = with_roles(Evaluation(images=images_of(evaluated), datasets=(unknown,)))
    assert [one.role for one in settled.datasets] == [role]


def test_a_name_outweighs_identity():
    """Training images that are all tested are a finding, not another role."""
    training = Dataset(uri="d", role=DatasetRole.TRAINING, images=images_of("abc"))
    settled = with_roles(Evaluation(images=images_of("abc"), datasets=(training,)))
    assert settled.datasets[0].role == DatasetRole.TRAINING
    assert training_images(settled).uri == ["a", "b", "c"]


def test_which_images_were_trained_on():
    single = Dataset(uri="d", role=DatasetRole.SINGLE, images=images_of("abcde"))
    tested = Dataset(uri="t", role=DatasetRole.TEST, images=images_of("bd"))
    both = Evaluation(images=images_of("bd"), datasets=(single, tested))
    assert training_images(both).uri == ["a", "c", "e"]
    assert training_images(both).line.tolist() == [1, 3, 5]
    assert dataset_test_images(both).uri == ["b", "d"]
    alone = Evaluation(images=images_of("bd"), datasets=(tested,))
    assert training_images(alone) is None
    assert dataset_test_images(Evaluation()) is None


def test_the_public_manifests(public_folder):
    name = {"cookies": "dataset.manifest", "aliens": "train.manifest"}[public_folder.name]
    path = Path(public_folder, name)
    assert recognised(path.read_bytes(), name) == ["dataset_manifest"]
    dataset, problems = read(path.read_bytes(), name)
    written = [json.loads(line) for line in path.read_text().splitlines()]
    classes = ["normal", "anomaly"]
    assert [classes[code] for code in dataset.images.truth] == [
        one["anomaly-label-metadata"]["class-name"] for one in written
    ]
    assert [mask and mask.uri for mask in dataset.images.truth_mask] == [one.get("anomaly-mask-ref") for one in written]
    assert problems == ()


def test_readers_of_the_registry_do_not_overlap(public_folder):
    readers = registry.load_all("formats") | READERS
    for path in sorted(public_folder.glob("*.json")) + sorted(public_folder.glob("*.manifest")):
        names = [name for name, reader in readers.items() if reader.sniff(path.name, path.read_bytes()[:65_536])]
        assert len(names) < 2, path

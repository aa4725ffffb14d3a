"""Whole audits, over every source, of clean and of damaged evaluations."""

import dataclasses
import json
import pickle

import jsonschema
import msgspec
import pytest
from sklearn.metrics import average_precision_score, precision_recall_fscore_support, roc_auc_score

import lfv_eval
from lfv_eval.errors import AccessError, DocumentError, TargetError, UsageError
from lfv_eval.results import DISAGREEING
from lfv_eval.testing import make_evaluation

MANIFEST, RESULT = "EvaluationManifest-parts-1.json", "EvaluationResult-parts-1.json"


def write(folder, **options):
    made = make_evaluation(with_images=False, segmentation=False, **options)
    made.write(folder)
    return made


def path_of(folder, name):
    return next(path for path in folder.rglob("*") if path.name == name)


def verdicts(audited, kind="recomputed"):
    return {(check.document_kind, check.name): str(check.verdict) for check in audited.checks if check.kind == kind}


def test_every_number_is_right_and_every_check_matches(tmp_path):
    write(tmp_path, n_anomaly=40, n_normal=60)
    audited = lfv_eval.audit(tmp_path)
    rows = [json.loads(line) for line in path_of(tmp_path, MANIFEST).read_text().splitlines()]
    truth = [row["anomaly-label-metadata"]["class-name"] == "anomaly" for row in rows]
    predicted = [row["anomaly-label-detected-metadata"]["class-name"] == "anomaly" for row in rows]
    confidence = [row["anomaly-label-detected-metadata"]["confidence"] for row in rows]
    scores = [c if p else 1 - c for c, p in zip(confidence, predicted, strict=True)]
    precision, recall, f1, _ = precision_recall_fscore_support(truth, predicted, average="binary")
    expected = {
        "precision": precision,
        "recall": recall,
        "f1_score": f1,
        "roc_auc": roc_auc_score(truth, scores),
        "average_precision": average_precision_score(truth, scores),
    }
    assert {name: audited.value(name).value for name in expected} == pytest.approx(expected, abs=1e-12)
    assert set(verdicts(audited).values()) == {"MATCH"}
    assert len(verdicts(audited)) == 8  # five in the evaluation result, three in DescribeModel's answer
    assert set(verdicts(audited, "documents").values()) == {"MATCH"}
    assert verdicts(audited, "count") == {("evaluation_result", "n_testing_images"): "MATCH"}
    assert set(verdicts(audited, "identity").values()) == {"MATCH"}
    assert (audited.exit_code(), audited.outcome) == (0, "verified")


def test_public_folders(public_folder):
    audited = lfv_eval.audit(public_folder)
    expected = json.loads((public_folder / "expected.json").read_text())["recomputed"]
    cells = [image.outcome for image in audited.images]
    assert {cell.lower(): cells.count(cell) for cell in ("TP", "FP", "FN", "TN")} == expected["counts"]
    names = {"ROCAUC": "roc_auc", "AveragePrecision": "average_precision", "Precision": "precision"}
    for theirs, ours in (names | {"Recall": "recall", "F1Score": "f1_score"}).items():
        assert audited.value(ours).value == pytest.approx(expected["Metrics"][theirs], abs=1e-15)
    image_level = [check for check in audited.checks if check.label is None]
    assert {check.verdict for check in image_level} == {"MATCH"}
    tiers = {
        check.tier for check in image_level if check.document_kind == "describe_model" and check.kind == "recomputed"
    }
    assert tiers <= {"float32", "exact"}
    assert "float32" in tiers
    assert audited.exit_code(allow_unverifiable=True) == 0


@pytest.mark.parametrize(("key", "name"), [("Precision", "precision"), ("ROCAUC", "roc_auc"), ("F1Score", "f1_score")])
def test_a_changed_number_is_a_mismatch(tmp_path, key, name):
    write(tmp_path)
    path = path_of(tmp_path, RESULT)
    document = json.loads(path.read_text())
    document["AggregatedEvaluationResults"]["Metrics"][key] += 0.01
    path.write_text(json.dumps(document))
    audited = lfv_eval.audit(tmp_path)
    assert verdicts(audited)["evaluation_result", name] == "MISMATCH"
    assert audited.exit_code(allow_unverifiable=True) == 1


def test_a_removed_line_changes_the_count_and_the_numbers(tmp_path):
    write(tmp_path)
    path = path_of(tmp_path, MANIFEST)
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[1:]))
    audited = lfv_eval.audit(tmp_path)
    assert verdicts(audited, "count")["evaluation_result", "n_testing_images"] in DISAGREEING
    assert audited.exit_code() == 1


def test_without_a_manifest_nothing_is_verifiable(tmp_path):
    write(tmp_path)
    path_of(tmp_path, MANIFEST).unlink()
    audited = lfv_eval.audit(tmp_path)
    assert set(verdicts(audited).values()) == {"NOT_VERIFIABLE"}
    assert audited.exit_code(allow_unverifiable=True) == 3


def test_a_manifest_alone_reports_nothing(tmp_path):
    write(tmp_path)
    path_of(tmp_path, RESULT).unlink()
    path_of(tmp_path, "describe-model.json").unlink()
    audited = lfv_eval.audit(tmp_path)
    assert set(verdicts(audited).values()) == {"NOT_REPORTED"}
    assert audited.exit_code(allow_unverifiable=True) == 3
    gated = lfv_eval.audit(tmp_path, minimums=[("recall", None, 0.01)])
    assert gated.exit_code() == 0
    assert lfv_eval.audit(tmp_path, minimums=[("recall", None, 1.0)]).exit_code() == 1


def test_an_unknown_metric_cannot_be_a_minimum(tmp_path):
    write(tmp_path)
    with pytest.raises(UsageError, match=r"recal.*known: .*recall"):
        lfv_eval.audit(tmp_path, minimums=[("recal", None, 0.5)])


def test_two_models_are_refused_then_chosen(tmp_path):
    write(tmp_path / "one")
    write(tmp_path / "two", version="2", seed=5)
    with pytest.raises(TargetError, match="2 models"):
        lfv_eval.audit(tmp_path)
    assert lfv_eval.audit(tmp_path, model_version="2").model.version == "2"


def test_a_manifest_of_another_model(tmp_path):
    write(tmp_path / "one")
    write(tmp_path / "two", version="2", seed=5)
    manifest = path_of(tmp_path / "two", "EvaluationManifest-parts-2.json")
    result = path_of(tmp_path / "one", RESULT)
    mixed = tmp_path / "mixed"
    mixed.mkdir()
    (mixed / "m.json").write_bytes(manifest.read_bytes())
    (mixed / "r.json").write_bytes(result.read_bytes())
    with pytest.raises(DocumentError, match="another model"):
        lfv_eval.audit(mixed)
    named = lfv_eval.audit(manifest=mixed / "m.json", result=mixed / "r.json")
    assert "MISMATCH" in verdicts(named, "identity").values()
    assert named.exit_code() == 1


@pytest.mark.parametrize("content", [b"{", b'{"Version": 1, "EvaluationDetails": {"ModelArn": ', b"\x00\x01", b""])
def test_truncated_documents_are_refused_clearly(tmp_path, content):
    write(tmp_path)
    path_of(tmp_path, RESULT).write_bytes(content)
    try:
        audited = lfv_eval.audit(tmp_path)
    except lfv_eval.LfvEvalError as error:
        assert RESULT in str(error)
    else:  # bytes that nothing recognises are no document; then the result's numbers are not reported
        assert verdicts(audited)[None, "roc_auc"] == "NOT_REPORTED"


def test_an_empty_folder(tmp_path):
    with pytest.raises(TargetError, match="found none among 0 files"):
        lfv_eval.audit(tmp_path)


def test_nothing_named():
    with pytest.raises(UsageError, match="nothing to audit"):
        lfv_eval.audit()


def test_json_round_trip_and_schema(tmp_path):
    write(tmp_path)
    audited = lfv_eval.audit(tmp_path)
    again = lfv_eval.ModelAudit.from_json(audited.to_json())
    assert again == audited
    assert again.to_json() == audited.to_json() == lfv_eval.audit(tmp_path).to_json()
    schema = msgspec.json.schema(lfv_eval.ModelAudit)
    jsonschema.validate(json.loads(audited.to_json()), schema)
    assert pickle.loads(pickle.dumps(audited)) == audited
    with pytest.raises(DocumentError, match="expected an audit document"):
        lfv_eval.ModelAudit.from_json(b"{}")


def test_data_frames(tmp_path):
    write(tmp_path)
    audited = lfv_eval.audit(tmp_path)
    images = audited.to_pandas()
    assert len(images) == 40
    assert (images["outcome"] == "TP").sum() == audited.value("recall").ratio[0]
    assert set(audited.to_pandas("checks")["verdict"]) == {"MATCH"}
    assert "interval.low" in audited.to_pandas("values").columns


def test_hostile_names_stay_text(tmp_path):
    made = make_evaluation(with_images=False, segmentation=False)
    made.write(tmp_path)
    audited = lfv_eval.audit(tmp_path)
    evil = "<script>alert(1)</script>\x1b[31m\u202e"
    hostile = dataclasses.replace(audited, model=dataclasses.replace(audited.model, project=evil), target=evil)
    from lfv_eval.registry import load

    html = hostile._repr_html_()
    assert "<script" not in html
    text = load("reports", "text")([hostile]).decode()
    assert "\x1b" not in html + text
    assert "\u202e" not in html + text


class TestSources:
    """The same evaluation from a folder, from S3 alone, and from a live account gives the same numbers."""

    def test_equal_numbers(self, tmp_path, fake_account):
        made = write(tmp_path)
        fake_account.publish(made)
        from_folder = lfv_eval.audit(tmp_path)
        bucket, prefix = made.scenario.bucket, made.scenario.key_prefix
        from_s3 = lfv_eval.audit(f"s3://{bucket}/{prefix}", session=fake_account.session)
        live = lfv_eval.audit(project="parts", model_version="1", session=fake_account.session)
        assert from_folder.values == from_s3.values == live.values
        assert live.exit_code() == 0
        assert {document.kind for document in live.documents} == {
            "describe_model",
            "evaluation_result",
            "evaluation_manifest",
        }

    def test_named_objects(self, fake_account):
        made = make_evaluation(with_images=False, segmentation=False)
        fake_account.publish(made)
        base = f"s3://{made.scenario.bucket}/{made.scenario.key_prefix}"
        named = lfv_eval.audit(manifest=base + MANIFEST, result=base + RESULT, session=fake_account.session)
        assert named.exit_code() == 0

    def test_missing_object(self, fake_account):
        made = make_evaluation(with_images=False, segmentation=False)
        fake_account.publish(made)
        with pytest.raises(AccessError, match="nowhere.json"):
            lfv_eval.audit(manifest=f"s3://{made.scenario.bucket}/nowhere.json", session=fake_account.session)

    def test_service_gone_names_the_way_out(self, fake_account):
        made = make_evaluation(with_images=False, segmentation=False)
        fake_account.publish(made)
        fake_account.end_service()
        with pytest.raises(AccessError, match=r"(?s)2025-10-31.*s3://"):
            lfv_eval.audit(project="parts", model_version="1", session=fake_account.session)


class TestNumbersAlone:
    """Without a manifest, the numbers still have to be possible."""

    def only_result(self, tmp_path, **numbers):
        made = make_evaluation(with_images=False, segmentation=False)
        document = json.loads(made.files[made.result_path])
        document["AggregatedEvaluationResults"]["Metrics"] = numbers
        document["EvaluationDetails"]["NumberOfTestingImages"] = 34
        (tmp_path / RESULT).write_text(json.dumps(document))
        return lfv_eval.audit(tmp_path)

    def test_possible_numbers_are_explained(self, tmp_path):
        audited = self.only_result(tmp_path, Precision=1.0, Recall=0.941176, F1Score=0.969697, ROCAUC=0.993080)
        (finding,) = audited.findings
        assert "of 17 anomalous images the model found 16" in finding.message
        assert audited.exit_code() == 3

    def test_impossible_numbers_are_a_mismatch(self, tmp_path):
        audited = self.only_result(tmp_path, Precision=0.9, Recall=0.941176, F1Score=0.969697)
        (check,) = [check for check in audited.checks if check.kind == "feasibility"]
        assert check.verdict == "MISMATCH"
        assert audited.exit_code(allow_unverifiable=True) == 1


def test_two_manifests_are_refused_even_when_named(tmp_path):
    write(tmp_path)
    manifest = path_of(tmp_path, MANIFEST)
    again = tmp_path / "again.json"
    again.write_bytes(manifest.read_bytes() + b"\n")
    with pytest.raises(TargetError, match="2 different documents of kind evaluation_manifest"):
        lfv_eval.audit(manifest=manifest, result=again)


def test_named_documents_of_another_model_than_asked_for(tmp_path):
    write(tmp_path)
    named = {"manifest": path_of(tmp_path, MANIFEST), "result": path_of(tmp_path, RESULT)}
    assert lfv_eval.audit(**named, project="parts").exit_code() == 0
    with pytest.raises(TargetError, match="the named ones are of parts version 1"):
        lfv_eval.audit(**named, project="other", model_version="7")


def test_a_usable_row_counts_before_an_unusable_copy(tmp_path):
    write(tmp_path)
    path = path_of(tmp_path, MANIFEST)
    rows = path.read_text().splitlines()
    broken = json.loads(rows[0])
    del broken["anomaly-label-detected"], broken["anomaly-label-detected-metadata"]
    path.write_text("\n".join([json.dumps(broken), *rows]))
    audited = lfv_eval.audit(tmp_path)
    assert sum(image.outcome is not None for image in audited.images) == 40
    assert audited.exit_code() == 0


def test_a_named_training_manifest_replaces_the_one_that_is_found(tmp_path):
    made = write(tmp_path)
    audited = lfv_eval.audit(tmp_path, training_manifest=path_of(tmp_path, "train.manifest"))
    assert audited.exit_code() == 0
    from lfv_eval.model_audit import Order, _read
    from lfv_eval.sources.folder import FolderSource
    from lfv_eval.sources.reading import recognise
    from lfv_eval.sources.selection import Wanted

    source = FolderSource(tmp_path, recognise)
    order = Order(training=path_of(tmp_path, "train.manifest"))
    evaluation = _read(source, source.locate(), Wanted(), order)
    training = [dataset for dataset in evaluation.datasets if dataset.role == "training"]
    assert [len(dataset.images) for dataset in training] == [made.scenario.n_training]


def test_an_empty_name_is_refused():
    with pytest.raises(UsageError, match="empty name"):
        lfv_eval.audit("")

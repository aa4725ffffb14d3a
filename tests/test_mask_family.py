"""Masks in whole audits: what is read, what is left out, and what is said about it."""

import io
import json
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

import lfv_eval
from lfv_eval import Settings
from lfv_eval.testing import make_evaluation, tamper

SMALL = {"n_anomaly": 6, "n_normal": 5, "size": (96, 64)}


@pytest.fixture(scope="module")
def made():
    return make_evaluation(**SMALL)


def audit(tmp_path, evaluation, **settings):
    evaluation.write(tmp_path)
    return lfv_eval.audit(tmp_path, settings=Settings(**settings))


def label_checks(audited):
    return {(check.label, check.name): check for check in audited.checks if check.label is not None}


def without(evaluation, *paths):
    return replace(evaluation, files={path: body for path, body in evaluation.files.items() if path not in paths})


def mask_paths(evaluation, kind):
    return [path for path in evaluation.files if path.endswith(".png") and kind in path]


def test_every_label_number_holds(tmp_path, made):
    audited = audit(tmp_path, made)
    checks = label_checks(audited)
    assert {label for label, _ in checks} == {"dent", "scratch"}
    assert {name for _, name in checks} == {"precision", "recall", "f1_score", "average_iou"}
    assert {check.verdict for check in checks.values()} == {"MATCH"}
    assert audited.exit_code() == 0


def test_per_image_results(tmp_path, made):
    audited = audit(tmp_path, made)
    by_uri = {image.uri.rpartition("/")[2]: image for image in audited.images}
    row = json.loads(made.files[made.manifest_path].splitlines()[0])
    name = row["source-ref"].rpartition("/")[2]
    masks = [
        np.asarray(Image.open(io.BytesIO(made.files[path])).convert("RGB"))
        for path in (
            next(path for path in made.files if row["anomaly-mask-ref"].endswith(path)),
            next(path for path in made.files if row["anomaly-mask-ref-detected"].endswith(path)),
        )
    ]
    entry = next(
        e for e in row["anomaly-mask-ref-metadata"]["internal-color-map"].values() if e["class-name"] != "BACKGROUND"
    )
    color = tuple(bytes.fromhex(entry["hex-color"][1:]))
    truth, predicted = ((mask == color).all(axis=2) for mask in masks)
    overlap = next(o for o in by_uri[name].overlaps if o.label == entry["class-name"])
    assert (overlap.truth_px, overlap.predicted_px) == (truth.sum(), predicted.sum())
    assert overlap.iou == pytest.approx((truth & predicted).sum() / (truth | predicted).sum())
    assert overlap.outcome
    assert "overlaps" in audited.to_pandas().columns


@pytest.mark.parametrize("kind", ["missing", "truncated", "jpeg", "resized"])
def test_an_unusable_mask_is_left_out_visibly(tmp_path, made, kind):
    path = mask_paths(made, "predicted")[0]
    body = made.files[path]
    image = Image.open(io.BytesIO(body))
    if kind == "missing":
        damaged = without(made, path)
    else:
        file = io.BytesIO()
        image.convert("RGB").save(file, "JPEG") if kind == "jpeg" else image.resize((90, 64)).save(file, "PNG")
        content = body[: len(body) // 2] if kind == "truncated" else file.getvalue()
        damaged = replace(made, files={**made.files, path: content})
    audited = audit(tmp_path, damaged)
    problems = [problem for problem in audited.problems if problem.code == "MASK_UNUSABLE"]
    assert [problem.where.line for problem in problems] == [1]
    assert path.rpartition("/")[2] in problems[0].message or "90 x 64" in problems[0].message
    assert {check.verdict for check in label_checks(audited).values()} <= {"MATCH", "NOT_VERIFIABLE"}
    assert audited.value("average_iou", "scratch").n_left_out == 1
    assert audited.exit_code() == 3


def test_masks_out_of_reach_stop_the_reading(tmp_path, made):
    bare = without(make_evaluation(n_anomaly=30, n_normal=5, size=(64, 64)))
    bare = without(bare, *[path for path in bare.files if path.endswith(".png")])
    audited = audit(tmp_path, bare)
    assert sum(problem.code == "MASK_UNUSABLE" for problem in audited.problems) == 20
    checks = label_checks(audited)
    assert {check.verdict for check in checks.values()} == {"NOT_VERIFIABLE"}
    assert all("35 images" in check.explanation for check in checks.values())
    assert audited.exit_code(allow_unverifiable=True) == 0


def test_another_definition_is_named(tmp_path, made):
    """A report by pooled IoU: the default does not give it, and the audit says which definition does."""
    path = made.result_path
    document = json.loads(made.files[path])
    honest = audit(tmp_path / "honest", made, average_iou="pooled")
    for entry in document["AggregatedEvaluationResults"]["Metrics"]["PixelAnomalyClassMetrics"]:
        entry["AIOU"] = honest.value("average_iou", entry["ClassName"]).value
    audited = audit(tmp_path / "other", replace(made, files={**made.files, path: json.dumps(document).encode()}))
    checks = label_checks(audited)
    assert checks["scratch", "average_iou"].verdict == "MATCH_OTHER_DEFINITION"
    assert "pooled" in checks["scratch", "average_iou"].explanation
    assert checks["scratch", "precision"].verdict == "MATCH"
    assert audited.exit_code() == 0


def test_a_tampered_label_number_is_no_match(tmp_path, made):
    audited = audit(tmp_path, tamper(made, metric="AIOU", by=-0.05, label="scratch"))
    check = label_checks(audited)["scratch", "average_iou"]
    assert check.verdict in {"MISMATCH", "HYPOTHESIS", "EXPLAINED"}
    assert audited.exit_code(allow_unverifiable=True) == 1


def test_the_guide_s_sentence_becomes_a_finding(tmp_path):
    """Two parallel lines one pixel apart, in every image: average IoU 0, and the masks are right but displaced."""
    made = make_evaluation(n_anomaly=8, n_normal=4, size=(96, 64), labels=("scratch",))
    files = dict(made.files)
    for index, line in enumerate(made.files[made.manifest_path].splitlines()):
        row = json.loads(line)
        for attribute, top in (("anomaly-mask-ref", 20), ("anomaly-mask-ref-detected", 22)):
            if attribute in row:
                pixels = np.full((64, 96, 3), 255, np.uint8)
                if row["anomaly-label-metadata"]["class-name"] == "anomaly":
                    pixels[top + index, 10:80] = (0x23, 0xA4, 0x36)
                file = io.BytesIO()
                Image.fromarray(pixels).save(file, "PNG")
                files[next(path for path in files if row[attribute].endswith(path))] = file.getvalue()
    audited = audit(tmp_path, replace(made, files=files))
    assert audited.value("average_iou", "scratch").value == 0
    assert audited.value("tolerant_f1_score", "scratch").value == 1
    message = next(finding.message for finding in audited.findings if finding.rule == "low-average-iou")
    assert "displaced" in message
    assert "not wrong" in message
    assert "not a reliable indicator" in message
    assert "8 of 8 images" in message
    assert {o.outcome for image in audited.images for o in image.overlaps} == {"displaced, not wrong"}


@pytest.mark.parametrize(
    ("setting", "value"), [("alpha_policy", "half"), ("average_iou", "x"), ("precision_recall", "y+z")]
)
def test_unknown_conventions_are_refused(tmp_path, made, setting, value):
    with pytest.raises(lfv_eval.UsageError, match="unknown"):
        audit(tmp_path, made, **{setting: value})


def test_every_source_gives_the_same(tmp_path, made, fake_account):
    fake_account.publish(made)
    from_folder = audit(tmp_path, made)
    scenario = made.scenario
    from_s3 = lfv_eval.audit(f"s3://{scenario.bucket}/{scenario.key_prefix}", session=fake_account.session)
    live = lfv_eval.audit(project="parts", model_version="1", session=fake_account.session)
    assert from_folder.values == from_s3.values == live.values
    assert [image.overlaps for image in from_folder.images] == [image.overlaps for image in live.images]
    assert live.exit_code() == 0


class TestHonesty:
    """What is missing never becomes agreement, and never disagreement."""

    def reported(self, made, **entry):
        document = json.loads(made.files[made.result_path])
        classes = document["AggregatedEvaluationResults"]["Metrics"]["PixelAnomalyClassMetrics"]
        return document, classes

    def with_result(self, made, document):
        return replace(made, files={**made.files, made.result_path: json.dumps(document).encode()})

    def test_zeros_are_no_match_where_the_masks_are_missing(self, tmp_path, made):
        shown = [p for p in mask_paths(made, "") if "mask" in p and "predicted" not in p]
        document, classes = self.reported(made)
        for entry in classes:
            entry.update(Precision=0.0, Recall=0.0, F1Score=0.0, AIOU=0.0)
        audited = audit(tmp_path, without(self.with_result(made, document), *shown))
        assert {check.verdict for check in label_checks(audited).values()} == {"NOT_VERIFIABLE"}
        assert audited.exit_code() == 3

    def test_an_anomaly_without_a_predicted_mask_proves_nothing(self, tmp_path, made):
        rows = [json.loads(line) for line in made.files[made.manifest_path].splitlines()]
        called = next(r for r in rows if r["anomaly-label-detected-metadata"]["class-name"] == "anomaly")
        for key in [key for key in called if key.startswith("anomaly-mask-ref-detected")]:
            del called[key]
        manifest = "\n".join(map(json.dumps, rows)).encode()
        audited = audit(tmp_path, replace(made, files={**made.files, made.manifest_path: manifest}))
        assert {check.verdict for check in label_checks(audited).values()} <= {"MATCH", "NOT_VERIFIABLE"}

    def test_without_any_predicted_mask_nothing_is_compared(self, tmp_path, made):
        rows = [json.loads(line) for line in made.files[made.manifest_path].splitlines()]
        rows = [{k: v for k, v in row.items() if not k.startswith("anomaly-mask-ref-detected")} for row in rows]
        manifest = "\n".join(map(json.dumps, rows)).encode()
        audited = audit(tmp_path, replace(made, files={**made.files, made.manifest_path: manifest}))
        checks = label_checks(audited)
        assert {check.verdict for check in checks.values()} == {"NOT_VERIFIABLE"}
        assert all("names no predicted masks" in check.explanation for check in checks.values())

    def test_a_label_that_is_not_reported_is_shown(self, tmp_path, made):
        document, classes = self.reported(made)
        classes[:] = [entry for entry in classes if entry["ClassName"] != "dent"]
        audited = audit(tmp_path, self.with_result(made, document))
        assert label_checks(audited)["dent", "recall"].verdict == "NOT_REPORTED"
        assert any(finding.rule == "label-not-reported" for finding in audited.findings)

    def test_a_label_that_no_mask_knows_is_not_verifiable(self, tmp_path, made):
        document, classes = self.reported(made)
        classes.append({"Precision": 0.0, "Recall": 0.0, "F1Score": 0.0, "AIOU": 0.0, "ClassName": "ghost"})
        audited = audit(tmp_path, self.with_result(made, document))
        assert label_checks(audited)["ghost", "average_iou"].verdict == "NOT_VERIFIABLE"
        assert label_checks(audited)["scratch", "average_iou"].verdict == "MATCH"

    def test_one_report_has_one_definition(self, tmp_path, made):
        pooled = audit(tmp_path / "pooled", made, average_iou="pooled")
        document, classes = self.reported(made)
        scratch = next(entry for entry in classes if entry["ClassName"] == "scratch")
        scratch["AIOU"] = pooled.value("average_iou", "scratch").value
        audited = audit(tmp_path / "mixed", self.with_result(made, document))
        assert audited.exit_code() == 1

    def test_minimum_values_do_not_replace_a_verification(self, tmp_path, made):
        document, classes = self.reported(made)
        metrics = document["AggregatedEvaluationResults"]["Metrics"]
        document["AggregatedEvaluationResults"]["Metrics"] = {"PixelAnomalyClassMetrics": classes}
        assert metrics
        files = {path: body for path, body in made.files.items() if not path.endswith(".png")}
        files[made.result_path] = json.dumps(document).encode()
        del files["describe-model.json"]
        replace(made, files=files).write(tmp_path)
        audited = lfv_eval.audit(tmp_path, minimums=[("recall", None, 0.01)])
        assert audited.exit_code(allow_unverifiable=True) == 3

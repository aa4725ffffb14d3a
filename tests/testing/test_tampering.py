"""Falsified reports differ from honest ones in exactly what was asked for."""

from __future__ import annotations

import json
from typing import Any

import pytest

from lfv_eval.errors import UsageError
from lfv_eval.testing import SyntheticEvaluation, make_evaluation, tamper, tamper_line


@pytest.fixture(scope="module")
def evaluation() -> SyntheticEvaluation:
    return make_evaluation()


def rows_of(evaluation: SyntheticEvaluation, path: str | None = None) -> list[dict[str, Any]]:
    return [json.loads(line) for line in evaluation.files[path or evaluation.manifest_path].splitlines()]


def metrics_of(evaluation: SyntheticEvaluation) -> dict[str, Any]:
    result = json.loads(evaluation.files[evaluation.result_path])
    metrics: dict[str, Any] = result["AggregatedEvaluationResults"]["Metrics"]
    return metrics


def classes_and_scores(rows: list[dict[str, Any]]) -> tuple[list[bool], list[bool], list[float]]:
    truth = [row["anomaly-label-metadata"]["class-name"] == "anomaly" for row in rows]
    answers = [row["anomaly-label-detected-metadata"] for row in rows]
    predicted = [answer["class-name"] == "anomaly" for answer in answers]
    scores = [a["confidence"] if a["class-name"] == "anomaly" else 1 - a["confidence"] for a in answers]
    return truth, predicted, scores


def changed(before: SyntheticEvaluation, after: SyntheticEvaluation) -> list[str]:
    assert list(before.files) == list(after.files)
    return [path for path in before.files if before.files[path] != after.files[path]]


def changed_lines(before: bytes, after: bytes) -> list[tuple[bytes, bytes]]:
    return [(a, b) for a, b in zip(before.splitlines(), after.splitlines(), strict=True) if a != b]


@pytest.mark.parametrize("metric", ["ROCAUC", "AveragePrecision", "Precision", "Recall", "F1Score"])
def test_tamper_changes_one_literal_of_the_result(evaluation: SyntheticEvaluation, metric: str) -> None:
    honest, false = evaluation, tamper(evaluation, metric=metric, by=-0.0625)
    assert changed(honest, false) == [honest.result_path]
    [(before, after)] = changed_lines(honest.files[honest.result_path], false.files[false.result_path])
    assert f'"{metric}"'.encode() in before
    assert f'"{metric}"'.encode() in after
    assert metrics_of(false)[metric] == metrics_of(honest)[metric] - 0.0625


def test_tamper_reaches_labels_and_the_service_s_answer(evaluation: SyntheticEvaluation) -> None:
    false = tamper(evaluation, metric="AIOU", label="dent", by=0.125)
    [before, after] = (metrics_of(e)["PixelAnomalyClassMetrics"] for e in (evaluation, false))
    assert after == [before[0], before[1] | {"AIOU": before[1]["AIOU"] + 0.125}]
    assert changed(evaluation, tamper(evaluation, metric="Precision", document="describe-model")) == [
        "describe-model.json"
    ]


@pytest.mark.parametrize(
    "wrong",
    [{"metric": "Kappa"}, {"label": "rust"}, {"by": 0.0}, {"by": 0.9}, {"metric": "AIOU"}, {"by": float("nan")}],
)
def test_tamper_refuses_what_would_change_nothing_or_make_no_sense(
    evaluation: SyntheticEvaluation, wrong: dict[str, Any]
) -> None:
    with pytest.raises(UsageError):
        tamper(evaluation, **wrong)


def test_line_edits_do_what_they_say(evaluation: SyntheticEvaluation) -> None:
    path = evaluation.manifest_path
    lines = evaluation.files[path].splitlines()
    edited = {
        edit: tamper_line(evaluation, edit=edit, line=3)
        for edit in ("drop", "duplicate", "flip-prediction", "flip-truth", "invert-number")
    }
    assert all(changed(evaluation, false) == [path] for false in edited.values())
    assert edited["drop"].files[path].splitlines() == lines[:2] + lines[3:]
    assert edited["duplicate"].files[path].splitlines() == [*lines[:3], *lines[2:]]
    honest = rows_of(evaluation)[2]
    for edit, expected in {
        "flip-prediction": _with_class(honest, "anomaly-label-detected", 0, "normal"),
        "flip-truth": _with_class(honest, "anomaly-label", 0, "normal"),
        "invert-number": _with_class(honest, "anomaly-label", 0, "anomaly"),
    }.items():
        [(before, after)] = changed_lines(evaluation.files[path], edited[edit].files[path])
        assert before == lines[2]
        assert json.loads(after) == expected


def _with_class(row: dict[str, Any], attribute: str, number: int, name: str) -> dict[str, Any]:
    return {**row, attribute: number, f"{attribute}-metadata": {**row[f"{attribute}-metadata"], "class-name": name}}


def test_every_line_can_be_inverted_at_once(evaluation: SyntheticEvaluation) -> None:
    inverted = rows_of(tamper_line(evaluation, edit="invert-number", line=None))
    assert [row["anomaly-label"] for row in inverted] == [0] * 20 + [1] * 20
    assert classes_and_scores(inverted) == classes_and_scores(rows_of(evaluation))


@pytest.mark.parametrize("line", [0, 41, -1])
def test_line_that_does_not_exist_is_refused(evaluation: SyntheticEvaluation, line: int) -> None:
    with pytest.raises(UsageError, match=r"1\.\.40"):
        tamper_line(evaluation, edit="drop", line=line)

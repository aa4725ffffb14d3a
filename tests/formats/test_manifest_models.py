"""Which models the rows of a manifest name."""

from __future__ import annotations

from lfv_eval.records import ModelRef


def with_model(row, arn, project, version):
    row["anomaly-label-detected-metadata"] |= {"model-arn": arn, "project-name": project, "model-version": version}
    return row


def test_each_distinct_model_is_claimed_once(make):
    arn = make.arn.replace("/3", "/4")
    rows = [make.row(1), make.row(2), with_model(make.row(3), arn, "parts", "4"), make.row(4)]
    evaluation = make.manifest(rows)
    assert [(c.model.project, c.model.version) for c in evaluation.claims] == [("parts", "3"), ("parts", "4")]
    assert {c.kind for c in evaluation.claims} == {"evaluation_manifest"}
    assert {c.n_testing_images for c in evaluation.claims} == {None}


def test_models_without_arn_or_without_anything(make):
    evaluation = make.manifest([with_model(make.row(1), None, "parts", 3)])
    assert evaluation.claims[0].model == ModelRef(project="parts", version="3")
    assert make.codes(evaluation) == {"NUMBER_FOR_TEXT": 1}
    evaluation = make.manifest([with_model(make.row(1), None, None, None)])
    assert [c.model for c in evaluation.claims] == [ModelRef()]


def test_a_row_that_contradicts_its_own_arn_is_noted(make):
    evaluation = make.manifest([make.row(1), with_model(make.row(2), make.arn, "parts", "9")])
    assert [str(c.model) for c in evaluation.claims] == ["parts version 3 (eu-west-1, 123456789012)"]
    assert make.codes(evaluation) == {"MODEL_CONTRADICTS_ARN": 1}


def test_the_number_of_models_is_bounded(make):
    rows = [with_model(make.row(i), None, f"p{i}", "1") for i in range(50)]
    evaluation = make.manifest(rows)
    assert len(evaluation.claims) == 20
    assert make.codes(evaluation) == {"TOO_MANY_MODELS": 30}

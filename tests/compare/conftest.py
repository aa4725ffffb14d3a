import json

import pytest

import lfv_eval
from lfv_eval.results import ImageOutcome
from lfv_eval.testing import make_evaluation


@pytest.fixture
def audited(tmp_path_factory):
    """Audits a synthetic evaluation: one ``seed`` and different model seeds are two models on the same pictures."""

    def make(**scenario):
        folder = tmp_path_factory.mktemp("evaluation")
        make_evaluation(**{"with_images": False, "segmentation": False} | scenario).write(folder)
        return lfv_eval.audit(folder)

    return make


@pytest.fixture
def audit_of(tmp_path_factory):
    """Audits an evaluation manifest of rows (source-ref, truth, predicted, confidence)."""

    def make(rows, version="1"):
        folder = tmp_path_factory.mktemp("rows")
        lines = [
            json.dumps(
                {
                    "source-ref": uri,
                    "anomaly-label": int(truth == "anomaly"),
                    "anomaly-label-metadata": {"class-name": truth, "type": "groundtruth/image-classification"},
                    "anomaly-label-detected": int(predicted == "anomaly"),
                    "anomaly-label-detected-metadata": {
                        "class-name": predicted,
                        "confidence": confidence,
                        "type": "groundtruth/image-classification",
                        "human-annotated": "no",
                        "job-name": "training-job/anomaly-detection",
                    },
                }
            )
            for uri, truth, predicted, confidence in rows
        ]
        (folder / f"EvaluationManifest-p-{version}.json").write_text("\n".join(lines) + "\n")
        return lfv_eval.audit(folder)

    return make


@pytest.fixture
def reported(tmp_path_factory):
    """Audits an evaluation result alone: numbers without images."""

    def make(n, precision, recall, f1, roc_auc, version="1"):
        folder = tmp_path_factory.mktemp("reported")
        document = {
            "Version": 1,
            "EvaluationDetails": {
                "ModelArn": f"arn:aws:lookoutvision:us-east-1:123456789012:model/parts/{version}",
                "EvaluationEndTimestamp": "2021-05-01T10:00:00",
                "NumberOfTrainingImages": 66,
                "NumberOfTestingImages": n,
            },
            "AggregatedEvaluationResults": {
                "Metrics": {"ROCAUC": roc_auc, "Precision": precision, "Recall": recall, "F1Score": f1}
            },
        }
        (folder / f"EvaluationResult-parts-{version}.json").write_text(json.dumps(document))
        return lfv_eval.audit(folder)

    return make


@pytest.fixture
def outcome():
    """Makes the outcome of one image."""

    def make(uri, truth="anomaly", predicted="anomaly", confidence=0.9):
        cell = {("anomaly", "anomaly"): "TP", ("normal", "anomaly"): "FP", ("anomaly", "normal"): "FN"}
        return ImageOutcome(
            uri=uri,
            document="s3://b/EvaluationManifest-p-1.json",
            line=1,
            truth=truth,
            predicted=predicted,
            confidence=confidence,
            outcome=cell.get((truth, predicted), "TN" if truth else None),
            excluded_because=None if truth else "unlabelled",
        )

    return make

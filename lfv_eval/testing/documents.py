"""The documents of a synthetic evaluation, in the shapes of the developer guide's samples.

Results follow the guide's page "Viewing performance metrics", manifests also "Defining JSON lines for image
segmentation". The guide shows no evaluation manifest of a segmentation model: the two keys of the predicted mask are
those that AWS's own Defect Detection Application writes.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import numpy as np

from .scenario import COLORS, Scenario
from .simulation import Specimen, labels_of
from .textbook import Overlap, image_metrics, pixel_metrics

LABELLED, TRAINED, EVALUATED = "2025-08-18T14:05:37.250000", "2025-09-01T09:02:11.500000", "2025-09-01T10:15:30.125000"
"""Fixed times, UTC, so that equal scenarios give equal bytes."""

_CLASSIFICATION, _SEGMENTATION = "groundtruth/image-classification", "groundtruth/semantic-segmentation"


def evaluation_manifest(scenario: Scenario, specimens: Sequence[Specimen]) -> bytes:
    """JSON Lines, a test image each: the truth as the test dataset gave it, then the model's answer."""
    return _json_lines(
        [
            _truth(scenario, specimen.name, "images", specimen.anomalous, specimen.labels) | _answer(scenario, specimen)
            for specimen in specimens
        ]
    )


def dataset_manifest(scenario: Scenario, specimens: Sequence[Specimen]) -> bytes:
    """JSON Lines: the test dataset as it was before the model was tested."""
    return _json_lines(
        [_truth(scenario, specimen.name, "images", specimen.anomalous, specimen.labels) for specimen in specimens]
    )


def training_manifest(scenario: Scenario) -> bytes:
    """JSON Lines: the training dataset, every second image anomalous. Its images and masks are not drawn."""
    rows = []
    for index in range(scenario.n_training):
        anomalous = index % 2 == 1
        labels = labels_of(index // 2, len(scenario.labels)) if anomalous else ()
        rows.append(_truth(scenario, f"training-{index + 1:04d}", "training-images", anomalous, labels))
    return _json_lines(rows)


def _json_lines(rows: Sequence[dict[str, Any]]) -> bytes:
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


def _truth(scenario: Scenario, name: str, folder: str, anomalous: bool, labels: Sequence[int]) -> dict[str, Any]:
    """Source and truth of a row; a normal image needs no mask, as in AWS's own sample datasets."""
    origin = {"human-annotated": "yes", "creation-date": LABELLED}
    row: dict[str, Any] = {
        "source-ref": scenario.uri(f"{folder}/{name}.jpg"),
        "source-ref-metadata": {"creation-date": LABELLED},
        "anomaly-label": int(anomalous),
        "anomaly-label-metadata": {
            "class-name": "anomaly" if anomalous else "normal",
            "type": _CLASSIFICATION,
            **origin,
            "job-name": "labeling-job/anomaly-label",
        },
    }
    if scenario.with_masks and anomalous:
        row["anomaly-mask-ref"] = scenario.uri(f"mask-images/{name}.png")
        row["anomaly-mask-ref-metadata"] = {
            "internal-color-map": _color_map(scenario, labels, COLORS),
            "type": _SEGMENTATION,
            **origin,
            "job-name": "labeling-job/anomaly-mask-ref",
        }
    return row


def _answer(scenario: Scenario, specimen: Specimen) -> dict[str, Any]:
    """What the model said of a test image; the map of its mask lists all labels, its colours in lower case."""
    origin = {
        "human-annotated": "no",
        "creation-date": EVALUATED,
        "job-name": "training-job/anomaly-detection",
        "model-arn": scenario.arn,
        "project-name": scenario.project,
        "model-version": scenario.version,
    }
    row: dict[str, Any] = {
        "anomaly-label-detected": int(specimen.predicted),
        "anomaly-label-detected-metadata": {
            "class-name": "anomaly" if specimen.predicted else "normal",
            "confidence": specimen.confidence,
            "type": _CLASSIFICATION,
            **origin,
        },
    }
    if scenario.with_masks:
        lower, labels = [color.lower() for color in COLORS], range(len(scenario.labels))
        row["anomaly-mask-ref-detected"] = scenario.uri(f"predicted-masks-{scenario.version}/{specimen.name}.png")
        row["anomaly-mask-ref-detected-metadata"] = {
            "internal-color-map": _color_map(scenario, labels, lower),
            "type": _SEGMENTATION,
            **origin,
        }
    return row


def _color_map(scenario: Scenario, labels: Sequence[int], colors: Sequence[str]) -> dict[str, dict[str, Any]]:
    found = [
        {"class-name": scenario.labels[position], "hex-color": colors[position], "confidence": 0.0}
        for position in sorted(labels)
    ]
    background = {"class-name": "BACKGROUND", "hex-color": "#ffffff", "confidence": 0.0}
    return {str(key): entry for key, entry in enumerate([background, *found])}


def evaluation_result(
    scenario: Scenario, specimens: Sequence[Specimen], overlaps: Sequence[Sequence[Overlap]] | None
) -> bytes:
    """The service's summary, all digits of a float64.

    Args:
        scenario: The evaluation.
        specimens: Its test images.
        overlaps: For every label, the overlap in every test image; ``None`` for a classification model.
    """
    metrics: dict[str, Any] = dict(
        image_metrics(
            truth=[specimen.anomalous for specimen in specimens],
            predicted=[specimen.predicted for specimen in specimens],
            scores=[specimen.score for specimen in specimens],
        )
    )
    if overlaps is not None:
        per_label = zip(scenario.labels, map(pixel_metrics, overlaps), strict=True)
        metrics["PixelAnomalyClassMetrics"] = [
            {**values, "ClassName": label} for label, values in per_label if values is not None
        ]
    result = {
        "Version": 1,
        "EvaluationDetails": {
            "ModelArn": scenario.arn,
            "EvaluationEndTimestamp": EVALUATED,
            "NumberOfTrainingImages": scenario.n_training,
            "NumberOfTestingImages": len(specimens),
        },
        "AggregatedEvaluationResults": {"Metrics": metrics},
    }
    return json_document(result)


def describe_model(scenario: Scenario, result: bytes, *, manifest_path: str, result_path: str) -> bytes:
    """The DescribeModel answer as ``aws lookoutvision describe-model`` saves it.

    Its three numbers are those of the result as the API gave them: float32 widened to double.
    """
    metrics = json.loads(result)["AggregatedEvaluationResults"]["Metrics"]
    place = {"Bucket": scenario.bucket}
    description = {
        "ModelVersion": scenario.version,
        "ModelArn": scenario.arn,
        "CreationTimestamp": f"{TRAINED}+00:00",
        "Description": "Synthetic: no such model was ever trained.",
        "Status": "TRAINED",
        "StatusMessage": "Training completed successfully.",
        "Performance": {name: float(np.float32(metrics[name])) for name in ("F1Score", "Recall", "Precision")},
        "OutputConfig": {"S3Location": {**place, "Prefix": scenario.key_prefix}},
        "EvaluationManifest": {**place, "Key": scenario.key_prefix + manifest_path},
        "EvaluationResult": {**place, "Key": scenario.key_prefix + result_path},
        "EvaluationEndTimestamp": f"{EVALUATED}+00:00",
    }
    return json_document({"ModelDescription": description})


def json_document(content: dict[str, Any]) -> bytes:
    """A JSON document as people keep it: indented, with a final newline.

    >>> json_document({"Version": 1}).decode().splitlines()
    ['{', '    "Version": 1', '}']
    """
    return (json.dumps(content, indent=4) + "\n").encode()

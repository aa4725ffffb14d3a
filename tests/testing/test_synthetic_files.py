"""Synthetic evaluations: the shapes of their documents, their files, and what can be asked for."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from typing import Any

import numpy as np
import pytest
from PIL import Image

from lfv_eval.errors import ReportError, UsageError
from lfv_eval.testing import Scenario, SyntheticEvaluation, make_evaluation
from lfv_eval.testing.defects import Kind, add_defect
from lfv_eval.testing.parts import photograph, place_flange


@pytest.fixture(scope="module")
def evaluation() -> SyntheticEvaluation:
    return make_evaluation()


def rows_of(evaluation: SyntheticEvaluation, path: str | None = None) -> list[dict[str, Any]]:
    return [json.loads(line) for line in evaluation.files[path or evaluation.manifest_path].splitlines()]


def metrics_of(evaluation: SyntheticEvaluation) -> dict[str, Any]:
    result = json.loads(evaluation.files[evaluation.result_path])
    metrics: dict[str, Any] = result["AggregatedEvaluationResults"]["Metrics"]
    return metrics


def content_behind(evaluation: SyntheticEvaluation, uri: str) -> bytes:
    root = f"s3://{evaluation.scenario.bucket}/{evaluation.scenario.key_prefix}"
    assert uri.startswith(root)
    return evaluation.files[uri.removeprefix(root)]


def pixels_of(evaluation: SyntheticEvaluation, row: dict[str, Any], attribute: str, label: str) -> Any:
    """bool, True where the row's mask has the label, by the row's own colour map."""
    if attribute not in row:
        return np.zeros(evaluation.scenario.size[::-1], bool)
    entries = row[f"{attribute}-metadata"]["internal-color-map"].values()
    color = next((entry["hex-color"] for entry in entries if entry["class-name"] == label), None)
    with Image.open(io.BytesIO(content_behind(evaluation, row[attribute]))) as image:
        pixels = np.asarray(image.convert("RGB"))
    return (
        np.zeros(pixels.shape[:2], bool) if color is None else (pixels == tuple(bytes.fromhex(color[1:]))).all(axis=2)
    )


# --- the documents


def test_documents_have_the_keys_of_the_guide(evaluation: SyntheticEvaluation) -> None:
    result = json.loads(evaluation.files[evaluation.result_path])
    assert set(result) == {"Version", "EvaluationDetails", "AggregatedEvaluationResults"}
    assert result["EvaluationDetails"] == {
        "ModelArn": "arn:aws:lookoutvision:us-east-1:123456789012:model/parts/1",
        "EvaluationEndTimestamp": "2025-09-01T10:15:30.125000",
        "NumberOfTrainingImages": 60,
        "NumberOfTestingImages": 40,
    }
    rows = rows_of(evaluation)
    assert len(rows) == 40
    for row in rows:
        assert row["anomaly-label"] == (row["anomaly-label-metadata"]["class-name"] == "anomaly")
        assert set(row["anomaly-label-detected-metadata"]) == {
            *("class-name", "confidence", "type", "human-annotated", "creation-date", "job-name"),
            *("model-arn", "project-name", "model-version"),
        }
        assert ("anomaly-mask-ref" in row) == (row["anomaly-label"] == 1)
    assert evaluation.model.project == "parts"
    assert len(rows_of(evaluation, "train.manifest")) == 60


def test_described_performance_is_the_result_as_float32(evaluation: SyntheticEvaluation) -> None:
    description = evaluation.describe_model["ModelDescription"]
    for name in ("Precision", "Recall", "F1Score"):
        assert description["Performance"][name] == float(np.float32(metrics_of(evaluation)[name]))
    assert description["Performance"] != {name: metrics_of(evaluation)[name] for name in description["Performance"]}
    for document, path in (
        ("EvaluationManifest", evaluation.manifest_path),
        ("EvaluationResult", evaluation.result_path),
    ):
        place = description[document]
        assert content_behind(evaluation, f"s3://{place['Bucket']}/{place['Key']}") == evaluation.files[path]


def test_every_reference_of_the_test_set_exists_and_is_what_it_claims(evaluation: SyntheticEvaluation) -> None:
    named = set()
    for row in rows_of(evaluation) + rows_of(evaluation, "test.manifest"):
        for attribute in ("source-ref", "anomaly-mask-ref", "anomaly-mask-ref-detected"):
            if attribute in row:
                named.add(row[attribute])
                with Image.open(io.BytesIO(content_behind(evaluation, row[attribute]))) as image:
                    assert image.size == (320, 240)
                    assert (image.format, image.mode) == {
                        "source-ref": ("JPEG", "RGB"),
                        "anomaly-mask-ref": ("PNG", "P"),
                        "anomaly-mask-ref-detected": ("PNG", "RGB"),
                    }[attribute]
    assert len(named) == len(evaluation.files) - 5  # and nothing else lies around


def test_truth_masks_hold_the_colours_of_their_row_and_white(evaluation: SyntheticEvaluation) -> None:
    for row in rows_of(evaluation)[:20]:
        found = row["anomaly-mask-ref-metadata"]["internal-color-map"].values()
        with Image.open(io.BytesIO(content_behind(evaluation, row["anomaly-mask-ref"]))) as image:
            packed = np.asarray(image.convert("RGB")) @ np.array([0x10000, 0x100, 1])
        colors = {f"#{color:06x}" for color in np.unique(packed).tolist()}
        assert colors == {entry["hex-color"].lower() for entry in found}


# --- writing and uploading


def test_written_folder_holds_the_files(tmp_path: Any, evaluation: SyntheticEvaluation) -> None:
    evaluation.write(tmp_path / "new" / "folder")
    found = {
        path.relative_to(tmp_path / "new" / "folder").as_posix(): path.read_bytes()
        for path in tmp_path.rglob("*")
        if path.is_file()
    }
    assert found == evaluation.files


def test_folder_that_is_a_file_is_refused(tmp_path: Any, evaluation: SyntheticEvaluation) -> None:
    (tmp_path / "taken").write_text("")
    with pytest.raises(ReportError, match="taken"):
        evaluation.write(tmp_path / "taken")


def test_upload_puts_everything_but_the_service_s_own_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    boto3, moto = pytest.importorskip("boto3"), pytest.importorskip("moto")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    evaluation = make_evaluation(with_images=False, prefix="mymodel_")
    with moto.mock_aws():
        s3 = boto3.client("s3", region_name="us-east-1")
        s3.create_bucket(Bucket=evaluation.scenario.bucket)
        evaluation.upload(s3)
        keys = [entry["Key"] for entry in s3.list_objects_v2(Bucket=evaluation.scenario.bucket)["Contents"]]
        assert sorted(keys) == sorted(f"mymodel_{path}" for path in evaluation.files if path != "describe-model.json")
        place = evaluation.describe_model["ModelDescription"]["EvaluationResult"]
        assert s3.get_object(**place)["Body"].read() == evaluation.files[evaluation.result_path]


def test_importing_the_package_imports_no_third_party_tools() -> None:
    code = (
        "import sys, lfv_eval.testing; print(sorted({'PIL', 'boto3', 'botocore', 'moto'} & set(sys.modules)));"
        "print(lfv_eval.testing.make_evaluation.__name__)"
    )
    output = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert output.split("\n")[:2] == ["[]", "make_evaluation"]


def test_unknown_name_of_the_package_is_an_attribute_error() -> None:
    import lfv_eval.testing

    with pytest.raises(AttributeError, match="no_such_thing"):
        _ = lfv_eval.testing.no_such_thing
    assert set(lfv_eval.testing.__all__) <= set(dir(lfv_eval.testing))


# --- scenarios


@pytest.mark.parametrize(
    "wrong",
    [
        {"seed": -1},
        {"model_seed": -1},
        {"n_anomaly": 0},
        {"n_normal": 0},
        {"n_training": -1},
        {"project": "a b"},
        {"version": "0"},
        {"account": "12"},
        {"size": (63, 100)},
        {"size": (100, 4097)},
        {"quality": 1.0},
        {"threshold": 1.5},
        {"labels": ()},
        {"labels": ("dent", "Dent ")},
        {"labels": ("background",)},
        {"labels": tuple("abcdefg")},
    ],
)
def test_scenario_that_no_evaluation_can_have_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match="a synthetic evaluation needs"):
        Scenario(**wrong)


def test_misspelt_attribute_is_refused() -> None:
    with pytest.raises(TypeError):
        make_evaluation(n_anomalies=3)


@pytest.mark.parametrize("size", [(64, 64), (65, 301), (640, 64)])
def test_any_size_and_any_label_names_work(size: tuple[int, int]) -> None:
    labels = ("Riß", "dent", "burr", "scratch")
    evaluation = make_evaluation(size=size, labels=labels, n_anomaly=8, n_normal=3)
    assert [entry["ClassName"] for entry in metrics_of(evaluation)["PixelAnomalyClassMetrics"]] == list(labels)
    for row in rows_of(evaluation)[:8]:
        assert any(pixels_of(evaluation, row, "anomaly-mask-ref", label).any() for label in labels)


@pytest.mark.parametrize("kind", ["scratch", "dent"])
@pytest.mark.parametrize("strength", [0.3, 1.0])
def test_a_drawn_defect_changes_the_picture_inside_its_mask_and_hardly_around_it(kind: Kind, strength: float) -> None:
    contrast = []
    for seed in range(8):
        rng = np.random.Generator(np.random.PCG64(seed))
        photo = photograph(rng, place_flange(rng, (320, 240)))
        sound = photo.grey.copy()
        mask = add_defect(rng, photo, kind, strength)
        change = abs(photo.grey - sound)
        assert 0 < mask.mean() < 0.02
        assert change[mask].sum() > 0.6 * change.sum()
        contrast.append(change[mask].mean())
    assert np.median(contrast) > 0.03 + 0.05 * strength


def test_every_advertised_name_of_the_package_exists() -> None:
    import lfv_eval.testing

    for name in lfv_eval.testing.__all__:
        assert getattr(lfv_eval.testing, name).__name__ == name

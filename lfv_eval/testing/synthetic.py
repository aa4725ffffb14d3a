"""Synthetic evaluations: all that Amazon Lookout for Vision would have left of a test run, made from a seed.

>>> evaluation = make_evaluation(n_anomaly=3, n_normal=3, with_images=False)
>>> sorted(evaluation.files)[:2]
['EvaluationManifest-parts-1.json', 'EvaluationResult-parts-1.json']
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..errors import ReportError
from ..records import ModelRef
from .defects import KINDS, Kind, add_defect, add_smear
from .documents import (
    dataset_manifest,
    describe_model,
    evaluation_manifest,
    evaluation_result,
    training_manifest,
)
from .parts import Photograph, develop, photograph, place_flange
from .scenario import COLORS, Scenario
from .simulation import LabelMap, Specimen, predict_mask, simulate, stream
from .textbook import Overlap

if TYPE_CHECKING:
    from .fake_service import FakeLookoutVision

DESCRIBE_MODEL = "describe-model.json"
"""Key of the saved DescribeModel answer: the one file that the service kept and no bucket held."""

_CONTENT_TYPES = {".jpg": "image/jpeg", ".png": "image/png", ".json": "application/json"}


@dataclass(frozen=True, slots=True, kw_only=True)
class SyntheticEvaluation:
    """The files of one evaluated model version.

    Attributes:
        scenario: What it was made from.
        files: Content by path, relative to the scenario's prefix; in a stable order, documents first.
    """

    scenario: Scenario
    files: Mapping[str, bytes] = field(repr=False)

    @property
    def model(self) -> ModelRef:
        """The model that was evaluated."""
        return self.scenario.model

    @property
    def manifest_path(self) -> str:
        """Path of the evaluation manifest among ``files``."""
        return f"EvaluationManifest-{self.scenario.project}-{self.scenario.version}.json"

    @property
    def result_path(self) -> str:
        """Path of the evaluation result among ``files``."""
        return f"EvaluationResult-{self.scenario.project}-{self.scenario.version}.json"

    @property
    def describe_model(self) -> dict[str, Any]:
        """The DescribeModel answer, wrapped in ``ModelDescription``; timestamps are ISO 8601 text."""
        answer: dict[str, Any] = json.loads(self.files[DESCRIBE_MODEL])
        return answer

    def write(self, folder: Path) -> None:
        """Write all files below a folder, which is created if need be; files of the same name are replaced.

        Raises:
            ReportError: The folder cannot be written to.
        """
        try:
            for path, content in self.files.items():
                target = folder / path
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(content)
        except OSError as error:
            raise ReportError(f"cannot write a synthetic evaluation: {error}", where=str(folder)) from error

    def upload(self, s3_client: Any, bucket: str | None = None) -> None:
        """Put what the service kept in S3 into a bucket that exists; the DescribeModel answer is not among it.

        Args:
            s3_client: A boto3 S3 client, real or faked.
            bucket: ``None`` is the bucket that the documents speak of; in any other they point elsewhere.
        """
        for path, content in self.files.items():
            if path != DESCRIBE_MODEL:
                s3_client.put_object(
                    Bucket=bucket or self.scenario.bucket,
                    Key=self.scenario.key_prefix + path,
                    Body=content,
                    ContentType=_CONTENT_TYPES.get(Path(path).suffix, "application/octet-stream"),
                )

    def publish(self, s3_client: Any, service: FakeLookoutVision) -> None:
        """Put the evaluation into a fake account: a new bucket with its files, and its DescribeModel answer."""
        region = self.scenario.region
        where = {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}
        s3_client.create_bucket(Bucket=self.scenario.bucket, **where)
        self.upload(s3_client)
        service.add_model(self.describe_model["ModelDescription"], project=self.scenario.project)


def make_evaluation(base: Scenario | None = None, /, **changes: Any) -> SyntheticEvaluation:
    """Make the evaluation of a simulated model on drawn parts.

    The reported metrics are computed from the drawn masks and simulated scores with plain textbook formulas, not with
    this package's own: image-level ratios with anomaly as the positive class, ROC AUC over pairs, step-sum average
    precision, pixel ratios pooled over all images, IoU averaged over the images whose truth has the label.

    Args:
        base: A scenario to start from; ``None`` is the default one: 40 images, two labels.
        **changes: Attributes of ``Scenario`` to change.

    Raises:
        UsageError: The scenario makes no sense.
        TypeError: ``Scenario`` has no such attribute.

    >>> evaluation = make_evaluation(seed=7, n_anomaly=10, n_normal=10, with_images=False)
    >>> evaluation.describe_model["ModelDescription"]["Status"]
    'TRAINED'
    """
    scenario = replace(base or Scenario(), **changes)
    specimens = simulate(scenario)
    pictures: dict[str, bytes] = {}
    overlaps: list[list[Overlap]] = [[] for _ in scenario.labels]
    if scenario.with_images or scenario.with_masks:
        for drawing in _draw_all(scenario, specimens):
            pictures |= drawing.encode(scenario)
            for position, images in enumerate(overlaps):
                images.append(drawing.overlap(position))
    result = evaluation_result(scenario, specimens, overlaps if scenario.with_masks else None)
    evaluation = SyntheticEvaluation(scenario=scenario, files={})
    documents = {
        evaluation.manifest_path: evaluation_manifest(scenario, specimens),
        evaluation.result_path: result,
        DESCRIBE_MODEL: describe_model(
            scenario, result, manifest_path=evaluation.manifest_path, result_path=evaluation.result_path
        ),
        "train.manifest": training_manifest(scenario),
        "test.manifest": dataset_manifest(scenario, specimens),
    }
    return replace(evaluation, files=documents | pictures)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Drawing:
    """A photograph with its two masks; ``picture`` is ``None`` where none was asked for."""

    specimen: Specimen
    picture: NDArray[np.uint8] | None
    truth: LabelMap
    predicted: LabelMap

    def overlap(self, position: int) -> Overlap:
        truth, predicted = self.truth == position + 1, self.predicted == position + 1
        return Overlap(
            truth_px=int(truth.sum()), predicted_px=int(predicted.sum()), common_px=int((truth & predicted).sum())
        )

    def encode(self, scenario: Scenario) -> dict[str, bytes]:
        """The files of this image by path."""
        from PIL import Image

        name, files = self.specimen.name, {}
        if self.picture is not None:
            files[f"images/{name}.jpg"] = _encoded(Image.fromarray(self.picture), format="JPEG", quality=90)
        if scenario.with_masks:
            palette = _palette()
            if self.specimen.anomalous:
                image = Image.fromarray(self.truth)
                image.putpalette(palette.tobytes())
                files[f"mask-images/{name}.png"] = _encoded(image, format="PNG", compress_level=6)
            image = Image.fromarray(palette[self.predicted])
            path = f"predicted-masks-{scenario.version}/{name}.png"
            files[path] = _encoded(image, format="PNG", compress_level=6)
        return files


def _encoded(image: Any, **how: Any) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, **how)
    return buffer.getvalue()


def _palette() -> NDArray[np.uint8]:
    """uint8 ``(n_labels + 1, 3)``: white, then the labels' colours."""
    colors = [[int(color[i : i + 2], 16) for i in (1, 3, 5)] for color in ("#FFFFFF", *COLORS)]
    return np.array(colors, np.uint8)


def _draw_all(scenario: Scenario, specimens: list[Specimen]) -> Iterator[_Drawing]:
    """One drawing after the other; pictures and truth depend on ``seed`` alone, predicted masks on the model too."""
    model_seed = scenario.seed if scenario.model_seed is None else scenario.model_seed
    for index, specimen in enumerate(specimens):
        of_the_part, of_the_model = stream(scenario.seed, 2, index), stream(model_seed, 3, index)
        photo = photograph(of_the_part, place_flange(of_the_part, scenario.size))
        truth, lure = _damage(of_the_part, photo, specimen, scenario)
        yield _Drawing(
            specimen=specimen,
            picture=develop(of_the_part, photo) if scenario.with_images else None,
            truth=truth,
            predicted=predict_mask(of_the_model, truth, specimen, scenario, lure),
        )


def _damage(
    rng: np.random.Generator, photo: Photograph, specimen: Specimen, scenario: Scenario
) -> tuple[LabelMap, tuple[float, float] | None]:
    """Draw what the specimen has: its defects, or on an alarming normal part a smear, whose place is returned."""
    truth = np.zeros(photo.grey.shape, np.uint8)
    if not specimen.anomalous:
        return truth, add_smear(rng, photo, specimen.visibility) if specimen.visibility > 0.7 else None
    for position in specimen.labels:
        truth[add_defect(rng, photo, _kind(scenario, position), specimen.visibility)] = position + 1
    return truth, None


def _kind(scenario: Scenario, position: int) -> Kind:
    name = scenario.labels[position].strip().casefold()
    return next((kind for kind in KINDS if kind == name), KINDS[position % len(KINDS)])

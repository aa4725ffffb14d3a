"""What a synthetic evaluation is to be like."""

from __future__ import annotations

from dataclasses import dataclass

from ..errors import UsageError
from ..records import ModelRef

COLORS = ("#23A436", "#F76902", "#14A3B3", "#9380FF", "#BD10E0", "#FFAC41")
"""Mask colours of the labels, in their order; the background is white, as the developer guide demands."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """Everything that decides a synthetic evaluation.

    Equal scenarios give equal documents and pixels. The compressed bytes of the pictures are also equal as long as
    Pillow comes with the same zlib and JPEG libraries.

    Attributes:
        seed: Decides the parts, their defects and how hard each is to judge; not negative.
        model_seed: Decides the model's own errors; ``None`` takes ``seed``. Two scenarios with one ``seed`` and
            different model seeds are two models tested on the same pictures.
        project: Project name, as the service allows it.
        version: Model version, a positive whole number as text.
        region: Region of the model.
        account: Account of the model, twelve digits.
        bucket: Bucket that the documents speak of.
        prefix: Put before every key, without a slash in between; ``None`` means ``"<project>/"``.
        n_anomaly: Anomalous test images, at least 1.
        n_normal: Normal test images, at least 1.
        n_training: Training images; named in the training manifest, not drawn.
        labels: Anomaly labels. ``scratch`` and ``dent`` are drawn as such, others alternate between the two.
        size: Width and height of the images in pixels, 64..4096 each.
        with_images: Whether photographs are made. Without them the documents are the same.
        segmentation: Whether there are masks and pixel metrics; ``None`` takes ``with_images``.
        quality: Area under the ROC curve the simulated model would have on endlessly many images, in 0..1 exclusive;
            also decides how well its masks fit.
        threshold: Scores from here on are called anomalous, 0..1. Anything but 0.5 gives confidences below 0.5.
        confidence_digits: Decimals the manifest's confidences are rounded to, while the reported metrics rest on the
            unrounded scores: ties the service did not have. ``None`` writes them in full.

    Raises:
        UsageError: A value that no evaluation can have.
    """

    seed: int = 0
    model_seed: int | None = None
    project: str = "parts"
    version: str = "1"
    region: str = "us-east-1"
    account: str = "123456789012"
    bucket: str = "lookoutvision-us-east-1-0123456789"
    prefix: str | None = None
    n_anomaly: int = 20
    n_normal: int = 20
    n_training: int = 60
    labels: tuple[str, ...] = ("scratch", "dent")
    size: tuple[int, int] = (320, 240)
    with_images: bool = True
    segmentation: bool | None = None
    quality: float = 0.9
    threshold: float = 0.5
    confidence_digits: int | None = None

    def __post_init__(self) -> None:
        names = [label.strip().casefold() for label in self.labels]
        self._require(min(self.seed, self.model_seed or 0) >= 0, "seed and model_seed of at least 0", self.seed)
        self._require(self.model.project is not None, "a project, version, region and account as in an ARN", self.arn)
        self._require(self.n_anomaly >= 1, "n_anomaly of at least 1", self.n_anomaly)
        self._require(self.n_normal >= 1, "n_normal of at least 1", self.n_normal)
        self._require(self.n_training >= 0, "n_training of at least 0", self.n_training)
        self._require(all(64 <= side <= 4096 for side in self.size), "sides of 64..4096 pixels", self.size)
        self._require(0 < self.quality < 1, "quality within 0..1 exclusive", self.quality)
        self._require(0 <= self.threshold <= 1, "threshold in 0..1", self.threshold)
        self._require(1 <= len(names) <= len(COLORS), f"1..{len(COLORS)} labels", self.labels)
        distinct = len(set(names)) == len(names) and not {"", "background"} & set(names)
        self._require(distinct, "different labels, none empty or named background", self.labels)

    @staticmethod
    def _require(holds: bool, expected: str, got: object) -> None:
        if not holds:
            raise UsageError(f"a synthetic evaluation needs {expected}, got {got!r}")

    @property
    def arn(self) -> str:
        """The model's ARN."""
        return f"arn:aws:lookoutvision:{self.region}:{self.account}:model/{self.project}/{self.version}"

    @property
    def model(self) -> ModelRef:
        """The model that was evaluated."""
        return ModelRef.from_arn(self.arn)

    @property
    def key_prefix(self) -> str:
        """What stands before every key."""
        return f"{self.project}/" if self.prefix is None else self.prefix

    @property
    def with_masks(self) -> bool:
        """Whether this is the evaluation of a segmentation model."""
        return self.with_images if self.segmentation is None else self.segmentation

    def uri(self, path: str) -> str:
        """The S3 URI of one of the evaluation's files."""
        return f"s3://{self.bucket}/{self.key_prefix}{path}"

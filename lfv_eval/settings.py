"""The conventions a user may choose. Free of third-party imports, so that the command line starts fast."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from . import __version__


class Duplicates(StrEnum):
    """Which of several manifest rows with one ``source-ref`` counts."""

    FIRST = "first"
    LAST = "last"
    REFUSE = "refuse"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Each choice is part of the audit's signature where it can change a number.

    Attributes:
        level: Confidence level of the intervals, in 0..1 exclusive.
        duplicates: Which of several rows with one ``source-ref`` counts.
        label_attribute: Name of the truth label attribute; ``None`` means that it is discovered.
        mask_attribute: Name of the truth mask attribute; ``None`` means that it is discovered.
        alpha_policy: Which pixels of a label's colour count: ``ignore`` (all), ``threshold:N`` (alpha of at least N,
            1..255) or ``opaque`` (alpha 255).
        average_iou: Definition of average IoU.
        precision_recall: Definition of the per-label precision, recall and F1 score.
        tolerance_px: Tolerance in px, 1..256, of the tolerant measures; ``None`` takes 2, or more where predicted masks
            are made of larger blocks.
    """

    level: float = 0.95
    duplicates: Duplicates = Duplicates.FIRST
    label_attribute: str | None = None
    mask_attribute: str | None = None
    alpha_policy: str = "ignore"
    average_iou: str = "mean-truth"
    precision_recall: str = "pixel-pooled"
    tolerance_px: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """What the caller wants to be advised on. It changes no number, so it is not part of the signature.

    Attributes:
        look_at_images: Whether to read the photographs and truth masks that the manifests mention.
        cost_fp: Cost of rejecting a normal part; with ``cost_fn`` the cheapest threshold is found.
        cost_fn: Cost of passing an anomalous part.
        confidence_limit: Confidence limit in production, 0..1, whose effect is told.
        explain_silence: Also say of each rule that could not judge why it could not.
    """

    look_at_images: bool = False
    cost_fp: float | None = None
    cost_fn: float | None = None
    confidence_limit: float | None = None
    explain_silence: bool = False


def version_signature() -> str:
    """The signature's version part.

    >>> version_signature().partition(":")[0]
    'lfv-eval'
    """
    return f"lfv-eval:{__version__}"

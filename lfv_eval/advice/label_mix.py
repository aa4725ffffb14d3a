"""Classes and anomaly labels that the training set has in other shares than the test set, or not at all.

Statistic: Fisher's exact test of each share, with Holm's correction at .01 over all of them, and a difference of the
shares of .1 or more. A test label without any training image needs no statistic.
"""

from __future__ import annotations

from dataclasses import dataclass

from ..images import ANOMALY, UNLABELLED, Images
from ..metrics.two_sample import fisher_exact, holm
from ..registry import Examination, Remark, Rule
from .case import NO_MANIFEST, Case, image_labels
from .wording import MAX_NAMED_IMAGES, fraction, listed, shortened

ALPHA = 0.01
MIN_DIFFERENCE = 0.1
_MAX_TOLD = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """How many images of each set have something.

    Attributes:
        name: What they have.
        test: Images of the test set that have it, and all that could.
        training: Likewise.
    """

    name: str
    test: tuple[int, int]
    training: tuple[int, int]

    @property
    def difference(self) -> float:
        """Share in the test set less that in the training set; both sets have images."""
        return self.test[0] / self.test[1] - self.training[0] / self.training[1]

    def __str__(self) -> str:
        return f"{self.name} {fraction(*self.test)} of the test set, {fraction(*self.training)} of the training set"


def examine(case: Case) -> Examination:
    """Labels without training images first, then shares that differ."""
    if case.training_rows is None:
        return Examination(cannot_tell=(f"{NO_MANIFEST} for the training images",))
    tested = case.tested
    test_labels, training_labels = image_labels(tested), image_labels(case.training_rows)
    remarks = [*_untrained(tested, test_labels, training_labels)]
    shares = [_classes(tested, case.training_rows), *_labels(test_labels, training_labels)]
    shares = [share for share in shares if share.test[1] and share.training[1] and share.training[0]]
    rejected = holm([fisher_exact(*share.test, *share.training) for share in shares], ALPHA)
    found = [
        share for share, sure in zip(shares, rejected, strict=True) if sure and abs(share.difference) >= MIN_DIFFERENCE
    ]
    found.sort(key=lambda share: -abs(share.difference))
    if found:
        more = f" and {len(found) - _MAX_TOLD} more" if len(found) > _MAX_TOLD else ""
        message = (
            f"The test set is made up differently: {'; '.join(map(str, found[:_MAX_TOLD]))}{more}. Chance alone does "
            "so in less than one case in 100. Precision depends on the share of anomalies: give both sets the make-up "
            "of production, or bear in mind that the numbers hold for this mix only."
        )
        remarks.append(Remark(severity="info", message=message, benefit=abs(found[0].difference) / 2))
    return Examination(remarks)


def _untrained(
    tested: Images, test_labels: list[frozenset[str]], training_labels: list[frozenset[str]]
) -> list[Remark]:
    """Labels of the test set that no training image has; a training set without any mask says nothing of labels."""
    known = frozenset[str]().union(*training_labels)
    if not known:
        return []
    missing = {label: 0 for labels in test_labels for label in sorted(labels - known)}
    if not missing:
        return []
    images = []
    for uri, labels in zip(tested.uri, test_labels, strict=True):
        for label in labels & missing.keys():
            missing[label] += 1
        images += [uri] if labels & missing.keys() else []
    ordered = sorted(missing, key=lambda label: (-missing[label], label))
    told = listed([f"{shortened(label)} ({missing[label]} test, 0 training images)" for label in ordered])
    message = (
        f"Labels that no training image has: {told}. The model cannot have learned them: add training images with "
        "these labels, or take them out of the test."
    )
    only = ordered[0] if len(ordered) == 1 else None
    return [
        Remark(
            severity="warning",
            message=message,
            benefit=len(images) / len(tested),
            label=only,
            images=tuple(images[:MAX_NAMED_IMAGES]),
        )
    ]


def _classes(tested: Images, training: Images) -> Share:
    def count(images: Images) -> tuple[int, int]:
        truth = images.truth[images.used]
        return int((truth == ANOMALY).sum()), int((truth != UNLABELLED).sum())

    return Share(name="anomalous images", test=count(tested), training=count(training))


def _labels(test: list[frozenset[str]], training: list[frozenset[str]]) -> list[Share]:
    """Each label's share of the images that have any."""
    test, training = [labels for labels in test if labels], [labels for labels in training if labels]
    names = sorted(frozenset[str]().union(*test, *training))

    def count(sets: list[frozenset[str]], name: str) -> tuple[int, int]:
        return sum(name in labels for labels in sets), len(sets)

    return [
        Share(name=f"label {shortened(name)}", test=count(test, name), training=count(training, name)) for name in names
    ]


RULE = Rule("label-mix", "Improving your model: representative training images", examine)

"""Image counts that the service demanded or allowed.

Limits of the developer guide. With a test dataset of its own: 10 normal training images, 10 normal and 10 anomalous
test images; with a single dataset 20 normal and 10 anomalous images. With masks: for each label 10 images in each
dataset, 20 in a single one, counting only those that have no other label. At most 16 000 training and 4000 test images,
8000 and 800 with masks; 20 labels in a mask, 100 in a project.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import reduce
from operator import add

from ..images import ANOMALY, NORMAL, DatasetRole, Images
from ..registry import Examination, Remark, Rule
from .case import Case, image_labels
from .wording import counted, listed, shortened

MOST_IMAGES = {("training", False): 16_000, ("test", False): 4000, ("training", True): 8000, ("test", True): 800}
MOST_LABELS_IN_MASK, MOST_LABELS = 20, 100


@dataclass(frozen=True, slots=True, kw_only=True)
class _Demand:
    """What a dataset needed.

    Attributes:
        name: ``training``, ``test`` or ``single``.
        normal: Normal images.
        anomalous: Anomalous images.
        of_label: Images with one label alone, of each label.
    """

    name: str
    normal: int
    anomalous: int
    of_label: int


TRAINING = _Demand(name="training", normal=10, anomalous=0, of_label=10)
TEST = _Demand(name="test", normal=10, anomalous=10, of_label=10)
SINGLE = _Demand(name="single dataset", normal=20, anomalous=10, of_label=20)


def examine(case: Case) -> Examination:
    """What is too little or too much, as one remark."""
    single = [dataset.images for dataset in case.evaluation.datasets if dataset.role == DatasetRole.SINGLE]
    if single:  # the service split it: its parts had no demands of their own
        sets = [(SINGLE, reduce(add, single))]
    else:
        sets = [(TEST, case.tested)]
        sets += [] if case.training_rows is None else [(TRAINING, case.training_rows)]
    if not any(len(images) for _, images in sets):
        return Examination(cannot_tell=("there is no manifest to count images in",))
    broken = [text for demand, images in sets if len(images) for text in _broken(demand, images)]
    broken += _project(sets)
    if not broken:
        return Examination()
    message = f"{'; '.join(broken)}. The service refused to train with such datasets: add images, or take some away."
    return Examination([Remark(severity="warning", message=message, benefit=0.5)])


def _broken(demand: _Demand, images: Images) -> Iterator[str]:
    truth = images.truth[images.used]
    wanted = [(NORMAL, "normal", demand.normal), (ANOMALY, "anomalous", demand.anomalous)]
    for code, adjective, least in wanted:
        n = int((truth == code).sum())
        if n < least:
            yield f"{counted(n, f'{adjective} {demand.name} image')}, at least {least} were demanded"
    labels = image_labels(images)
    most = MOST_IMAGES.get((demand.name, any(labels)))
    if most is not None and len(truth) > most:
        yield f"{counted(len(truth), f'{demand.name} image')}, at most {most} were allowed"
    alone = Counter(next(iter(found)) for found in labels if len(found) == 1)
    few = [label for label in sorted(frozenset[str]().union(*labels)) if alone[label] < demand.of_label]
    if few:
        told = listed([f"{shortened(label)} {alone[label]}" for label in few])
        yield f"{demand.name} images that have one label alone: {told}; {demand.of_label} of each label were demanded"


def _project(sets: list[tuple[_Demand, Images]]) -> Iterator[str]:
    found = [labels for _, images in sets for labels in image_labels(images)]
    most_in_mask, n_labels = max(map(len, found), default=0), len(frozenset[str]().union(*found))
    if most_in_mask > MOST_LABELS_IN_MASK:
        yield f"{most_in_mask} labels in one mask, at most {MOST_LABELS_IN_MASK} were allowed"
    if n_labels > MOST_LABELS:
        yield f"{n_labels} labels, at most {MOST_LABELS} were allowed"


RULE = Rule("quotas", "Limits: image counts", examine)

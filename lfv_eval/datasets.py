"""Which dataset is which, and which images a model was trained on."""

from __future__ import annotations

from dataclasses import replace
from functools import reduce
from operator import add

import numpy as np

from .images import Dataset, DatasetRole, Images
from .records import Evaluation


def with_roles(evaluation: Evaluation) -> Evaluation:
    """Settle the role of each dataset that its file name left open, by comparing it with the evaluated images.

    Exactly the evaluated images or some of them: ``TEST``; all of them and more: ``SINGLE``; else it stays unknown.
    """
    evaluated = frozenset(evaluation.images.uri)
    return replace(evaluation, datasets=tuple(_with_role(dataset, evaluated) for dataset in evaluation.datasets))


def _with_role(dataset: Dataset, evaluated: frozenset[str]) -> Dataset:
    if dataset.role != DatasetRole.UNKNOWN or not evaluated:
        return dataset
    named = frozenset(dataset.images.uri)
    if named <= evaluated:
        return replace(dataset, role=DatasetRole.TEST)
    return replace(dataset, role=DatasetRole.SINGLE) if evaluated <= named else dataset


def training_images(evaluation: Evaluation) -> Images | None:
    """The rows that the model was trained on, as far as is known: roles must be settled.

    Returns:
        The rows of the training datasets; else those of a single dataset that are not evaluated; ``None`` where neither
        is there.
    """
    if (training := _joined(evaluation, DatasetRole.TRAINING)) is not None:
        return training
    if (single := _joined(evaluation, DatasetRole.SINGLE)) is None:
        return None
    evaluated = frozenset(evaluation.images.uri)
    return single.select(np.array([uri not in evaluated for uri in single.uri]))


def dataset_test_images(evaluation: Evaluation) -> Images | None:
    """The rows of the test dataset's own manifest; ``None`` where none is there. Roles must be settled."""
    return _joined(evaluation, DatasetRole.TEST)


def _joined(evaluation: Evaluation, role: DatasetRole) -> Images | None:
    found = [dataset.images for dataset in evaluation.datasets if dataset.role == role]
    return reduce(add, found) if found else None

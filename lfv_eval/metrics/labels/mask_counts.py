"""The state of all segmentation numbers: pixel counts by image, label and alpha policy.

Only integers are kept, in one canonical order, and division happens once, at the end. So ``+`` is exactly associative
and commutative: however the images are spread over shards and workers, the numbers are the same to the last bit.
Adding up ratios would break that.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from ...errors import UsageError
from ...images import label_key


class LabelPixels(Protocol):
    """What a mask reader reports of one label under one alpha policy."""

    @property
    def label(self) -> str: ...  # noqa: D102
    @property
    def policy(self) -> str: ...  # noqa: D102
    @property
    def intersection_px(self) -> int: ...  # noqa: D102
    @property
    def truth_px(self) -> int: ...  # noqa: D102
    @property
    def predicted_px(self) -> int: ...  # noqa: D102


class PixelRow(NamedTuple):
    """Pixels of one label in one image under one alpha policy.

    Attributes:
        label: The label's name.
        policy: The alpha policy.
        intersection_px: Pixels of the label in both masks.
        truth_px: In the truth mask.
        predicted_px: In the predicted mask.
    """

    label: str
    policy: str
    intersection_px: int
    truth_px: int
    predicted_px: int


class ImagePixels(NamedTuple):
    """One test image.

    Attributes:
        uri: What names it.
        detected: Whether the model predicted anomaly.
        anomalous: Whether the truth says anomaly.
        rows: Its labels; rows without a pixel on either side may be left out.
    """

    uri: str
    detected: bool
    anomalous: bool
    rows: tuple[PixelRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LabelTable:
    """One label over all images under one alpha policy; every array has one entry an image.

    Attributes:
        truth_px: int64.
        predicted_px: int64.
        intersection_px: int64.
        detected: bool, the model predicted anomaly.
        anomalous: bool, the truth says anomaly.
    """

    truth_px: NDArray[np.int64]
    predicted_px: NDArray[np.int64]
    intersection_px: NDArray[np.int64]
    detected: NDArray[np.bool_]
    anomalous: NDArray[np.bool_]

    @property
    def union_px(self) -> NDArray[np.int64]:
        """int64, pixels of the label in either mask."""
        return self.truth_px + self.predicted_px - self.intersection_px

    def keep(self, images: NDArray[np.bool_]) -> LabelTable:
        """The same of some of the images."""
        return LabelTable(
            truth_px=self.truth_px[images],
            predicted_px=self.predicted_px[images],
            intersection_px=self.intersection_px[images],
            detected=self.detected[images],
            anomalous=self.anomalous[images],
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class MaskCounts:
    """Pixel counts of any number of images. ``MaskCounts.of`` builds them; ``+`` joins them.

    Images stand in the order of their names, rows in the order of image, label and policy. An image that is counted
    twice is in there twice: excluding duplicates is the caller's task.

    Attributes:
        images: Names of all images, those in which no label occurs included.
        detected: bool an image, the model predicted anomaly.
        anomalous: bool an image, the truth says anomaly.
        labels: Display name by what all its spellings have in common, sorted.
        policies: The alpha policies that were counted in every image, sorted.
        image: int64 a row, index into ``images``.
        label: int64 a row, index into ``labels``.
        policy: int64 a row, index into ``policies``.
        intersection_px: int64 a row.
        truth_px: int64 a row; it and ``predicted_px`` are not both 0.
        predicted_px: int64 a row.
    """

    images: tuple[str, ...] = ()
    detected: NDArray[np.bool_] = field(default_factory=lambda: np.empty(0, np.bool_))
    anomalous: NDArray[np.bool_] = field(default_factory=lambda: np.empty(0, np.bool_))
    labels: tuple[tuple[str, str], ...] = ()
    policies: tuple[str, ...] = ()
    image: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))
    label: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))
    policy: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))
    intersection_px: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))
    truth_px: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))
    predicted_px: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))

    @classmethod
    def of(cls, images: Iterable[ImagePixels], policies: Iterable[str]) -> MaskCounts:
        """Bring images into canonical order.

        Args:
            images: The images; each has at most one row for a label and policy.
            policies: The alpha policies counted in every one of them; rows of other policies are dropped.
        """
        names: dict[str, str] = {}
        known = set(policies)
        kept = []
        for image in images:
            for row in image.rows:
                name = row.label.strip()
                names[label_key(name)] = min(names.get(label_key(name), name), name)
            rows = (row._replace(label=label_key(row.label)) for row in image.rows)
            counted = (row for row in rows if row.policy in known and (row.truth_px or row.predicted_px))
            kept.append(image._replace(rows=tuple(sorted(counted))))
        return cls._canonical(kept, names, known)

    @classmethod
    def of_image(
        cls, uri: str, *, detected: bool, anomalous: bool, counts: Iterable[LabelPixels], policies: Iterable[str]
    ) -> MaskCounts:
        """The state of one image, from what a mask reader counted in it."""
        rows = tuple(
            PixelRow(row.label, row.policy, row.intersection_px, row.truth_px, row.predicted_px) for row in counts
        )
        return cls.of([ImagePixels(uri, detected, anomalous, rows)], policies)

    @classmethod
    def total(cls, states: Iterable[MaskCounts]) -> MaskCounts:
        """The sum of many states, in one pass."""
        parts = [state for state in states if state.images or state.labels]
        names: dict[str, str] = {}
        for part in parts:
            for key, name in part.labels:
                names[key] = min(names.get(key, name), name)
        counted = [set(part.policies) for part in parts if part.images]
        policies = set.intersection(*counted) if counted else set()
        kept = []
        for part in parts:
            for image in part:
                rows = tuple(row for row in image.rows if row.policy in policies)
                kept.append(image._replace(rows=rows))
        return cls._canonical(kept, names, policies)

    @classmethod
    def _canonical(cls, images: list[ImagePixels], names: dict[str, str], known: set[str]) -> MaskCounts:
        """Build from images whose labels are keys and whose rows are sorted."""
        images = sorted(images)
        labels = tuple(sorted(names.items()))
        policies = tuple(sorted(known)) if images else ()
        label_index = {key: index for index, (key, _) in enumerate(labels)}
        policy_index = {name: index for index, name in enumerate(policies)}
        table = np.array(
            [
                (index, label_index[row.label], policy_index[row.policy], *row[2:])
                for index, image in enumerate(images)
                for row in image.rows
            ],
            np.int64,
        ).reshape(-1, 6)
        image_at, label_at, policy_at, intersection_px, truth_px, predicted_px = np.ascontiguousarray(table.T)
        return cls(
            images=tuple(image.uri for image in images),
            detected=np.array([image.detected for image in images], np.bool_),
            anomalous=np.array([image.anomalous for image in images], np.bool_),
            labels=labels,
            policies=policies,
            image=image_at,
            label=label_at,
            policy=policy_at,
            intersection_px=intersection_px,
            truth_px=truth_px,
            predicted_px=predicted_px,
        )

    def __len__(self) -> int:
        return len(self.images)

    def __iter__(self) -> Iterator[ImagePixels]:
        """The images in canonical order, labels as keys."""
        rows: list[list[PixelRow]] = [[] for _ in self.images]
        columns = (self.image, self.label, self.policy, self.intersection_px, self.truth_px, self.predicted_px)
        for image, label, policy, *pixels in zip(*(column.tolist() for column in columns), strict=True):
            rows[image].append(PixelRow(self.labels[label][0], self.policies[policy], *pixels))
        for index, uri in enumerate(self.images):
            yield ImagePixels(uri, bool(self.detected[index]), bool(self.anomalous[index]), tuple(rows[index]))

    def __add__(self, other: MaskCounts) -> MaskCounts:
        return MaskCounts.total((self, other))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, MaskCounts):
            return NotImplemented
        same_names = self.labels == other.labels and self.policies == other.policies
        return same_names and list(self) == list(other)

    __hash__ = None  # type: ignore[assignment]

    def of_label(self, label: str, policy: str) -> LabelTable:
        """One label over all images, zeros where it does not occur.

        Args:
            label: The label in any spelling; one that occurs nowhere is all zeros.
            policy: The alpha policy.

        Raises:
            UsageError: The policy was not counted in every image.
        """
        if self.images and policy not in self.policies:
            raise UsageError(
                f"alpha policy {policy!r} was not counted in every image", hint=f"one of: {', '.join(self.policies)}"
            )
        keys = [key for key, _ in self.labels]
        dense = np.zeros((3, len(self.images)), np.int64)
        if self.images and label_key(label) in keys:
            chosen = (self.label == keys.index(label_key(label))) & (self.policy == self.policies.index(policy))
            columns = (self.truth_px, self.predicted_px, self.intersection_px)
            dense[:, self.image[chosen]] = [column[chosen] for column in columns]
        return LabelTable(
            truth_px=dense[0],
            predicted_px=dense[1],
            intersection_px=dense[2],
            detected=self.detected,
            anomalous=self.anomalous,
        )

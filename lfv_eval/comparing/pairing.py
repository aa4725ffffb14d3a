"""Which test images two evaluations have in common."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from ..results import ImageOutcome

_SEPARATOR = "/"
_DEEPEST = 32


@dataclass(frozen=True, slots=True)
class Pairs:
    """Images of two evaluations, matched.

    Attributes:
        matched_by: ``source-ref``, ``path``, or ``None`` where no image was matched.
        pairs: (baseline, candidate) for each common image, in the candidate's order.
        n_baseline: Images that enter the baseline's numbers.
        n_candidate: Likewise for the candidate.
    """

    matched_by: Literal["source-ref", "path"] | None
    pairs: tuple[tuple[ImageOutcome, ImageOutcome], ...]
    n_baseline: int
    n_candidate: int


def match_images(baseline: Sequence[ImageOutcome], candidate: Sequence[ImageOutcome]) -> Pairs:
    """Match the images that enter the numbers of both evaluations.

    They are matched by ``source-ref``. Only where no reference is in both, references that differ in their prefix alone
    are taken as the same image: the data set was copied elsewhere as a whole. That must explain at least half of the
    smaller set, or else names like ``1.jpg`` agree by accident.

    Args:
        baseline: Every image of the baseline's audit; those that do not enter its numbers are passed over.
        candidate: Likewise.
    """
    first, second = _by_uri(baseline), _by_uri(candidate)
    common = [(first[uri], image) for uri, image in second.items() if uri in first]
    if common:
        return Pairs("source-ref", tuple(common), len(first), len(second))
    moved = _match_moved(list(first), list(second))
    common = [(first[moved[uri]], image) for uri, image in second.items() if uri in moved]
    return Pairs("path" if common else None, tuple(common), len(first), len(second))


def is_most(n_common: int, n_baseline: int, n_candidate: int) -> bool:
    """Whether the common images are at least half of the smaller set."""
    return 2 * n_common >= min(n_baseline, n_candidate) > 0


def _by_uri(images: Iterable[ImageOutcome]) -> dict[str, ImageOutcome]:
    found: dict[str, ImageOutcome] = {}
    for image in images:
        if image.outcome is not None:
            found.setdefault(image.uri, image)
    return found


def _match_moved(baseline: list[str], candidate: list[str]) -> dict[str, str]:
    """Baseline reference by candidate reference, where one change of prefix explains every match; else nothing."""
    first, second = ([uri.split(_SEPARATOR) for uri in uris] for uris in (baseline, candidate))
    for depth in range(1, _DEEPEST):
        by_tail = {_tail(parts, depth): parts for parts in first}
        tails = {_tail(parts, depth) for parts in second}
        if len(by_tail) == len(first) and len(tails) == len(second):
            matched = [(by_tail[tail], parts) for parts in second if (tail := _tail(parts, depth)) in by_tail]
            one_move = len({_prefixes(*pair) for pair in matched}) == 1 and is_most(
                len(matched), len(first), len(second)
            )
            return {_SEPARATOR.join(b): _SEPARATOR.join(a) for a, b in matched} if one_move else {}
    return {}


def _tail(parts: list[str], depth: int) -> tuple[str, ...]:
    return tuple(parts[-depth:])


def _prefixes(first: list[str], second: list[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What remains of two references without the longest path that ends both."""
    n_same = next(
        (n for n, (a, b) in enumerate(zip(reversed(first), reversed(second), strict=False)) if a != b),
        min(len(first), len(second)),
    )
    return tuple(first[: len(first) - n_same]), tuple(second[: len(second) - n_same])

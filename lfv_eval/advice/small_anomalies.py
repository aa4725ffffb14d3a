"""Anomalies so small in the picture that the model may not see them, and tiles that would make them larger.

Statistic: the square root of the area of each image's largest region of a label, divided by the image's longer side.
A remark is made where the median over the images is below 5 %; below 1 % it is a warning. Whether size matters to this
model, the share found among the smallest and the largest third of the anomalies tells (Fisher's exact test).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

import numpy as np

from ..metrics.two_sample import fisher_exact
from ..registry import Examination, Remark, Rule
from .case import Case, Region
from .quotas import MOST_IMAGES
from .tiles import WANTED_SIDE, suggest_tiling
from .wording import MAX_NAMED_IMAGES, fraction, shortened

VERY_SMALL = 0.01
ALPHA = 0.05
_MIN_THIRD = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class _Label:
    """One label: the largest region of each image that has it, and all of its regions."""

    name: str
    largest: tuple[Region, ...]
    regions: tuple[Region, ...]

    @property
    def median_side(self) -> float:
        return median(_side(region) for region in self.largest)


def _side(region: Region) -> float:
    return math.sqrt(region.area_px) / max(region.width_px, region.height_px)


def examine(case: Case) -> Examination:
    """The label with the smallest anomalies is told; tiles that help it help the others."""
    if not case.regions:
        why = "masks were not looked at" if case.regions is None else "no truth mask has an anomaly"
        return Examination(cannot_tell=(why,))
    labels = [_label(name, case.regions) for name in sorted({region.label for region in case.regions})]
    small = sorted((label for label in labels if label.median_side < WANTED_SIDE), key=lambda label: label.median_side)
    if not small:
        return Examination()
    return Examination([_remark(case, small[0], len(small))])


def _label(name: str, regions: Sequence[Region]) -> _Label:
    own = tuple(region for region in regions if region.label == name)
    largest: dict[str, Region] = {}
    for region in own:
        known = largest.get(region.image)
        if known is None or region.area_px > known.area_px:
            largest[region.image] = region
    return _Label(name=name, largest=tuple(largest.values()), regions=own)


def _remark(case: Case, label: _Label, n_small: int) -> Remark:
    side = label.median_side
    smallest = sorted(label.largest, key=lambda region: (_side(region), region.image))
    more = f" (and those of {n_small - 1} more labels)" if n_small > 1 else ""
    matters, evidence = _recall_by_size(case, smallest)
    message = (
        f"Anomalies of label {shortened(label.name)}{more} are small: half of the {len(smallest)} images have none "
        f"larger than {side:.1%} of the longer side. {evidence}{_tiles(label)}"
    )
    return Remark(
        severity="warning" if side < VERY_SMALL or matters else "info",
        message=message,
        benefit=min(1.0, len(smallest) / max(1, len(case.mask_counts))) * (0.5 if matters else 0.1),
        label=label.name,
        images=tuple(region.image for region in smallest[:MAX_NAMED_IMAGES]),
    )


def _recall_by_size(case: Case, smallest: list[Region]) -> tuple[bool, str]:
    """Whether the small ones are found less often, and that in words."""
    images = case.evaluation.images
    found_by_uri = dict(zip(images.uri, (images.predicted == 1).tolist(), strict=True))
    found = [found_by_uri[region.image] for region in smallest if region.image in found_by_uri]
    third = len(found) // 3
    if third < _MIN_THIRD:
        return False, ""
    small, large = sum(found[:third]), sum(found[-third:])
    p_value = fisher_exact(small, third, large, third)
    told = f"Of the smallest third {fraction(small, third)} are found, of the largest {fraction(large, third)}"
    if small < large and p_value <= ALPHA:
        return True, f"{told} (p = {p_value:.3f}): size matters here. "
    return False, f"{told}, which may be chance (p = {p_value:.2f}). "


def _tiles(label: _Label) -> str:
    """What tiles would do to images of the usual size."""
    sizes = sorted((region.width_px, region.height_px) for region in label.largest)
    width, height = sizes[len(sizes) // 2]
    side_px = median(math.sqrt(region.area_px) for region in label.largest)
    extent = float(np.quantile([region.extent_px for region in label.regions], 0.9, method="inverted_cdf"))
    tiling = suggest_tiling(width, height, side_px, extent)
    if tiling is None:
        return "Take images closer up."
    training, test = (MOST_IMAGES[name, True] // tiling.n_tiles for name in ("training", "test"))
    return (
        f"Cut images of {width} x {height} px into {tiling.columns} x {tiling.rows} = {tiling.n_tiles} tiles of "
        f"{tiling.tile_px} px that overlap by {tiling.overlap_px} px: the same anomaly is then "
        f"{side_px / tiling.tile_px:.1%} of the side. The limits leave room for {training} training and {test} test "
        "images cut so. Or take images closer up."
    )


RULE = Rule("small-anomalies", "Improving your model: small anomalies", examine)

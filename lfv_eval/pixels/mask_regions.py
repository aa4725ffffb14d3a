"""The connected regions of anomalies in truth masks: how large an anomaly is, for advice on image sizes.

At most ``MAX_IMAGES`` masks are looked at, evenly spread over the images.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass

from ..advice.case import Region
from ..errors import LfvEvalError
from ..images import Images, MaskRef
from ..metrics.components import find_components
from ..records import Reader, Where
from ..settings import Settings
from ..threads import map_in_order

MAX_IMAGES = 200
MAX_REGIONS = 10_000
"""A label of more regions in one mask is noise, not a set of anomalies."""

_MAX_WORKERS = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class _Look:
    """A truth mask as fetched."""

    image: str
    mask: MaskRef
    body: bytes | LfvEvalError


def measure_regions(images: Images, reader: Reader, settings: Settings) -> tuple[Region, ...]:
    """Find the regions of each label in the truth masks of a bounded number of images.

    Args:
        images: Rows of an evaluation manifest or of a dataset; those that enter the numbers are used.
        reader: Reads the masks.
        settings: The alpha policy, which decides what belongs to a region.

    Returns:
        The regions, image by image in file order, labels sorted. Masks that cannot be read are left out: counting them
        has noted why.
    """
    masks = [(images.uri[row], images.truth_mask[row]) for row in images.used.nonzero()[0].tolist()]
    wanted = [(uri, mask) for uri, mask in masks if mask is not None]
    chosen = wanted[:: max(1, -(-len(wanted) // MAX_IMAGES))]

    def look(one: _Look) -> list[Region]:
        return list(_regions(one, settings.alpha_policy))

    with closing(map_in_order(look, _looks(chosen, reader), max_workers=_MAX_WORKERS)) as results:
        return tuple(region for _, regions in results for region in regions)


def _looks(chosen: list[tuple[str, MaskRef]], reader: Reader) -> Iterator[_Look]:
    bodies = reader.read_many([mask.uri for _, mask in chosen], "measuring anomalies")
    return (_Look(image=uri, mask=mask, body=body) for (uri, mask), body in zip(chosen, bodies, strict=True))


def _regions(look: _Look, policy: str) -> Iterator[Region]:
    from ..formats.masks.label_pixels import label_pixels  # and Pillow, which an audit without masks never needs

    if isinstance(look.body, LfvEvalError):
        return
    try:
        shown = label_pixels(look.body, look.mask.label_by_color, policy, Where(uri=look.mask.uri))
    except LfvEvalError:
        return
    height, width = shown.shape
    for label in sorted(shown.labels):
        found = find_components(shown.pixels(label))
        if found is None or len(found) > MAX_REGIONS:
            continue
        for area, extent in zip(found.area_px.tolist(), found.extent_px.tolist(), strict=True):
            yield Region(
                image=look.image, label=label, area_px=area, extent_px=extent, width_px=width, height_px=height
            )

"""What the page's script knows of the images: their outcome, their labels, and the pictures that the report holds."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

from ...images import label_key
from ...results import ImageOutcome, ModelAudit
from ..interest import by_interest, images_of_problems
from ..printable import printable
from .thresholds import anomaly_score

if TYPE_CHECKING:
    from ..pictures import Picture, Pictures

MAX_LISTED = 10_000
"""Most images that the gallery lists; the numbers and the slider always rest on all of them."""

_FIRST_SIGHT = 48  # how many images the page shows at first


def gallery_data(audit: ModelAudit, chosen: Pictures | None) -> dict[str, Any]:
    """The images by interest, the labels, and the pictures, ready for JSON."""
    pictures = {picture.position: picture for picture in chosen.pictures} if chosen else {}
    order = by_interest(audit, len(pictures) or _FIRST_SIGHT)[:MAX_LISTED]
    names = sorted({overlap.label for image in audit.images for overlap in image.overlaps})
    labels = {name: number for number, name in enumerate(names)}
    problems: dict[int, list[str]] = {}
    for problem, positions in zip(audit.problems, images_of_problems(audit), strict=True):
        for position in positions:
            problems.setdefault(position, []).append(printable(problem.code, 100))
    images = []
    for position in order:
        entry = _image(position, audit.images[position], labels)
        if position in problems:
            entry["problems"] = list(dict.fromkeys(problems[position]))
        if position in pictures:
            entry["picture"] = _picture(pictures[position], labels)
        images.append(entry)
    return {"images": images, "labels": [printable(name, 80) for name in names], "nImages": len(audit.images)}


def _image(position: int, image: ImageOutcome, labels: dict[str, int]) -> dict[str, Any]:
    return {
        "id": position,
        "uri": printable(image.uri),
        "name": printable(image.uri.rpartition("/")[2] or image.uri, 80),
        "line": image.line,
        "truth": image.truth,
        "predicted": image.predicted,
        "confidence": image.confidence,
        "score": anomaly_score(image),
        "outcome": image.outcome,
        "excluded": (image.excluded_because or "").replace("_", " "),
        "overlaps": [
            {
                "label": labels[overlap.label],
                "truth": overlap.truth_px,
                "predicted": overlap.predicted_px,
                "iou": overlap.iou,
                "note": overlap.outcome or "",
            }
            for overlap in image.overlaps
        ],
    }


def _picture(picture: Picture, labels: dict[str, int]) -> dict[str, Any]:
    return {
        "width": picture.width,
        "height": picture.height,
        "photo": _data_uri(picture.photo, "jpeg"),
        "truth": _data_uri(picture.truth, "png"),
        "predicted": _data_uri(picture.predicted, "png"),
        "colors": {
            number: picture.colors[label_key(name)]
            for name, number in labels.items()
            if label_key(name) in picture.colors
        },
        "note": picture.note,
    }


def _data_uri(file: bytes | None, kind: str) -> str | None:
    return None if file is None else f"data:image/{kind};base64,{base64.b64encode(file).decode()}"

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from lfv_eval.formats import describe_model, evaluation_manifest, evaluation_result
from lfv_eval.records import Document, Evaluation
from lfv_eval.settings import Duplicates, Settings

SHARED = Path(__file__).resolve().parents[2].parent / "shared" / "data"
ARN = "arn:aws:lookoutvision:eu-west-1:123456789012:model/parts/3"
FORMATS = {
    "describe_model": describe_model.FORMAT,
    "evaluation_result": evaluation_result.FORMAT,
    "evaluation_manifest": evaluation_manifest.FORMAT,
}


def make_document(body: bytes | Path, uri: str = "m.json") -> Document:
    content = body if isinstance(body, bytes) else body.read_bytes()
    return Document(uri=uri, body=body, size_bytes=len(content), sha256=hashlib.sha256(content).hexdigest())


def make_row(
    number: int = 1,
    truth: str | None = "anomaly",
    predicted: str | None = "anomaly",
    confidence: Any = 0.9,
    **more: Any,
) -> dict[str, Any]:
    """A row as the developer guide documents it; ``more`` adds or (with ``None``) removes top-level members."""
    row: dict[str, Any] = {
        "source-ref": f"s3://bucket/images/{number}.png",
        "source-ref-metadata": {"creation-date": "2020-05-22T21:33:37.201882"},
    }
    if truth is not None:
        row["anomaly-label"] = int(truth.strip().casefold() == "anomaly")
        row["anomaly-label-metadata"] = {"class-name": truth, "type": "groundtruth/image-classification"}
    if predicted is not None:
        row["anomaly-label-detected"] = int(predicted.strip().casefold() == "anomaly")
        row["anomaly-label-detected-metadata"] = {
            "class-name": predicted,
            "confidence": confidence,
            "type": "groundtruth/image-classification",
            "human-annotated": "no",
            "model-arn": ARN,
            "project-name": "parts",
            "model-version": "3",
        }
    row |= {key.replace("_", "-"): value for key, value in more.items()}
    return {key: value for key, value in row.items() if value is not None}


def with_mask(row: dict[str, Any], name: str, colors: Any, uri: str = "s3://bucket/masks/1.png") -> dict[str, Any]:
    metadata = {"internal-color-map": colors, "type": "groundtruth/semantic-segmentation"}
    return row | {name: uri, f"{name}-metadata": metadata}


def to_lines(rows: list[dict[str, Any]]) -> bytes:
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


def _settings(choices: dict[str, Any]) -> Settings:
    return Settings(**choices | {"duplicates": Duplicates(choices.get("duplicates", "first"))})


def read_manifest(body: bytes | list[dict[str, Any]], **settings: Any) -> Evaluation:
    content = body if isinstance(body, bytes) else to_lines(body)
    return evaluation_manifest.FORMAT.parse(make_document(content), _settings(settings))


class Make:
    """What the tests of this folder build their documents with."""

    arn = ARN
    formats = FORMATS
    shared = SHARED
    document = staticmethod(make_document)
    row = staticmethod(make_row)
    with_mask = staticmethod(with_mask)
    lines = staticmethod(to_lines)
    manifest = staticmethod(read_manifest)

    @staticmethod
    def parse(kind: str, text: str | bytes, uri: str = "m.json") -> Evaluation:
        body = text if isinstance(text, bytes) else text.encode()
        return FORMATS[kind].parse(make_document(body, uri), Settings())

    @staticmethod
    def codes(evaluation: Evaluation) -> dict[str, int]:
        return {problem.code: problem.count for problem in evaluation.problems}

    @staticmethod
    def sniffed(body: bytes, uri: str = "m.json") -> list[str]:
        return [name for name, reader in FORMATS.items() if reader.sniff(uri, body[:65_536])]

    @staticmethod
    def folder(name: str) -> Path:
        folder = SHARED / name
        if not folder.is_dir():
            pytest.skip(f"{folder} is not here")
        return folder


@pytest.fixture(scope="session")
def make() -> type[Make]:
    return Make

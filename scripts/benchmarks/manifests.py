"""How fast evaluation manifests are read, against ``json.loads`` for each line and a loop over the dictionaries.

    scripts/bench manifests [--lines 200000] [--rounds 3]

Prints medians of CPU time, taken in turns, their ratio, and the peak memory that reading adds (own process, Linux).
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from lfv_eval.formats.evaluation_manifest import parse
from lfv_eval.records import Document
from lfv_eval.settings import Settings

MODEL = {
    "model-arn": "arn:aws:lookoutvision:eu-west-1:123456789012:model/flanges/1",
    "project-name": "flanges",
    "model-version": "1",
}
BUCKET = "s3://lookoutvision-eu-west-1-0123456789/projects/flanges"


def label(class_name: str, job: str, human: str, **more: Any) -> dict[str, Any]:
    """The metadata of a label as Lookout for Vision writes it."""
    return {
        "class-name": class_name,
        **more,
        "type": "groundtruth/image-classification",
        "human-annotated": human,
        "creation-date": "2025-11-22T10:15:30.123000",
        "job-name": job,
    }


def mask(n_labels: int, human: str) -> dict[str, Any]:
    """The metadata of a mask."""
    colors = {"0": {"class-name": "BACKGROUND", "hex-color": "#ffffff", "confidence": 0.0}}
    for i in range(1, n_labels + 1):
        colors[str(i)] = {"class-name": f"defect-{i}", "hex-color": f"#23a4{i:02x}", "confidence": 0.0}
    return {
        "internal-color-map": colors,
        "type": "groundtruth/semantic-segmentation",
        "human-annotated": human,
        "creation-date": "2025-11-22T10:15:30.123000",
        "job-name": "labeling-job/object-mask-ref",
    }


def write_manifest(path: Path, n_lines: int, *, with_masks: bool) -> None:
    """Write rows of about 0.9 kB (classification) or 2.4 kB (segmentation)."""
    rng = np.random.default_rng(1)
    classes, confidences = rng.integers(0, 2, (n_lines, 2)).tolist(), rng.uniform(0.5, 1, n_lines).tolist()
    names = ("normal", "anomaly")
    with path.open("w") as file:
        for i, ((truth, predicted), confidence) in enumerate(zip(classes, confidences, strict=True)):
            row: dict[str, Any] = {
                "source-ref": f"{BUCKET}/test/images/station-4/camera-left/part-{i:08d}.png",
                "source-ref-metadata": {"creation-date": "2025-11-22T08:00:00.000000"},
                "anomaly-label": truth,
                "anomaly-label-metadata": label(names[truth], "labeling-job/anomaly-detection", "yes"),
            }
            if with_masks:
                row["anomaly-mask-ref"] = f"{BUCKET}/test/masks/station-4/part-{i:08d}.png"
                row["anomaly-mask-ref-metadata"] = mask(6, "yes")
            row["anomaly-label-detected"] = predicted
            row["anomaly-label-detected-metadata"] = label(
                names[predicted], "training-job/anomaly-detection", "no", confidence=confidence, **MODEL
            )
            if with_masks:
                row["anomaly-mask-ref-detected"] = f"{BUCKET}/predicted/masks/part-{i:08d}.png"
                row["anomaly-mask-ref-detected-metadata"] = mask(6, "no") | MODEL
            file.write(json.dumps(row) + "\n")


def read_with_json(path: Path) -> int:
    """The same columns as a careful user would make them: every line to a dictionary, its members to lists."""
    code = {"normal": 0, "anomaly": 1}
    sources: list[str] = []
    lines, truth, predicted, confidence, printed = [], [], [], [], []
    masks: list[tuple[str, dict[str, str]]] = []
    models = set()
    contradictions = 0
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            row = json.loads(line)
            detected = row["anomaly-label-detected-metadata"]
            sources.append(row["source-ref"])
            lines.append(number)
            truth.append(code.get(row["anomaly-label-metadata"]["class-name"], -1))
            predicted.append(code.get(detected["class-name"], -1))
            contradictions += (row["anomaly-label"], row["anomaly-label-detected"]) != (truth[-1], predicted[-1])
            confidence.append(detected["confidence"])
            printed.append(repr(detected["confidence"]))
            models.add((detected["model-arn"], detected["project-name"], detected["model-version"]))
            for name in ("anomaly-mask-ref", "anomaly-mask-ref-detected"):
                if name in row:
                    colors = row[name + "-metadata"]["internal-color-map"].values()
                    masks.append((row[name], {entry["hex-color"].lower(): entry["class-name"] for entry in colors}))
    columns = [np.array(column) for column in (lines, truth, predicted, confidence)]
    if contradictions or len(models) != 1 or len(set(sources)) != len(sources):
        raise SystemExit("unexpected rows")
    return len(columns[0])


def read_with_package(path: Path) -> int:
    """The reader under test."""
    document = Document(uri=path.name, body=path, size_bytes=path.stat().st_size, sha256="")
    evaluation = parse(document, Settings())
    if evaluation.problems:
        raise SystemExit(f"unexpected problems: {evaluation.problems[0]}")
    return len(evaluation.images)


def cpu_seconds(read: Callable[[Path], int], path: Path, n_lines: int) -> float:
    """CPU time (user + system) of one reading."""
    start = time.process_time()
    if read(path) != n_lines:
        raise SystemExit("rows were lost")
    return time.process_time() - start


def peak_mb() -> float:
    """Peak resident memory of this process since it was started; ``ru_maxrss`` would include its parent's (Linux)."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


def peak_added_mb(path: Path) -> float:
    """Peak resident memory that reading adds, measured in a process of its own."""
    command = [sys.executable, __file__, "--peak-of", str(path)]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def compare(path: Path, n_lines: int, rounds: int) -> None:
    """Print one line of results."""
    ours, theirs = [], []
    for _ in range(rounds):
        ours.append(cpu_seconds(read_with_package, path, n_lines))
        theirs.append(cpu_seconds(read_with_json, path, n_lines))
    a, b = statistics.median(ours), statistics.median(theirs)
    print(
        f"{path.stem:15} {n_lines} lines, {path.stat().st_size / n_lines:.0f} bytes each: {a:.2f} s, json {b:.2f} s,"
        f" ratio {a / b:.3f}, peak memory added {peak_added_mb(path):.0f} MB"
    )


def main() -> None:
    """Run the comparison."""
    parser = argparse.ArgumentParser(description="benchmark of the evaluation manifest reader")
    parser.add_argument("--lines", type=int, default=200_000, help="lines of the classification manifest")
    parser.add_argument("--mask-lines", type=int, default=60_000, help="lines of the segmentation manifest")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--peak-of", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.peak_of:
        before = peak_mb()
        read_with_package(arguments.peak_of)
        print(peak_mb() - before)
        return
    with tempfile.TemporaryDirectory() as folder:
        for name, n_lines in (("classification", arguments.lines), ("segmentation", arguments.mask_lines)):
            path = Path(folder, f"{name}.manifest")
            write_manifest(path, n_lines, with_masks=name == "segmentation")
            compare(path, n_lines, arguments.rounds)


if __name__ == "__main__":
    main()

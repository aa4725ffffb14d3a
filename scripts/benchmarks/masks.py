"""How fast two mask files become pixel counts, as ratios to what everybody must pay: Pillow decoding both masks.

Every contender of a comparison runs in turn (A B A B ...) and the medians are compared, so that a busy machine slows
all alike. The main figure is CPU time (user + system); wall time matters only for the threads.

    scripts/bench masks [--large] [--repeats N]
"""

from __future__ import annotations

import argparse
import io
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import median

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from lfv_eval.formats.masks.pairs import pair

N_LABELS = 20
REAL_MASKS = Path(__file__).resolve().parents[3] / "shared" / "data" / "cookies"
COLORS = np.random.default_rng(7).integers(0, 256, (N_LABELS + 1, 3)).astype(np.uint8)
COLORS[0] = 255
MAP = {"#" + color.tobytes().hex(): f"label {number}" for number, color in enumerate(COLORS) if number}
REAL_MAP = {"#ffffff": "BACKGROUND", "#23a436": "cracked"}
Pair = tuple[bytes, bytes]


def draw(side_px: int, seed: int) -> NDArray[np.uint8]:
    """Labels of ellipses that cover a few percent of the image."""
    rng = np.random.default_rng(seed)
    labels = np.zeros((side_px, side_px), np.uint8)
    for label in range(1, N_LABELS + 1):
        for _ in range(3):
            height, width = rng.integers(side_px // 64, side_px // 24, 2)
            y, x = rng.integers(0, side_px - height), rng.integers(0, side_px - width)
            rows, columns = np.ogrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
            labels[y : y + height, x : x + width][rows**2 + columns**2 < 1] = label
    return labels


def encode(labels: NDArray[np.uint8], mode: str) -> bytes:
    """A PNG file as Pillow writes it; RGBA has soft edges in alpha."""
    if mode == "P":
        image = Image.fromarray(labels)
        image.putpalette(COLORS.tobytes())
    else:
        image = Image.fromarray(COLORS[labels])
    if mode == "RGBA":
        edge = labels != np.roll(labels, 1, 0)
        image.putalpha(Image.fromarray(np.where(edge, 100, 255).astype(np.uint8)))
    return saved(image)


def noise(side_px: int, mode: str, seed: int) -> bytes:
    """A PNG file in which hardly two pixels are alike."""
    rng = np.random.default_rng(seed)
    if mode == "P":
        return encode(rng.integers(0, N_LABELS + 1, (side_px, side_px)).astype(np.uint8), "P")
    return saved(Image.fromarray(rng.integers(0, 256, (side_px, side_px, len(mode))).astype(np.uint8)))


def saved(image: Image.Image) -> bytes:
    file = io.BytesIO()
    image.save(file, "png")
    return file.getvalue()


def decode(masks: Pair) -> list[NDArray[np.uint8]]:
    """The unit: both masks as numpy arrays."""
    return [np.asarray(Image.open(io.BytesIO(body))) for body in masks]


def count(masks: Pair) -> object:
    """This package."""
    return pair(*masks, MAP, MAP, unknown_tolerance=1)


def count_real(masks: Pair) -> object:
    """This package on masks of one label."""
    return pair(*masks, REAL_MAP, REAL_MAP)


def users_code(masks: Pair) -> None:
    """What is written by hand: one boolean mask for each label."""
    truth, predicted = decode(masks)
    for number in range(1, N_LABELS + 1):
        if truth.ndim == 2:
            a, b = truth == number, predicted == number
        else:
            a, b = ((mask[:, :, :3] == COLORS[number]).all(axis=2) for mask in (truth, predicted))
        assert (a & b).sum() <= a.sum() + b.sum()


def scikit_learn(masks: Pair) -> None:
    """Decode and scikit-learn's confusion matrix; ids come free with palette masks."""
    from sklearn.metrics import confusion_matrix

    truth, predicted = decode(masks)
    confusion_matrix(truth.ravel(), predicted.ravel())


def scikit_learn_on_integers(masks: Pair) -> None:
    """The same on Python's usual integers instead of bytes."""
    from sklearn.metrics import confusion_matrix

    truth, predicted = decode(masks)
    confusion_matrix(truth.ravel().astype(int), predicted.ravel().astype(int))


def interleaved(contenders: Sequence[Callable[[], object]], repeats: int) -> list[tuple[float, float]]:
    """Median CPU and wall seconds of each."""
    times: list[list[tuple[float, float]]] = [[] for _ in contenders]
    for contender in contenders:
        contender()
    for _ in range(repeats):
        for contender, found in zip(contenders, times, strict=True):
            cpu, wall = time.process_time(), time.perf_counter()
            contender()
            found.append((time.process_time() - cpu, time.perf_counter() - wall))
    return [(median(cpu for cpu, _ in found), median(wall for _, wall in found)) for found in times]


def compare(
    name: str,
    all_masks: Sequence[Pair],
    other: Callable[[Pair], object],
    repeats: int,
    *,
    ours: Callable[[Pair], object] = count,
    times_faster: bool = False,
) -> None:
    """Print this package's time as a share of the other's, or how many times faster it is."""
    (other_cpu, other_wall), (cpu, wall) = interleaved(
        [lambda: [other(masks) for masks in all_masks], lambda: [ours(masks) for masks in all_masks]], repeats
    )
    ratios = (other_cpu / cpu, other_wall / wall) if times_faster else (cpu / other_cpu, wall / other_wall)
    print(f"  {name:<48} cpu {ratios[0]:6.2f}   wall {ratios[1]:6.2f}", flush=True)


def real_pairs(*, palette: bool) -> list[Pair]:
    """The service's published truth masks, palette or RGBA, each with the next one."""
    bodies = [(REAL_MASKS / "mask-images" / f"anomaly-{number}.png").read_bytes() for number in range(1, 33)]
    chosen = [body for body in bodies if (Image.open(io.BytesIO(body)).mode == "P") is palette]
    return list(zip(chosen, chosen[1:] + chosen[:1], strict=True))


def threads(side_px: int, n_pairs: int) -> None:
    masks = [(encode(draw(side_px, 1), "RGB"), encode(draw(side_px, 2), "RGB"))] * n_pairs

    def run(n_workers: int) -> None:
        with ThreadPoolExecutor(n_workers) as pool:
            list(pool.map(count, masks))

    (one_cpu, one), (two_cpu, two) = interleaved([lambda: run(1), lambda: run(2)], 3)
    name = f"{n_pairs} RGB pairs of {side_px}"
    print(f"  {name:<48} {one / two:5.2f} times as fast as one (CPU {two_cpu / one_cpu:.2f})", flush=True)


def peak_memory(side_px: int, mode: str) -> None:
    """What counting one pair adds to the peak of a fresh process (Linux)."""
    code = (
        "import re, sys\n"
        "from pathlib import Path\n"
        f"sys.path[:0] = [{str(Path(__file__).parent)!r}]\n"
        "from masks import count\n"
        "peak = lambda: int(re.search(r'VmHWM:\\s+(\\d+)', Path('/proc/self/status').read_text())[1])\n"
        "masks = [sys.stdin.buffer.read(int(n)) for n in sys.argv[1:]]\n"
        "before = peak()\n"
        "count(masks)\n"
        "print(peak() - before)\n"
    )
    masks = encode(draw(side_px, 1), mode), encode(draw(side_px, 2), mode)
    command = [sys.executable, "-c", code, *(str(len(body)) for body in masks)]
    found = subprocess.run(command, input=b"".join(masks), capture_output=True, check=True)
    print(f"  {f'{mode} pair of {side_px}':<48} {int(found.stdout) / 1024:6.0f} MiB")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--large", action="store_true", help="larger masks and more pairs where that takes long")
    parser.add_argument("--repeats", type=int, default=5)
    options = parser.parse_args()
    n = options.repeats
    side = 4096 if options.large else 2048
    print("this package as a share of Pillow decoding both masks")
    for side_px in (2048, 4096):
        for mode in ("P", "RGB", "RGBA"):
            compare(f"{mode} {side_px}", [(encode(draw(side_px, 1), mode), encode(draw(side_px, 2), mode))], decode, n)
    if REAL_MASKS.is_dir():
        compare("the service's palette masks, 576 x 768", real_pairs(palette=True), decode, n, ours=count_real)
        compare("the service's RGBA masks, 576 x 768", real_pairs(palette=False), decode, 5 * n, ours=count_real)
    for mode in ("P", "RGB", "RGBA"):
        compare(f"noise, {mode} {side}", [(noise(side, mode, 1), noise(side, mode, 2))], decode, n)
    print("times faster than")
    for side_px, mode in ((1024, "P"), (4096, "P"), (side, "RGB")):
        masks = encode(draw(side_px, 1), mode), encode(draw(side_px, 2), mode)
        compare(f"Pillow + numpy by label, {mode} {side_px}", [masks], users_code, 3, times_faster=True)
    for side_px in (1024, 2048):
        masks = encode(draw(side_px, 1), "P"), encode(draw(side_px, 2), "P")
        compare(f"Pillow + scikit-learn on bytes, P {side_px}", [masks], scikit_learn, 3, times_faster=True)
        compare(
            f"Pillow + scikit-learn on integers, P {side_px}", [masks], scikit_learn_on_integers, 3, times_faster=True
        )
    print("two threads against one (wall time; needs two idle cores)")
    threads(2048, 200 if options.large else 12)
    print("peak memory added")
    for mode in ("P", "RGB"):
        peak_memory(4096, mode)


if __name__ == "__main__":
    main()

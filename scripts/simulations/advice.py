"""Measure each rule of advice: how often it speaks where nothing is wrong, and how often it finds a planted fault.

    python scripts/simulations/advice.py [--sets 300] [--seed 1]

Every row is a kind of data set, made anew from the seed for each of ``--sets`` trials, and the share of trials in which
the rule makes a remark that counts: a warning, or for rules that mostly inform, any remark. ``advice_cases`` and
``advice_images`` of ``lfv_eval.testing`` make the data sets.
"""

from __future__ import annotations

import argparse
import time
import zlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from lfv_eval.advice.case import Case
from lfv_eval.registry import Rule, load
from lfv_eval.testing import advice_cases as made
from lfv_eval.testing import advice_images as images


@dataclass(frozen=True, slots=True)
class Study:
    """One kind of data set for one rule.

    Attributes:
        rule: Name in the registry's table.
        name: What the data sets are like.
        planted: Whether there is a fault to be found.
        make: Makes one.
    """

    rule: str
    name: str
    planted: bool
    make: made.Maker


def studies() -> list[Study]:
    """All kinds of data sets, rule by rule."""
    return [*_of_scores(), *_of_images(), *_of_manifests(), *_of_masks()]


def _of_scores() -> list[Study]:
    found = []
    for n in (20, 50, 100):
        for auc in (0.92, 0.97, 0.99, 0.997):
            kind = f"{n} + {n} images, true ROC AUC {auc}"
            found.append(Study("label_errors", kind, False, made.scores(n, n, auc)))
            found.append(Study("label_errors", f"{kind}, 2 wrong labels", True, made.scores(n, n, auc, n_wrong=2)))
        kind = f"{n} + {n} images, true ROC AUC 0.99 but for 15 % faint anomalies"
        found.append(Study("label_errors", kind, False, made.scores(n, n, 0.99, faint=0.15)))
    for n in (17, 100):
        for auc in (0.9, 0.99):
            kind = f"{n} + {n} images, true ROC AUC {auc}"
            found.append(Study("threshold", f"{kind}, best threshold", False, made.scores(n, n, auc)))
            found.append(Study("threshold", f"{kind}, threshold 0.95", True, made.scores(n, n, auc, threshold=0.95)))
    found.append(
        Study("threshold", "10 + 100 images, true ROC AUC 0.9, best F1", False, made.scores_at_best_f1(10, 100, 0.9))
    )
    found.append(Study("more_images", "200 + 200 images, true ROC AUC 0.97", False, made.scores(200, 200, 0.97)))
    found.append(Study("more_images", "15 + 15 images, true ROC AUC 0.97", True, made.scores(15, 15, 0.97)))
    return found


def _of_images() -> list[Study]:
    found = []
    for n in (20, 50, 200):
        found.append(Study("capture", f"{n} + {n} images", False, images.photographs(n, n)))
        found.append(Study("capture", f"{n} + {n} images, 2 dark ones", True, images.photographs(n, n, n_dark=2)))
    found.append(
        Study("capture", "50 + 50 images, long-tailed (t with 5 degrees)", False, images.photographs(50, 50, tails=5))
    )
    for train, test, shift in ((33, 17, 1.2), (200, 50, 0.8), (100, 100, 1.0)):
        kind = f"{train} training, {test} test images a class"
        found.append(Study("conditions", kind, False, images.two_sets(train, test)))
        found.append(Study("conditions", f"{kind}, {shift} sd darker", True, images.two_sets(train, test, shift=shift)))
    found.append(Study("content", "20 images that vary everywhere alike", False, images.positions(20, 1.0)))
    found.append(Study("content", "20 images, border varies 1.5 times as much", True, images.positions(20, 1.5)))
    found.append(Study("diversity", "40 different images", False, images.hashes(40, 40)))
    found.append(Study("diversity", "40 parts in a fixture, hashes 6 bits apart", False, images.fixture(40, 0.05)))
    found.append(Study("diversity", "40 parts in a fixture, hashes 12 bits apart", False, images.fixture(40, 0.1)))
    found.append(Study("diversity", "34 images of 19 scenes, copies up to 3 bits apart", True, images.hashes(34, 19)))
    found.append(Study("diversity", "20 of 40 test images in the training set", True, images.leaked(40, 20)))
    found.append(Study("resolution", "images of 640 x 480", False, images.photographs(20, 20)))
    found.append(Study("resolution", "one image of 640 x 481", True, images.photographs(20, 20, odd_size=True)))
    found.append(Study("labels", "different images", False, images.photographs(20, 20)))
    found.append(Study("labels", "one image with both labels", True, images.photographs(20, 20, both_labels=True)))
    return found


def _of_manifests() -> list[Study]:
    return [
        Study("label_mix", "60 training, 40 test images of one mix", False, made.manifests(60, 40)),
        Study(
            "label_mix", "60 training, 40 test images, anomalies .2 against .5", True, made.manifests(60, 40, share=0.2)
        ),
        Study("label_mix", "a label without training images", True, made.manifests(60, 40, new_label=True)),
        Study("quotas", "60 training, 60 test images", False, made.manifests(60, 60)),
        Study("quotas", "60 training, 12 test images", True, made.manifests(60, 12)),
    ]


def _of_masks() -> list[Study]:
    return [
        Study("labels", "20 masks with an anomaly", False, made.masks(20, (0.06, 0.3))),
        Study("labels", "20 masks, one empty", True, made.masks(20, (0.06, 0.3), n_empty=1)),
        Study("small_anomalies", "60 anomalies of 6 to 30 % of the side", False, made.masks(60, (0.06, 0.3))),
        Study(
            "small_anomalies", "60 anomalies of 1.5 to 4 %, size does not matter", False, made.masks(60, (0.015, 0.04))
        ),
        Study(
            "small_anomalies",
            "60 anomalies of 1.5 to 4 %, small ones found half as often",
            True,
            made.masks(60, (0.015, 0.04), size_matters=True),
        ),
        Study("small_anomalies", "60 anomalies of 0.2 to 0.8 %", True, made.masks(60, (0.002, 0.008))),
    ]


INFORMING = frozenset({"content", "label_mix"})
"""Rules that never warn: any remark counts."""


def speaks(rule: Rule, case: Case, *, informing: bool) -> bool:
    """Whether the rule makes a remark that counts."""
    return any(informing or remark.severity == "warning" for remark in rule.examine(case).remarks)


def share(study: Study, n_sets: int, seed: int) -> float:
    """The share of trials in which the rule speaks."""
    rule: Rule = load("advice", study.rule)
    key = zlib.crc32(f"{study.rule}/{study.name}".encode())
    rng = np.random.Generator(np.random.PCG64([seed, key]))
    return sum(speaks(rule, study.make(rng), informing=study.rule in INFORMING) for _ in range(n_sets)) / n_sets


def precision_of_label_errors(n: int, auc: float, n_sets: int, seed: int) -> float | None:
    """Of the images that the rule names in sets with two wrong labels, the share whose label is wrong."""
    rule: Rule = load("advice", "label_errors")
    make = made.scores(n, n, auc, n_wrong=2)
    rng = np.random.Generator(np.random.PCG64([seed, n, round(1000 * auc)]))
    named = [uri for _ in range(n_sets) for remark in rule.examine(make(rng)).remarks for uri in remark.images]
    return sum(uri.startswith(made.WRONG) for uri in named) / len(named) if named else None


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="Measure false alarms and power of the advice.")
    parser.add_argument("--sets", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(arguments)
    start = time.perf_counter()
    print("| rule | data sets | fault | speaks |\n|---|---|---|---|")
    for study in sorted(studies(), key=lambda study: study.rule):
        found = share(study, options.sets, options.seed)
        print(f"| `{study.rule}` | {study.name} | {'planted' if study.planted else 'none'} | {found:.3f} |", flush=True)
    print("\n| images | true ROC AUC | named labels that are wrong |\n|---|---|---|")
    for n in (20, 50, 100):
        for auc in (0.97, 0.99, 0.997):
            precision = precision_of_label_errors(n, auc, options.sets, options.seed)
            print(f"| {n} + {n} | {auc} | {'-' if precision is None else f'{precision:.2f}'} |")
    print(f"\n{options.sets} sets a row, seed {options.seed}, {time.perf_counter() - start:.0f} s")


if __name__ == "__main__":
    main()

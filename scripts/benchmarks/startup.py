"""What starting costs: CPU time (user + system) of whole processes, as ratios to ``import numpy``, interleaved."""

from __future__ import annotations

import resource
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from lfv_eval.testing import make_evaluation

ROUNDS = 9


def cpu_s(command: list[str]) -> float:
    """CPU seconds of one process."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    """Print each command's median beyond that of an empty interpreter, relative to importing numpy."""
    with tempfile.TemporaryDirectory() as folder:
        make_evaluation(with_images=False).write(Path(folder))
        python = [sys.executable, "-c"]
        commands = {
            "python -c pass": [*python, "pass"],
            "import numpy": [*python, "import numpy"],
            "import boto3": [*python, "import boto3"],
            "import lfv_eval": [*python, "import lfv_eval"],
            "lfv-eval --help": [sys.executable, "-m", "lfv_eval", "--help"],
            "lfv-eval --version": [sys.executable, "-m", "lfv_eval", "--version"],
            "lfv-eval audit FOLDER": [sys.executable, "-m", "lfv_eval", "audit", folder],
        }
        seconds: dict[str, list[float]] = {name: [] for name in commands}
        for _ in range(ROUNDS):
            for name, command in commands.items():
                seconds[name].append(cpu_s(command))
    median = {name: statistics.median(values) for name, values in seconds.items()}
    empty = median["python -c pass"]
    unit = median["import numpy"] - empty
    print(f"CPU time beyond an empty interpreter, `import numpy` = 1 ({unit * 1000:.0f} ms here), median of {ROUNDS}")
    for name, value in median.items():
        print(f"  {name:24} {(value - empty) / unit:6.2f}")


if __name__ == "__main__":
    main()

"""Measures what one training with `training_scripts/xgboost/train.py` takes, over sizes from 1 kB to 1 GB.

    python -m benchmarks.training_sizes --largest 100000000

Each case is a process of its own, as in a container: its wall time, its processor time and its peak memory as the
kernel counts them. Processor time hardly depends on what else the machine does. The result, training_sizes.json, is
what `benchmarks.fit_estimate` fits `traindrop.estimate` to.
"""

import argparse
import json
import os
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks.made_csv import Shape, write_csv
from benchmarks.processes import ROOT, run
from benchmarks.results import machine
from benchmarks.trainings import our_training

RESULTS = Path(__file__).parent / "training_sizes.json"

NARROW, MIXED, WIDE = (6, 2, 2), (24, 8, 2), (200, 0, 2)
# Without Arrow, as in a Lambda: there the estimate has to be right. With it, reading takes a fifth of the time and
# some 100 MB more.
PATHS = (ROOT / "benchmarks" / "without_arrow", ROOT / "layers" / "core")
# Bytes, columns (numbers, categories, classes), rounds, depth. What is fitted has to tell these from each other.
CASES: tuple[tuple[int, tuple[int, int, int], int, int], ...] = (
    (1_000, NARROW, 100, 5), (10_000, NARROW, 100, 5), (10_000, MIXED, 100, 5), (100_000, NARROW, 100, 5),
    (100_000, MIXED, 100, 5), (100_000, WIDE, 100, 5), (300_000, MIXED, 300, 5), (1_000_000, NARROW, 100, 5),
    (1_000_000, MIXED, 100, 5), (1_000_000, MIXED, 20, 5), (1_000_000, MIXED, 400, 5), (1_000_000, MIXED, 100, 2),
    (1_000_000, MIXED, 100, 9), (1_000_000, WIDE, 100, 5), (1_000_000, (24, 8, 0), 100, 5),
    (1_000_000, (24, 8, 6), 100, 5), (3_000_000, NARROW, 100, 5), (3_000_000, WIDE, 50, 5),
    (10_000_000, NARROW, 100, 5), (10_000_000, MIXED, 100, 5), (10_000_000, MIXED, 20, 5), (10_000_000, MIXED, 300, 5),
    (10_000_000, MIXED, 100, 9), (10_000_000, WIDE, 100, 5), (10_000_000, (24, 8, 0), 100, 5),
    (10_000_000, (24, 8, 6), 100, 5), (30_000_000, MIXED, 100, 5), (50_000_000, NARROW, 50, 5),
    (50_000_000, MIXED, 100, 5), (100_000_000, MIXED, 100, 5), (100_000_000, WIDE, 50, 5),
    (100_000_000, NARROW, 100, 5), (300_000_000, MIXED, 100, 5), (1_000_000_000, MIXED, 100, 5),
)  # fmt: skip


@dataclass(frozen=True)
class Measured:
    """One training: what it was given, and the seconds and bytes it took. `features` are those of the model."""

    bytes: int
    rows: int
    columns: int
    features: int
    classes: int
    rounds: int
    depth: int
    wall_seconds: float
    cpu_seconds: float
    peak_bytes: int


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--largest", type=int, default=1_000_000_000, help="leave out files above so many bytes")
    parser.add_argument("--smallest", type=int, default=0, help="keep earlier results of files below so many bytes")
    options = parser.parse_args()
    earlier = json.loads(RESULTS.read_text("utf-8"))["measured"] if RESULTS.is_file() else []
    kept = [each for each in earlier if not options.smallest <= each["asked_bytes"] <= options.largest]
    done = list(_measure_all(options.smallest, options.largest))
    measured = sorted(kept + done, key=lambda each: each["asked_bytes"])
    RESULTS.write_text(json.dumps({"machine": machine(), "measured": measured}, indent=1) + "\n", "utf-8")


def _measure_all(smallest: int, largest: int) -> Iterator[dict[str, object]]:
    for size, columns, rounds, depth in CASES:
        if smallest <= size <= largest:
            found = measure(size, Shape(*columns), rounds, depth)
            print(found, flush=True)
            yield {"asked_bytes": size, **asdict(found)}


def measure(size: int, shape: Shape, rounds: int, depth: int) -> Measured:
    """Train on a made file; raises `Failed` with the script's output where it fails."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        file = folder / "train.csv"
        rows = write_csv(file, size, shape)
        flags = {"target": "target", "num_round": rounds, "max_depth": depth}
        used = run(our_training(file, folder, flags, {"PYTHONPATH": os.pathsep.join(map(str, PATHS))}))
        document = json.loads((folder / "dataset.json").read_text("utf-8"))
        columns = shape.numbers + shape.categories
        features = len(document["columns"])
        measured = (round(used.seconds, 3), round(used.cpu_seconds, 3), used.peak_bytes)
        return Measured(file.stat().st_size, rows, columns, features, shape.classes, rounds, depth, *measured)


if __name__ == "__main__":
    main()

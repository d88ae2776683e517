"""The ways of training that `benchmarks.train` measures: each a cold process from CSV files to a model on disk."""

import json
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from benchmarks.made_data import NUMERIC, TARGET, Made, headerless, made
from benchmarks.processes import ROOT, Command, Used, python, run

from traindrop import scoring

SCRIPT = ROOT / "training_scripts" / "xgboost" / "train.py"
HELD_OUT_ROWS = 100_000
_TRAINED_ON = 0.8  # of the rows; the others validate


@dataclass(frozen=True)
class Task:
    """What is trained: a file of so many rows. The held-out rows of another file measure it, the same for all ways."""

    kind: Made
    rows: int
    rounds: int = 100
    depth: int = 6
    held_out_rows: int = HELD_OUT_ROWS

    @property
    def file(self) -> Path:
        return made(self.kind, self.rows)

    @property
    def held_out(self) -> Path:
        return made(self.kind, self.held_out_rows, seed=1)


@dataclass(frozen=True)
class Way:
    """`train(task, folder)` and `score(task, folder)`: commands, with a folder for the model. None where it cannot."""

    train: Callable[[Task, Path], Command]
    score: Callable[[Task, Path], Command]
    is_peer: bool = True
    numbers_only: bool = False


def our_training(
    file: Path, folder: Path, flags: Mapping[str, object], variables: Mapping[str, str] | None = None
) -> Command:
    """The script by the container contract; what it leaves is in `folder`."""
    channel = folder / "train"
    channel.mkdir(exist_ok=True)
    if not (channel / file.name).exists():
        (channel / file.name).symlink_to(file)
    output = folder / "output" / "data"
    output.mkdir(parents=True, exist_ok=True)
    folders = {"SM_CHANNEL_TRAIN": channel, "SM_MODEL_DIR": folder, "SM_OUTPUT_DATA_DIR": output}
    given = [part for name, value in flags.items() for part in (f"--{name}", str(value))]
    environment = {name: str(path) for name, path in folders.items()} | {"PYTHONPATH": str(ROOT / "layers" / "core")}
    return Command([sys.executable, SCRIPT, *given], environment | dict(variables or {}))


def _ours(refit: str | None) -> Way:
    def train(task: Task, folder: Path) -> Command:
        flags: dict[str, object] = {"target": TARGET, "num_round": task.rounds, "max_depth": task.depth}
        return our_training(task.file, folder, flags | ({} if refit is None else {"refit": refit}))

    def score(task: Task, folder: Path) -> Command:
        parts = ("--score", task.held_out, "--model", folder, "--out", folder, "--predictions")
        return python("benchmarks.ways.ours", *parts)

    return Way(train, score, is_peer=False)


def _peer(module: str, *flags: str) -> Way:
    def train(task: Task, folder: Path) -> Command:
        sizes = ("--rounds", task.rounds, "--depth", task.depth)
        return python(module, "--train", task.file, "--model", folder, *sizes, *flags, peers=True)

    def score(task: Task, folder: Path) -> Command:
        return python(module, "--score", task.held_out, "--model", folder, *flags, peers=True)

    return Way(train, score)


def _container() -> Way:
    module = "benchmarks.ways.container"

    def train(task: Task, folder: Path) -> Command:
        first, others = headerless(task.kind, task.rows, _TRAINED_ON)
        files = ("--train", first, "--validation", others)
        sizes = ("--rounds", task.rounds, "--depth", task.depth)
        return python(module, *files, "--model", folder, *sizes, peers=True)

    def score(task: Task, folder: Path) -> Command:
        rows, _ = headerless(task.kind, task.held_out_rows, 1, seed=1)
        return python(module, "--score", rows, "--model", folder, peers=True)

    return Way(train, score, numbers_only=True)


# Equal work: the peers train once, on four fifths of the rows. The default trains again on all of them.
OURS, OURS_DEFAULT = "ours", "ours, default refit"
LESSON, ONE_HOT, CONTAINER, POLARS = "lesson, mapped", "lesson, one-hot", "container's loader", "polars"
WAYS: dict[str, Way] = {
    OURS: _ours("false"),
    OURS_DEFAULT: _ours(None),
    LESSON: _peer("benchmarks.ways.lesson"),
    ONE_HOT: _peer("benchmarks.ways.lesson", "--one-hot"),
    CONTAINER: _container(),
    POLARS: _peer("benchmarks.ways.plain_polars"),
}


def ways_for(task: Task, *, peers: bool) -> dict[str, Way]:
    """Of numbers alone the lesson's two ways are one, and only these does the container's loader take."""
    numeric = task.kind is NUMERIC
    left_out = {ONE_HOT} if numeric else {CONTAINER}
    return {name: way for name, way in WAYS.items() if name not in left_out and (peers or not way.is_peer)}


class Trained:
    """One way on one task, which can be trained time and again, and is scored once."""

    def __init__(self, way: Way, task: Task, folder: Path) -> None:
        self._way, self._task, self._folder = way, task, folder

    def once(self) -> Used:
        return run(self._way.train(self._task, self._folder))

    def scored(self) -> dict[str, Any]:
        """The AUC on the held-out rows with its 95 % interval, and of ours how many features there are."""
        run(self._way.score(self._task, self._folder))
        truth, probability = np.load(self._folder / "scores.npy")
        scores = scoring.binary(truth.astype(np.int64), probability)
        low, high = scores.intervals["auc"]
        document = self._folder / "dataset.json"
        features = len(json.loads(document.read_text("utf-8"))["columns"]) if document.is_file() else None
        return {"auc": scores.metrics["auc"], "auc_low": low, "auc_high": high, "features": features}


@contextmanager
def trained(task: Task, ways: Mapping[str, Way]) -> Iterator[dict[str, Trained]]:
    with tempfile.TemporaryDirectory(prefix="traindrop-train-") as name:
        found = {}
        for number, (way, how) in enumerate(ways.items()):
            folder = Path(name) / str(number)
            folder.mkdir()
            found[way] = Trained(how, task, folder)
        yield found

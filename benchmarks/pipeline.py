"""How long from the drop of a CSV to its message, and how much of that is not the training itself.

    python -m benchmarks.pipeline --rows 10000 --runs 3 [--train FILE --test FILE --target COLUMN]

On the local AWS, with template.yaml as it is: trained in a Lambda function, and at SageMaker, whose instance is there
at once. Beside it the training script alone, as a cold process on the same files. First the breast cancer data that
scikit-learn brings along, then made files of so many rows. What AWS adds is not measured here: an instance's start is
the lesson's own figure, a function's first start the one of the machine that this runs on. Writes
benchmarks/results/pipeline.*.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from statistics import median

import boto3
from benchmarks import made_data
from benchmarks.made_data import MIXED, made
from benchmarks.processes import Used, run
from benchmarks.results import Measured, Results
from benchmarks.tables import markdown
from benchmarks.trainings import our_training
from benchmarks.written import finish
from rich.console import Console

from traindrop.ledger import Ledger
from traindrop.run import FINAL, Run, Status
from traindrop_cli.commands.demo import TARGET, write_breast_cancer
from traindrop_cli.local_stack import own_local_stack
from traindrop_cli.options import INSTANCE_BILLED, INSTANCE_WALL
from traindrop_cli.stack import Stack

PLACES = {"lambda": "drop to message, Lambda function", "ml.m5.large": "drop to message, SageMaker"}
ALONE = "training alone"
STEPS = ("check and launch", "until its job begins", "train and upload", "evaluate", "message")
ROWS, QUICK = (10_000,), (1_000,)
TIMEOUT = 300.0


@dataclass(frozen=True)
class Data:
    """A training and a test CSV, the same for each drop."""

    train: Path
    test: Path
    target: str
    rows: int

    @property
    def case(self) -> str:
        return f"CSV, {self.rows:,} rows, {self.train.stat().st_size / 1e6:.2g} MB"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.pipeline", description=__doc__.partition("\n")[0])
    parser.add_argument("--runs", type=int, default=3, help="drops in each place after the first (default: 3)")
    parser.add_argument("--rows", type=int, nargs="*", default=ROWS, help="of made files, after the small data")
    parser.add_argument("--quick", dest="rows", action="store_const", const=QUICK)
    parser.add_argument("--train", type=Path)
    parser.add_argument("--test", type=Path)
    parser.add_argument("--target", default=TARGET)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="traindrop-pipeline-") as name:
        train, test = (options.train, options.test) if options.train else write_breast_cancer(Path(name))
        data = [Data(train, test, options.target, len(train.read_bytes().splitlines()) - 1)]
        if not options.train:
            data += [
                Data(made(MIXED, rows), made(MIXED, rows, seed=1), made_data.TARGET, rows) for rows in options.rows
            ]
        results = measure(data, options.runs, Path(name))
    return finish(results, dict.fromkeys((each.case for each in results.measured), ALONE))


def measure(data: Sequence[Data], runs: int, folder: Path) -> Results:
    measured: list[Measured] = []
    told = []
    with own_local_stack(Console(stderr=True)) as stack:
        for number, each in enumerate(data):
            place = folder / f"alone-{number}"
            place.mkdir()
            drops: dict[str, list[list[float]]] = {place: [] for place in PLACES}
            alone: list[Used] = []
            for turn in range(runs + 1):
                for where, found in drops.items():
                    found.append(drop_once(stack, each, where, f"{number}-{turn}"))
                alone.append(_alone(each, place))
            by_itself = Measured(each.case, each.rows, ALONE, alone[1:])
            measured += [by_itself, *_measured(each, drops)]
            told.append(steps_table(each.case, drops, by_itself.seconds))
    return Results("pipeline", measured, (), [*told, WORDS])


def _alone(data: Data, folder: Path) -> Used:
    channel = folder / "test"
    channel.mkdir(exist_ok=True)
    if not (channel / data.test.name).exists():
        (channel / data.test.name).symlink_to(data.test)
    return run(our_training(data.train, folder, {"target": data.target}, {"SM_CHANNEL_TEST": str(channel)}))


def _measured(data: Data, drops: Mapping[str, Sequence[Sequence[float]]]) -> list[Measured]:
    """Without the first drop, which waits for the functions' start. Neither processor nor memory is one process's."""
    return [
        Measured(data.case, data.rows, PLACES[place], [Used(0, sum(drop), 0, 0) for drop in found[1:]], _steps(found))
        for place, found in drops.items()
    ]


def _steps(drops: Sequence[Sequence[float]]) -> Mapping[str, Mapping[str, float]]:
    return {"steps": {step: median(drop[at] for drop in drops[1:]) for at, step in enumerate(STEPS)}}


def drop_once(stack: Stack, data: Data, place: str, number: str) -> list[float]:
    """Seconds of each of `STEPS`, of one drop into a dataset of its own."""
    dataset = f"{place.replace('.', '-')}-{number}"
    s3 = boto3.client("s3")
    for name, body in {
        "test/held_out.csv": data.test.read_bytes(),
        "training.yaml": f"target: {data.target}\ninstance_type: {place}\n".encode(),
    }.items():
        s3.put_object(Bucket=stack.bucket, Key=f"datasets/{dataset}/{name}", Body=body)
    body = data.train.read_bytes()
    began = datetime.now(UTC)
    s3.put_object(Bucket=stack.bucket, Key=f"datasets/{dataset}/train/train.csv", Body=body)
    return steps(began, told(stack, dataset))


def told(stack: Stack, dataset: str) -> Run:
    """The dataset's run, once its message went out. Raises `RuntimeError` for one that ended otherwise, or never."""
    give_up = time.monotonic() + TIMEOUT
    while time.monotonic() < give_up:
        run = next(iter(Ledger(stack.table).runs(dataset)), None)
        if run is not None and run.status in FINAL and run.notified_at is not None:
            if run.status is not Status.EVALUATED:
                raise RuntimeError(f"{run.run}: {run.status}, {run.reason}")
            return run
        time.sleep(0.1)
    raise RuntimeError(f"{dataset}: no message within {TIMEOUT:.0f} s")


def steps(began: datetime, run: Run) -> list[float]:
    """From the ledger's times."""
    times = [
        began, run.launched_at, run.training_started_at, run.training_ended_at, run.evaluated_at, run.notified_at,
    ]  # fmt: skip
    known = [at for at in times if at is not None]
    return [(after - before).total_seconds() for before, after in pairwise(known)]


def steps_table(case: str, drops: Mapping[str, Sequence[Sequence[float]]], alone: float) -> str:
    """Medians by step; `alone`: seconds of the training script as a cold process."""
    later = {place: found[1:] for place, found in drops.items()}
    rows = [
        [step, *(f"{median(drop[at] for drop in later[place]):.2f}" for place in PLACES)]
        for at, step in enumerate(STEPS)
    ]
    totals = {place: median(map(sum, later[place])) for place in PLACES}
    rows.append(["drop to message", *(f"{totals[place]:.2f}" for place in PLACES)])
    rows.append(["beside the training alone", *(f"{totals[place] - alone:.2f}" for place in PLACES)])
    rows.append(["the first drop, functions cold", *(f"{sum(drops[place][0]):.2f}" for place in PLACES)])
    return markdown([f"seconds: {case}", *PLACES.values()], rows)


WORDS = (
    f"The lesson's own job on AWS took {INSTANCE_WALL} s from its creation to its end, {INSTANCE_BILLED} s of them "
    "billed, for 0.06 s of training: that is the start of an instance, which SageMaker's column is without."
)

if __name__ == "__main__":
    sys.exit(main())

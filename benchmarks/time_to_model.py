"""How long from the drop of a small CSV to its message: in Lambda, and at SageMaker without an instance's start.

    python -m benchmarks.time_to_model --repeat 5 [--train FILE --test FILE --target COLUMN]

On the local AWS, with template.yaml as it is. Without files it drops the breast cancer data that scikit-learn brings
along. What AWS adds is not measured here: an instance's start is the lesson's own figure, a function's first start the
one of the machine that this runs on.
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
from rich.box import MARKDOWN
from rich.console import Console
from rich.table import Table

from traindrop.ledger import Ledger
from traindrop.run import FINAL, Run, Status
from traindrop_cli.commands.demo import TARGET, write_breast_cancer
from traindrop_cli.local_stack import own_local_stack
from traindrop_cli.options import INSTANCE_BILLED, INSTANCE_WALL
from traindrop_cli.screen import console
from traindrop_cli.stack import Stack

PLACES = {"lambda": "Lambda function", "ml.m5.large": "SageMaker, its instance there already"}
STEPS = ("check and launch", "until its job begins", "train and upload", "evaluate", "message")
TIMEOUT = 300.0


@dataclass(frozen=True)
class Data:
    """A training and a test CSV."""

    train: bytes
    test: bytes
    target: str


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.time_to_model", description=__doc__.partition("\n")[0])
    parser.add_argument("--repeat", type=int, default=5, help="drops in each place after the first (default: 5)")
    parser.add_argument("--train", type=Path)
    parser.add_argument("--test", type=Path)
    parser.add_argument("--target", default=TARGET)
    options = parser.parse_args()
    screen = console()
    with tempfile.TemporaryDirectory() as folder:
        train, test = (options.train, options.test) if options.train else write_breast_cancer(Path(folder))
        data = Data(train.read_bytes(), test.read_bytes(), options.target)
    measured: dict[str, list[list[float]]] = {}
    with own_local_stack(screen) as stack:
        for place in PLACES:
            measured[place] = [drop_once(stack, data, place, number) for number in range(options.repeat + 1)]
    report(measured, screen)
    return 0


def drop_once(stack: Stack, data: Data, place: str, number: int) -> list[float]:
    """Seconds of each of `STEPS`, of one drop into a dataset of its own."""
    dataset = f"{place.replace('.', '-')}-{number}"
    for name, body in {
        "test/held_out.csv": data.test,
        "training.yaml": f"target: {data.target}\ninstance_type: {place}\n".encode(),
    }.items():
        boto3.client("s3").put_object(Bucket=stack.bucket, Key=f"datasets/{dataset}/{name}", Body=body)
    began = datetime.now(UTC)
    key = f"datasets/{dataset}/train/train.csv"
    boto3.client("s3").put_object(Bucket=stack.bucket, Key=key, Body=data.train)
    return steps(began, _told(stack, dataset))


def _told(stack: Stack, dataset: str) -> Run:
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


def report(measured: Mapping[str, Sequence[Sequence[float]]], screen: Console) -> None:
    table = Table("seconds", *PLACES.values(), box=MARKDOWN)
    later = {place: drops[1:] or drops for place, drops in measured.items()}
    for at, step in enumerate(STEPS):
        table.add_row(step, *(f"{median(drop[at] for drop in later[place]):.2f}" for place in PLACES))
    totals = {place: median(map(sum, later[place])) for place in PLACES}
    table.add_row("drop to message, median", *(f"{totals[place]:.2f}" for place in PLACES))
    table.add_row("the first drop, functions cold", *(f"{sum(measured[place][0]):.2f}" for place in PLACES))
    screen.print(table)
    with_start = totals["ml.m5.large"] + INSTANCE_WALL
    screen.print(
        f"Measured on this machine, {len(later['lambda'])} drops in each place. The lesson's own job on AWS took "
        f"{INSTANCE_WALL} s from its creation to its end, {INSTANCE_BILLED} s of them billed, for 0.06 s of training: "
        "that is the start of an instance, which the right column is without. Estimated with it: "
        f"{with_start:.0f} s against {totals['lambda']:.1f} s, {with_start / totals['lambda']:.0f} times as long.",
        highlight=False,
    )


if __name__ == "__main__":
    sys.exit(main())

"""Many uploads at once on the local AWS, with a small quota: is each evaluated exactly once, and what does it take?

    python -m benchmarks.burst --uploads 1000 --quota 4

template.yaml as it is, IAM enforced, each state change of a job told twice. Training takes no time: `instant/train.py`.
Writes benchmarks/results/burst.json. The exit status is 1 where a claim does not hold.
"""

import argparse
import json
import re
import resource
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
from benchmarks.burst_claims import Found, Job, claims, displacements, longest_line
from benchmarks.cost import Invocations, calls_of_functions, invocations
from benchmarks.instant_training import instant_scripts, rows
from benchmarks.results import write_document
from rich.box import MARKDOWN
from rich.console import Console
from rich.table import Table

from traindrop.ledger import Ledger
from traindrop_cli.local.settings import LocalSettings
from traindrop_cli.local_stack import own_local_stack, read_inbox
from traindrop_cli.screen import console
from traindrop_cli.stack import DEFAULT_STACK, Stack

INSTANCE_TYPE = "ml.m5.large"
THREADS = 10
# How a message names its run: by what to type to see it.
_RUN = re.compile(r"^\s*traindrop show (?P<run>\S+)$", re.MULTILINE)


@dataclass(frozen=True)
class Burst:
    """How many uploads for how many instances; seconds until it is given up.

    `environments` of each function: with 8, uploads come in faster than the jobs of a quota of 4 end, so that a line
    grows. `settling`: seconds in which second deliveries, that come late, must change nothing.
    """

    uploads: int = 1000
    quota: int = 4
    timeout: float = 1800
    environments: int = 8
    settling: float = 5


@dataclass(frozen=True)
class Measured:
    """`seconds` from the first upload to the last message; `calls` as `traindrop_cli.local.calls` writes them."""

    seconds: float
    found: Found
    invocations: list[Invocations]
    calls: list[dict[str, Any]]


def main() -> int:
    default = Burst()
    parser = argparse.ArgumentParser(prog="python -m benchmarks.burst", description=__doc__.partition("\n")[0])
    parser.add_argument("--uploads", type=int, default=default.uploads, help="how many, at once (default: 1000)")
    parser.add_argument("--quota", type=int, default=default.quota, help=f"of {INSTANCE_TYPE} (default: 4)")
    parser.add_argument("--timeout", type=float, default=default.timeout, help="in seconds (default: 1800)")
    screen = console()
    measured = measure(Burst(**vars(parser.parse_args())), screen)
    write_document("burst", document(measured))
    return report(measured, screen)


def document(measured: Measured) -> dict[str, Any]:
    """What `benchmarks.scale` goes by: calls by function and operation, and milliseconds by function, of all runs."""
    found = measured.found
    return {
        "uploads": found.uploads,
        "quota": found.quota,
        "seconds": round(measured.seconds, 1),
        "longest_line": longest_line(found.runs, found.jobs),
        "calls": {name: dict(counted) for name, counted in calls_of_functions(measured.calls, DEFAULT_STACK).items()},
        "milliseconds": {each.function: round(sum(each.milliseconds), 1) for each in measured.invocations},
        "invocations": {each.function: len(each.milliseconds) for each in measured.invocations},
    }


def measure(burst: Burst, screen: Console) -> Measured:
    """Start a local AWS, drop everything at once, wait for the messages, and look at what came of it."""
    with tempfile.TemporaryDirectory(prefix="traindrop-burst-") as name:
        folder, held_out = Path(name), rows(40, 1000)
        calls = folder / "calls.json"
        settings = LocalSettings(
            quotas={INSTANCE_TYPE: burst.quota},
            concurrent_jobs=burst.quota,
            concurrent_invocations=burst.environments,
            calls_file=calls,
        )
        scripts = instant_scripts(folder / "scripts", held_out)
        # All of them at SageMaker, which has a quota.
        parameters = {"TrainingScripts": str(scripts), "AutoInLambda": "false"}
        with own_local_stack(screen, settings, parameters) as stack:
            seconds, messages = _drop_and_wait(stack, burst, held_out, screen)
            found = Found(burst.uploads, burst.quota, list(Ledger(stack.table).runs()), _jobs(), messages, _dead(stack))
            invoked = invocations(stack.name)
        return Measured(seconds, found, invoked, json.loads(calls.read_text("utf-8")))


def _drop_and_wait(stack: Stack, burst: Burst, held_out: bytes, screen: Console) -> tuple[float, Counter[str]]:
    """The seconds that it took, and the messages by run."""
    datasets = [f"burst-{number:04}" for number in range(burst.uploads)]
    _put(stack, {f"datasets/{name}/test/held_out.csv": held_out for name in datasets})
    began = time.monotonic()
    _put(stack, {f"datasets/{name}/train/data.csv": rows(60, number) for number, name in enumerate(datasets)})
    screen.print(f"{burst.uploads:,} uploads in {time.monotonic() - began:.1f} s", highlight=False)
    messages: Counter[str] = Counter()
    with screen.status("") as status:
        while len(messages) < burst.uploads and time.monotonic() - began < burst.timeout:
            time.sleep(1)
            messages.update(_told())
            status.update(f"{time.monotonic() - began:.0f} s: {len(messages):,} of {burst.uploads:,} told of")
    seconds = time.monotonic() - began
    time.sleep(burst.settling)
    messages.update(_told())
    return seconds, messages


def _put(stack: Stack, objects: dict[str, bytes]) -> None:
    s3 = boto3.client("s3")
    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(lambda key: s3.put_object(Bucket=stack.bucket, Key=key, Body=objects[key]), objects))


def _told() -> list[str]:
    """The run of each new message."""
    bodies = [str(envelope["Message"]) for envelope in read_inbox()]
    return [found["run"] if (found := _RUN.search(body)) else f"none in: {body}" for body in bodies]


def _jobs() -> list[Job]:
    sagemaker = boto3.client("sagemaker")
    pages = sagemaker.get_paginator("list_training_jobs").paginate(PaginationConfig={"PageSize": 100})
    names = [job["TrainingJobName"] for page in pages for job in page["TrainingJobSummaries"]]
    return [Job.of(sagemaker.describe_training_job(TrainingJobName=name)) for name in names]


def _dead(stack: Stack) -> int:
    """How many dead letters there are."""
    names: Any = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    counted = boto3.client("sqs").get_queue_attributes(QueueUrl=stack.dead_letter_queue or "", AttributeNames=names)
    return sum(int(number) for number in counted["Attributes"].values())


def report(measured: Measured, screen: Console) -> int:
    """Print what was measured; the exit status."""
    found = measured.found
    checked = list(claims(found))
    moved = displacements(found.runs, found.jobs) or [0]
    # Of all processes that this one and its children started; they have ended.
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    lines = [f"{'holds ' if claim.holds else 'BROKEN'}  {claim.text}: {claim.found}" for claim in checked]
    lines += [
        f"{measured.seconds:.0f} s to the last message: {60 * found.uploads / measured.seconds:.0f} runs a minute",
        f"{(used.ru_utime + used.ru_stime) / found.uploads:.2f} s of processor time a run, for all that runs locally",
        f"{longest_line(found.runs, found.jobs)} runs in the line at the most",
        f"launched at the most {max(moved)} places out of the order of coming, {sum(moved) / len(moved):.1f} by mean",
    ]
    screen.print("\n".join(lines), highlight=False, markup=False)
    screen.print(_table(measured))
    return 0 if all(claim.holds for claim in checked) else 1


def _table(measured: Measured) -> Table:
    """By function and per run: invocations, and calls of AWS."""
    uploads, calls = measured.found.uploads, calls_of_functions(measured.calls, DEFAULT_STACK)
    table = Table("function", "operation", "per run", box=MARKDOWN)
    for done in measured.invocations:
        number = len(done.milliseconds)
        mean = sum(done.milliseconds) / max(number, 1)
        table.add_row(done.function, f"invocations, {mean:.0f} ms each", f"{number / uploads:.2f}")
        for operation, count in calls[done.function].most_common():
            table.add_row(done.function, operation, f"{count / uploads:.2f}")
    total = sum(counted.total() for counted in calls.values())
    table.add_row("all", "AWS calls", f"{total / uploads:.1f}")
    return table


if __name__ == "__main__":
    sys.exit(main())

"""The trainer under Lambda's own runtime client, with Lambda's limits: which files fit, how long, how much memory?

    python -m benchmarks.lambda_limits --memory 1024 1769 3008 --megabytes 1 10 50 100

The handler of functions/trainer runs in Lambda's emulator (`make sam` brings it, and Python 3.13) in a control group
that has the function's memory and processor, against a local AWS, and trains on a made file of 20 columns. A file that
does not fit has to end as LambdaLimitExceeded, or in the death of the function; the exit status is 1 where neither.
"""

import argparse
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from typing import Any

import boto3
from benchmarks.limited import Group, group, reason_against
from rich.box import MARKDOWN
from rich.console import Console
from rich.table import Table

from traindrop.bundle import bundle_of_ours
from traindrop.config import TrainingConfig
from traindrop.job import Job
from traindrop.lambda_jobs import LambdaJobs
from traindrop.ledger import Ledger
from traindrop.request import training_job_request
from traindrop_cli.local_stack import own_local_stack, repository
from traindrop_cli.stack import Stack

COLUMNS, BLOCK_ROWS = 20, 2_000
TIMEOUT = 900
_SAM = repository() / ".venv-sam"


@dataclass(frozen=True)
class Runtime:
    """`path`: what the function can import, in Lambda's order."""

    emulator: Path
    python: Path
    path: Sequence[Path]


@dataclass(frozen=True)
class Result:
    megabytes: int
    memory_mb: int
    seconds: float
    peak_mb: int | None
    ended: str

    @property
    def is_as_promised(self) -> bool:
        return self.ended == "Completed" or self.ended.startswith(("LambdaLimitExceeded", "the function died"))


def main() -> int:
    options = _parser().parse_args()
    against = reason_against()
    if against is not None:
        sys.exit(f"A function's limits cannot be set here: {against}.")
    runtime = Runtime(options.emulator, options.python, options.path)
    results = []
    with own_local_stack(Console(stderr=True)) as stack:
        for megabytes in options.megabytes:
            key = _put_csv(stack, megabytes)
            for memory_mb in options.memory:
                results.append(measure(stack, runtime, key, megabytes, memory_mb, options.rounds))
                print(results[-1], file=sys.stderr, flush=True)
    _show(results)
    return 0 if all(result.is_as_promised for result in results) else 1


def measure(stack: Stack, runtime: Runtime, key: str, megabytes: int, memory_mb: int, rounds: int) -> Result:
    """Carry out one job under the limits; how it ended."""
    name = f"{stack.name}-limits-{megabytes}-{memory_mb}-{os.urandom(6).hex()}"
    request = _request(stack, name, key, rounds)
    jobs = LambdaJobs(Ledger(stack.table))
    jobs.create(request, "us-east-1")
    with group(memory_mb) as limited:
        began = time.monotonic()
        died = _invoke(stack, runtime, limited, memory_mb, request)
        seconds, peak = time.monotonic() - began, limited.peak_mb
    state = jobs.stored(name).state
    ended = (state.failure_reason or state.status) if state.is_over else f"the function died: {died}"
    return Result(megabytes, memory_mb, round(seconds, 1), peak, ended)


def _invoke(stack: Stack, runtime: Runtime, limited: Group, memory_mb: int, request: dict[str, Any]) -> str | None:
    """Why the function died; None where it answered."""
    port, other = _free_port(), _free_port()
    with _emulator(stack, runtime, limited, memory_mb, port, other):
        call = urllib.request.Request(
            f"http://127.0.0.1:{port}/2015-03-31/functions/function/invocations", json.dumps(request).encode()
        )
        try:
            with urllib.request.urlopen(call, timeout=TIMEOUT + 60) as response:  # noqa: S310 - our own loopback
                answer = json.loads(response.read())
        except (urllib.error.URLError, OSError, ValueError) as error:
            return str(error)
    return str(answer["errorMessage"]) if "errorMessage" in answer else None


@contextmanager
def _emulator(stack: Stack, runtime: Runtime, limited: Group, memory_mb: int, port: int, other: int) -> Iterator[None]:
    addresses = ["--runtime-interface-emulator-address", f"127.0.0.1:{port}"]
    addresses += ["--runtime-api-address", f"127.0.0.1:{other}"]
    handler = ["-S", "-m", "awslambdaric", "app.lambda_handler"]
    function = repository() / "functions" / "trainer"
    process = subprocess.Popen(  # noqa: S603 - ours, and the SAM CLI's
        [runtime.emulator, *addresses, runtime.python.resolve(), *handler],
        cwd=function,
        env=_environment(stack, [function, *runtime.path], memory_mb),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        preexec_fn=limited.join,
    )
    try:
        _wait_until_open(port)
        yield
    finally:
        limited.end()
        process.wait()


def _environment(stack: Stack, path: Sequence[Path], memory_mb: int) -> dict[str, str]:
    return {
        "PATH": os.defpath,
        "PYTHONPATH": os.pathsep.join(map(str, path)),
        "AWS_LAMBDA_FUNCTION_NAME": "Trainer",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(memory_mb),
        "AWS_LAMBDA_FUNCTION_TIMEOUT": str(TIMEOUT),
        "AWS_ENDPOINT_URL": stack.endpoint_url or "",
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "STACK": stack.name,
        "TABLE": stack.table,
        "NO_PROXY": "*",
    }


def _request(stack: Stack, name: str, key: str, rounds: int) -> dict[str, Any]:
    bundle = bundle_of_ours(repository() / "training_scripts" / "xgboost")
    boto3.client("s3").put_object(Bucket=stack.bucket, Key=bundle.key, Body=bundle.body)
    job = Job(
        run=name, stack=stack.name, dataset="limits", bucket=stack.bucket, train_key=key, test_key=None,
        target="target", task="binary", role_arn="arn:aws:iam::000000000000:role/training", region="us-east-1",
        owner="benchmark",
    )  # fmt: skip
    config = TrainingConfig(hyperparameters={"num_round": rounds})
    return training_job_request(replace(job, bundle_key=bundle.key), config)


def _put_csv(stack: Stack, megabytes: int) -> str:
    """A file of about that size: one block of rows, over and over."""
    rng = Random(1)  # noqa: S311 - chance that can be repeated
    rows = [[rng.gauss(0, 1) for _ in range(COLUMNS)] for _ in range(BLOCK_ROWS)]
    lines = [",".join([*(f"{value:.5g}" for value in row), "yes" if row[0] * row[1] > 0 else "no"]) for row in rows]
    block = "\n".join([*lines, ""]).encode()
    key = f"inputs/limits/{megabytes}.csv"
    with tempfile.NamedTemporaryFile() as file:
        file.write(",".join([*(f"c{n}" for n in range(COLUMNS)), "target"]).encode() + b"\n")
        file.writelines([block] * max(1, megabytes * 1024**2 // len(block)))
        file.seek(0)
        boto3.client("s3").put_object(Bucket=stack.bucket, Key=key, Body=file)
    return key


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def _wait_until_open(port: int) -> None:
    give_up = time.monotonic() + 30
    while time.monotonic() < give_up:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)
    raise RuntimeError(f"Lambda's emulator does not answer on port {port}")


def _show(results: Sequence[Result]) -> None:
    table = Table("file", "function", "seconds", "peak memory", "ended", box=MARKDOWN)
    for each in results:
        peak = "unknown" if each.peak_mb is None else f"{each.peak_mb:,} MB"
        table.add_row(f"{each.megabytes} MB", f"{each.memory_mb:,} MB", f"{each.seconds:.1f}", peak, each.ended)
    Console(width=160).print(table)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    built = repository() / ".aws-sam" / "build"
    rapid = _SAM / "lib/python3.13/site-packages/samcli/local/rapid/aws-lambda-rie-x86_64"
    path = [built / "CoreLayer" / "python", built / "ScoringLayer" / "python", _SAM / "runtime"]
    parser.add_argument("--memory", type=int, nargs="+", default=[1024, 1769, 3008], help="MB of the function")
    parser.add_argument("--megabytes", type=int, nargs="+", default=[1, 10, 50, 100], help="of the file")
    parser.add_argument("--rounds", type=int, default=100)
    parser.add_argument("--emulator", type=Path, default=rapid)
    parser.add_argument("--python", type=Path, default=_SAM / "bin" / "python3.13")
    parser.add_argument("--path", type=Path, nargs="+", default=path, help="layers and runtime, in Lambda's order")
    return parser


if __name__ == "__main__":
    sys.exit(main())

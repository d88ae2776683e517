"""What it takes to look at an object of 10 GB without reading it: bytes fetched and seconds.

    python -m benchmarks.check --gigabytes 0.1 1 10 --runs 3

Cold processes that ask an S3 on the loopback through `traindrop.aws`: the launcher's check, the evaluator's careful
look at the training file, and the download of all of it (to nowhere, by a single run). The object is made as it is
sent, a block of rows over and over, so that no disk is in it; nor is a network: on AWS the bytes cost time too. Writes
benchmarks/results/check.*.
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks.made_data import MIXED, made
from benchmarks.processes import ROOT, Command, Used, python, run
from benchmarks.results import Measured, Results
from benchmarks.stub_s3 import Rows, Sent, stub_s3
from benchmarks.written import finish

WAYS = {"check": "the launcher's check", "look": "the evaluator's look", "whole": "all of it downloaded"}
GIGABYTES, QUICK = (0.1, 1.0, 10.0), (0.01, 0.1)
_BLOCK_ROWS = 50_000
_COLUMNS = {
    "requests": lambda each: f"{each.more['requests']:,}",
    "fetched": lambda each: f"{each.more['fetched'] / 1e6:,.1f} MB",
    "of the object": lambda each: f"{each.more['fetched'] / each.size:.2%}",
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.check", description=__doc__.partition("\n")[0])
    parser.add_argument("--gigabytes", type=float, nargs="+", default=GIGABYTES)
    parser.add_argument("--quick", dest="gigabytes", action="store_const", const=QUICK)
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    sizes = [round(each * 1e9) for each in options.gigabytes]
    results = Results("check", list(measure(sizes, options.runs)), (), axis="bytes of the object")
    return finish(results, dict.fromkeys(map(case_of, sizes), WAYS["whole"]), _COLUMNS)


def case_of(size: int) -> str:
    return f"object, {size / 1e9:g} GB"


def measure(sizes: Sequence[int], runs: int) -> Iterator[Measured]:
    header, _, rows = made(MIXED, _BLOCK_ROWS).read_bytes().partition(b"\n")
    with stub_s3(Rows(header + b"\n", rows)) as sent, tempfile.TemporaryDirectory() as name:
        for size in sizes:
            for way in WAYS:
                yield _measured(way, size, 1 if way == "whole" else runs, sent, Path(name) / "learned.json")


def _measured(way: str, size: int, runs: int, sent: Sent, learned: Path) -> Measured:
    variables = {
        "AWS_ENDPOINT_URL": sent.url, "AWS_ACCESS_KEY_ID": "none", "AWS_SECRET_ACCESS_KEY": "none",
        "AWS_DEFAULT_REGION": "us-east-1", "AWS_EC2_METADATA_DISABLED": "true",
    }  # fmt: skip
    parts = (way, "--size", size, "--scripts", ROOT / "training_scripts", "--out", learned)
    command = python("benchmarks.ways.ours_checking", *parts, environment=variables)
    used = [_once(command, sent) for _ in range(runs)]
    found = json.loads(learned.read_text("utf-8"))
    more = {"requests": sent.requests, "fetched": sent.bytes, "learned": found}
    return Measured(case_of(size), size, WAYS[way], used, more)


def _once(command: Command, sent: Sent) -> Used:
    sent.reset()
    return run(command)


if __name__ == "__main__":
    sys.exit(main())

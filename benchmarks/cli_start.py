"""How long the command line takes to start, beside two programs that everyone knows: `python -m benchmarks.cli_start`.

Starts a local AWS with two runs in it. Then it calls, by turns, `traindrop --help`, `traindrop runs`,
`python -c 'import boto3'` and `aws --version`, `--rounds` times, and prints for each the median of wall time and of
processor time (user and system), and that as a ratio to the import of boto3. On a busy machine the ratios hold, and the
wall times do not.
"""

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

HERE = Path(sys.executable).parent
COMMANDS = {
    "traindrop --help": [str(HERE / "traindrop"), "--help"],
    "traindrop runs": [str(HERE / "traindrop"), "runs"],
    "python -c 'import boto3'": [sys.executable, "-c", "import boto3"],
    "aws --version": [str(HERE / "aws"), "--version"],
}
PEER = "python -c 'import boto3'"
ROWS = "x,y\n" + "".join(f"{n % 7},{'ab'[n % 7 > 3]}\n" for n in range(60))


@dataclass(frozen=True)
class Took:
    """Seconds."""

    wall: float
    processor: float


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--port", type=int, default=4599)
    parser.add_argument("--json", type=Path, help="Also write the medians to this file.")
    options = parser.parse_args()
    with local_aws(options.port) as environment:
        taken: dict[str, list[Took]] = {name: [] for name in COMMANDS}
        for number in range(options.rounds + 1):
            for name, command in COMMANDS.items():
                took = run(command, environment)
                if number:  # the first round fills the disk's cache
                    taken[name].append(took)
    medians = {name: median(each) for name, each in taken.items()}
    show(medians)
    if options.json:
        options.json.write_text(json.dumps({name: vars(took) for name, took in medians.items()}, indent=2), "utf-8")


@contextmanager
def local_aws(port: int) -> Iterator[Mapping[str, str]]:
    """The environment in which `traindrop` finds a local AWS with two runs."""
    with tempfile.TemporaryDirectory() as home:
        environment = {**os.environ, "TRAINDROP_HOME": home}
        csv = Path(home) / "letters.csv"
        csv.write_text(ROWS, "utf-8")
        traindrop = str(HERE / "traindrop")
        subprocess.run([traindrop, "local", "up", "--port", str(port)], env=environment, check=True)  # noqa: S603 - ours
        try:
            for dataset in ("one", "two"):
                drop = [traindrop, "drop", str(csv), "--dataset", dataset, "--target", "y", "--wait"]
                subprocess.run(drop, env=environment, check=True, stdout=subprocess.DEVNULL)  # noqa: S603 - ours
            yield environment
        finally:
            subprocess.run([traindrop, "local", "down"], env=environment, check=True)  # noqa: S603 - ours


def run(command: Sequence[str], environment: Mapping[str, str]) -> Took:
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run(command, env=environment, check=True, stdout=subprocess.DEVNULL)  # noqa: S603 - as listed above
    wall, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    return Took(wall, after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime)


def median(taken: Sequence[Took]) -> Took:
    return Took(statistics.median(each.wall for each in taken), statistics.median(each.processor for each in taken))


def show(medians: Mapping[str, Took]) -> None:
    print(f"{'':<26}{'wall':>8}{'processor':>11}{'of boto3':>10}")
    for name, took in medians.items():
        ratio = took.processor / medians[PEER].processor
        print(f"{name:<26}{took.wall:>6.2f} s{took.processor:>9.2f} s{ratio:>10.2f}")


if __name__ == "__main__":
    main()

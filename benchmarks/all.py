"""Every benchmark of ours against its peers, one after the other; then docs/scale.md of what they measured.

    python -m benchmarks.all [--quick]

The shortest first. Each prints its own table. The exit status is 1 where one failed or a goal is not met; with --quick,
on files too small to say anything, only where one failed.
"""

import argparse
import subprocess
import sys
import time

from benchmarks.processes import ROOT
from benchmarks.results import read
from benchmarks.tables import goals

NAMES = ("launch", "check", "distributed", "evaluate", "pipeline", "train")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.all", description=__doc__.partition("\n")[0])
    parser.add_argument("--quick", action="store_true")
    options = parser.parse_args()
    began = time.monotonic()
    failed = [name for name in NAMES if not _ended_well(name, quick=options.quick)]
    if not options.quick:
        subprocess.run([sys.executable, "-m", "benchmarks.scale"], cwd=ROOT, check=True)
    print(f"# All of it, in {(time.monotonic() - began) / 60:.1f} minutes\n")
    if failed:
        print(f"Failed: {', '.join(failed)}\n")
    found = [goal for name in NAMES if name not in failed and (results := read(name)) for goal in results.goals]
    print(goals(found))
    missed = any(goal.verdict == "NOT met" for goal in found)
    return 1 if failed or (missed and not options.quick) else 0


def _ended_well(name: str, *, quick: bool) -> bool:
    """Whether it measured; not whether its goals are met, of which it leaves word in its results."""
    began = time.time()
    print(f"# {name}\n", flush=True)
    command = [sys.executable, "-m", f"benchmarks.{name}", *(["--quick", "--runs", "1"] if quick else [])]
    code = subprocess.run(command, cwd=ROOT, check=False).returncode  # noqa: S603 - ours
    file = ROOT / "benchmarks" / "results" / f"{name}.json"
    return code == 0 or (code == 1 and file.is_file() and file.stat().st_mtime >= began)


if __name__ == "__main__":
    sys.exit(main())

"""The end of every benchmark: its table printed, its results and its picture written."""

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from benchmarks.processes import PEERS, ROOT
from benchmarks.results import FOLDER, Results, write
from benchmarks.tables import Columns, report


def finish(results: Results, peers: Mapping[str, str], more: Columns | None = None, absent: str | None = None) -> int:
    """The exit status: 1 where a goal was measured and is not met."""
    print(report(results, peers, more))
    file = write(results)
    print(f"Written: {file.relative_to(ROOT)}")
    if absent is not None:
        print(absent)
    else:
        print(f"Drawn: {draw(file).relative_to(ROOT)}")
    return 1 if any(goal.verdict == "NOT met" for goal in results.goals) else 0


def draw(file: Path, to: Path = FOLDER) -> Path:
    """The picture of a file of results, by the environment that has matplotlib."""
    picture = to / f"{file.stem}.svg"
    script = Path(__file__).parent / "draw.py"
    done = subprocess.run([PEERS, script, file, picture], capture_output=True, text=True, check=False)  # noqa: S603 - ours
    if done.returncode:
        sys.exit(f"{script.name} failed:\n{done.stderr[-2000:]}")
    return picture

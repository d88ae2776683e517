"""What a benchmark measured: the document that is written, the goals that it is held against."""

import json
import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.processes import Used

FOLDER = Path(__file__).parent / "results"
OURS = "ours"
_TOLD_VERSIONS = ("xgboost-cpu", "xgboost", "numpy", "pyarrow")


@dataclass(frozen=True)
class Measured:
    """One way at one size, run by run. `size` is what costs grow with, `case` how it is called; `more` by name."""

    case: str
    size: int
    way: str
    runs: Sequence[Used]
    more: Mapping[str, Any] = field(default_factory=dict)

    @property
    def seconds(self) -> float:
        return median(run.seconds for run in self.runs)

    @property
    def cpu_seconds(self) -> float:
        return median(run.cpu_seconds for run in self.runs)

    @property
    def peak_mb(self) -> float:
        """Of 1,000,000 bytes."""
        return median(run.peak_bytes for run in self.runs) / 1e6


@dataclass(frozen=True)
class Goal:
    """`found` is to be `most` at the most; None where a way that it takes was not measured."""

    case: str
    text: str
    most: float
    found: float | None

    @property
    def verdict(self) -> str:
        if self.found is None:
            return "not measured"
        return "met" if self.found <= self.most else "NOT met"


@dataclass(frozen=True)
class Results:
    benchmark: str
    measured: Sequence[Measured]
    goals: Sequence[Goal]
    told: Sequence[str] = ()
    axis: str = "rows"

    def find(self, case: str, way: str) -> Measured | None:
        return next((each for each in self.measured if (each.case, each.way) == (case, way)), None)


def ratio(one: Measured | None, other: Measured | None, of: str) -> float | None:
    """Of the medians; None where one of them was not measured."""
    if one is None or other is None:
        return None
    return float(getattr(one, of)) / float(getattr(other, of))


def write(results: Results, file: Path | None = None) -> Path:
    """One JSON file; what was told of the machine, never a path or a name of it."""
    found = {
        "measured": [asdict(each) for each in results.measured],
        "goals": [asdict(goal) | {"verdict": goal.verdict} for goal in results.goals],
        "told": list(results.told),
        "axis": results.axis,
    }
    return write_document(results.benchmark, found, file)


def write_document(benchmark: str, found: Mapping[str, Any], file: Path | None = None) -> Path:
    """With when and on what it was measured."""
    file = file or FOLDER / f"{benchmark}.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    about = {
        "benchmark": benchmark,
        "measured_at": datetime.now(UTC).strftime("%Y-%m-%d %H:%M"),
        "machine": machine(),
        "versions": {name: told for name in _TOLD_VERSIONS if (told := _version(name))},
    }
    file.write_text(json.dumps(about | dict(found), indent=1) + "\n", "utf-8")
    return file


def machine() -> str:
    return f"{os.cpu_count()} processors, {platform.machine()}, Python {platform.python_version()}"


def read(benchmark: str, folder: Path = FOLDER) -> Results | None:
    """What was written; None where nothing was."""
    file = folder / f"{benchmark}.json"
    if not file.is_file():
        return None
    document = json.loads(file.read_text("utf-8"))
    measured = [Measured(**{**each, "runs": [Used(**run) for run in each["runs"]]}) for each in document["measured"]]
    goals = [Goal(**{name: goal[name] for name in ("case", "text", "most", "found")}) for goal in document["goals"]]
    return Results(benchmark, measured, goals, document["told"], document["axis"])


def _version(name: str) -> str | None:
    try:
        return version(name)
    except ImportError:
        return None

"""A way of doing something as a cold process: what it takes, run by run."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
PEERS = ROOT / ".venv-peers" / "bin" / "python"
_SPAWN = Path(__file__).parent / "spawn.py"


class Failed(RuntimeError):
    """A command that did not end well; the message ends with the last of what it said."""


@dataclass(frozen=True)
class Used:
    """`seconds` of wall time, `cpu_seconds` of user and system together, the peak of resident memory in bytes.

    `began`: on the machine's monotonic clock, which is the same for all processes.
    """

    began: float
    seconds: float
    cpu_seconds: float
    peak_bytes: int


@dataclass(frozen=True)
class Command:
    """`environment` is all that it gets beside PATH and what all get alike."""

    arguments: Sequence[str | Path]
    environment: Mapping[str, str]
    folder: Path = ROOT


def python(
    script: str, *arguments: object, peers: bool = False, environment: Mapping[str, str] | None = None
) -> Command:
    """A module of this repository, in the environment of ours or of the peers."""
    interpreter = PEERS if peers else Path(sys.executable)
    path = ROOT if peers else f"{ROOT / 'layers' / 'core'}{os.pathsep}{ROOT}"
    return Command([interpreter, "-m", script, *map(str, arguments)], {"PYTHONPATH": str(path), **(environment or {})})


def run(command: Command, *, before: Callable[[], None] | None = None) -> Used:
    """What one run took; `before` is called in the process to be, as of `preexec_fn`. Raises `Failed`."""
    return start(command, before=before).used()


@dataclass(frozen=True)
class Running:
    process: "subprocess.Popen[bytes]"
    told: "tempfile.TemporaryDirectory[str]"

    def used(self) -> Used:
        """Wait for the end. Raises `Failed`."""
        with self.told as name:
            code = self.process.wait()
            folder = Path(name)
            if code:
                said = (folder / "said").read_text("utf-8", errors="replace")
                raise Failed(f"{_name(self.process.args)} ended with exit status {code}:\n{said[-3000:]}")
            return Used(**json.loads((folder / "used.json").read_text("utf-8")))


def start(command: Command, *, before: Callable[[], None] | None = None) -> Running:
    told = tempfile.TemporaryDirectory(prefix="traindrop-measured-")
    spawned = [sys.executable, "-S", _SPAWN, Path(told.name) / "used.json", *command.arguments]
    # Processes that wait for each other do not spin: of use on a machine that has others, and no harm on one without.
    alike = {"OMP_WAIT_POLICY": "PASSIVE", "PATH": os.environ.get("PATH", os.defpath), "HOME": told.name}
    with (Path(told.name) / "said").open("wb") as said:
        process = subprocess.Popen(  # noqa: S603 - our own scripts
            spawned, env=alike | dict(command.environment), cwd=command.folder, stdout=said, stderr=said,
            preexec_fn=before,
        )  # fmt: skip
    return Running(process, told)


def alternating(ways: Mapping[str, Callable[[], Used]], runs: int) -> dict[str, list[Used]]:
    """So many runs of each way by turns, so that whatever else the machine does meets them alike."""
    found: dict[str, list[Used]] = {way: [] for way in ways}
    for _ in range(runs):
        for way, once in ways.items():
            found[way].append(once())
    return found


def runs_for(rows: int) -> int:
    """How often by default: of processes of a second the spread is larger, and a run is soon done."""
    return 5 if rows < 100_000 else 3 if rows < 1_000_000 else 2


def without(environment: Path, what: str, target: str) -> str | None:
    """Why a way cannot be measured, with the command that mends it; None where it can."""
    if (environment / ".ready").exists():
        return None
    return f"{what} is left out: it is not installed. To install it: make {target}"


def peers_absent() -> str | None:
    return without(ROOT / ".venv-peers", "every peer of pandas, polars and scikit-learn", "peers")


def _name(arguments: object) -> str:
    return " ".join(map(str, arguments[4:])) if isinstance(arguments, list) else str(arguments)

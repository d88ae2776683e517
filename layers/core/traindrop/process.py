"""A child process in a group of its own: its lines are handed on, and it ends when it is asked to or out of time."""

import contextlib
import math
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

STOP_GRACE = 120.0  # seconds between SIGTERM and SIGKILL, as documented for StopTrainingJob

# Exec'd before the command (prctl 1 is PR_SET_PDEATHSIG): the kernel ends it when whoever started it is killed
# without a chance to clean up, and when memory runs out it is the first to go, so that the other lives to tell. A
# preexec_fn would do the same, but is not safe in a process with threads.
_TIE_TO_PARENT = """
import contextlib, ctypes, os, sys
ctypes.CDLL(None).prctl(1, 9)
with contextlib.suppress(OSError), open("/proc/self/oom_score_adj", "w") as score:
    score.write("1000")
os.execv(sys.argv[1], sys.argv[1:])
"""


@dataclass(frozen=True)
class Supervision:
    """What may end a process before its own end, and who hears what it says.

    `on_line` gets each line of standard output and error, without its line end, from another thread. The stop event
    and the deadline (of `time.monotonic`) send SIGTERM to the process group, then SIGKILL after `grace` seconds.
    `die_with_parent` (Linux only) has the kernel kill the process with the thread that started it, and before any
    other when memory runs out.
    """

    on_line: Callable[[str], None]
    stop: threading.Event = field(default_factory=threading.Event)
    deadline: float = math.inf
    grace: float = STOP_GRACE
    die_with_parent: bool = False


@dataclass(frozen=True)
class Ended:
    """How a process ended: its exit code, negative when a signal ended it, and what of its supervision made it."""

    code: int
    by: Literal["stop", "deadline"] | None


def supervise(command: Sequence[str], supervision: Supervision, *, cwd: Path, env: Mapping[str, str]) -> Ended:
    """Run a command, whose first word is a path, until it and all it has started have ended."""
    tied = supervision.die_with_parent and sys.platform == "linux"
    process = subprocess.Popen(  # noqa: S603 - running the person's script is the purpose
        [*([sys.executable, "-ISc", _TIE_TO_PARENT] if tied else []), *command],
        cwd=cwd,
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        process_group=0,
    )
    reader = threading.Thread(target=_forward, args=(process, supervision.on_line), daemon=True)
    reader.start()
    by = _wait(process, supervision)
    # Children that it left behind would hold the pipe open and write into what is being packed.
    _signal_group(process.pid, signal.SIGKILL)
    reader.join(timeout=5)  # not for ever: a child in a session of its own may hold the pipe
    return Ended(process.returncode, by)


def _wait(process: subprocess.Popen[bytes], supervision: Supervision) -> Literal["stop", "deadline"] | None:
    by: Literal["stop", "deadline"] | None = None
    kill_at = math.inf
    while True:
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(0.02)
            return by
        now = time.monotonic()
        if by is None and (supervision.stop.is_set() or now >= supervision.deadline):
            by = "stop" if supervision.stop.is_set() else "deadline"
            kill_at = now + supervision.grace
            _signal_group(process.pid, signal.SIGTERM)
        elif now >= kill_at:
            kill_at = math.inf
            _signal_group(process.pid, signal.SIGKILL)


def _forward(process: subprocess.Popen[bytes], on_line: Callable[[str], None]) -> None:
    if process.stdout is not None:
        with process.stdout as lines:
            for line in lines:
                on_line(line.decode("utf-8", errors="replace").rstrip("\r\n"))


def _signal_group(group: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):  # it is gone; macOS says PermissionError
        os.killpg(group, number)

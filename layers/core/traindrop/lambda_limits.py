"""What a training inside a Lambda function may take, what is sent there, and how a limit that was met is told.

https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html: 900 s, and of memory 3,008 MB in a new account.
"""

import re
import signal
from collections.abc import Sequence
from dataclasses import dataclass

from traindrop.container import Outcome

# `instance_type` of a run that is trained there.
LAMBDA = "lambda"
# What a FailureReason begins with, as with "CapacityError: …"; what follows says what "it" met.
LIMIT_EXCEEDED = "LambdaLimitExceeded"
# The functions' memory in MB, the smallest first. "At 1,769 MB, a function has the equivalent of one vCPU."
# https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html
FUNCTIONS = (1769, 3008)
# "Function timeout: 900 seconds (15 minutes)"
SECONDS = 900
# Of that, what is kept to end the script, pack what it left, upload it and tell of it.
RESERVED_SECONDS = 30.0
# Bytes of the functions' /tmp (EphemeralStorage in template.yaml).
DISK = 4 * 1024**3
# Of a function's memory, what Python, the runtime and the handler take beside the script (benchmarks/README.md).
HANDLER_MB = 150
# Of a file, what a script that was not measured is taken to need: text as numbers, with a copy for the split.
MEMORY_PER_BYTE = 8

_MEMORY_WORDS = re.compile(r"\bMemoryError\b|std::bad_alloc|Unable to allocate")
_DISK_WORDS = re.compile(r"No space left on device|Errno 28\b")


@dataclass(frozen=True)
class Sandbox:
    """What one invocation has: memory in MB, and seconds until Lambda ends it."""

    memory_mb: int
    seconds: float


def function_for(size: int) -> int | None:
    """The memory of the smallest function that files of so many bytes are sent to; None where they are sent to none."""
    needed = HANDLER_MB + MEMORY_PER_BYTE * size / 1024**2
    return next((memory for memory in FUNCTIONS if needed <= memory), None)


def too_large(size: int) -> str:
    """Why files of so many bytes are sent to no function, for the person."""
    most = (FUNCTIONS[-1] - HANDLER_MB) // MEMORY_PER_BYTE
    has = f"{size / 1024**2:,.0f} MB"
    return f"instance_type lambda takes up to {most:,} MB of training and test file, and these have {has}"


def limit_met(
    outcome: Outcome, last_lines: Sequence[str], sandbox: Sandbox, *, cut_off: bool, peak_mb: int | None
) -> str | None:
    """The FailureReason of a script that met a limit of Lambda's; None where it did not.

    `cut_off`: the deadline that ended it, if one did, was Lambda's and not the person's. `peak_mb`: the most memory
    that the script was seen to take.
    """
    if outcome.timed_out:
        return _time(sandbox, outcome.seconds) if cut_off else None
    if outcome.stopped or outcome.exit_code == 0:
        return None
    said = "\n".join(last_lines)
    # Nobody here kills a script that way but by a stop or a deadline: the kernel does, when memory runs out.
    if outcome.exit_code == -signal.SIGKILL or _MEMORY_WORDS.search(said):
        return memory_limit(sandbox, peak_mb)
    return disk_limit("the script") if _DISK_WORDS.search(said) else None


def memory_limit(sandbox: Sandbox, peak_mb: int | None = None) -> str:
    seen = f", of which the script was seen to take {peak_mb:,} MB" if peak_mb is not None else ""
    return f"{LIMIT_EXCEEDED}: it ran out of memory (the function has {sandbox.memory_mb:,} MB{seen})"


def disk_limit(what: str) -> str:
    return f"{LIMIT_EXCEEDED}: it ran out of disk ({what} filled the function's /tmp)"


def _time(sandbox: Sandbox, seconds: float) -> str:
    return (
        f"{LIMIT_EXCEEDED}: it ran out of time (of the function's {sandbox.seconds:,.0f} s the script had "
        f"{seconds:,.0f} s and was not done)"
    )


def death_of(error: str) -> str:
    """The FailureReason of a job whose function ended without an answer; `error` is Lambda's own word on it."""
    if "timed out" in error:
        return f"{LIMIT_EXCEEDED}: it ran out of time ({error})"
    if "signal: killed" in error or "OutOfMemory" in error:
        return f"{LIMIT_EXCEEDED}: it ran out of memory ({error})"
    return f"{LIMIT_EXCEEDED}: its function came to no end ({error})"


def limit_of(failure: str) -> str | None:
    """What an earlier attempt met (`it ran out of memory (…)`), from the ledger's `<job>: <FailureReason>`."""
    _, found, text = failure.partition(f": {LIMIT_EXCEEDED}: ")
    return text if found else None

"""What is sent to a Lambda function, and how a limit that was met there is told."""

from dataclasses import replace
from typing import Any

import pytest

from traindrop.container import Outcome
from traindrop.lambda_limits import FUNCTIONS, Sandbox, death_of, function_for, limit_met, limit_of, too_large

MB = 1024**2
SANDBOX = Sandbox(1769, 900)


def outcome(**changes: Any) -> Outcome:
    return replace(Outcome(1, "AlgorithmError", stopped=False, timed_out=False, seconds=870.0), **changes)


def met(ended: Outcome, *lines: str, cut_off: bool = False, peak_mb: int | None = None) -> str | None:
    return limit_met(ended, lines, SANDBOX, cut_off=cut_off, peak_mb=peak_mb)


@pytest.mark.parametrize(
    ("size", "memory"),
    [(0, 1769), (20_000, 1769), (200 * MB, 1769), (203 * MB, 3008), (357 * MB, 3008), (358 * MB, None), (10**12, None)],
)
def test_a_file_goes_to_the_smallest_function_with_eight_times_its_size_of_memory_or_to_none(
    size: int, memory: int | None
) -> None:
    assert function_for(size) == memory


def test_a_file_that_goes_to_none_is_told_its_size_and_the_most() -> None:
    assert too_large(400 * MB) == (
        "instance_type lambda takes up to 357 MB of training and test file, and these have 400 MB"
    )
    assert function_for(357 * MB) == FUNCTIONS[-1]


@pytest.mark.parametrize(
    ("ended", "lines"),
    [
        (outcome(exit_code=0, failure_reason=None), ["MemoryError"]),
        (outcome(), ["ValueError: no such column", "exit code 1"]),
        (outcome(exit_code=-11), []),
        (outcome(exit_code=-15, failure_reason=None, stopped=True), []),
        (outcome(exit_code=-9, failure_reason=None, stopped=True), []),
        (outcome(exit_code=-15, failure_reason=None, timed_out=True), ["MemoryError"]),
    ],
    ids=["it went well", "its own error", "a crash", "stopped", "stopped by force", "the person's own max_runtime"],
)
def test_what_is_no_limit_of_lambda_is_not_taken_for_one(ended: Outcome, lines: list[str]) -> None:
    assert met(ended, *lines) is None


@pytest.mark.parametrize(
    ("ended", "lines"),
    [
        (outcome(exit_code=-9), []),
        (outcome(), ["Traceback", "MemoryError"]),
        (outcome(), ["numpy._core._exceptions._ArrayMemoryError: Unable to allocate 9.31 GiB for an array"]),
        (outcome(exit_code=-6), ["terminate called after throwing an instance of 'std::bad_alloc'"]),
    ],
    ids=["killed by the kernel", "Python", "numpy", "C++"],
)
def test_a_lack_of_memory_is_known_by_the_kernels_signal_or_by_the_scripts_last_words(
    ended: Outcome, lines: list[str]
) -> None:
    known = "LambdaLimitExceeded: it ran out of memory (the function has 1,769 MB"
    assert met(ended, *lines) == f"{known})"
    assert met(ended, *lines, peak_mb=1702) == f"{known}, of which the script was seen to take 1,702 MB)"


def test_a_full_disk_is_known_by_the_scripts_last_words() -> None:
    found = met(outcome(), "OSError: [Errno 28] No space left on device")
    assert found == "LambdaLimitExceeded: it ran out of disk (the script filled the function's /tmp)"


def test_a_script_that_lambdas_own_deadline_ended_is_told_with_both_times() -> None:
    ended = outcome(exit_code=-15, failure_reason=None, timed_out=True)
    assert met(ended, cut_off=True) == (
        "LambdaLimitExceeded: it ran out of time (of the function's 900 s the script had 870 s and was not done)"
    )


@pytest.mark.parametrize(
    ("error", "said"),
    [
        ("Error: 2026-11-12T00:15:00Z e4b4 Task timed out after 900.00 seconds", "it ran out of time (Error: "),
        ("Runtime.ExitError: RequestId: e4b4 Error: Runtime exited with error: signal: killed", "it ran out of memory"),
        ("Runtime.OutOfMemory: RequestId: e4b4 Error", "it ran out of memory"),
        ("Runtime.ImportModuleError: No module named 'app'", "its function came to no end (Runtime.ImportModuleError"),
    ],
)
def test_the_death_of_a_function_is_told_in_lambdas_own_words(error: str, said: str) -> None:
    assert death_of(error).startswith(f"LambdaLimitExceeded: {said}")


def test_of_earlier_failures_those_in_lambda_are_found() -> None:
    assert limit_of(f"a-job: {death_of('Task timed out')}") == "it ran out of time (Task timed out)"
    assert limit_of("a-job: CapacityError: none") is None

"""Where a run stands that has not ended: its place in the line, what it waits for, which attempt it is at."""

from collections.abc import Sequence

from traindrop.run import MAX_ATTEMPTS, Run, Status
from traindrop.waiting_line import Place, ahead_of

_ENDINGS = {1: "st", 2: "nd", 3: "rd"}


def place_in_line(run: Run, line: Sequence[Place]) -> int | None:
    """From 1, among those that wait for the same instance type; None where it does not wait."""
    if run.status is not Status.WAITING:
        return None
    place = Place(run=run.run, created_at=run.created_at, instance_type=run.instance_type or "")
    return len(ahead_of(place, line)) + 1


def in_line(run: Run, line: Sequence[Place]) -> str | None:
    """`2nd in line for ml.m5.large, waits for …`; None where it does not wait."""
    place = place_in_line(run, line)
    if place is None:
        return None
    # How many were ahead when it came is no news beside its place.
    what = "its turn" if (run.waits_for or "").startswith("its turn:") else run.waits_for
    waits_for = f", waits for {what}" if what else ""
    not_before = f", not before {run.not_before:%H:%M:%S} UTC" if run.not_before else ""
    return f"{ordinal(place)} in line for {run.instance_type}{waits_for}{not_before}"


def attempt(run: Run) -> str:
    """`attempt 2 of 3 after CapacityError`; empty for the first attempt."""
    if run.attempt == 1:
        return ""
    why = last_failure(run)
    return f"attempt {run.attempt} of {MAX_ATTEMPTS}" + (f" after {why}" if why else "")


def last_failure(run: Run) -> str:
    """The kind of error that the attempt before this one ended with: the failure reason up to its first colon."""
    if not run.earlier_failures:
        return ""
    # Each is `<job>: <failure reason>`.
    return run.earlier_failures[-1].partition(": ")[2].partition(":")[0].strip()


def is_launched(run: Run) -> bool:
    """Whether the job of this attempt is there; what the record says of a launch may be of the attempt before."""
    if run.launched_at is None or run.status is Status.WAITING:
        return False
    return run.attempt == 1 or run.refused_at is None or run.launched_at >= run.refused_at


def ordinal(number: int) -> str:
    teens = 11 <= number % 100 <= 13
    return f"{number}{'th' if teens else _ENDINGS.get(number % 10, 'th')}"

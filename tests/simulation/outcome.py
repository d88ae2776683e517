"""The result of many schedules, added up; how one is played again."""

from dataclasses import dataclass, field

from tests.simulation.history import History
from tests.simulation.invariants import violations
from tests.simulation.one_upload import Case, crash_points, play_one
from tests.simulation.schedule import random_schedule

__all__ = ["Outcome", "crash_points", "play_case", "play_seed", "replay"]

_COMMAND = "python -m tests.simulation"


@dataclass(frozen=True)
class Outcome:
    """`violations`: one line each, with the command that plays its schedule again."""

    schedules: int = 0
    events: int = 0
    crashes: int = 0
    errors: int = 0
    calls: int = 0
    violations: list[str] = field(default_factory=list)

    def __add__(self, other: "Outcome") -> "Outcome":
        return Outcome(
            self.schedules + other.schedules,
            self.events + other.events,
            self.crashes + other.crashes,
            self.errors + other.errors,
            self.calls + other.calls,
            self.violations + other.violations,
        )

    def __str__(self) -> str:
        return (
            f"{self.schedules:,} schedules, {self.events:,} events, {self.calls:,} AWS calls, {self.errors:,} errors, "
            f"{self.crashes:,} crashes, {len(self.violations):,} violations"
        )


def _outcome(history: History, again: str) -> Outcome:
    found = [f"{line}   {again}" for line in violations(history)]
    return Outcome(1, history.events, history.crashes, history.errors, history.calls, found)


def play_seed(seed: int) -> Outcome:
    return _outcome(random_schedule(seed), f"{_COMMAND} --seed {seed}")


def play_case(name: str) -> Outcome:
    return _outcome(play_one(Case.named(name)), f"{_COMMAND} --case '{name}'")


def replay(which: int | str) -> tuple[list[str], list[str]]:
    """All that happens in one schedule, line by line, and what it violates."""
    if isinstance(which, int):
        history = random_schedule(which, verbose=True)
    else:
        history = play_one(Case.named(which), verbose=True)
    return history.lines, violations(history)

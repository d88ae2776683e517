"""What happened in a schedule, as the invariants look at it."""

from dataclasses import dataclass, field
from typing import Any

Item = dict[str, Any]


@dataclass(frozen=True)
class Change:
    """One write to a run's record."""

    at: float
    run: str
    before: Item | None
    after: Item | None
    by: str


@dataclass(frozen=True)
class Launched:
    """A job was created while these runs of its instance type waited."""

    at: float
    job: str
    running: frozenset[str]
    line: tuple[Item, ...]


@dataclass
class Upload:
    """What a person did, and what has to come of it."""

    at: float
    kind: str
    identity: str
    event: Item
    needs_run: bool = True


@dataclass
class History:
    changes: list[Change] = field(default_factory=list)
    launched: list[Launched] = field(default_factory=list)
    uploads: list[Upload] = field(default_factory=list)
    # When, of which run or failure, by which invocation.
    messages: list[tuple[float, str, int]] = field(default_factory=list)
    # Invocations that published and did not come to record it, by run.
    unrecorded: list[str] = field(default_factory=list)
    foreign: set[str] = field(default_factory=set)
    redriven: list[str] = field(default_factory=list)
    # Since when a run could have been launched in a quiet world and was not.
    idle: list[str] = field(default_factory=list)
    unsettled: list[str] = field(default_factory=list)
    events: int = 0
    crashes: int = 0
    errors: int = 0
    invocations: int = 0
    calls: int = 0
    ticks: int = 0
    lines: list[str] = field(default_factory=list)

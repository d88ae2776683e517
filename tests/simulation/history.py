"""What happened in a schedule, as the invariants look at it."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from tests.simulation.sagemaker import Fate, Job
from tests.simulation.tuning_jobs import TuningJob

from traindrop.trial import tuning_of
from traindrop.tuning_state import TuningState

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
    """A job was created. `record`: of its run then; `line`: the runs that waited for its instance type.

    `troubled`: whoever launched it met with errors at other calls just before. `counted`: it was, at its worst case, in
    what a month costs.
    """

    at: float
    job: str
    record: Item
    running: frozenset[str]
    line: tuple[Item, ...]
    troubled: bool
    counted: bool


@dataclass(frozen=True)
class Crowned:
    """A dataset's champion was written: whose place which run took."""

    at: float
    dataset: str
    before: str | None
    champion: str


@dataclass
class InLambda:
    """A job that the trainer carries out. `trained`: how often one did all that there is to do of it."""

    created: float
    status: str = "InProgress"
    reason: str = ""
    ended: float | None = None
    trained: int = 0
    fate: Fate | None = None
    billed: int = 0
    request: Item = field(default_factory=dict)
    # By name, its last values.
    metrics: dict[str, float] = field(default_factory=dict)


@dataclass
class InLambdaTuning:
    """A tuning whose trials the trainer carries out: its record, each time that it was written."""

    written: list[tuple[float, TuningState]] = field(default_factory=list)

    @property
    def now(self) -> TuningState:
        return self.written[-1][1]

    @property
    def created(self) -> float:
        return self.written[0][0]

    @property
    def ended(self) -> float | None:
        return next((at for at, state in self.written if state.is_over), None)

    @property
    def status(self) -> str:
        return self.now.status


@dataclass
class Upload:
    """What a person did, and whether a run has to come of it."""

    at: float
    kind: str
    identity: str
    event: Item
    needs_run: bool = True


@dataclass
class History:
    """`messages`: when, of which run or failure, by which invocation. Counters are by run, or by upload."""

    most_jobs: int = 0
    monthly_usd: Decimal = Decimal(0)
    # Of each month: its record now, and the largest total that a job was ever added to make.
    months: dict[str, Item] = field(default_factory=dict)
    reached: dict[str, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    settled: Counter[str] = field(default_factory=Counter)
    changes: list[Change] = field(default_factory=list)
    launched: list[Launched] = field(default_factory=list)
    uploads: list[Upload] = field(default_factory=list)
    messages: list[tuple[float, str, int]] = field(default_factory=list)
    # Of whom a message was published by one that did not come to record it.
    unrecorded: list[str] = field(default_factory=list)
    # The runs that ever answered an upload.
    answers: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    runs: dict[str, Item] = field(default_factory=dict)
    born: dict[str, float] = field(default_factory=dict)
    jobs: dict[str, Job] = field(default_factory=dict)
    in_lambda: dict[str, InLambda] = field(default_factory=dict)
    tunings: dict[str, InLambdaTuning | TuningJob] = field(default_factory=dict)
    foreign: set[str] = field(default_factory=set)
    crowned: list[Crowned] = field(default_factory=list)
    # The runs in the model registry, a version each.
    registered: list[str] = field(default_factory=list)
    # Calls of SageMaker, and the job that each named.
    touched: list[tuple[str, str]] = field(default_factory=list)
    asked: Counter[str] = field(default_factory=Counter)
    # What was put back from the dead-letter queue.
    redriven: list[str] = field(default_factory=list)
    reopened: Counter[str] = field(default_factory=Counter)
    forgotten: Counter[str] = field(default_factory=Counter)
    left_over: list[str] = field(default_factory=list)
    unsettled: list[str] = field(default_factory=list)
    idle: list[str] = field(default_factory=list)
    events: int = 0
    crashes: int = 0
    errors: int = 0
    invocations: int = 0
    calls_by_invocation: list[int] = field(default_factory=list)
    calls: int = 0
    ticks: int = 0
    # What a person reads who replays the schedule.
    lines: list[str] = field(default_factory=list)

    def is_trial(self, job: str) -> bool:
        """Whether a job is one of many of a tuning that there is."""
        return tuning_of(job) in self.tunings

    def running(self) -> frozenset[str]:
        """The jobs of runs that are there and have not ended; a tuning is one, whatever trials it has."""
        everywhere = {**self.jobs, **self.in_lambda, **self.tunings}
        names = (name for name, job in everywhere.items() if job.ended is None and not self.is_trial(name))
        return frozenset(names) - self.foreign

    def record(self, change: Change) -> None:
        self.changes.append(change)
        if change.before is None:
            self.born[change.run] = change.at
        if change.after is not None:
            self.runs[change.run] = change.after

    def spent(self, month: str, before: Item, after: Item) -> None:
        """A month's record was written: jobs were added to it, or settled."""
        self.months[month] = after
        if after.keys() - before.keys() - {"run", "total_usd"}:
            self.reached[month] = max(self.reached[month], after["total_usd"])
        self.settled.update(before.keys() - after.keys())

    def status_at(self, run: str, at: float) -> str | None:
        """A run's status just before a moment; None before it was there."""
        found = None
        for change in self.changes:
            if change.at >= at:
                break
            if change.run == run and change.after is not None:
                found = change.after["status"]
        return found

    def in_line_since(self, run: str, at: float) -> float:
        """Since when a run that waits at a moment has been waiting."""
        since = 0.0
        for change in self.changes:
            if change.at > at:
                break
            if change.run != run or change.after is None:
                continue
            if (change.before or {}).get("status") != "Waiting" or (change.before or {}).get("attempt") != change.after[
                "attempt"
            ]:
                since = change.at
        return since

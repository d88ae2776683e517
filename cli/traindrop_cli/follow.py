"""Following one run to its end: what happened since the last look, from the ledger and the job's log."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from traindrop import aws, training_jobs
from traindrop.clock import now
from traindrop.ledger import Ledger
from traindrop.run import Run, Status
from traindrop_cli.errors import CommandError
from traindrop_cli.run_trials import RunTrials
from traindrop_cli.stack import Stack
from traindrop_cli.standing import attempt, in_line, is_launched
from traindrop_cli.trial_news import TrialNews

WAITING = "waiting"


@dataclass(frozen=True)
class Step:
    """A state that the run reached, and when; the name `waiting` comes again whenever its detail changes."""

    name: str
    at: datetime
    detail: str = ""


@dataclass(frozen=True)
class LogLine:
    text: str


@dataclass(frozen=True)
class Billing:
    """The training costs so much since a moment, USD; `before`: earlier attempts; `most`: what this one may cost."""

    since: datetime
    usd_per_second: Decimal
    before: Decimal
    most: Decimal | None

    def so_far(self, at: datetime) -> Decimal:
        return self.before + self.usd_per_second * Decimal(max(0.0, (at - self.since).total_seconds()))


@dataclass(frozen=True)
class Ended:
    """The run is over and its message is out. `repeated`: the drop that this run had answered before, if it was one."""

    run: Run
    repeated: Run | None = None


# Of a run that tunes also its trials, whenever one of them has changed.
Progress = Step | LogLine | Billing | RunTrials | Ended
# The run to follow, once there is one.
FindRun = Callable[[Ledger], str | None]


def steps_of(run: Run) -> list[Step]:
    """The states that a run has reached in its present attempt, in their order."""
    counted = f"{run.rows} rows, {run.columns} columns" if run.rows else f"{run.columns} columns"
    instances = f"{run.framework}, {run.place}"
    trials = f"{run.max_trials} trials and the defaults, {run.max_parallel} at once" if run.tunes else ""
    with_value = "" if run.trials_with_value is None else f"{run.trials_with_value} trials with a value"
    ended_at = run.ended_at if run.status is not Status.EVALUATED else None
    answered = f"this file was dropped before; {run.answered_by} has the answer" if run.answered_by else ""
    reached = [
        ("checked", run.checked_at, f"{counted}, target {run.target}, {run.task}"),
        ("launched", run.launched_at, ", ".join(filter(None, (instances, trials, attempt(run))))),
        ("training", run.training_started_at, ""),
        ("trained", run.training_ended_at, with_value),
        ("evaluated", run.evaluated_at, f"on {run.test_rows} test rows" if run.test_rows else "validation only"),
        (run.status.value.lower(), ended_at, answered),
        ("notified", run.notified_at, ""),
    ]
    of_the_job = {"launched", "training"} if not is_launched(run) else set()
    return [Step(name, at, detail) for name, at, detail in reached if at is not None and name not in of_the_job]


@dataclass
class _Told:
    """What was said of a run so far: its steps by attempt, its place in the line, its log by stream, its trials."""

    trials: TrialNews
    steps: set[tuple[str, int]] = field(default_factory=set)
    in_line: str | None = None
    log: dict[str, str] = field(default_factory=dict)


def follow(stack: Stack, find: FindRun, began: Step, *, timeout: float) -> Iterator[Progress]:
    """Each step and log line as it comes, then `Ended`; `began` is the first.

    Of a drop that was a repetition the run that has the answer is followed.
    Raises `CommandError` after `timeout` seconds.
    """
    pause = 0.2 if stack.is_local else 2.0
    give_up = time.monotonic() + timeout
    ledger = Ledger(stack.table)
    yield began
    name: str | None = None
    repeated: Run | None = None
    told = _Told(TrialNews(stack.is_local))
    while time.monotonic() < give_up:
        name = name or find(ledger)
        run = ledger.get(name) if name else None
        if run is not None:
            told.trials.look(run, ledger)
            yield from _news(run, ledger, told)
            if run.notified_at is not None and run.answered_by is not None:
                repeated, name, told = run, run.answered_by, _Told(TrialNews(stack.is_local))
                answer = ledger.get(name)
                if answer is not None and answer.notified_at is not None:
                    # Long over: its steps are no news.
                    yield Ended(answer, repeated)
                    return
                continue
            if run.notified_at is not None:
                yield Ended(run, repeated)
                return
        time.sleep(pause)
    raise CommandError(
        f"{name or began.detail} has no result after {timeout:.0f} s. Nothing is lost: `traindrop runs` shows where it "
        "stands."
    )


def _news(run: Run, ledger: Ledger, told: _Told) -> Iterator[Progress]:
    run = with_job_times(run, ledger, told.trials.latest)
    for step in steps_of(run):
        which = (step.name, run.attempt if step.name in {"launched", "training"} else 1)
        if which not in told.steps:
            if step.name not in {"launched", "training"} and ("training", run.attempt) in told.steps:
                # What the job wrote comes before what followed it.
                yield from _log_lines(run, told)
            told.steps.add(which)
            yield step
            if step.name == "training" and run.status is Status.IN_PROGRESS and run.tariff and not run.tunes:
                hourly = run.tariff.hourly_usd * run.instance_count
                yield Billing(step.at, hourly / 3600, run.earlier_usd, run.worst_case_usd)
    # One that waits for nothing yet is being launched just now.
    if run.status is Status.WAITING and run.waits_for is not None:
        standing = in_line(run, ledger.waiting())
        if standing is not None and standing != told.in_line:
            told.in_line = standing
            yield Step(WAITING, now(), standing)
    yield from _log_lines(run, told)


def with_job_times(run: Run, ledger: Ledger, tuned: RunTrials | None = None) -> Run:
    """The ledger learns of the training when it is over; until then the service knows when it began: of a run that
    tunes, when the first of its trials did."""
    if run.status is not Status.IN_PROGRESS:
        return run
    if run.tunes:
        began = [trial.started_at for trial in (tuned.trials if tuned else ()) if trial.started_at is not None]
        return run.model_copy(update={"training_started_at": min(began, default=None)})
    job = training_jobs.describe(run, ledger)
    return run.model_copy(update={"training_started_at": job.training_start_time})


def _log_lines(run: Run, told: _Told) -> Iterator[LogLine | RunTrials]:
    """What the training wrote; of a run that tunes, whose trials have a log each, how they stand."""
    if run.tunes:
        yield from told.trials.news()
    elif is_launched(run):
        yield from map(LogLine, aws.follow_log(run.job, told.log))

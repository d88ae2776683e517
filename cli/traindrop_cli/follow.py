"""Following one drop to its end: what happened since the last look, from the ledger and the job's log."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from traindrop import aws
from traindrop.ledger import Ledger
from traindrop.run import Run, Status
from traindrop_cli.errors import CommandError
from traindrop_cli.stack import Stack
from traindrop_cli.upload import Dropped


@dataclass(frozen=True)
class Step:
    """A state that the run reached, and when."""

    name: str
    at: datetime
    detail: str = ""


@dataclass(frozen=True)
class LogLine:
    text: str


@dataclass(frozen=True)
class Ended:
    """The run is over and its message is out."""

    run: Run


Progress = Step | LogLine | Ended


def steps_of(run: Run) -> list[Step]:
    """The states that a run has reached, in their order."""
    counted = f"{run.rows} rows, {run.columns} columns" if run.rows else f"{run.columns} columns"
    reached = [
        ("checked", run.checked_at, f"{counted}, target {run.target}, {run.task}"),
        ("launched", run.launched_at, f"{run.instance_count} × {run.instance_type}"),
        ("training", run.training_started_at, ""),
        ("trained", run.training_ended_at, ""),
        ("evaluated", run.evaluated_at, f"on {run.test_rows} test rows" if run.test_rows else "validation only"),
        (run.status.value.lower(), run.ended_at if run.status is not Status.EVALUATED else None, ""),
        ("notified", run.notified_at, ""),
    ]
    return [Step(name, at, detail) for name, at, detail in reached if at is not None]


def follow(stack: Stack, dropped: Dropped, *, timeout: float) -> Iterator[Progress]:
    """Each step and log line as it comes, then `Ended`. Raises `CommandError` after `timeout` seconds."""
    pause = 0.2 if stack.is_local else 2.0
    give_up = time.monotonic() + timeout
    ledger = Ledger(stack.table)
    yield Step("uploaded", dropped.at, dropped.key)
    name: str | None = None
    told: set[str] = set()
    log: dict[str, str] = {}
    while time.monotonic() < give_up:
        name = name or _run_of(ledger, dropped)
        run = ledger.get(name) if name else None
        if run is not None:
            run = _with_job_times(run)
            for step in steps_of(run):
                if step.name not in told:
                    if step.name != "training" and "training" in told:
                        # What the job wrote comes before what followed it.
                        yield from _log_lines(run, log)
                    told.add(step.name)
                    yield step
            if run.notified_at is not None:
                yield Ended(run)
                return
            yield from _log_lines(run, log)
        time.sleep(pause)
    raise CommandError(
        f"{dropped.key} has no result after {timeout:.0f} s. Nothing is lost: `traindrop runs` shows where it stands."
    )


def _with_job_times(run: Run) -> Run:
    """The ledger learns of the training when it is over; until then the service knows when it began."""
    if run.status is not Status.IN_PROGRESS:
        return run
    job = aws.describe_training_job(run.job)
    return run.model_copy(update={"training_started_at": job.training_start_time})


def _run_of(ledger: Ledger, dropped: Dropped) -> str | None:
    return next((run.run for run in ledger.runs(dropped.dataset) if dropped.version_id == run.version_id), None)


def _log_lines(run: Run, seen: dict[str, str]) -> Iterator[LogLine]:
    if run.launched_at is not None:
        yield from map(LogLine, aws.follow_log(run.job, seen))

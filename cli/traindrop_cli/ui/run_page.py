"""One run, as it is now: its states, its log and metrics as they come, and its end."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from traindrop import aws
from traindrop.billed import cost_line, was_billed
from traindrop.clock import now
from traindrop.ledger import Ledger
from traindrop.message import Message
from traindrop.notifying import message_of
from traindrop.run import FINAL, Run, Status
from traindrop.waiting_line import Place
from traindrop_cli.find import run_in
from traindrop_cli.follow import with_job_times
from traindrop_cli.rounds import Rounds
from traindrop_cli.run_table import cost
from traindrop_cli.stack import Stack
from traindrop_cli.standing import attempt
from traindrop_cli.training_log import Line, TrainingLog
from traindrop_cli.trial_news import TrialNews
from traindrop_cli.trial_words import best_in_words
from traindrop_cli.ui.live import News
from traindrop_cli.ui.pages import render
from traindrop_cli.ui.timeline import going_on, marks
from traindrop_cli.ui.trials import values_of

_PARTS = ("run_head", "run_steps", "run_trials", "run_curve", "run_facts", "run_end")


@dataclass
class RunPage:
    """What one open page of a run was told; each call of `look` is what is to be seen now."""

    stack: Stack
    name: str
    _log: TrainingLog = field(default_factory=TrainingLog)
    _rounds: Rounds = field(default_factory=Rounds)
    _job: str = ""
    _status: str | None = None
    _best: str | None = None
    _trials: TrialNews = field(init=False)
    _message: Message | None = None

    def __post_init__(self) -> None:
        self._trials = TrialNews(self.stack.is_local)

    def look(self) -> News:
        """Raises `CommandError` where there is no such run."""
        # Before the log is read: of a run that is over by now, all of the log is there.
        run = run_in(self.stack, self.name)
        line = Ledger(self.stack.table).waiting() if run.status is Status.WAITING else []
        self._trials.look(run, Ledger(self.stack.table))
        lines = list(self._new_lines(run))
        return News(self.parts(run, line), lines, self._said(run), over=run.notified_at is not None)

    def _said(self, run: Run) -> str | None:
        """A new status, else a new best trial."""
        best = best_in_words(self._trials.latest) if self._trials.latest else None
        status_before, best_before = self._status, self._best
        self._status, self._best = run.status.value, best
        if status_before not in (None, run.status.value):
            return f"{run.dataset}: {run.status.value}"
        return f"Best so far: {best}" if best is not None and status_before and best != best_before else None

    def parts(self, run: Run, line: Sequence[Place]) -> dict[str, str]:
        values = self.values(run, line)
        return {name.removeprefix("run_"): render(name, values) for name in _PARTS}

    def values(self, run: Run, line: Sequence[Place]) -> dict[str, Any]:
        """What the parts are made of."""
        ledger = Ledger(self.stack.table)
        self._trials.look(run, ledger)
        tuned = self._trials.latest
        reached = marks(with_job_times(run, ledger, tuned))
        if run.status in FINAL and run.notified_at is not None and self._message is None:
            self._message = message_of(run)
        return {
            "run": run,
            "marks": reached,
            "going_on": going_on(run, reached, line),
            "attempt": attempt(run),
            "tuning": values_of(tuned, now()) if tuned is not None and run.was_launched else None,
            "plots": _plots(self._rounds, run),
            "cost": cost_line(run) or cost(run),
            "nothing_billed": self.stack.is_local and was_billed(run),
            "message": self._message,
            "has_report": run.report_uri is not None and aws.exists(run.bucket, run.report_key),
        }

    def _new_lines(self, run: Run) -> Iterator[str]:
        for line in self._lines_of_best(run) if run.tunes else self._log.new_lines(run):
            if line.job != self._job:
                # A further attempt begins anew.
                self._job, self._rounds = line.job, Rounds()
            self._rounds.add(line.text)
            yield line.text

    def _lines_of_best(self, run: Run) -> Iterator[Line]:
        """Trials that run write all at once; there is a log once one of them is the run's."""
        tuned = self._trials.latest
        if tuned is not None and tuned.best is not None and not run.goes_on:
            yield from self._log.lines_of(tuned.best.job)


def _plots(rounds: Rounds, run: Run) -> Sequence[Any]:
    if not rounds.values:
        return ()
    # Only now: numpy comes with it, and the page is to be there at once.
    from traindrop_cli.ui.curves import curves

    return list(curves(rounds, run))

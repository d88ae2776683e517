"""One run, as it is now: its states, its log and metrics as they come, and its end."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from traindrop import aws
from traindrop.billed import cost_line, was_billed
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
from traindrop_cli.training_log import TrainingLog
from traindrop_cli.ui.live import News
from traindrop_cli.ui.pages import render
from traindrop_cli.ui.timeline import going_on, marks

_PARTS = ("run_head", "run_steps", "run_curve", "run_facts", "run_end")


@dataclass
class RunPage:
    """What one open page of a run was told; each call of `look` is what is to be seen now."""

    stack: Stack
    name: str
    _log: TrainingLog = field(default_factory=TrainingLog)
    _rounds: Rounds = field(default_factory=Rounds)
    _job: str = ""
    _status: str | None = None
    _message: Message | None = None

    def look(self) -> News:
        """Raises `CommandError` where there is no such run."""
        # Before the log is read: of a run that is over by now, all of the log is there.
        run = run_in(self.stack, self.name)
        lines = list(self._new_lines(run))
        line = Ledger(self.stack.table).waiting() if run.status is Status.WAITING else []
        parts = self.parts(run, line)
        told, self._status = self._status, run.status.value
        said = f"{run.dataset}: {run.status.value}" if told not in (None, run.status.value) else None
        return News(parts, lines, said, over=run.notified_at is not None)

    def parts(self, run: Run, line: Sequence[Place]) -> dict[str, str]:
        values = self.values(run, line)
        return {name.removeprefix("run_"): render(name, values) for name in _PARTS}

    def values(self, run: Run, line: Sequence[Place]) -> dict[str, Any]:
        """What the parts are made of."""
        reached = marks(with_job_times(run, Ledger(self.stack.table)))
        if run.status in FINAL and run.notified_at is not None and self._message is None:
            self._message = message_of(run)
        return {
            "run": run,
            "marks": reached,
            "going_on": going_on(run, reached, line),
            "attempt": attempt(run),
            "plots": _plots(self._rounds, run),
            "cost": cost_line(run) or cost(run),
            "nothing_billed": self.stack.is_local and was_billed(run),
            "message": self._message,
            "has_report": run.report_uri is not None and aws.exists(run.bucket, run.report_key),
        }

    def _new_lines(self, run: Run) -> Iterator[str]:
        for line in self._log.new_lines(run):
            if line.job != self._job:
                # A further attempt begins anew.
                self._job, self._rounds = line.job, Rounds()
            self._rounds.add(line.text)
            yield line.text


def _plots(rounds: Rounds, run: Run) -> Sequence[Any]:
    if not rounds.values:
        return ()
    # Only now: numpy comes with it, and the page is to be there at once.
    from traindrop_cli.ui.curves import curves

    return list(curves(rounds, run))

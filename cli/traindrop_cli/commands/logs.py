"""`traindrop logs`."""

import json as json_module
import sys
import time
from collections.abc import Iterator

from traindrop import plain_text
from traindrop.ledger import Ledger
from traindrop.run import Run
from traindrop_cli.errors import CommandError
from traindrop_cli.exit_status import ExitStatus
from traindrop_cli.find import find_stack, run_in
from traindrop_cli.stack import Stack
from traindrop_cli.standing import in_line, is_launched
from traindrop_cli.training_log import Line, TrainingLog
from traindrop_cli.trial_logs import TrialLogs

# CloudWatch Logs shows the last lines some seconds after the job has ended.
_LATE_SECONDS = 10.0


def run_logs(name: str, *, follow: bool, json: bool, stack: str | None, trial: int | None = None) -> int:
    """Print what the run's training, or one of its trials, wrote, and with `follow` what it goes on to write; the exit
    status."""
    found = find_stack(stack)
    run = run_in(found, name)
    _refuse_untrained(run)
    of_trials = run.tunes or trial is not None
    read = TrialLogs(Ledger(found.table), trial) if of_trials else TrainingLog()
    told = 0
    try:
        for line in _followed(found, run, read) if follow else read.new_lines(run):
            told += 1
            print(_shown(line, json=json), flush=follow)
    except KeyboardInterrupt:
        print(f"\nNo longer followed; the run goes on: traindrop logs {name} -f", file=sys.stderr)
        return ExitStatus.INTERRUPTED
    if not told:
        print(plain_text.printable(_why_none(found, Ledger(found.table).stored(name))), file=sys.stderr)
    return 0


def _shown(line: Line, *, json: bool) -> str:
    if json:
        return json_module.dumps({"job": line.job, "line": line.text})
    text = plain_text.printable(line.text)
    return text if line.trial is None else f"trial {line.trial} | {text}"


def _refuse_untrained(run: Run) -> None:
    """Raises `CommandError` where no training job was launched, or ever will be."""
    if run.goes_on or run.was_launched or run.attempt > 1:
        return
    if run.answered_by is not None:
        raise CommandError(
            f"{run.run} trained nothing: {run.answered_by} has the answer. traindrop logs {run.answered_by}"
        )
    why = f": {run.reason}" if run.reason else ""
    raise CommandError(f"{run.run} is {run.status.value} and was never launched, so there is no log{why}")


def _followed(stack: Stack, run: Run, read: TrainingLog | TrialLogs) -> Iterator[Line]:
    """Each line as it comes, of further attempts too, until the training is over."""
    pause, late = (0.2, 0.4) if stack.is_local else (2.0, _LATE_SECONDS)
    if run.tunes:
        pause *= 5  # each look asks for all trials
    ledger = Ledger(stack.table)
    while not read.is_over(run):
        yield from read.new_lines(run)
        time.sleep(pause)
        run = ledger.stored(run.run)
    yield from read.new_lines(run)
    time.sleep(late)
    yield from read.new_lines(run)


def _why_none(stack: Stack, run: Run) -> str:
    if run.goes_on and not is_launched(run):
        standing = in_line(run, Ledger(stack.table).waiting())
        return f"{run.run} is not launched yet{f': {standing}' if standing else ''}. -f waits for its lines."
    if run.goes_on and run.tunes:
        return f"No trial of {run.run} has written anything just now. -f waits for lines; traindrop show {run.run}"
    if run.goes_on:
        return f"{run.run} has written nothing yet. -f waits for its lines."
    if run.tunes:
        return f"No trial of {run.run} ended with a value. The log of one: traindrop logs {run.run} --trial NUMBER"
    return f"There are no log lines of {run.run}: it wrote none, or they were deleted."

"""A run that was scored is compared with its dataset's champion, on the same test rows, and may take its place.

The decision is made once: the run's verdict and the champion's change are one conditional write. An event that comes
again finds the verdict; of two runs at once one wins, and the other is compared anew, with the winner.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from traindrop import scoring, verdict
from traindrop.csv_rows import DatasetError
from traindrop.errors import EvaluationFailed
from traindrop.evaluation import Evaluation, Rows, Scored
from traindrop.ledger import Ledger
from traindrop.run import Run
from traindrop.same_rows import RowsOf, pair_of, why_not
from traindrop.verdict import Verdict

# Each time means that another run has won in between, or wrote at the same moment.
_MOST_RACES = 20
# The champion's rows take as long as the run's own did, and the function has 300 s for all it does.
_MOST_SECONDS = 200.0


def challenge(run: Run, evaluation: Evaluation, rows: Sequence[Rows], rows_of: RowsOf, ledger: Ledger) -> Evaluation:
    """The evaluation with its verdict, which is recorded with the run. `rows`: one, or none without a test file.

    There is none for a run without test rows, nor for one that its own `strict` lets fail: that never becomes champion.
    Raises `RuntimeError` where others win again and again: deliver the event again.
    """
    if evaluation.scored is None or not rows or _is_failed_by_warnings(run, evaluation):
        return evaluation
    began, challenger = time.perf_counter(), _Challenger(evaluation, evaluation.scored, rows[0], rows_of)
    for _ in range(_MOST_RACES):
        if run.comparison is not None:
            return evaluation.model_copy(update={"verdict": run.comparison})
        over = ledger.champion(run.dataset)
        champion = ledger.get(over) if over is not None else None
        found = challenger.against(champion, run) if champion is not None else challenger.first(run)
        if ledger.decide(run, found, evaluation.scored.digest, over=over):
            timings = {**evaluation.timings, "compare": round(time.perf_counter() - began, 3)}
            return evaluation.model_copy(update={"verdict": found, "timings": timings})
        run = ledger.stored(run.run)
    raise RuntimeError(f"{run.run} was compared {_MOST_RACES} times, and each time another run had become champion.")


def _is_failed_by_warnings(run: Run, evaluation: Evaluation) -> bool:
    return run.strict and bool(evaluation.warnings)


@dataclass(frozen=True)
class _Challenger:
    """`known`: what champions predict for the test file, by their runs; a sentence where they say nothing of it."""

    evaluation: Evaluation
    scored: Scored
    rows: Rows
    rows_of: RowsOf
    known: dict[str, Rows | str | None] = field(default_factory=dict)

    def first(self, run: Run, gone: str | None = None) -> Verdict:
        metric = self.evaluation.main_metric
        value = self.evaluation.metrics.get(metric or "")
        if metric is None or value is None:
            return verdict.undefined(run.dataset)
        wanted = run.metric or scoring.MAIN_METRIC.get(self.evaluation.task)
        if run.minimum is not None and metric != wanted:
            return verdict.undefined(run.dataset, wanted)
        return verdict.first(run.dataset, metric, value, self.scored.rows, run.minimum, gone=gone)

    def against(self, champion: Run, run: Run) -> Verdict:
        timings = self.evaluation.timings
        seconds = timings.get("predict", 0)
        if sum(timings.values()) + seconds > _MOST_SECONDS:
            late = f"scoring the test file takes {seconds:.0f} s, and there is no time to do it twice."
            return verdict.not_comparable(champion.run, late)
        own_file = champion.test_digest == self.scored.digest
        if champion.run not in self.known:
            self.known[champion.run] = _predictions(champion, self.rows_of, own_file=own_file)
        theirs = self.known[champion.run]
        if theirs is None:
            return self.first(run, gone=champion.run)
        if isinstance(theirs, Rows) and (why := why_not(self.rows, theirs)) is None:
            return self._on_the_same_rows(champion, theirs, own_file=own_file)
        return verdict.not_comparable(champion.run, theirs if isinstance(theirs, str) else why or "")

    def _on_the_same_rows(self, champion: Run, theirs: Rows, *, own_file: bool) -> Verdict:
        metric, rows = self.evaluation.main_metric or "", self.scored.rows
        pair = pair_of(metric, self.rows, theirs)
        if pair is None:
            why = f"{metric or 'every metric'} is not defined often enough on the {rows:,} test rows."
            return verdict.not_comparable(champion.run, why)
        return verdict.compared(
            champion.run, metric, pair.first, pair.second, pair.interval, rows, rescored=not own_file
        )


def _predictions(champion: Run, rows_of: RowsOf, *, own_file: bool) -> Rows | str | None:
    """None where its model is gone, a sentence where it says nothing about this file."""
    try:
        return rows_of(champion, own_file)
    except (EvaluationFailed, DatasetError) as error:  # what is wrong with the champion must not end this run
        return str(error)

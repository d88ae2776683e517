"""The honest comparison of a tuning: its model against the one with the defaults, on the test rows that neither saw."""

import time
from collections.abc import Sequence

from traindrop import gain, plain_text
from traindrop.csv_rows import DatasetError
from traindrop.errors import EvaluationFailed
from traindrop.evaluation import Evaluation, Rows
from traindrop.gain import Gain, Objective
from traindrop.model_files import own_metric
from traindrop.pairing import LEAST_ROWS
from traindrop.run import Run
from traindrop.same_rows import RowsOf, pair_of, why_not
from traindrop.selection import doubt_about_selection
from traindrop.tuned import Tuning

# Of the 300 s that the evaluator has; the comparison with the champion is to have its time too.
_MOST_SECONDS = 200.0
_VALIDATION = "validation:"


def with_tuning(
    run: Run, evaluation: Evaluation, tuning: Tuning, rows: Sequence[Rows], rows_of: RowsOf,
    validation_rows: int | None,
) -> Evaluation:  # fmt: skip
    """The evaluation with what the tuning came to. `rows`: one, or none without a test file with the target.

    `validation_rows`: by how many the best trial was chosen, as far as that is known.
    """
    began = time.perf_counter()
    found = _gain(run, evaluation, tuning, rows, rows_of)
    timings = {**evaluation.timings, "compare with defaults": round(time.perf_counter() - began, 3)}
    doubt = doubt_about_selection(tuning, found, own_name(tuning.objective), evaluation, validation_rows)
    return evaluation.model_copy(
        update={
            "tuning": tuning.model_copy(update={"gain": found}),
            "timings": timings,
            "warnings": (*((doubt,) if doubt else ()), *evaluation.warnings),
        }
    )


def own_name(objective: str) -> str | None:
    """The metric of the test rows that an objective is, validation:mlogloss log_loss; None where it is of others."""
    if not objective.startswith(_VALIDATION):
        return None
    return own_metric(objective.removeprefix(_VALIDATION), 0.0)[0]


def _gain(run: Run, evaluation: Evaluation, tuning: Tuning, rows: Sequence[Rows], rows_of: RowsOf) -> Gain:
    chosen_by = tuning.chosen_by
    if tuning.best_is_defaults:
        return gain.defaults_are_best(tuning.trials, tuning.objective, tuning.direction)
    if evaluation.scored is None or not rows:
        file = evaluation.predicted.file if evaluation.predicted else None
        return gain.not_tested(chosen_by, tuning.others, run.dataset, file)
    theirs = _rows_of_defaults(run, evaluation, tuning, rows_of)
    if isinstance(theirs, str):
        return gain.not_comparable(theirs, chosen_by)
    if (why := why_not(rows[0], theirs)) is not None:
        return gain.not_comparable(f"the model with the defaults has {why}", chosen_by)
    return _on_the_same_rows(run, evaluation, tuning, rows[0], theirs, chosen_by)


def _rows_of_defaults(run: Run, evaluation: Evaluation, tuning: Tuning, rows_of: RowsOf) -> Rows | str:
    """What the model with the defaults predicts for the test file; a sentence where there is none."""
    defaults, timings = tuning.defaults, evaluation.timings
    if defaults is None or defaults.status != "completed":
        said = "is not there." if defaults is None else f"was {defaults.status}."
        if defaults is not None and defaults.status == "failed":
            said = f"failed. {plain_text.line(defaults.reason or '', 300)}".rstrip()
        return f"the trial with the defaults {said}"
    seconds = timings.get("predict", 0)
    if sum(timings.values()) + 2 * seconds > _MOST_SECONDS:
        return f"scoring the test file takes {seconds:.0f} s, and there is no time to do it twice."
    try:
        found = rows_of(run.model_copy(update={"best_trial": defaults.job}), True)
    except (EvaluationFailed, DatasetError) as error:  # what is wrong with the defaults must not end this run
        return f"the model with the defaults cannot be scored. {error}"
    return (
        f"the model with the defaults was deleted ({run.uri(run.trial_key(defaults.job, 'model.tar.gz'))})."
        if found is None
        else found
    )


def _on_the_same_rows(
    run: Run, evaluation: Evaluation, tuning: Tuning, rows: Rows, theirs: Rows, chosen_by: Objective
) -> Gain:
    """By the objective, where it is a metric of the test rows too; else by their main metric."""
    own = own_name(tuning.objective)
    metric = own if own is not None and evaluation.metrics.get(own) is not None else evaluation.main_metric or ""
    count, pair = evaluation.scored.rows if evaluation.scored else 0, pair_of(metric, rows, theirs)
    if pair is None:
        few = (
            f"{count:,} test rows are too few."
            if count < LEAST_ROWS
            else (f"{metric or 'every metric'} is not defined often enough on the {count:,} test rows.")
        )
        return gain.not_comparable(few, chosen_by)
    model = run.uri(run.trial_key(run.defaults_job, "model.tar.gz"))
    return gain.compared(
        metric, pair.first, pair.second, pair.interval, count, chosen_by=chosen_by, trials=tuning.others,
        defaults_model=model,
    )  # fmt: skip

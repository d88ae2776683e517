"""Whether the best of many trials only looks that good on the rows by which it was chosen."""

from math import sqrt

from traindrop.doubts import Doubt
from traindrop.evaluation import Evaluation
from traindrop.gain import Gain
from traindrop.model_files import own_metric
from traindrop.plain_text import number
from traindrop.tuned import Tuning
from traindrop.verdict import LOWER_IS_BETTER, Interval

# Where so much of it is there with the defaults too, which nobody chose by those rows, the rows are of another kind.
_SHARE_OF_DEFAULTS = 0.5


def doubt_about_selection(
    tuning: Tuning, gain: Gain, metric: str | None, evaluation: Evaluation, validation_rows: int | None
) -> Doubt | None:
    """One where the best trial's value on the validation rows is better than on the test rows by more than chance.

    `metric`: the objective by the name that the test rows' metrics have. None where no interval can be told: without
    test rows, for a metric that has none, or where nobody knows by how many rows it was chosen.
    """
    best, scored = tuning.best_trial, evaluation.scored
    if best is None or best.objective is None or metric is None or scored is None or not validation_rows:
        return None
    test, interval = evaluation.metrics.get(metric), evaluation.intervals.get(metric)
    chosen = _own_value(tuning, best.objective)
    if test is None or interval is None or chosen is None or tuning.best_is_defaults:
        return None
    sign = -1.0 if metric in LOWER_IS_BETTER else 1.0
    lead = sign * (chosen - test)
    low, high = _interval_of_lead(lead, test, interval, sign, sqrt(scored.rows / validation_rows))
    if low <= 0 or _is_so_with_defaults(tuning, gain, metric, lead, sign):
        return None
    text = (
        f"The best of {tuning.others:,} trials has {metric} {number(chosen)} on the validation rows and {number(test)} "
        f"on the test rows, a difference of {number(lead)} (95 % {number(low)} to {number(high)}): it was chosen by "
        f"about {validation_rows:,} validation rows and is better on them than on others. Go by the test rows. Fewer "
        "trials, or a greater validation_fraction, narrow the gap."
    )
    evidence = {"validation": chosen, "test": test, "low": low, "high": high, "validation_rows": validation_rows}
    return Doubt(kind="selection", text=text, evidence=evidence)


def _interval_of_lead(lead: float, test: float, interval: Interval, sign: float, wider: float) -> Interval:
    """95 % of a difference of two independent values, from their intervals (MOVER, as `intervals.of_weighted_mean`).

    That of the validation rows is taken as wide as that of the test rows, for their number.
    """
    ends = sorted((sign * interval[0], sign * interval[1]))
    below, above = sign * test - ends[0], ends[1] - sign * test
    return lead - sqrt((wider * below) ** 2 + above**2), lead + sqrt((wider * above) ** 2 + below**2)


def _is_so_with_defaults(tuning: Tuning, gain: Gain, metric: str, lead: float, sign: float) -> bool:
    defaults = tuning.defaults
    if defaults is None or defaults.objective is None or gain.metric != metric or gain.defaults_value is None:
        return False
    chosen = _own_value(tuning, defaults.objective)
    return chosen is not None and sign * (chosen - gain.defaults_value) > _SHARE_OF_DEFAULTS * lead


def _own_value(tuning: Tuning, value: float) -> float | None:
    """The objective's value as the test rows' metrics count it: XGBoost's error is 1 less accuracy."""
    return own_metric(tuning.objective.partition(":")[2], value)[1]

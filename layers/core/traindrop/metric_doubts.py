"""Doubts about the numbers: no better than a constant answer, learnt by heart, or of a target that hardly varies."""

from collections.abc import Mapping, Sequence

from traindrop.column import Column
from traindrop.doubts import Doubt, shown
from traindrop.intervals import Interval
from traindrop.plain_text import number
from traindrop.scoring import Metrics
from traindrop.verdict import LOWER_IS_BETTER

_ONE_CLASS = 0.9
_GAP = 0.15  # of a metric between 0 and 1
_TIMES = 2.0  # of an error
_LEAST_ERROR_GAP = 0.1  # of the baseline's error; log loss has its own scale
# Beside the main metric, the one by which people judge.
_PLAIN = ("accuracy", "rmse")


def doubts_about_metrics(
    main: str | None,
    metrics: Metrics,
    baseline: Metrics,
    intervals: Mapping[str, Interval],
    fitted: Metrics,
    validation: Metrics,
) -> list[Doubt]:
    """`metrics`, `baseline` and `intervals` of the test rows; `fitted`: metrics on the rows that were learnt from."""
    found = (below_baseline(main, metrics, baseline, intervals), gap(main, fitted, validation, baseline))
    return [doubt for doubt in found if doubt is not None]


def below_baseline(
    main: str | None, metrics: Metrics, baseline: Metrics, intervals: Mapping[str, Interval]
) -> Doubt | None:
    """The main metric, accuracy or RMSE is no better than the best constant answer's, or the main one may not be."""
    for name in dict.fromkeys((main, *_PLAIN)):
        value, constant = metrics.get(name or ""), baseline.get(name or "")
        if name is None or value is None or constant is None:
            continue
        lead = constant - value if name in LOWER_IS_BETTER else value - constant
        low, high = intervals.get(name, (value, value))
        evidence = {name: value, "baseline": constant, "low": low, "high": high}
        if lead < 0 or (lead == 0 and name == main):
            what = "is worse than" if lead < 0 else "is no better than"
            return Doubt(
                kind="below baseline",
                text=(
                    f"The model {what} a constant answer: {name} {number(value)}, and {number(constant)} for "
                    f"{_constant(name)}. It is of no use as it is: look at the target and the columns."
                ),
                evidence=evidence,
            )
        if name == main and low <= constant <= high:
            return Doubt(
                kind="below baseline",
                text=(
                    f"The test rows cannot tell the model from a constant answer: {name} {number(value)} (95 % "
                    f"interval {number(low)} to {number(high)}), and {number(constant)} for {_constant(name)}. More "
                    "test rows would."
                ),
                evidence=evidence,
            )
    return None


def _constant(name: str) -> str:
    if name in ("rmse", "mae", "r2", "mape"):
        return "the mean"
    return "the most frequent class" if name == "accuracy" else "the classes' shares"


def gap(main: str | None, fitted: Metrics, validation: Metrics, baseline: Metrics) -> Doubt | None:
    """One where the model is far better on the rows that it learnt from than on those held out for validation."""
    for name in dict.fromkeys((main or "", *validation)):
        on_train, held_out = fitted.get(name), validation.get(name)
        # Any boosted trees are more certain of rows that they have seen: on Titanic log loss doubles, at no harm.
        if on_train is None or held_out is None or (name == "log_loss" and name != main):
            continue
        if name in LOWER_IS_BETTER:
            least = _LEAST_ERROR_GAP * (1.0 if name == "log_loss" else baseline.get(name) or 0.0)
            wide = held_out >= _TIMES * on_train and held_out - on_train > least
        else:
            wide = on_train - held_out >= _GAP
        if wide:
            return Doubt(
                kind="gap",
                text=(
                    f"The model knows its training rows far better than others: {name} {number(on_train)} on them and "
                    f"{number(held_out)} on the validation rows. It learns by heart: try shallower trees (max_depth), "
                    "fewer rounds, more rows, or fewer columns."
                ),
                evidence={"metric": name, "train": on_train, "validation": held_out},
            )
    return None


def one_class(target: Column) -> Doubt | None:
    """One where nearly all training rows have the same target."""
    labelled = target.rows - target.missing
    text, rows = next(iter(target.counts.items()), ("", 0))
    if not labelled or rows / labelled < _ONE_CLASS:
        return None
    return Doubt(
        kind="one class",
        column=target.name,
        text=(
            f"The target {shown(target.name)} is {shown(text)} in {rows / labelled:.1%} of the {labelled:,} training "
            "rows: who always says so is right as often. Accuracy says little then; look at balanced accuracy, PR AUC "
            "or recall, and collect more of the others."
        ),
        evidence={"share": rows / labelled, "rows": labelled},
    )


def unseen_labels(file: str, skipped: int, rows: int, labels: Sequence[str]) -> Doubt:
    """Of test rows whose label training never saw: they were left out."""
    return Doubt(
        kind="unseen labels",
        text=(
            f"{skipped:,} rows of {shown(file)} have a label that training never saw, such as "
            f"{', '.join(map(shown, labels))}: they were left out, and {rows:,} were scored. Spell the labels as in "
            "training, or train with such rows."
        ),
        evidence={"skipped": skipped, "scored": rows},
    )

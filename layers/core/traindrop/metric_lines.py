"""What a message says of a model's metrics, the main one first."""

from traindrop import plain_text
from traindrop.outcome import Outcome
from traindrop.verdict import LOWER_IS_BETTER

# Named beside the main metric: the first of these that it is not.
_FAMILIAR = ("accuracy", "auc", "r2", "mae")


def result(outcome: Outcome) -> str:
    """`trained, auc 0.870 (accuracy 0.816)`."""
    main = main_metric(outcome)
    if main is None:
        return "trained, no metrics"
    name, value = main
    origin = "validation " if outcome.only_validation else ""
    others = [(n, outcome.metrics[n]) for n in _FAMILIAR if n != name and outcome.metrics.get(n) is not None]
    beside = [f" ({other} {plain_text.number(amount)})" for other, amount in others[:1] if amount is not None]
    return f"trained, {origin}{name} {plain_text.number(value)}{''.join(beside)}"


def main_metric(outcome: Outcome) -> tuple[str, float] | None:
    """The main metric with its value; where it is undefined, the first that is not."""
    for name in (outcome.main_metric or "", *_FAMILIAR, *outcome.metrics):
        value = outcome.metrics.get(name)
        if value is not None:
            return name, value
    return None


def metric_lines(outcome: Outcome) -> list[str]:
    """The main metric in a sentence, how it compares with the champion's, and a table of all."""
    main = main_metric(outcome)
    compared = plain_text.paragraphs(outcome.verdict or "")
    if main is None:
        return compared
    return [*plain_text.paragraphs(_sentence(outcome, *main)), *compared, *_table(outcome, main[0])]


def _sentence(outcome: Outcome, name: str, value: float) -> str:
    low_high = outcome.intervals.get(name)
    constant = outcome.baseline.get(name)
    parts = [f"{plain_text.line(name, 40)} {plain_text.number(value)}"]
    if low_high is not None:
        parts.append(f"95 % interval {' to '.join(map(plain_text.number, low_high))}")
    if constant is not None:
        parts.append(f"{plain_text.number(constant)} is what the same answer for every row reaches")
    useless = ". The model is no better than that: it has learned nothing of use"
    return "; ".join(parts) + (useless if _is_no_better(name, value, constant) else "") + "."


def _is_no_better(name: str, value: float, constant: float | None) -> bool:
    if constant is None:
        return False
    return value >= constant if name in LOWER_IS_BETTER else value <= constant


def _table(outcome: Outcome, first: str) -> list[str]:
    names = [first, *(name for name in outcome.metrics if name != first)]
    lines = [f"  {'':<18}{'value':>12}  {'95 % interval':<24}{'same answer' if outcome.baseline else ''}"]
    for name in names:
        low_high = outcome.intervals.get(name)
        between = " to ".join(map(plain_text.number, low_high)) if low_high else ""
        row = f"  {plain_text.line(name, 18):<18}{_shown(outcome.metrics[name]):>12}  {between:<24}"
        lines.append(row + (_shown(outcome.baseline[name]) if name in outcome.baseline else ""))
    return [text.rstrip() for text in lines]


def _shown(value: float | None) -> str:
    return "undefined" if value is None else plain_text.number(value)

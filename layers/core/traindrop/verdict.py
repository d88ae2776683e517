"""What the comparison of a run with its dataset's champion came to. Pure, and without numpy: the ledger keeps it."""

from typing import Literal

from pydantic import BaseModel, ConfigDict

from traindrop import plain_text

Interval = tuple[float, float]
Answer = Literal["first", "better", "worse", "no difference", "not comparable"]

LOWER_IS_BETTER = frozenset({"log_loss", "brier", "calibration_error", "rmse", "mae", "mape"})
# Errors in the target's own unit: a thousandth of them is measured on them; of the others it is a thousandth.
_IN_OWN_UNIT = frozenset({"rmse", "mae", "mape", "log_loss"})
# A difference below this is none, however sure two million rows make it: the champion is not changed for it.
TOLERANCE = 0.001


class Verdict(BaseModel):
    """A run against the champion of its dataset, on the same test rows.

    `difference` is `value` less `champion_value`, `interval` its 95 % interval, both in the metric's own unit and sign:
    of an error less is better. `champion` is the run that was champion; `rescored`: on another test file than its own.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    outcome: Answer
    becomes_champion: bool
    text: str
    metric: str | None = None
    value: float | None = None
    rows: int | None = None
    champion: str | None = None
    champion_value: float | None = None
    difference: float | None = None
    interval: Interval | None = None
    rescored: bool = False


def first(
    dataset: str, metric: str, value: float, rows: int, minimum: float | None, *, gone: str | None = None
) -> Verdict:
    """Of a dataset without a champion: a run becomes it, unless it misses the `minimum` of training.yaml.

    `gone`: a champion whose model was deleted, so that nothing can be compared with it any more.
    """
    reached = minimum is None or (value <= minimum if metric in LOWER_IS_BETTER else value >= minimum)
    shown, name = plain_text.number(value), plain_text.line(dataset, 80)
    if reached:
        text = f"The first champion of {name}: {metric} {shown} on {rows:,} test rows."
        if gone is not None:
            text = f"The new champion of {name}: {metric} {shown}. The model of the former one, {gone}, was deleted."
    else:
        limit = "is above the most" if metric in LOWER_IS_BETTER else "misses the minimum"
        text = (
            f"{metric} {shown} {limit} of {plain_text.number(minimum or 0)} in training.yaml: {name} has no champion."
        )
    return Verdict(
        outcome="first", becomes_champion=reached, text=text, metric=metric, value=value, rows=rows, champion=gone
    )


def undefined(dataset: str, metric: str | None = None) -> Verdict:
    """Of a dataset without a champion, and a run without the `metric` that it would have to reach a minimum of."""
    what = f"{metric} is" if metric else "All metrics are"
    text = f"{what} undefined on these test rows: {plain_text.line(dataset, 80)} has no champion."
    return Verdict(outcome="first", becomes_champion=False, text=text)


def compared(
    champion: str, metric: str, value: float, champion_value: float, interval: Interval, rows: int, *, rescored: bool
) -> Verdict:
    """By the 95 % interval of the paired difference, on `rows` rows."""
    answer = judge(metric, value, champion_value, interval)
    low, high = interval
    numbers = (
        f"{metric} {plain_text.number(value)} against {plain_text.number(champion_value)} on the same {rows:,} test "
        f"rows, a difference of {signed(value - champion_value)} (95 % {signed(low)} to {signed(high)})"
    )
    again = " The champion was scored again, since the test file is another one." if rescored else ""
    sentence = {
        "better": f"Better than the champion {champion}, whose place it takes: {numbers}.",
        "worse": f"Worse than the champion {champion}: {numbers}.",
    }.get(answer, f"No difference from the champion {champion} that this test set can show: {numbers}.")
    return Verdict(
        outcome=answer, becomes_champion=answer == "better", text=sentence + again, metric=metric, value=value,
        rows=rows, champion=champion, champion_value=champion_value, difference=value - champion_value,
        interval=interval, rescored=rescored,
    )  # fmt: skip


def judge(metric: str, value: float, other: float, interval: Interval) -> Literal["better", "worse", "no difference"]:
    """Whether `value` differs from `other` by more than chance (0 is outside the interval) and than `TOLERANCE`."""
    unit = max(abs(value), abs(other)) if metric in _IN_OWN_UNIT else 1.0
    low, high = interval
    if abs(value - other) < TOLERANCE * unit or low <= 0 <= high:
        return "no difference"
    return "better" if (high < 0) == (metric in LOWER_IS_BETTER) else "worse"


def not_comparable(champion: str, why: str) -> Verdict:
    """The champion stays; `why` is a sentence."""
    text = f"Not comparable with the champion {champion}, which stays: {why}"
    return Verdict(outcome="not comparable", becomes_champion=False, text=text, champion=champion)


def signed(value: float) -> str:
    """As numbers are shown, with their sign."""
    return ("+" if value > 0 else "-" if value < 0 else "") + plain_text.number(abs(value))

"""Better, worse, or no difference: what becomes champion, and what is said of it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from traindrop.verdict import TOLERANCE, Verdict, compared, first, judge, not_comparable

OLD = "traindrop-titanic-0123456789ab"


def of_auc(value: float, champion: float, interval: tuple[float, float], *, rescored: bool = False) -> Verdict:
    return compared(OLD, "auc", value, champion, interval, 179, rescored=rescored)


@pytest.mark.parametrize(
    ("metric", "value", "minimum", "becomes"),
    [
        ("auc", 0.5, None, True),
        ("auc", 0.8, 0.8, True),
        ("auc", 0.79, 0.8, False),
        ("rmse", 3.0, 3.0, True),
        ("rmse", 3.1, 3.0, False),
    ],
)
def test_the_first_run_becomes_champion_where_it_reaches_the_minimum(
    metric: str, value: float, minimum: float | None, becomes: bool
) -> None:
    verdict = first("titanic", metric, value, 179, minimum)
    assert (verdict.outcome, verdict.becomes_champion) == ("first", becomes)
    assert ("training.yaml" in verdict.text) is not becomes


@pytest.mark.parametrize(
    ("metric", "value", "champion", "interval", "outcome"),
    [
        ("auc", 0.85, 0.80, (0.01, 0.09), "better"),
        ("auc", 0.80, 0.85, (-0.09, -0.01), "worse"),
        ("auc", 0.85, 0.80, (-0.01, 0.11), "no difference"),
        ("rmse", 2.0, 3.0, (-1.5, -0.5), "better"),
        ("rmse", 3.0, 2.0, (0.5, 1.5), "worse"),
        ("log_loss", 0.3, 0.4, (-0.15, -0.05), "better"),
        ("auc", 0.8005, 0.8, (0.0004, 0.0006), "no difference"),
        ("rmse", 20_010.0, 20_000.0, (9, 11), "no difference"),
    ],
)
def test_a_difference_counts_where_it_is_more_than_chance_and_more_than_nothing(
    metric: str, value: float, champion: float, interval: tuple[float, float], outcome: str
) -> None:
    verdict = compared(OLD, metric, value, champion, interval, 179, rescored=False)
    assert (verdict.outcome, verdict.becomes_champion) == (outcome, outcome == "better")
    assert OLD in verdict.text


@given(
    st.sampled_from(["auc", "rmse", "accuracy", "log_loss"]),
    st.floats(0.01, 1),
    st.floats(0.01, 1),
    st.floats(0, 0.5),
)
def test_swapped_models_get_the_opposite_answer(metric: str, one: float, other: float, half: float) -> None:
    difference = one - other
    there = judge(metric, one, other, (difference - half, difference + half))
    back = judge(metric, other, one, (-difference - half, -difference + half))
    assert back == {"better": "worse", "worse": "better"}.get(there, there)
    if abs(difference) < TOLERANCE / 100:
        assert there == "no difference"


def test_a_sentence_says_what_was_compared_with_what() -> None:
    assert of_auc(0.871, 0.85, (-0.004, 0.046)).text == (
        f"No difference from the champion {OLD} that this test set can show: auc 0.871 against 0.850 on the same 179 "
        "test rows, a difference of +0.021 (95 % -0.004 to +0.046)."
    )
    assert of_auc(0.9, 0.8, (0.05, 0.15), rescored=True).text.endswith(
        "The champion was scored again, since the test file is another one."
    )


def test_what_cannot_be_compared_leaves_the_champion_and_says_why() -> None:
    verdict = not_comparable(OLD, "its target is another column.")
    assert (verdict.outcome, verdict.becomes_champion, verdict.champion) == ("not comparable", False, OLD)
    assert verdict.text.endswith("which stays: its target is another column.")


def test_a_dataset_s_name_cannot_steer_a_terminal() -> None:
    assert "\x1b" not in first("\x1b[31mred", "auc", 0.8, 10, None).text

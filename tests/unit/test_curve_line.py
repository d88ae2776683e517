"""A metric by round, on one line."""

from traindrop_cli.curve_line import curve_lines, sparkline
from traindrop_cli.rounds import Rounds


def rounds(*lines: str) -> Rounds:
    found = Rounds()
    for line in lines:
        found.add(line)
    return found


def test_a_curve_goes_from_the_lowest_block_to_the_highest() -> None:
    assert sparkline([0.5, 0.6, 0.7, 0.8]) == "▁▃▆█"
    assert sparkline([3, 2, 1]) == "█▅▁"


def test_a_curve_of_equal_values_is_flat_and_one_of_none_is_empty() -> None:
    assert sparkline([0.5] * 3) == "▄▄▄"
    assert sparkline([]) == ""


def test_a_long_curve_is_as_wide_as_it_may_be_and_ends_with_the_last_value() -> None:
    drawn = sparkline([*range(999), 5000.0], width=10)
    assert len(drawn) == 10
    assert drawn.endswith("█")
    assert drawn.count("█") == 1


def test_the_line_tells_metric_last_value_and_round_of_the_validation() -> None:
    found = rounds("[0]\ttrain-auc:0.7 validation-auc:0.6", "[1]\ttrain-auc:0.9 validation-auc:0.8")
    assert curve_lines(found) == ["auc        ▁█ 0.800 after round 2 (validation)"]
    assert curve_lines(found, ascii_only=True) == ["auc        0.800 after round 2 (validation)"]


def test_what_trains_without_validation_rows_shows_what_it_has() -> None:
    assert curve_lines(rounds("[0] train-rmse:2", "[1] train-rmse:1")) == ["rmse       █▁ 1.000 after round 2 (train)"]


def test_of_one_round_there_is_no_curve() -> None:
    assert curve_lines(rounds("[0] validation-auc:0.5", "Training time: 1 s")) == []

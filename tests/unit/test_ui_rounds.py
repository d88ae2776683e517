"""The metrics of each round, out of log lines."""

from traindrop_cli.rounds import Rounds


def rounds_of(*lines: str) -> Rounds:
    found = Rounds()
    for line in lines:
        found.add(line)
    return found


def test_xgboosts_lines_give_a_series_for_each_metric_and_part() -> None:
    found = rounds_of(
        "Train size: (569, 14)",
        "[0] train-error:0.38 train-auc:0.895299 validation-error:0.38 validation-auc:0.838946",
        "[1]\ttrain-error:0.25\ttrain-auc:0.9\tvalidation-error:0.3\tvalidation-auc:8.5e-1",
    )
    assert found.metrics("auc") == ["auc", "error"]
    assert found.series("auc") == {"validation": [(1, 0.838946), (2, 0.85)], "train": [(1, 0.895299), (2, 0.9)]}


def test_rounds_are_counted_where_they_have_no_number() -> None:
    found = rounds_of("validation-loss=0.5", "validation-loss=0.25", "validation-loss=0.125")
    assert found.series("loss") == {"validation": [(1, 0.5), (2, 0.25), (3, 0.125)]}


def test_what_is_minimized_comes_after_the_main_metric() -> None:
    line = "[{0}] validation-error:0.3 validation-auc:0.8 validation-logloss:0.5"
    found = rounds_of(line.format(0), line.format(1))
    assert found.metrics("auc") == ["auc", "logloss", "error"]
    assert found.metrics() == ["logloss", "error", "auc"]


def test_one_round_and_values_that_are_no_numbers_are_no_curve() -> None:
    found = rounds_of("[0] validation-auc:0.8", "[0] train-auc:nan", "[1] train-auc:1e999", "[1] train-auc:1-2")
    assert found.metrics() == []


def test_whatever_the_log_holds_what_is_kept_and_drawn_has_an_end() -> None:
    found = rounds_of(*(f"[{n}] validation-auc:{n}" for n in range(10_000)))
    points = found.series("auc")["validation"]
    assert (len(points), points[0], points[-1]) == (200, (1, 0.0), (10_000, 9999.0))
    many = rounds_of(*(f"[{n}] validation-m{m}:1" for n in range(2) for m in range(50)))
    assert len(many.metrics()) == 4


def test_a_round_that_comes_again_after_an_interruption_takes_the_place_of_the_first() -> None:
    found = rounds_of("[0] validation-auc:0.5", "[1] validation-auc:0.6", "[1] validation-auc:0.7")
    assert found.series("auc") == {"validation": [(1, 0.5), (2, 0.7)]}

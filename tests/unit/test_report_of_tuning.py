"""A tuning in report.html, as text: in a browser tests/report looks at it."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any
from xml.etree import ElementTree

import pytest
from tests.builders import a_run
from tests.tuned import BEGAN, OBJECTIVE, a_trial, a_tuning_request, trials
from tests.unit.test_report import an_evaluation

from traindrop.gain import defaults_are_best
from traindrop.report import report
from traindrop.run import Run, Tariff
from traindrop.search_space import Setting
from traindrop.trial import Trial
from traindrop.tuned import Tuning, tuning_of
from traindrop.tuning_plots import MOST_AXES, plots_of_tuning
from traindrop.tuning_table import MOST_ROWS, facts, table_of

TARIFF = Tariff(hourly_usd=Decimal("0.115"), region="us-east-1", as_of=date(2026, 8, 11))
HOSTILE = "</style></script><img src=x onerror=alert(1)>\x1b[31m\u202e\"'&"


def a_tuned_run(**changes: Any) -> Run:
    given: dict[str, Any] = {
        "max_trials": 20, "objective": OBJECTIVE, "direction": "maximize", "instance_type": "ml.m5.large",
        "tariffs": {"ml.m5.large": TARIFF}, "billable_seconds": 420, "training_ended_at": BEGAN,
    }  # fmt: skip
    return a_run(**(given | changes))


def of(found: Sequence[Trial], run: Run | None = None, hostile: str = "") -> Tuning:
    return tuning_of(run or a_tuned_run(), a_tuning_request(hostile), found)


def page(tuning: Tuning) -> str:
    return report(an_evaluation(tuning=tuning), a_tuned_run())


def svg(tuning: Tuning, kind: str) -> ElementTree.Element:
    return ElementTree.fromstring(next(plot.svg for plot in plots_of_tuning(tuning) if plot.kind == kind))  # noqa: S314 - our own


def lines(tuning: Tuning) -> list[list[tuple[float, ...]]]:
    """Of parallel coordinates, the places of each trial's line."""
    found = svg(tuning, "parallel").iter("{http://www.w3.org/2000/svg}polyline")
    drawn = [each for each in found if "trial" in each.attrib["class"].split()]
    return [[tuple(map(float, pair.split(","))) for pair in each.attrib["points"].split()] for each in drawn]


def test_the_verdict_of_the_gain_stands_before_everything_else_of_the_tuning() -> None:
    tuning = of(trials(20))
    gain = defaults_are_best(tuning.trials, OBJECTIVE, "maximize")
    found = page(tuning.model_copy(update={"gain": gain}))
    assert found.index(gain.text) < found.index("<dt>searched</dt>") < found.index("Best so far")
    assert 'class="verdict defaults-are-best"' in found


def test_facts_have_the_counts_the_chosen_settings_and_the_cost_of_all_and_of_one() -> None:
    found = dict(facts(of(trials(20)), a_tuned_run()))
    assert found["searched"] == "20 trials beside the defaults (2 failed, 3 stopped early), bayesian"
    assert found["best"].startswith("trial ")
    assert "max_depth 4, eta 0.05" in found["best"]
    assert found["validation"].endswith("of the defaults 0.861")
    assert found["cost of all"] == "$0.0134, $0.0006 a trial"
    assert found["time"].endswith("420 s billed")


def test_the_table_has_the_best_first_and_the_defaults_in_any_case_and_counts_the_rest() -> None:
    tuning = of(trials(200))
    table = table_of(tuning, a_tuned_run())
    assert table.rows[0].is_best
    assert [row.name for row in table.rows].count("defaults") == 1
    assert len(table.rows) + table.rest == 201
    assert len(table.rows) <= MOST_ROWS + 1
    values = [row.objective for row in table.rows if row.objective is not None]
    assert values == sorted(values, reverse=True)
    assert table.rows[0].cost is not None
    assert table.reasons == [("AlgorithmError: no memory", 18)]


def test_a_trial_that_has_no_price_no_seconds_and_no_value_has_a_row_all_the_same() -> None:
    bare = a_trial(1, status="stopped", objective=None, billable_seconds=None, hyperparameters={})
    (_, row) = table_of(of([a_trial(0), bare]), a_run()).rows
    assert (row.objective, row.seconds, row.cost, row.settings) == (None, None, None, ["", "", ""])


def test_parallel_coordinates_have_a_line_for_each_trial_that_counts_with_the_best_on_top() -> None:
    tuning = of(trials(20))
    drawn = lines(tuning)
    assert len(drawn) == sum(trial.counts for trial in tuning.trials)
    assert all(len(line) == 4 for line in drawn)
    heights = [line[-1][1] for line in drawn]
    assert heights[-1] == min(heights)  # the last, which lies over all, is the highest


def test_of_an_error_the_least_is_on_top() -> None:
    found = [a_trial(0, objective=9.0), a_trial(1, objective=5.0), a_trial(2, objective=7.0)]
    drawn = lines(of(found, a_tuned_run(direction="minimize")))
    assert drawn[-1][-1][1] == min(line[-1][1] for line in drawn)


def test_on_a_logarithmic_axis_as_much_room_is_for_each_power_of_ten() -> None:
    found = [a_trial(n, hyperparameters={"max_depth": 2, "eta": eta}) for n, eta in enumerate((0.005, 0.05, 0.5))]
    heights = sorted(line[1][1] for line in lines(of(found)))
    assert heights[1] - heights[0] == pytest.approx(heights[2] - heights[1], abs=0.2)


def test_a_default_outside_the_range_widens_its_axis_and_one_that_is_missing_leaves_a_gap() -> None:
    found = [a_trial(0, hyperparameters={"max_depth": 40, "eta": 0.1}), a_trial(1, objective=0.9)]
    drawn = lines(of(found))
    assert sorted(len(line) for line in drawn) == [2, 4]
    assert min(height for line in drawn for _, height in line) >= 30


@pytest.mark.parametrize(
    ("defaults", "legend"), [({"max_depth": 6, "eta": 0.3, "booster": "gbtree"}, ("best", "defaults")), ({}, ())]
)
def test_the_defaults_have_a_name_in_the_legend_where_their_line_is_drawn(
    defaults: dict[str, Any], legend: tuple[str, ...]
) -> None:
    tuning = of([a_trial(0, hyperparameters=defaults), a_trial(1, objective=0.9)])
    (plot,) = (plot for plot in plots_of_tuning(tuning) if plot.kind == "parallel")
    assert plot.legend == legend


def test_one_trial_that_is_far_worse_does_not_press_the_others_together() -> None:
    found = [a_trial(n, objective=0.85 + n / 1000) for n in range(20)]
    tuning = of([*found, a_trial(20, objective=-1e6)])
    note = next(plot.note for plot in plots_of_tuning(tuning) if plot.kind == "best-so-far")
    assert "1 that are far worse lie on the edge" in note
    heights = [line[-1][1] for line in lines(tuning)]
    assert len({round(height) for height in heights}) > 10


def test_of_many_settings_those_that_matter_most_have_an_axis() -> None:
    tuning = of(trials(20))
    many = tuple(Setting(f"s{number}", "number", 0, 1) for number in range(12))
    mattering = tuning.model_copy(update={"settings": many, "importances": {"s11": 0.9, "s0": 0.1}})
    texts = [each.text for each in svg(mattering, "parallel").iter("{http://www.w3.org/2000/svg}text")]
    assert {"s11", "s0"} <= set(texts)
    assert sum(str(text).startswith("s") for text in texts) == MOST_AXES


@pytest.mark.parametrize(
    "found",
    [
        [],
        [a_trial(0)],
        [a_trial(0, status="failed", objective=None), a_trial(1)],
        [a_trial(n, objective=0.5) for n in range(12)],
        [a_trial(n, objective=1e300 * (-1) ** n) for n in range(12)],
        [a_trial(n, ended_at=None, created_at=None) for n in range(3)],
        [a_trial(0, hyperparameters={"max_depth": "auto", "eta": True, "booster": 3}), a_trial(1)],
        [a_trial(0), a_trial(1, status="stopped early", objective=0.3)],
    ],
    ids=["none", "defaults", "one", "all the same", "huge", "no times", "odd values", "none to the end"],
)
@pytest.mark.parametrize("direction", ["maximize", "minimize"])
def test_any_trials_can_be_shown(found: list[Trial], direction: str) -> None:
    assert "Best trials" in page(of(found, a_tuned_run(direction=direction)))


def test_without_the_request_the_settings_are_those_of_the_trials() -> None:
    found = page(tuning_of(a_tuned_run(), {}, trials(20)))
    assert "max_depth" in found
    assert "Best so far" in found


def test_names_and_values_of_settings_are_escaped_wherever_they_stand() -> None:
    found = page(of(trials(60, hostile=HOSTILE), hostile=HOSTILE))
    assert "<img" not in found
    assert "\x1b" not in found
    assert "\u202e" not in found
    assert "&lt;img" in found
    assert "style=" not in found


def test_a_report_of_two_hundred_trials_stays_small() -> None:
    assert len(page(of(trials(200)))) < 200_000

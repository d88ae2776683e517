"""What a tuning gained, in numbers and in words: noise is called noise."""

from typing import Any

import numpy as np
import pytest
from tests.builders import a_run
from tests.tuned import OBJECTIVE, a_trial, a_tuning_request, trials

from traindrop import gain
from traindrop.against_defaults import own_name, with_tuning
from traindrop.dataset import Schema
from traindrop.errors import EvaluationFailed
from traindrop.evaluation import Evaluation, Rows, Scored
from traindrop.gain import Objective
from traindrop.run import Run
from traindrop.run_request import training_request
from traindrop.trial import Trial
from traindrop.tuned import Tuning, tuning_of, validation_rows

CHOSEN = Objective(metric=OBJECTIVE, direction="maximize", value=0.892, defaults_value=0.881)
RUN = a_run(max_trials=20, objective=OBJECTIVE, direction="maximize")
SCHEMA = Schema("y", "binary", ("no", "yes"), ())


def compared(value: float, defaults: float, interval: tuple[float, float], metric: str = "auc") -> gain.Gain:
    return gain.compared(
        metric, value, defaults, interval, 179, chosen_by=CHOSEN, trials=20, defaults_model="s3://drops/model.tar.gz"
    )


def test_a_gain_beyond_chance_is_told_with_its_interval_and_what_the_choice_had_promised() -> None:
    found = compared(0.9, 0.87, (0.01, 0.05))
    assert found.outcome == "better"
    assert found.difference == pytest.approx(0.03)
    assert found.text == (
        "Better than the defaults: auc 0.900 against 0.870 on the same 179 test rows, a difference of +0.030 (95 % "
        "+0.010 to +0.050). In validation:auc, by which the best of 20 trials was chosen, it had been better by 0.011."
    )


def test_a_gain_that_is_noise_is_called_noise() -> None:
    found = compared(0.874, 0.87, (-0.011, 0.019))
    assert found.outcome == "no difference"
    assert found.text.startswith("No difference from the defaults that this test set can show: auc 0.874 against 0.870")


def test_a_loss_says_what_the_tuning_did_and_where_the_other_model_is() -> None:
    found = compared(0.84, 0.87, (-0.05, -0.01))
    assert found.outcome == "worse"
    assert "the tuning fitted the validation rows" in found.text
    assert "s3://drops/model.tar.gz" in found.text


def test_of_an_error_less_is_better() -> None:
    assert compared(50.0, 60.0, (-15.0, -5.0), "rmse").outcome == "better"
    assert compared(60.0, 50.0, (5.0, 15.0), "rmse").outcome == "worse"


def tuning(*others: Trial, run: Run = RUN, **defaults: Any) -> Tuning:
    return tuning_of(run, a_tuning_request(), [a_trial(0, **({"objective": 0.85} | defaults)), *others])


def rows(scores: "np.typing.ArrayLike", truth: "np.typing.ArrayLike") -> Rows:
    return Rows(SCHEMA, np.asarray(truth, dtype=np.float64), np.asarray(scores, dtype=np.float32))


TRUTH = np.arange(400) % 2
NOISE = np.random.default_rng(3).normal(size=400)
GOOD, POOR = TRUTH + NOISE, TRUTH * 0.3 + NOISE[::-1]


def squeezed(values: Any) -> Any:
    return 1 / (1 + np.exp(-np.asarray(values)))


def evaluation(count: int = 400, auc: float = 0.9, **changes: Any) -> Evaluation:
    given: dict[str, Any] = {
        "run": RUN.run, "dataset": "flowers", "task": "binary", "target": "y", "classes": ("no", "yes"),
        "scored": Scored(file="t.csv", digest="sha256:0", rows=count), "main_metric": "auc",
        "metrics": {"auc": auc, "log_loss": 0.4}, "intervals": {"auc": (auc - 0.03, auc + 0.03)}, "validation": {},
        "timings": {"predict": 1.0}, "model": "s3://drops/m",
    }  # fmt: skip
    return Evaluation(**(given | changes))


def told(
    of: Tuning,
    own: Rows | None = None,
    theirs: Rows | Exception | None = None,
    at: Evaluation | None = None,
    judged: int | None = None,
) -> Evaluation:
    def rows_of(other: Run, own_file: bool) -> Rows | None:
        assert own_file
        assert other.model_key.endswith("-defaults/output/model.tar.gz")
        if isinstance(theirs, Exception):
            raise theirs
        return theirs

    return with_tuning(RUN, at or evaluation(), of, [] if own is None else [own], rows_of, judged)


def gained(*arguments: Any, **changes: Any) -> gain.Gain:
    found = told(*arguments, **changes).tuning
    assert found is not None
    assert found.gain is not None
    return found.gain


def test_the_tuned_model_is_compared_with_the_defaults_on_the_same_rows_by_the_objective() -> None:
    found = gained(tuning(a_trial(1, objective=0.9)), rows(squeezed(GOOD), TRUTH), rows(squeezed(POOR), TRUTH))
    assert (found.outcome, found.metric, found.rows) == ("better", "auc", 400)
    assert found.interval is not None
    assert 0 < found.interval[0] < (found.difference or 0) < found.interval[1]


def test_two_models_that_differ_by_chance_alone_show_no_difference() -> None:
    one, other = (squeezed(TRUTH + np.random.default_rng(seed).normal(size=400)) for seed in (1, 5))
    found = gained(tuning(a_trial(1, objective=0.9)), rows(one, TRUTH), rows(other, TRUTH))
    assert found.outcome == "no difference"


def test_an_objective_that_no_test_metric_is_leaves_the_main_one() -> None:
    run = RUN.model_copy(update={"objective": "train:something"})
    of = tuning(a_trial(1, objective=0.9), run=run)
    found = gained(of, rows(squeezed(GOOD), TRUTH), rows(squeezed(POOR), TRUTH))
    assert found.metric == "auc"


@pytest.mark.parametrize(
    ("objective", "own"),
    [("validation:auc", "auc"), ("validation:mlogloss", "log_loss"), ("validation:error", "accuracy"), ("loss", None)],
)
def test_an_objective_is_known_by_the_name_that_test_metrics_have(objective: str, own: str | None) -> None:
    assert own_name(objective) == own


def test_where_the_defaults_are_best_there_is_no_difference_by_construction() -> None:
    found = gained(tuning(a_trial(1, objective=0.8), a_trial(2, status="failed", objective=None)))
    assert found.outcome == "defaults are best"
    assert found.text == (
        "Tuning found nothing better than the defaults, so the model is theirs and there is no difference: of 2 "
        "trials, the best of the others has validation:auc 0.800, the defaults 0.850."
    )


def test_without_a_test_file_nothing_honest_can_be_said_and_it_tells_how_to_change_that() -> None:
    found = gained(tuning(a_trial(1, objective=0.9)), at=evaluation(scored=None, metrics={}))
    assert found.outcome == "not tested"
    assert "Nothing honest can be said of the gain: there is no test file." in found.text
    assert "datasets/flowers/test/" in found.text
    assert (found.value, found.interval) == (None, None)


@pytest.mark.parametrize(
    ("defaults", "theirs", "says"),
    [
        ({"status": "failed", "objective": None, "reason": "no memory"}, None, "the defaults failed. no memory"),
        ({"status": "stopped", "objective": None}, None, "the defaults was stopped."),
        ({}, None, "was deleted (s3://"),
        ({}, EvaluationFailed("no model.ubj"), "cannot be scored. no model.ubj"),
        ({}, rows([0.5] * 400, 1 - TRUTH), "other true values"),
    ],
    ids=["failed", "stopped", "deleted", "damaged", "other rows"],
)
def test_what_cannot_be_compared_says_why_and_what_validation_had(
    defaults: dict[str, Any], theirs: Any, says: str
) -> None:
    found = gained(tuning(a_trial(1, objective=0.9), **defaults), rows(squeezed(GOOD), TRUTH), theirs)
    assert found.outcome == "not comparable"
    assert says in found.text
    assert "validation:auc 0.900" in found.text


def test_a_handful_of_test_rows_shows_nothing() -> None:
    few = rows([0.9, 0.1, 0.8], [1, 0, 1]), rows([0.2, 0.3, 0.8], [1, 0, 1])
    found = gained(tuning(a_trial(1, objective=0.9)), *few, at=evaluation(3))
    assert (found.outcome, "3 test rows are too few" in found.text) == ("not comparable", True)


def test_a_metric_that_is_undefined_on_these_rows_is_not_compared() -> None:
    ones = np.ones(40)
    both = rows([0.9] * 40, ones), rows([0.8] * 40, ones)
    found = gained(tuning(a_trial(1, objective=0.9)), *both, at=evaluation(40))
    assert (found.outcome, "auc is not defined often enough" in found.text) == ("not comparable", True)


def test_where_the_time_would_not_do_for_the_champion_too_the_defaults_are_not_scored() -> None:
    slow = evaluation(timings={"predict": 90.0})
    found = gained(tuning(a_trial(1, objective=0.9)), rows(squeezed(GOOD), TRUTH), at=slow)
    assert "no time to do it twice" in found.text


def test_a_best_trial_that_is_far_better_where_it_was_chosen_is_doubted() -> None:
    of = tuning(a_trial(1, objective=0.99), objective=0.6)
    own = rows(squeezed(GOOD), TRUTH), rows(squeezed(POOR), TRUTH)
    (doubt,) = told(of, *own, judged=400, at=evaluation(auc=0.75)).warnings
    assert doubt.kind == "selection"
    assert "about 400 validation rows" in doubt.text
    assert doubt.evidence["low"] > 0  # type: ignore[operator]


@pytest.mark.parametrize(
    ("value", "judged", "defaults"),
    [(0.78, 400, 0.7), (0.99, None, 0.7), (0.82, 20, 0.7), (0.99, 400, 0.97)],
    ids=["within chance", "nobody knows by how many rows", "by too few rows to tell", "the defaults too"],
)
def test_what_chance_or_other_rows_explain_is_not_called_a_choice_that_misled(
    value: float, judged: int | None, defaults: float
) -> None:
    of = tuning(a_trial(1, objective=value), objective=defaults)
    own = rows(squeezed(GOOD), TRUTH), rows(squeezed(POOR), TRUTH)
    assert told(of, *own, judged=judged, at=evaluation(auc=0.75)).warnings == ()


def test_the_trials_are_there_with_the_best_so_far_as_they_ended() -> None:
    of = tuning_of(RUN, a_tuning_request(), trials(20))
    assert of.strategy == "bayesian"
    assert [setting.name for setting in of.settings] == ["max_depth", "eta", "booster"]
    assert len(of.trials) == 21
    so_far = [each.best for each in of.best_so_far]
    assert so_far == sorted(so_far)
    assert so_far[-1] == max(trial.objective or 0 for trial in of.trials if trial.counts)
    assert of.best_trial is not None
    assert of.best_trial.objective == so_far[-1]
    assert of.seconds is not None


def test_the_best_is_the_one_that_was_named_at_the_end_of_the_tuning() -> None:
    found = [a_trial(0), a_trial(1, objective=0.9), a_trial(2, objective=0.9)]
    of = tuning_of(RUN.model_copy(update={"best_trial": found[2].job}), a_tuning_request(), found)
    assert (of.best, of.chosen_by.value) == (2, 0.9)
    assert gain.tuned(found, OBJECTIVE, "maximize", job=found[2].job).best == 2
    assert gain.tuned(found, OBJECTIVE, "maximize").best == 1


def test_a_tuning_whose_trials_are_gone_is_not_compared() -> None:
    found = gained(tuning_of(RUN, {}, []), rows(squeezed(GOOD), TRUTH))
    assert found.outcome == "not comparable"
    assert (
        "the trial with the defaults is not there. On the validation rows: validation:auc is not known." in found.text
    )


def test_a_request_that_is_gone_leaves_the_trials() -> None:
    of = tuning_of(RUN, {}, trials(5))
    assert (of.strategy, of.settings, len(of.trials)) == (None, (), 6)


def test_it_is_read_back_as_it_was_written() -> None:
    of = told(tuning_of(RUN, a_tuning_request(), trials(20)), at=evaluation(scored=None))
    assert Evaluation.model_validate_json(of.model_dump_json()) == of


def test_of_a_tuning_request_the_training_jobs_part_is_read_with_what_was_chosen() -> None:
    found = training_request(a_tuning_request(), {"max_depth": 4, "eta": 0.05})
    assert found["AlgorithmSpecification"]["TrainingImage"] == "sagemaker-xgboost:3.0-5"
    assert found["HyperParameters"]["max_depth"] == "4"
    assert found["HyperParameters"]["validation_fraction"] == "0.2"
    single = {"HyperParameters": {"eta": "0.3"}}
    assert training_request(single) == single


def test_validation_rows_are_those_that_the_script_was_told_to_keep_back() -> None:
    run = RUN.model_copy(update={"rows": 712})
    assert validation_rows(run, a_tuning_request()) == 142
    assert validation_rows(RUN, a_tuning_request()) is None
    assert validation_rows(run, {}) is None

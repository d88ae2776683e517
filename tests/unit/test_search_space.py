"""What a tuning request has searched, in texts and in values, and the training jobs that come of it."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.builders import a_run
from tests.unit.tuning_requests import DEPTH, ETA, tuning_request

from traindrop.chance import drawn
from traindrop.script_mode import decoded_hyperparameters, script_arguments
from traindrop.search_space import Setting, objective_of, settings_of, trial_name, trial_request
from traindrop.tuning_config import RangeValue

JOB = "traindrop-a-0123456789ab"
texts = st.text(min_size=1, max_size=30)
values = st.one_of(texts, st.integers(-(2**53), 2**53), st.booleans(), st.floats(allow_nan=False, allow_infinity=False))
names = st.text("abcdefgh_", min_size=1, max_size=8)


@st.composite
def settings(draw: st.DrawFn, name: str = "x") -> Setting:
    kind = draw(st.sampled_from(["number", "integer", "categorical"]))
    if kind == "categorical":
        as_json = draw(st.booleans())
        choices = draw(st.lists(values if as_json else texts, min_size=1, max_size=5))
        return Setting(name, "categorical", choices=tuple(choices), as_json=as_json)
    log = draw(st.booleans())
    if kind == "integer":
        low, high = sorted(draw(st.tuples(*[st.integers(1 if log else -1000, 10**6)] * 2)))
        return Setting(name, "integer", low, high, log)
    low, high = sorted(draw(st.tuples(*[st.floats(1e-6 if log else -1e6, 1e6, allow_subnormal=False)] * 2)))
    return Setting(name, "number", low, high, log)


@given(settings(), st.text(max_size=8))
def test_what_is_chosen_lies_within_the_range_and_is_read_back_from_its_text(setting: Setting, seed: str) -> None:
    value = drawn([setting], [], seed)["x"]
    assert setting.holds(value)
    again = setting.value(setting.text(value))
    assert (again, type(again)) == (value, type(value))


@given(values)
def test_a_script_is_given_a_choice_as_training_yaml_has_it(value: RangeValue) -> None:
    setting = Setting("x", "categorical", choices=(value,), as_json=True)
    request = {"HyperParameters": {"x": setting.text(value)}}
    assert decoded_hyperparameters(request) == {"x": value}
    assert script_arguments(request) == ["-x", str(value)]


def test_the_settings_are_read_in_the_order_of_the_request_with_their_scales() -> None:
    depth, eta, refit = settings_of(tuning_request())
    assert depth == Setting("max_depth", "integer", 2, 8)
    assert eta == Setting("eta", "number", 0.01, 0.3, log=True)
    assert refit == Setting("refit", "categorical", choices=(True, "auto", 0.5), as_json=True)
    assert objective_of(tuning_request()) == ("validation:auc", "maximize")


def test_choices_of_an_algorithm_without_script_mode_are_its_texts() -> None:
    request = tuning_request(choices=({"Name": "booster", "Values": ["gbtree", "1"]},))
    request["TrainingJobDefinition"]["StaticHyperParameters"] = {"num_round": "10"}
    *_, booster = settings_of(request)
    assert booster.choices == ("gbtree", "1")
    assert [booster.text(choice) for choice in booster.choices] == ["gbtree", "1"]


@pytest.mark.parametrize(
    ("setting", "value", "held"),
    [
        (Setting("x", "integer", 1, 5), 5, True),
        (Setting("x", "integer", 1, 5), 5.5, False),
        (Setting("x", "integer", 0, 5), True, False),
        (Setting("x", "number", 0.1, 0.5), 0.50001, False),
        (Setting("x", "number", 0.1, 0.5), None, False),
        (Setting("x", "number", 0.1, 0.5), "0.2", False),
        (Setting("x", "categorical", choices=(True, "a")), 1, False),
        (Setting("x", "categorical", choices=(True, "a")), "a", True),
    ],
)
def test_the_search_knows_what_it_could_have_chosen(setting: Setting, value: object, held: bool) -> None:
    assert setting.holds(value) is held


def test_a_trials_request_is_a_training_job_of_its_own_with_what_was_chosen() -> None:
    chosen: dict[str, RangeValue] = {"max_depth": 4, "eta": 0.05, "refit": "auto"}
    request = trial_request(tuning_request(), 7, chosen, JOB)
    name = trial_name(JOB, 7)
    assert request["TrainingJobName"] == name
    found = decoded_hyperparameters(request)
    assert found == {
        "sagemaker_program": "train.py", "sagemaker_submit_directory": "s3://bucket/code", "sagemaker_job_name": name,
        "target": "y", **chosen,
    } | {"_tuning_objective_metric": "validation:auc"}  # fmt: skip
    definition = tuning_request()["TrainingJobDefinition"]
    assert {key: value for key, value in definition.items() if key != "StaticHyperParameters"} == {
        key: value for key, value in request.items() if key not in {"TrainingJobName", "HyperParameters", "Tags"}
    }
    assert {tag["Key"]: tag["Value"] for tag in request["Tags"]} == {"traindrop:run": JOB, "traindrop:trial": "true"}


def test_a_trials_name_is_as_sagemaker_makes_them_and_that_of_the_defaults_as_the_run_has_it() -> None:
    names = [trial_name(JOB, number) for number in range(1, 40)]
    assert len(set(names)) == len(names)
    assert names[0].startswith(f"{JOB}-001-")
    assert all(len(name) <= 63 for name in names)
    run = a_run(run=JOB)
    assert trial_name(JOB, 0) == run.defaults_job


def test_numbers_are_written_as_python_reads_them() -> None:
    eta = Setting("eta", "number", 1e-8, 1e9, log=True)
    assert [eta.text(value) for value in (1e-7, 0.25, 3e8)] == ["1e-07", "0.25", "300000000.0"]
    assert all(json.loads(eta.text(value)) == value for value in (1e-7, 0.25, 3e8))
    assert settings_of(tuning_request(integers=(DEPTH,), numbers=(ETA,)))[1].text(0.1) == "0.1"

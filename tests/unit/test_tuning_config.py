"""The section `tuning` of a training.yaml: what is taken, and how each mistake in it is told."""

import json

import pytest

from traindrop.config import TrainingConfig, parse_config
from traindrop.errors import Rejected
from traindrop.tuning_config import TuningConfig

DEPTH = "max_depth: {min: 2, max: 8}"


def parsed(text: str) -> TuningConfig:
    found = parse_config(text.encode(), file="training.yaml").tuning
    assert found is not None
    return found


def why_rejected(text: str) -> str:
    with pytest.raises(Rejected) as error:
        parse_config(text.encode(), file="training.yaml")
    return str(error.value).removeprefix("training.yaml is not valid:\n- ")


def of_range(text: str) -> str:
    """What is said of one range."""
    return why_rejected(f"tuning: {{ranges: {{eta: {text}}}}}")


def with_tuning(text: str, rest: str = "") -> str:
    return why_rejected(f"{rest}\ntuning:\n  ranges: {{{DEPTH}}}\n  {text}")


def test_ranges_alone_are_a_tuning() -> None:
    found = parsed(f"tuning: {{ranges: {{{DEPTH}}}}}")
    assert (found.strategy, found.trials, found.parallel, found.stops_early) == ("bayesian", 20, 4, True)


def test_a_metric_and_a_list_may_be_written_short() -> None:
    found = parsed("tuning: {objective: auc, ranges: {subsample: [0.5, 0.8]}}")
    assert found.objective is not None
    assert found.objective.metric == "auc"
    assert found.ranges["subsample"].values == (0.5, 0.8)


def test_no_tuning_is_none() -> None:
    assert parse_config(b"tuning:\ntarget: a", file="training.yaml").tuning is None


def test_a_grid_has_as_many_trials_as_there_are_combinations() -> None:
    found = parsed("tuning: {strategy: grid, ranges: {a: [1, 2, 3], b: [x, y]}}")
    assert (found.trials, found.parallel) == (6, 4)


def test_no_more_trials_run_at_once_than_there_are() -> None:
    assert parsed(f"tuning: {{max_jobs: 2, ranges: {{{DEPTH}}}}}").parallel == 2


def test_hyperband_stops_trials_by_its_own_rule() -> None:
    assert not parsed(f"tuning: {{strategy: hyperband, ranges: {{{DEPTH}}}}}").stops_early


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{}", "min and max missing. Give both ends"),
        ("5", "found 5; expected two ends such as {min: 2, max: 8}, or a list of values"),
        ("[]", "the list of values is empty. Give two or more"),
        ("[0.1]", "found one value, 0.1, and nothing to choose. Set it under hyperparameters"),
        ("[1, 2, 1.0]", "found twice: 1. Keep one"),
        ("[1, a]", 'found numbers and texts in one list: 1, "a". Write all of them alike'),
        ("[true, 1]", "found numbers and true or false in one list"),
        ("[1, [2]]", "values.1: found [2]; expected a number, a text, true or false"),
        ("[1, .nan]", "values.1: found nan; expected a number that is not infinite"),
        (json.dumps(list(range(31))), "and 30 values in a list"),
        (json.dumps(["a", "b" * 300]), "found a value of 300 characters; SageMaker takes 256"),
        ("{min: 1}", "max missing. Give both ends"),
        ("{min: 2, max: 1}", "found min 2 and max 1, and nothing lies between them. Exchange them"),
        ("{min: 2, max: 2}", "To fix it, set it under hyperparameters"),
        ("{min: 0, max: 1, scale: log}", "found scale log with min 0, which has no logarithm. Set min above 0"),
        ("{min: 1, max: 2.5, type: integer}", "found type integer with the ends 1 and 2.5. Make both whole"),
        ("{min: 1, max: 2, values: [1, 2]}", "found both ends and values"),
        ("{scale: log, values: [1, 2]}", "found scale beside a list of values"),
        ("{min: a, max: 2}", "min: found 'a'; expected a number"),
        ("{min: 1, max: .inf}", "max: found inf; expected a number"),
        ("{min: true, max: 2}", "min: found True; expected a number"),
        ("{min: 1, max: 2, scale: exp}", "scale: found 'exp'; it should be 'linear' or 'log'"),
        ("{low: 1}", "low: there is no such field. Fields: min, max, type, scale, values"),
    ],
)
def test_a_range_that_is_none_says_what_is_wrong_and_how_to_mend_it(text: str, said: str) -> None:
    problem = of_range(text)
    assert problem.startswith("tuning.ranges.eta")
    assert said in problem


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("tuning: {}", "tuning.ranges: missing; expected what is searched"),
        ("tuning: {ranges: {}}", "tuning.ranges: found {}; expected what is searched"),
        ("tuning: {ranges: eta}", "tuning.ranges: found 'eta'; expected what is searched"),
        ("tuning: 20", "tuning: found 20; expected lines of their own, such as ranges"),
        ("tuning: {ranges: {sagemaker_x: [1, 2]}}", "tuning.ranges.sagemaker_x: the name is SageMaker's own"),
        ("tuning: {ranges: {_tuning_objective_metric: [a, b]}}", "the name is SageMaker's own. Rename it"),
        ('tuning: {ranges: {"": [1, 2]}}', "found a name of 0 characters"),
    ],
)
def test_what_is_no_section_of_ranges_says_what_one_looks_like(text: str, said: str) -> None:
    assert said in why_rejected(text)


def test_thirty_hyperparameters_are_searched_at_the_most() -> None:
    ranges = {f"h{number}": [1, 2] for number in range(31)}
    assert "expected at most 30 ranges" in why_rejected(json.dumps({"tuning": {"ranges": ranges}}))
    del ranges["h0"]
    assert len(parsed(json.dumps({"tuning": {"ranges": ranges}})).ranges) == 30


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("max_jobs: 751", "tuning.max_jobs: found 751; it should be less than or equal to 750"),
        ("max_jobs: 0", "tuning.max_jobs: found 0; it should be greater than or equal to 1"),
        ("max_parallel: 101", "tuning.max_parallel: found 101; it should be less than or equal to 100"),
        ("strategy: tpe", "tuning.strategy: found 'tpe'; it should be 'bayesian', 'random', 'grid' or 'hyperband'"),
        ("max_cost_usd: 0", "tuning.max_cost_usd: found 0; expected an amount of US dollars above 0"),
        ("objective: 5", "tuning.objective: found 5; expected the name of a metric"),
        ("objective: {direction: up}", "tuning.objective.metric: missing; expected the name of a metric"),
        ("trials: 5", "tuning.trials: there is no such field. Fields: max_jobs, max_parallel, strategy, objective"),
        ("objective: {metric: a, goal: max}", "tuning.objective.goal: there is no such field. Fields: metric, dir"),
    ],
)
def test_a_field_out_of_the_services_limits_is_told_with_them(text: str, said: str) -> None:
    assert said in with_tuning(text)


def test_grid_takes_lists_only_and_says_how_a_range_would_be_one() -> None:
    said = with_tuning("strategy: grid")
    assert "tuning.ranges.max_depth: strategy grid takes lists of values only. Write [2, 3, 4, 5, 6, 7, 8]" in said
    said = why_rejected("tuning: {strategy: grid, ranges: {eta: {min: 0.1, max: 0.3}}}")
    assert "Write those that are to be tried, or set strategy: random" in said


def test_a_grid_trains_all_combinations_or_none() -> None:
    said = why_rejected("tuning: {strategy: grid, max_jobs: 5, ranges: {a: [1, 2, 3], b: [x, y]}}")
    assert (
        "tuning.max_jobs: found 5 with strategy grid, which trains each of the 6 combinations. Leave max_jobs" in said
    )
    assert parsed("tuning: {strategy: grid, max_jobs: 6, ranges: {a: [1, 2, 3], b: [x, y]}}").trials == 6


def test_a_grid_of_too_many_combinations_is_rejected_with_their_number() -> None:
    ten = list(range(10))
    text = json.dumps({"tuning": {"strategy": "grid", "ranges": {"a": ten, "b": ten, "c": ten}}})
    assert "strategy grid would train 1,000 combinations, and there may be 750" in why_rejected(text)


@pytest.mark.parametrize(
    ("text", "rest", "said"),
    [
        ("early_stopping: true", "", "tuning.early_stopping: found true with strategy hyperband"),
        ("max_jobs: 9", "framework: sklearn", "tuning.strategy: found hyperband with framework sklearn, which fits"),
    ],
)
def test_hyperband_needs_rounds_and_no_other_stopping(text: str, rest: str, said: str) -> None:
    assert said in with_tuning(f"strategy: hyperband\n  {text}", rest)


def test_hyperband_itself_says_how_many_rounds_there_are() -> None:
    said = why_rejected("tuning: {strategy: hyperband, ranges: {num_round: {min: 10, max: 90}}}")
    assert "tuning.ranges.num_round: found with strategy hyperband, which itself says how many rounds" in said


@pytest.mark.parametrize(
    ("regex", "rest", "said"),
    [
        ("'a=('", "framework: sklearn", "found 'a=(', which is no regular expression"),
        ("'a=[0-9]+'", "framework: sklearn", "with 0 groups; one is expected, around the value"),
        ("'(a)=([0-9]+)'", "framework: sklearn", "with 2 groups; one is expected"),
        ("'a=([0-9]+)'", "framework: xgboost", "SageMaker takes no metric but those that it knows of XGBoost"),
    ],
)
def test_a_regular_expression_has_one_group_and_an_image_that_takes_it(regex: str, rest: str, said: str) -> None:
    assert said in with_tuning(f"objective: {{metric: a, regex: {regex}}}", rest)


def test_one_ceiling_is_enough() -> None:
    said = with_tuning("max_cost_usd: 2", "max_cost_usd: 1")
    assert "tuning.max_cost_usd: found 2.0 beside max_cost_usd 1.0; both are of the whole run" in said


def test_trials_have_less_environment_than_a_single_job() -> None:
    variables = {f"V{number}": "1" for number in range(49)}
    config = {"environment": variables, "tuning": {"ranges": {"max_depth": {"min": 2, "max": 8}}}}
    assert "environment: found 49 variables with tuning; SageMaker takes 48" in why_rejected(json.dumps(config))
    del variables["V0"]
    assert parsed(json.dumps({**config, "environment": variables}))


def test_lambda_keeps_the_trials_in_one_record_and_takes_no_more_than_fit_there() -> None:
    said = with_tuning("max_jobs: 201", "instance_type: lambda")
    assert "tuning.max_jobs: found 201 with instance_type lambda, where there may be 200" in said
    many = {"a": list(range(16)), "b": list(range(16))}
    text = json.dumps({"instance_type": "lambda", "tuning": {"strategy": "grid", "ranges": many}})
    assert "would train 256 combinations, and there may be 200" in why_rejected(text)


def test_a_prepared_file_has_no_rows_to_compare_trials_on() -> None:
    assert "tuning: found with prepared: true" in with_tuning(
        "max_jobs: 3", "framework: builtin-xgboost\nprepared: true"
    )


def test_an_editor_takes_the_short_forms_too() -> None:
    schema = TrainingConfig.model_json_schema()["$defs"]["TuningConfig"]["properties"]
    assert {"type": "string"} in schema["objective"]["anyOf"]
    assert "array" in {each.get("type") for each in schema["ranges"]["additionalProperties"]["anyOf"]}

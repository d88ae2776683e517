"""The requests of a run that tunes. That they are the SDK's own is seen in tests/oracle."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.builders import a_job

from traindrop.config import TrainingConfig
from traindrop.confinement import Confinement
from traindrop.errors import Rejected
from traindrop.hyperparameters.builtin_xgboost import BuiltinXGBoostHyperparameters
from traindrop.job import Job
from traindrop.request import for_job, training_job_request
from traindrop.tuning_request import defaults_request, longest_tuning_seconds, rounds_of, tuning_job_request
from traindrop_cli.local.sagemaker.validation import validate

RUN = "traindrop-flow-0123456789ab"
RANGES = {"max_depth": {"min": 2, "max": 8}, "eta": {"min": 0.01, "max": 0.3, "scale": "log"}, "subsample": [0.5, 1.0]}
REGEX = {"metric": "score", "direction": "maximize", "regex": "score=([0-9.]+)"}


def a_config(tuning: dict[str, Any] | None = None, **fields: Any) -> TrainingConfig:
    return TrainingConfig.model_validate({**fields, "tuning": {"ranges": RANGES, **(tuning or {})}})


def the_job(**changes: Any) -> Job:
    return a_job(**{"run": RUN, **changes})


def tuned(tuning: dict[str, Any] | None = None, **fields: Any) -> dict[str, Any]:
    return tuning_job_request(the_job(), a_config(tuning, **fields))


def definition(**fields: Any) -> dict[str, Any]:
    found: dict[str, Any] = tuned(**fields)["TrainingJobDefinition"]
    return found


def test_what_is_searched_is_not_set_and_all_else_is_as_of_a_single_job() -> None:
    config = a_config(hyperparameters={"max_depth": 5, "num_round": 30})
    static = tuning_job_request(the_job(), config)["TrainingJobDefinition"]["StaticHyperParameters"]
    single = training_job_request(the_job(), config)["HyperParameters"]
    assert static == {name: text for name, text in single.items() if name != "max_depth"}
    assert static["num_round"] == "30"


def test_the_trial_with_the_defaults_has_what_training_yaml_says_and_else_what_the_script_takes() -> None:
    found = defaults_request(the_job(), a_config(hyperparameters={"max_depth": 6}))
    assert {name: found["HyperParameters"].get(name) for name in ("max_depth", "eta", "gamma")} == {
        "max_depth": "6", "eta": "0.1", "gamma": None,
    }  # fmt: skip
    assert found["TrainingJobName"] == f"{RUN}-defaults"
    assert json.loads(found["HyperParameters"]["sagemaker_job_name"]) == f"{RUN}-defaults"
    validate("CreateTrainingJob", found)


def test_a_default_that_only_the_library_knows_is_not_sent() -> None:
    config = a_config({"ranges": {"n_estimators": {"min": 10, "max": 300}}}, framework="sklearn")
    assert "n_estimators" not in defaults_request(the_job(), config)["HyperParameters"]


def test_all_models_lie_in_the_trials_of_the_run() -> None:
    output = "s3://traindrop-dropbucket-1a2b3c4d/runs/traindrop-flow-0123456789ab/trials"
    assert definition()["OutputDataConfig"] == {"S3OutputPath": output}
    assert defaults_request(the_job(), a_config())["OutputDataConfig"] == {"S3OutputPath": output}


def test_trials_are_tagged_as_such_and_the_defaults_job_is_the_runs_own() -> None:
    tags = {tag["Key"]: tag["Value"] for tag in tuned()["Tags"]}
    assert (tags["traindrop:trial"], tags["traindrop:run"]) == ("true", RUN)
    assert "traindrop:trial" not in {tag["Key"] for tag in defaults_request(the_job(), a_config())["Tags"]}


def test_what_holds_for_every_job_of_a_stack_holds_for_its_trials() -> None:
    confinement = Confinement("arn:aws:kms:us-east-1:1:key/a", ("subnet-1",), ("sg-1",), isolated=True)
    found = tuning_job_request(the_job(confinement=confinement), a_config())["TrainingJobDefinition"]
    assert found["OutputDataConfig"]["KmsKeyId"] == found["ResourceConfig"]["VolumeKmsKeyId"] == confinement.kms_key
    assert found["VpcConfig"] == {"Subnets": ["subnet-1"], "SecurityGroupIds": ["sg-1"]}
    assert found["EnableNetworkIsolation"]
    assert found["EnableInterContainerTrafficEncryption"]
    assert [each["ChannelName"] for each in found["InputDataConfig"]] == ["train", "test", "code"]


def test_spot_trials_keep_their_checkpoints_apart_from_the_defaults() -> None:
    found = definition(use_spot=True, max_runtime=600)
    assert found["EnableManagedSpotTraining"]
    assert found["StoppingCondition"] == {"MaxRuntimeInSeconds": 600, "MaxWaitTimeInSeconds": 1200}
    assert found["CheckpointConfig"]["S3Uri"].endswith(f"/checkpoints/{RUN}/trials")
    defaults = defaults_request(the_job(), a_config(use_spot=True))
    assert defaults["CheckpointConfig"]["S3Uri"].endswith(f"/checkpoints/{RUN}/defaults")


def test_a_warm_pool_and_an_environment_are_those_of_each_trial() -> None:
    found = definition(keep_alive=600, environment={"LEVEL": "debug"}, instance_type="ml.c5.xlarge", instance_count=2)
    assert found["ResourceConfig"] == {
        "InstanceType": "ml.c5.xlarge", "InstanceCount": 2, "VolumeSizeInGB": 10, "KeepAlivePeriodInSeconds": 600
    }  # fmt: skip
    assert found["Environment"] == {"LEVEL": "debug"}


def test_values_are_json_where_a_script_reads_them_and_plain_where_the_algorithm_does() -> None:
    def values(job: Job, **fields: Any) -> list[str]:
        request = tuning_job_request(job, a_config({"ranges": {"booster": ["gbtree", "dart"]}, **fields}, **config))
        found: list[str] = request["HyperParameterTuningJobConfig"]["ParameterRanges"]["CategoricalParameterRanges"][0][
            "Values"
        ]
        return found

    config: dict[str, Any] = {"framework": "sklearn"}
    assert values(the_job(own_script=True), objective=REGEX) == ['"gbtree"', '"dart"']
    config = {"framework": "custom", "image_uri": "123456789012.dkr.ecr.us-east-1.amazonaws.com/flowers:7"}
    assert values(the_job(entry_point=None, bundle_key=None), objective=REGEX) == ["gbtree", "dart"]


def test_a_metric_of_ones_own_takes_the_place_of_one_of_that_name() -> None:
    asked = {"objective": {"metric": "validation:auc", "regex": "auc is ([0-9.]+)"}, "ranges": {"a": [1, 2]}}
    config = a_config(asked, framework="sklearn")
    for request in (
        tuning_job_request(the_job(own_script=True), config)["TrainingJobDefinition"],
        defaults_request(the_job(own_script=True), config),
    ):
        metrics = request["AlgorithmSpecification"]["MetricDefinitions"]
        assert [each["Regex"] for each in metrics if each["Name"] == "validation:auc"] == ["auc is ([0-9.]+)"]
        assert len(metrics) == 6


@pytest.mark.parametrize(("rounds", "resources"), [(100, (11, 100)), (5, (1, 5))])
def test_hyperband_is_told_the_most_rounds_and_begins_to_stop_after_a_ninth(
    rounds: int, resources: tuple[int, int]
) -> None:
    found = tuned({"strategy": "hyperband"}, hyperparameters={"num_round": rounds})["HyperParameterTuningJobConfig"]
    least, most = resources
    assert found["StrategyConfig"]["HyperbandStrategyConfig"] == {"MinResource": least, "MaxResource": most}
    assert found["TrainingJobEarlyStoppingType"] == "Off"


def test_without_a_number_of_rounds_hyperband_takes_the_scripts_own() -> None:
    assert rounds_of(a_config(), own_script=False) == 100
    assert rounds_of(a_config({"ranges": {"lr": [0.1, 0.2]}}, framework="pytorch"), own_script=False) == 200


def test_hyperband_says_what_it_needs_of_a_script_of_ones_own() -> None:
    config = a_config({"strategy": "hyperband"}, framework="pytorch")
    with pytest.raises(Rejected, match=r"Set hyperparameters: \{epochs: 100\} or \{num_round: 100\}"):
        rounds_of(config, own_script=True)
    config = a_config({"strategy": "hyperband"}, hyperparameters={"num_round": 20_001})
    with pytest.raises(Rejected, match=r"found 20001 with tuning.strategy hyperband, which takes 2 to 20,000 rounds"):
        rounds_of(config, own_script=False)


def test_one_hundred_hyperparameters_are_the_most_with_those_that_are_searched_and_sagemakers_own() -> None:
    def request(count: int) -> dict[str, Any]:
        tuning = {"ranges": {"a": [1, 2], "b": [1, 2]}, "objective": REGEX}
        hyperparameters = {f"h{number}": number for number in range(count)}
        job = the_job(own_script=True)
        return tuning_job_request(job, a_config(tuning, framework="sklearn", hyperparameters=hyperparameters))

    # With five of script mode and the objective's name.
    assert len(request(92)["TrainingJobDefinition"]["StaticHyperParameters"]) == 97
    with pytest.raises(Rejected, match=r"hyperparameters: found 101, with the ranges .* which takes 100"):
        request(93)


def test_the_algorithm_needs_rows_to_compare_trials_on() -> None:
    told = BuiltinXGBoostHyperparameters().for_task("binary", classes=2, seed=1, validation=False)
    job = the_job(entry_point=None, bundle_key=None, test_key=None, algorithm_hyperparameters=told)
    config = a_config(framework="builtin-xgboost")
    with pytest.raises(Rejected, match="too few rows to hold any out"):
        tuning_job_request(job, config)
    with pytest.raises(Rejected, match="too few rows to hold any out"):
        defaults_request(job, config)


def test_the_request_of_a_further_attempt_has_its_name_wherever_a_name_stands() -> None:
    found = for_job(tuned(), f"{RUN}-r2")
    assert found["HyperParameterTuningJobName"] == f"{RUN}-r2"
    static = found["TrainingJobDefinition"]["StaticHyperParameters"]
    assert json.loads(static["sagemaker_job_name"]) == f"{RUN}-r2"
    assert f'{RUN}"' not in json.dumps(static)


def test_the_whole_takes_as_long_as_its_trials_one_after_the_other() -> None:
    config = a_config({"max_jobs": 9, "max_parallel": 4}, max_runtime=900)
    assert longest_tuning_seconds(config) == 3 * (900 + 600)
    assert longest_tuning_seconds(a_config({"max_jobs": 750, "max_parallel": 1}, max_runtime=86_400)) == 30 * 86_400


def test_what_tunes_nothing_has_no_such_request() -> None:
    with pytest.raises(ValueError, match="nothing is to be tuned"):
        tuning_job_request(the_job(), TrainingConfig())


_NUMBERS = st.floats(0.001, 1, exclude_min=True)
_ENDS = {
    "max_depth": st.integers(1, 20),
    "num_round": st.integers(1, 100_000),
    "eta": _NUMBERS,
    "subsample": _NUMBERS,
    "gamma": st.floats(0.001, 1e9),
}


@st.composite
def _ranges(draw: st.DrawFn) -> dict[str, Any]:
    names = draw(st.lists(st.sampled_from(sorted(_ENDS)), min_size=1, unique=True))
    found: dict[str, Any] = {}
    for name in names:
        if draw(st.booleans()):
            found[name] = draw(st.lists(_ENDS[name], min_size=2, max_size=30, unique=True))
        else:
            low, high = sorted(draw(st.lists(_ENDS[name], min_size=2, max_size=2, unique=True)))
            found[name] = {"min": low, "max": high, "scale": draw(st.sampled_from(["linear", "log"]))}
    return found


@settings(deadline=None, max_examples=50)
@given(
    ranges=_ranges(),
    strategy=st.sampled_from(["bayesian", "random"]),
    max_jobs=st.integers(1, 750),
    max_parallel=st.integers(1, 100),
    objective=st.sampled_from([None, "auc", "logloss", "validation:error"]),
    early_stopping=st.booleans(),
    use_spot=st.booleans(),
)
def test_whatever_the_section_may_hold_the_service_takes(ranges: dict[str, Any], use_spot: bool, **tuning: Any) -> None:
    """By botocore's own model of CreateHyperParameterTuningJob: fields, types, patterns, lengths, numbers of them."""
    config = a_config({**tuning, "ranges": ranges}, use_spot=use_spot)
    request = tuning_job_request(the_job(), config)
    validate("CreateHyperParameterTuningJob", request)
    validate("CreateTrainingJob", defaults_request(the_job(), config))
    searched = request["HyperParameterTuningJobConfig"]["ParameterRanges"]
    assert {each["Name"] for kind in searched.values() for each in kind} == set(ranges)
    for each in searched["IntegerParameterRanges"]:
        assert int(each["MinValue"]) < int(each["MaxValue"])
    for each in searched["ContinuousParameterRanges"]:
        assert (float(each["MinValue"]), float(each["MaxValue"])) == (
            ranges[each["Name"]]["min"], ranges[each["Name"]]["max"])  # fmt: skip

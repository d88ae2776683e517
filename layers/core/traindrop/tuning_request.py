"""The requests of a run that tunes: pure functions of what was dropped and asked for.

Both are made out of the CreateTrainingJob request that the run would have without tuning. A tuning job's definition has
no ProfilerConfig; all else that costs or protects is the same.
"""

import json
import math
from typing import Any

from traindrop.config import Scalar, TrainingConfig
from traindrop.errors import Rejected
from traindrop.job import Job
from traindrop.job_hyperparameters import MOST, plain
from traindrop.objectives import Chosen, chosen_objective
from traindrop.request import for_job, longest_seconds, training_job_request
from traindrop.run import DEFAULTS_SUFFIX
from traindrop.search_space import tagged_as_trial
from traindrop.tuned_ranges import TunedRange, default_of, tuned_ranges
from traindrop.tuning_config import TuningConfig

# "The maximum value is 20,000 epochs." (HyperbandStrategyConfig, API reference)
MOST_ROUNDS = 20_000
# Hyperband keeps a third at each cut (Li et al. 2018, eta = 3); after a ninth of the rounds a curve says something.
_FIRST_CUT = 9
# "Maximum run time for a hyperparameter tuning job: 30 days" (automatic-model-tuning-limits.html)
_LONGEST_TUNING = 30 * 86_400
# From a trial's end to the next one's script, at the most: an instance starts, its image is fetched.
_START_SECONDS = 600
_DEFINED = (
    "RoleArn", "InputDataConfig", "VpcConfig", "OutputDataConfig", "ResourceConfig", "StoppingCondition",
    "EnableNetworkIsolation", "EnableInterContainerTrafficEncryption", "EnableManagedSpotTraining", "CheckpointConfig",
    "Environment", "AlgorithmSpecification",
)  # fmt: skip


def tuning_job_request(job: Job, config: TrainingConfig) -> dict[str, Any]:
    """Keyword arguments of `create_hyper_parameter_tuning_job`, complete.

    https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateHyperParameterTuningJob.html
    Raises `Rejected` for ranges or an objective that there cannot be.
    """
    tuning = _tuning(config)
    ranges = tuned_ranges(config, own_script=job.own_script)
    objective = _objective(job, config)
    single = _of_a_trial(job, config, objective)
    searched = {each.name for each in ranges}
    static = {name: text for name, text in single["HyperParameters"].items() if name not in searched}
    _check_count(len(static) + len(ranges) + 1)
    return {
        "HyperParameterTuningJobName": job.run,
        "HyperParameterTuningJobConfig": {
            "Strategy": tuning.strategy.capitalize(),
            **_strategy_config(job, config, tuning),
            "HyperParameterTuningJobObjective": {
                "Type": objective.direction.capitalize(),
                "MetricName": objective.metric,
            },
            "ResourceLimits": {
                "MaxNumberOfTrainingJobs": tuning.trials,
                "MaxParallelTrainingJobs": tuning.parallel,
            },
            "ParameterRanges": _parameter_ranges(ranges, as_json=job.entry_point is not None),
            "TrainingJobEarlyStoppingType": "Auto" if tuning.stops_early else "Off",
            "RandomSeed": config.seed,
        },
        "TrainingJobDefinition": {
            "StaticHyperParameters": static,
            **{name: single[name] for name in _DEFINED if name in single},
        },
        # SageMaker hands a tuning job's tags on to its training jobs.
        "Tags": tagged_as_trial(single["Tags"]),
    }


def defaults_request(job: Job, config: TrainingConfig) -> dict[str, Any]:
    """Keyword arguments of `create_training_job` for the trial that all others are compared with.

    What is searched stands in it, also where it is the script's own default: so that it is shown, and searches know it.
    """
    own = job.own_script or job.entry_point is None
    spelled_out = config if own else config.model_copy(update={"hyperparameters": _with_defaults(config)})
    return for_job(_of_a_trial(job, spelled_out, _objective(job, config), "defaults"), f"{job.run}{DEFAULTS_SUFFIX}")


def longest_tuning_seconds(config: TrainingConfig) -> int:
    """After so many seconds a tuning job has ended: each trial at its longest, as many at once as there may be."""
    tuning = _tuning(config)
    rounds = math.ceil(tuning.trials / tuning.parallel)
    return min(rounds * (longest_seconds(config) + _START_SECONDS), _LONGEST_TUNING)


def _of_a_trial(job: Job, config: TrainingConfig, objective: Chosen, checkpoints: str = "trials") -> dict[str, Any]:
    """The CreateTrainingJob request of the run, with its results among those of the trials."""
    single = training_job_request(job, config)
    single["OutputDataConfig"]["S3OutputPath"] = f"s3://{job.bucket}/runs/{job.run}/trials"
    if job.algorithm_hyperparameters is not None:
        # The algorithm would go on from whatever trees it finds there, those of another trial too.
        single.pop("CheckpointConfig", None)
    if "CheckpointConfig" in single:
        single["CheckpointConfig"]["S3Uri"] += f"/{checkpoints}"
    if objective.regex is not None:
        defined = single["AlgorithmSpecification"]["MetricDefinitions"]
        others = [each for each in defined if each["Name"] != objective.metric]
        own = {"Name": objective.metric, "Regex": objective.regex}
        single["AlgorithmSpecification"]["MetricDefinitions"] = [own, *others]
    return single


def _with_defaults(config: TrainingConfig) -> dict[str, Scalar]:
    """The hyperparameters of a script of ours, with its defaults of those that are searched and that none was given."""
    found = {name: default_of(config, name, own_script=False) for name in _tuning(config).ranges}
    # What has no default of its own is not sent: scikit-learn's estimators choose by themselves.
    return {name: value for name, value in found.items() if value is not None} | config.hyperparameters


def _tuning(config: TrainingConfig) -> TuningConfig:
    if config.tuning is None:
        raise ValueError("nothing is to be tuned")
    return config.tuning


def _objective(job: Job, config: TrainingConfig) -> Chosen:
    objective = chosen_objective(config, job.task, own_script=job.own_script)
    if job.algorithm_hyperparameters is not None and job.validation_key is None:
        raise Rejected(
            "training.yaml: tuning: the file has too few rows to hold any out, and trials are compared on those. Drop "
            "more rows, or leave tuning out."
        )
    return objective


def _check_count(found: int) -> None:
    """ "You can use up to 100 hyperparameters in total (static + tunable)", with the one that SageMaker adds itself.

    https://docs.aws.amazon.com/sagemaker/latest/dg/automatic-model-tuning-define-ranges.html
    """
    if found > MOST:
        raise Rejected(
            f"training.yaml: hyperparameters: found {found}, with the ranges and those that traindrop and SageMaker "
            f"add, which takes {MOST}. Put some of them into a file beside the script."
        )


def _strategy_config(job: Job, config: TrainingConfig, tuning: TuningConfig) -> dict[str, Any]:
    if tuning.strategy != "hyperband":
        return {}
    most = rounds_of(config, own_script=job.own_script)
    return {
        "StrategyConfig": {
            "HyperbandStrategyConfig": {"MinResource": max(1, most // _FIRST_CUT), "MaxResource": most},
        }
    }


def rounds_of(config: TrainingConfig, *, own_script: bool) -> int:
    """How many rounds a trial has at the most, by `num_round` or `epochs`. Raises `Rejected` where nothing says it."""
    for name in ("num_round", "epochs"):
        found = default_of(config, name, own_script=own_script)
        if isinstance(found, int) and not isinstance(found, bool):
            if not 2 <= found <= MOST_ROUNDS:
                raise Rejected(
                    f"training.yaml: hyperparameters.{name}: found {found} with tuning.strategy hyperband, which takes "
                    f"2 to {MOST_ROUNDS:,} rounds."
                )
            return found
    raise Rejected(
        "training.yaml: tuning.strategy: found hyperband, which stops trials between rounds, and nothing says how many "
        "there are. Set hyperparameters: {epochs: 100} or {num_round: 100}, and log the objective in each of them."
    )


def _parameter_ranges(ranges: tuple[TunedRange, ...], *, as_json: bool) -> dict[str, Any]:
    """`as_json`: script mode, whose container decodes every value."""
    return {
        "ContinuousParameterRanges": [_numeric(each) for each in ranges if each.kind == "number"],
        "CategoricalParameterRanges": [
            {"Name": each.name, "Values": [json.dumps(value) if as_json else plain(value) for value in each.values]}
            for each in ranges
            if each.kind == "categorical"
        ],
        "IntegerParameterRanges": [_numeric(each) for each in ranges if each.kind == "integer"],
    }


def _numeric(found: TunedRange) -> dict[str, str]:
    low, high = (int(end) if found.kind == "integer" else end for end in (found.low, found.high))
    return {
        "Name": found.name,
        "MinValue": json.dumps(low),
        "MaxValue": json.dumps(high),
        "ScalingType": "Logarithmic" if found.log else "Linear",
    }

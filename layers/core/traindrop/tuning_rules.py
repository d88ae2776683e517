"""What of a section `tuning` does not go together, by itself and with the rest of a training.yaml.

Each rule names the field, what was found and how to mend it. What hangs on the framework's hyperparameters is in
`traindrop.tuned_ranges`, what hangs on its metrics in `traindrop.objectives`.
"""

import json
import re
from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

from traindrop.lambda_limits import LAMBDA
from traindrop.tuning_config import LONGEST_TEXT, MAX_JOBS, MAX_VALUES, Range, RangeValue, TuningConfig

if TYPE_CHECKING:
    from traindrop.config import TrainingConfig

# The state of a tuning in Lambda is one item of DynamoDB's, which takes 400 KB: some 2 KB for each trial at the most.
# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html
MAX_JOBS_IN_LAMBDA = 200
# HyperParameterTrainingJobDefinition$Environment: at most 48, of a training job 100 (API reference).
MAX_ENVIRONMENT = 48
# SageMaker's own, beside those of its toolkit: it tells each trial its objective by this name.
# https://docs.aws.amazon.com/sagemaker/latest/dg/automatic-model-tuning-define-ranges.html
OBJECTIVE_NAME = "_tuning_objective_metric"
# Frameworks whose image has the metrics and the hyperparameters of SageMaker's own algorithm, whatever runs in it.
OF_XGBOOST = ("xgboost", "builtin-xgboost")


def tuning_contradictions(config: "TrainingConfig") -> Iterator[str]:
    """One line for each; none where all is well or nothing is tuned."""
    tuning = config.tuning
    if tuning is None:
        return
    for name, found in tuning.ranges.items():
        for problem in (*_name(name), *_range(found)):
            yield f"tuning.ranges.{name[:80]}: {problem}"
    for rule in (_grid, _hyperband, _regex, _money, _environment, _in_lambda, _prepared):
        yield from rule(config, tuning)


def _name(name: str) -> Iterator[str]:
    if not 0 < len(name) <= LONGEST_TEXT:
        yield f"found a name of {len(name)} characters; SageMaker takes 1 to {LONGEST_TEXT}."
    if name.startswith("sagemaker_") or name == OBJECTIVE_NAME:
        yield "the name is SageMaker's own. Rename it."


def _range(found: Range) -> Iterator[str]:
    given = found.model_fields_set
    if given & {"min", "max"} and "values" in given:
        yield "found both ends and values. Keep {min, max} for what lies between, or the list of values."
    elif "values" in given:
        yield from _values(found.values)
        if others := sorted(given & {"type", "scale"}):
            yield f"found {' and '.join(others)} beside a list of values, which has none. Leave it out."
    elif found.min is None or found.max is None:
        missing = [end for end in ("min", "max") if getattr(found, end) is None]
        yield f"{' and '.join(missing)} missing. Give both ends, such as {{min: 2, max: 8}}, or a list of values."
    else:
        yield from _ends(found, found.min, found.max)


def _ends(found: Range, low: float, high: float) -> Iterator[str]:
    if low >= high:
        equal = " To fix it, set it under hyperparameters." if low == high else " Exchange them."
        yield f"found min {low} and max {high}, and nothing lies between them.{equal}"
    if found.scale == "log" and low <= 0:
        # "Logarithmic scaling works only for ranges that have only values greater than 0." (ContinuousParameterRange)
        yield f"found scale log with min {low}, which has no logarithm. Set min above 0, or scale: linear."
    if found.type == "integer" and not all(float(end).is_integer() for end in (low, high)):
        yield f"found type integer with the ends {low} and {high}. Make both whole, or leave type out."


def _values(values: tuple[RangeValue, ...]) -> Iterator[str]:
    if not values:
        yield "the list of values is empty. Give two or more, or both ends, such as {min: 2, max: 8}."
    if len(values) == 1:
        yield f"found one value, {values[0]!r}, and nothing to choose. Set it under hyperparameters."
    kinds = {_kind(value) for value in values}
    if len(kinds) > 1:
        yield f"found {' and '.join(sorted(kinds))} in one list: {_shown(values)}. Write all of them alike."
    twice = [value for (_, value), count in Counter((_kind(value), value) for value in values).items() if count > 1]
    if twice:
        yield f"found twice: {_shown(twice)}. Keep one."
    if long := [value for value in values if len(json.dumps(value)) > LONGEST_TEXT]:
        yield f"found a value of {len(str(long[0])):,} characters; SageMaker takes {LONGEST_TEXT}. Shorten it."


def _kind(value: RangeValue) -> str:
    if isinstance(value, bool):
        return "true or false"
    return "texts" if isinstance(value, str) else "numbers"


def _shown(values: "tuple[RangeValue, ...] | list[RangeValue]") -> str:
    text = ", ".join(json.dumps(value) for value in values)
    return text if len(text) <= 80 else text[:77] + "..."


def _grid(config: "TrainingConfig", tuning: TuningConfig) -> Iterator[str]:
    """ "Grid search … only categorical parameters are supported"; its number of trials is that of the combinations.

    https://docs.aws.amazon.com/sagemaker/latest/dg/automatic-model-tuning-how-it-works.html
    """
    if tuning.strategy != "grid":
        return
    open_ended = [name for name, found in tuning.ranges.items() if "values" not in found.model_fields_set]
    for name in open_ended:
        yield f"tuning.ranges.{name}: strategy grid takes lists of values only. {_listed(tuning.ranges[name])}"
    if open_ended:
        return
    most = MAX_JOBS_IN_LAMBDA if config.instance_type == LAMBDA else MAX_JOBS
    if tuning.trials > most:
        yield (
            f"tuning.ranges: strategy grid would train {tuning.trials:,} combinations, and there may be {most}. "
            "Shorten the lists, or set strategy: random with max_jobs."
        )
    if "max_jobs" in tuning.model_fields_set and tuning.max_jobs != tuning.trials:
        yield (
            f"tuning.max_jobs: found {tuning.max_jobs} with strategy grid, which trains each of the "
            f"{tuning.trials:,} combinations. Leave max_jobs out, or set strategy: random."
        )


def _listed(found: Range) -> str:
    low, high = found.min, found.max
    if isinstance(low, int) and isinstance(high, int) and 0 < high - low < MAX_VALUES:
        return f"Write [{', '.join(map(str, range(low, high + 1)))}], or fewer of these."
    return "Write those that are to be tried, or set strategy: random."


def _hyperband(config: "TrainingConfig", tuning: TuningConfig) -> Iterator[str]:
    """ "TrainingJobEarlyStoppingType must be OFF to use Hyperband" (HyperParameterTuningJobConfig, API reference)."""
    if tuning.strategy != "hyperband":
        return
    if tuning.early_stopping and "early_stopping" in tuning.model_fields_set:
        yield (
            "tuning.early_stopping: found true with strategy hyperband, which stops trials by a rule of its own. Leave "
            "it out."
        )
    if config.framework == "sklearn":
        yield (
            "tuning.strategy: found hyperband with framework sklearn, which fits a model in one call: there are no "
            "rounds after which a trial could be stopped. Set strategy: bayesian."
        )
    for name in ("num_round", "epochs"):
        if name in tuning.ranges:
            yield (
                f"tuning.ranges.{name}: found with strategy hyperband, which itself says how many rounds a trial gets. "
                f"Set the most of them under hyperparameters: {{{name}: 200}}."
            )


def _regex(config: "TrainingConfig", tuning: TuningConfig) -> Iterator[str]:
    if tuning.objective is None or tuning.objective.regex is None:
        return
    regex = tuning.objective.regex
    if config.framework in OF_XGBOOST:
        # https://github.com/aws/sagemaker-xgboost-container/issues/121
        yield (
            f"tuning.objective.regex: found with framework {config.framework}, and SageMaker takes no metric but those "
            "that it knows of XGBoost from that image. Leave regex out and log as XGBoost does, or set framework: "
            "custom with an image of your own."
        )
    try:
        groups = re.compile(regex).groups
    except re.error as error:
        yield f"tuning.objective.regex: found {regex!r}, which is no regular expression: {error}."
        return
    if groups != 1:
        yield (
            f"tuning.objective.regex: found {regex!r} with {groups} groups; one is expected, around the value: "
            "'auc=([0-9.]+)'."
        )


def _money(config: "TrainingConfig", tuning: TuningConfig) -> Iterator[str]:
    if tuning.max_cost_usd is not None and config.max_cost_usd is not None:
        yield (
            f"tuning.max_cost_usd: found {tuning.max_cost_usd} beside max_cost_usd {config.max_cost_usd}; both are of "
            "the whole run, with all its trials. Leave one of them out."
        )


def _environment(config: "TrainingConfig", tuning: TuningConfig) -> Iterator[str]:  # noqa: ARG001 - as all rules
    if len(config.environment) > MAX_ENVIRONMENT:
        yield (
            f"environment: found {len(config.environment)} variables with tuning; SageMaker takes {MAX_ENVIRONMENT} "
            "for the trials of a tuning job. Put some of them into a file beside the script."
        )


def _in_lambda(config: "TrainingConfig", tuning: TuningConfig) -> Iterator[str]:
    if config.instance_type == LAMBDA and tuning.strategy != "grid" and tuning.max_jobs > MAX_JOBS_IN_LAMBDA:
        yield (
            f"tuning.max_jobs: found {tuning.max_jobs} with instance_type lambda, where there may be "
            f"{MAX_JOBS_IN_LAMBDA}. Lower it, or name an instance type of SageMaker's, such as ml.m5.large."
        )


def _prepared(config: "TrainingConfig", tuning: TuningConfig) -> Iterator[str]:  # noqa: ARG001 - as all rules
    if config.prepared:
        yield (
            "tuning: found with prepared: true, whose file is trained on whole: no row is held out to compare trials "
            "on. Drop a CSV with a header, without prepared."
        )

"""What a tuning was told, out of its CreateHyperParameterTuningJob request, and what its best trial trained by. Pure.

https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_HyperParameterTuningJobConfig.html
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from traindrop.script_mode import Request, is_script_mode
from traindrop_cli.run_trials import RunTrials

# Of what `as_trained` makes: the request of the tuning job.
TUNING = "Tuning"


def as_trained(defaults: Request, tuning: Request, tuned: RunTrials) -> dict[str, Any]:
    """The training job request of the best trial: that of the defaults with what was chosen; beside it the tuning's."""
    chosen = tuned.best.hyperparameters if tuned.best else {}
    # As a request has them: of a script's JSON, of an algorithm of the image's own the text itself.
    texts = {name: json.dumps(value) if is_script_mode(defaults) else str(value) for name, value in chosen.items()}
    return {**defaults, "HyperParameters": {**defaults.get("HyperParameters", {}), **texts}, TUNING: tuning}


def tuning_facts(request: Request) -> Iterator[tuple[str, str]]:
    """Of a request that `as_trained` made: strategy, trials, and the range of each setting. Nothing of another."""
    config: Mapping[str, Any] = request.get(TUNING, {}).get("HyperParameterTuningJobConfig", {})
    if not config:
        return
    limits = config.get("ResourceLimits", {})
    yield "tuning", f"{config.get('Strategy', '').lower()}, {limits.get('MaxNumberOfTrainingJobs', '')} trials"
    objective = config.get("HyperParameterTuningJobObjective", {})
    yield "objective", f"{objective.get('Type', '').lower()} {objective.get('MetricName', '')}"
    ranges = config.get("ParameterRanges", {})
    for each in (*ranges.get("IntegerParameterRanges", ()), *ranges.get("ContinuousParameterRanges", ())):
        log = " (log)" if each.get("ScalingType") == "Logarithmic" else ""
        yield f"range of {each['Name']}", f"{each['MinValue']} to {each['MaxValue']}{log}"
    for each in ranges.get("CategoricalParameterRanges", ()):
        yield f"range of {each['Name']}", ", ".join(each["Values"])

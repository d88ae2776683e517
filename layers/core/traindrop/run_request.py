"""The request of a run, as it lies in its folder: of a training job, or of a tuning job, whose trials are such."""

from collections.abc import Mapping
from typing import Any

from traindrop.script_mode import Request
from traindrop.search_space import settings_of
from traindrop.tuning_config import RangeValue

DEFINITION = "TrainingJobDefinition"


def training_request(request: Request, chosen: Mapping[str, RangeValue] | None = None) -> dict[str, Any]:
    """What a run's request has of a training job: itself, or of a tuning job its definition.

    `chosen`: the hyperparameters of the trial whose model is the run's.
    """
    if DEFINITION not in request:
        return dict(request)
    definition = request[DEFINITION]
    texts = {each.name: each for each in settings_of(request)}
    written = {name: texts[name].text(value) if name in texts else str(value) for name, value in (chosen or {}).items()}
    return {**definition, "HyperParameters": {**definition.get("StaticHyperParameters", {}), **written}}

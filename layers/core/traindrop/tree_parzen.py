"""Bayesian search: the tree-structured Parzen estimator of optuna, which is imported for it and for nothing else.

It is in a layer of its own (layers/tuning): 4.9 MB unzipped of the 250 that Lambda takes, since the databases that
optuna names are left out (sqlalchemy and alembic, which it imports when they are used), and 0.2 s to import with numpy.

Bergstra et al., NeurIPS 2011; as multivariate: https://optuna.readthedocs.io (TPESampler). SageMaker has Gaussian
processes for the same strategy; those of optuna want PyTorch.
"""

import hashlib
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from traindrop.chance import is_tried, rounded
from traindrop.search_space import Setting
from traindrop.trial import Trial
from traindrop.tuning_config import Direction, RangeValue

if TYPE_CHECKING:
    from optuna.distributions import BaseDistribution
    from optuna.trial import FrozenTrial

# So many trials with a value before it is asked; those before are at random (benchmarks/tuning.py).
LEAST_TRIALS = 6
# It may suggest what was tried already, where the settings have few values.
_TRIES = 10


def likely(
    settings: Sequence[Setting], trials: Sequence[Trial], direction: Direction, seed: str
) -> dict[str, RangeValue] | None:
    """A point where good values are likely and that was not tried; None where too little is known, or none was found.

    Trials beyond the ranges tell it nothing, nor do those that failed. Those that were stopped early count behind the
    completed ones, by how far they came; those that run are taken for bad ones, so that not all that run at once go to
    the same place (constant liar).
    """
    usable = [trial for trial in trials if _lies_within(trial, settings) and (not trial.has_ended or _has_value(trial))]
    if sum(trial.has_ended for trial in usable) < LEAST_TRIALS:
        return None
    for turn in range(_TRIES):
        point = _asked(settings, usable, direction, f"{seed}/{turn}")
        if not is_tried(point, trials):
            return point
    return None


def _lies_within(trial: Trial, settings: Sequence[Setting]) -> bool:
    return all(setting.holds(trial.hyperparameters.get(setting.name)) for setting in settings)


def _has_value(trial: Trial) -> bool:
    """Whether it came to a value, also where it left no model."""
    return trial.status in {"completed", "stopped early"} and trial.objective is not None


def _asked(
    settings: Sequence[Setting], trials: Sequence[Trial], direction: Direction, seed: str
) -> dict[str, RangeValue]:
    import optuna  # takes half a second, and only this strategy needs it

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    distributions = {setting.name: _distribution(setting) for setting in settings}
    sampler = optuna.samplers.TPESampler(
        n_startup_trials=LEAST_TRIALS, multivariate=True, constant_liar=True, seed=_number(seed)
    )
    study = optuna.create_study(sampler=sampler, direction=direction)
    study.add_trials([_told(settings, trial, distributions) for trial in trials])
    chosen = study.ask(distributions).params
    return {setting.name: _value(setting, chosen[setting.name]) for setting in settings}


def _told(settings: Sequence[Setting], trial: Trial, distributions: "Mapping[str, BaseDistribution]") -> "FrozenTrial":
    """The trial as optuna has them."""
    from optuna.trial import TrialState, create_trial

    params = {setting.name: _place(setting, trial.hyperparameters[setting.name]) for setting in settings}
    given: dict[str, Any] = {"params": params, "distributions": dict(distributions)}
    if not trial.has_ended:
        return create_trial(state=TrialState.RUNNING, **given)
    if trial.status == "completed":
        return create_trial(state=TrialState.COMPLETE, value=trial.objective, **given)
    came_to = {max(trial.curve, default=1): trial.objective or 0.0}
    return create_trial(state=TrialState.PRUNED, intermediate_values=came_to, **given)


def _distribution(setting: Setting) -> "BaseDistribution":
    from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

    if setting.kind == "categorical":
        return CategoricalDistribution(range(len(setting.choices)))
    if setting.kind == "integer":
        return IntDistribution(int(setting.low), int(setting.high), log=setting.log)
    return FloatDistribution(setting.low, setting.high, log=setting.log)


def _place(setting: Setting, value: RangeValue) -> RangeValue:
    """As optuna is told a value: a choice by its place, since 1 and True are one to it."""
    if setting.kind != "categorical":
        return value
    return next(place for place, each in enumerate(setting.choices) if each == value and type(each) is type(value))


def _value(setting: Setting, found: Any) -> RangeValue:
    """What `_place` told."""
    if setting.kind == "categorical":
        return setting.choices[int(found)]
    return rounded(setting, found) if setting.kind == "number" else int(found)


def _number(seed: str) -> int:
    """As numpy seeds its generator: 32 bits."""
    return int.from_bytes(hashlib.sha256(seed.encode()).digest()[:4])

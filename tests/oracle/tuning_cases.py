"""Tuning jobs to ask an SDK for: a training.yaml, and what a person would tell a HyperparameterTuner for the same."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.builders import a_job
from tests.oracle.cases import (
    ALGORITHM,
    ALGORITHM_IN_FULL,
    ALL_OPTIONS,
    OURS,
    OWN,
    REGIONS,
    Case,
    config_of,
    instances_of,
)

from traindrop.hyperparameters.builtin_xgboost import BuiltinXGBoostHyperparameters

# `ranges` of a training.yaml beside what the SDK is told: the kind of range and its arguments.
YAML = {
    "eta": {"min": 0.01, "max": 0.3, "scale": "log"},
    "max_depth": {"min": 2, "max": 8},
    "subsample": {"min": 0.5, "max": 1, "type": "number"},
}
TOLD: Mapping[str, tuple[str, Mapping[str, Any]]] = {
    "eta": ("Continuous", {"min_value": 0.01, "max_value": 0.3, "scaling_type": "Logarithmic"}),
    "max_depth": ("Integer", {"min_value": 2, "max_value": 8, "scaling_type": "Linear"}),
    "subsample": ("Continuous", {"min_value": 0.5, "max_value": 1, "scaling_type": "Linear"}),
}
TEXTS = {"objective": ["binary:logistic", "binary:hinge"], "note": ['a "b"', "c"]}
REGEX = {"metric": "score", "direction": "maximize", "regex": "score=([0-9.]+)"}


@dataclass(frozen=True)
class TuningCase(Case):
    """`ranges` and `tuner`: what the tuner is told."""

    ranges: Mapping[str, tuple[str, Mapping[str, Any]]] = field(default_factory=dict)
    tuner: Mapping[str, Any] = field(default_factory=dict)

    def question(self) -> dict[str, Any]:
        ranges = {name: list(found) for name, found in self.ranges.items()}
        told = {"random_seed": self.config.seed, "max_parallel_jobs": 4, "max_jobs": 20, "early_stopping_type": "Auto"}
        return {**super().question(), "ranges": ranges, "tuner": {**told, **self.tuner}}


def tuning_cases() -> Iterator[TuningCase]:
    """Each framework, strategy, kind of range and way to name the objective."""
    yield from _scripts()
    yield from _strategies()
    yield from _algorithm()
    yield from _in_an_image_of_ones_own()


def _scripts() -> Iterator[TuningCase]:
    auc = {"objective_metric_name": "validation:auc", "objective_type": "Maximize"}
    config = config_of("xgboost", hyperparameters={"num_round": 3}, drop=["length", 'a "b"'], seed=7,
                     validation_fraction=0.1, tuning={"ranges": YAML})  # fmt: skip
    yield TuningCase("xgboost our script", a_job(), config, {"num_round": 3, **OURS}, ranges=TOLD, tuner=auc)
    tuning = {"ranges": YAML, "objective": "auc", "max_jobs": 9, "max_parallel": 2, "early_stopping": False}
    config = config_of("xgboost", hyperparameters=OWN, tuning=tuning, **ALL_OPTIONS, **instances_of("xgboost"))
    few = {"max_jobs": 9, "max_parallel_jobs": 2, "early_stopping_type": "Off"}
    job = a_job(own_script=True)
    yield TuningCase("xgboost with all options", job, config, OWN, ranges=TOLD, tuner={**auc, **few})
    for framework in ("sklearn", "pytorch", "tensorflow"):
        config = config_of(framework, hyperparameters=OWN, tuning={"ranges": YAML, "objective": REGEX})
        yield TuningCase(f"{framework} own metric", job, config, OWN, ranges=TOLD, tuner=_own_metric())


def _own_metric() -> dict[str, Any]:
    definition = {"Name": "score", "Regex": REGEX["regex"]}
    return {"objective_metric_name": "score", "objective_type": "Maximize", "metric_definitions": [definition]}


def _strategies() -> Iterator[TuningCase]:
    job = a_job(own_script=True)
    config = config_of(
        "sklearn", hyperparameters=OWN, tuning={"ranges": YAML, "objective": REGEX, "strategy": "random"}
    )
    yield TuningCase("random", job, config, OWN, ranges=TOLD, tuner={**_own_metric(), "strategy": "Random"})
    rounds = {"epochs": 90, **OWN}
    config = config_of(
        "pytorch", hyperparameters=rounds, tuning={"ranges": YAML, "objective": REGEX, "strategy": "hyperband"}
    )
    told = {**_own_metric(), "strategy": "Hyperband", "early_stopping_type": "Off", "resources": [10, 90]}
    yield TuningCase("hyperband", job, config, rounds, ranges=TOLD, tuner=told)
    config = config_of(
        "tensorflow", hyperparameters=OWN, tuning={"ranges": TEXTS, "objective": REGEX, "strategy": "grid"}
    )
    texts = {name: ("Categorical", {"values": values}) for name, values in TEXTS.items()}
    told = {**_own_metric(), "strategy": "Grid", "max_jobs": 4}
    yield TuningCase("grid", job, config, OWN, ranges=texts, tuner=told)
    numbers = {"max_depth": [2, 4], "verbose": [True, False]}
    config = config_of("sklearn", hyperparameters=OWN, tuning={"ranges": numbers, "objective": REGEX})
    listed = {name: ("Categorical", {"values": values}) for name, values in numbers.items()}
    yield TuningCase("lists of numbers", job, config, OWN, ranges=listed, tuner=_own_metric())


def _algorithm() -> Iterator[TuningCase]:
    model = BuiltinXGBoostHyperparameters.checked(ALGORITHM, framework="builtin-xgboost")
    told = model.for_task("binary", classes=2, seed=42, validation=True)
    ranges = {**YAML, "lambda": {"min": 0, "max": 10, "type": "number"}}
    sdk = {**TOLD, "lambda": ("Continuous", {"min_value": 0, "max_value": 10, "scaling_type": "Linear"})}
    tuner = {"objective_metric_name": "validation:logloss", "objective_type": "Minimize"}
    for region in REGIONS:
        job = a_job(
            entry_point=None, bundle_key=None, algorithm_hyperparameters=told, test_key=None, region=region,
            validation_key="inputs/1/validation/validation.csv",
        )  # fmt: skip
        options = ALL_OPTIONS if region == "cn-north-1" else {}
        tuning = {"ranges": ranges, "objective": "logloss"}
        config = config_of("builtin-xgboost", hyperparameters=ALGORITHM, tuning=tuning, **options)
        name = f"builtin-xgboost {region}"
        yield TuningCase(name, job, config, ALGORITHM_IN_FULL, ranges=sdk, tuner=tuner)


def _in_an_image_of_ones_own() -> Iterator[TuningCase]:
    image = {"image_uri": "123456789012.dkr.ecr.us-east-1.amazonaws.com/flowers:7"}
    tuning = {"ranges": {**YAML, "kernel": ["rbf", "poly"]}, "objective": REGEX}
    ranges = {**TOLD, "kernel": ("Categorical", {"values": ["rbf", "poly"]})}
    job = a_job(entry_point=None, bundle_key=None)
    config = config_of("custom", **image, tuning=tuning)
    yield TuningCase("custom image", job, config, {}, ranges=ranges, tuner=_own_metric())
    config = config_of("custom", **image, hyperparameters=OWN, entry_point="src/fit.py", tuning=tuning)
    job = a_job(own_script=True, entry_point="src/fit.py")
    yield TuningCase("custom image with a script", job, config, OWN, ranges=ranges, tuner=_own_metric())

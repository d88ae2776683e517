"""Which fields of a training.yaml go together: each rule names the field, what was found and how to mend it."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from traindrop.lambda_limits import LAMBDA
from traindrop.tuning_rules import tuning_contradictions

if TYPE_CHECKING:
    from traindrop.config import TrainingConfig

# How several instances can share the work, by framework; a person's own script sees to it itself.
_DISTRIBUTIONS = {"xgboost": {"data"}, "tensorflow": {"data"}, "pytorch": {"data", "model", "hybrid"}}


def contradictions(config: "TrainingConfig") -> list[str]:
    """One line for each pair of fields that do not go together; empty where all is well."""
    rules = (_image, _script, _instances, _spot, _warm_pool, _lambda, tuning_contradictions)
    return [problem for rule in rules for problem in rule(config)]


def _image(config: "TrainingConfig") -> Iterator[str]:
    if config.framework == "custom" and config.image_uri is None:
        yield "image_uri: framework custom needs the address of your image, and none is given."
    if config.framework != "custom" and config.image_uri is not None:
        yield f"image_uri: found with framework {config.framework}, which brings its own image. Set framework: custom."
    if config.framework == "custom" and config.framework_version is not None:
        yield "framework_version: found with framework custom, whose version is the tag in image_uri. Leave it out."


def _script(config: "TrainingConfig") -> Iterator[str]:
    if config.framework == "builtin-xgboost":
        if config.entry_point is not None:
            yield (
                f"entry_point: found {config.entry_point!r} with framework builtin-xgboost, which runs no script. "
                "Set framework: xgboost for a script of your own in that image."
            )
    elif config.prepared:
        yield f"prepared: found with framework {config.framework}; only builtin-xgboost takes a prepared CSV."


def _instances(config: "TrainingConfig") -> Iterator[str]:
    if config.framework == "sklearn" and config.instance_count > 1:
        yield (
            f"instance_count: found {config.instance_count} with framework sklearn, which trains in one process: more "
            "instances would cost more and train nothing faster. Set instance_count: 1 and a bigger instance_type."
        )
    if config.framework == "builtin-xgboost" and config.instance_count > 1:
        yield (
            f"instance_count: found {config.instance_count} with framework builtin-xgboost, whose prepared CSV is one "
            "file that every instance would read whole. Set instance_count: 1, or framework: xgboost, which shares it."
        )
    if config.distribution is None:
        return
    known = _DISTRIBUTIONS.get(config.framework, set())
    if config.distribution not in known:
        can = f"which has {', '.join(sorted(known))}" if known else "which has none"
        yield f"distribution: found {config.distribution!r} with framework {config.framework}, {can}."


def _spot(config: "TrainingConfig") -> Iterator[str]:
    if config.max_wait is None:
        return
    if not config.use_spot:
        yield "max_wait: found without use_spot: true, and only a spot job waits. Add use_spot: true, or leave it out."
    elif config.max_wait < config.max_runtime:
        yield (
            f"max_wait: found {config.max_wait} s, less than max_runtime, {config.max_runtime} s, which it includes. "
            "Set it to at least as much."
        )


def _warm_pool(config: "TrainingConfig") -> Iterator[str]:
    # https://docs.aws.amazon.com/sagemaker/latest/dg/train-warm-pools.html (considerations)
    if config.keep_alive is not None and config.use_spot:
        yield "keep_alive: found with use_spot: true, and spot instances cannot be kept. Leave one of them out."


def _lambda(config: "TrainingConfig") -> Iterator[str]:
    if config.instance_type == LAMBDA:
        for problem in _not_for_lambda(config):
            yield f"{problem} Or name an instance type of SageMaker's, such as ml.m5.large."


# Whose libraries the function has, in the version of SageMaker's image.
_IN_LAMBDA = ("xgboost", "builtin-xgboost")
VERSION_IN_LAMBDA = "3.2-0"


def _not_for_lambda(config: "TrainingConfig") -> Iterator[str]:
    asked = "with instance_type lambda"
    if config.framework not in _IN_LAMBDA:
        yield (
            f"instance_type: found lambda with framework {config.framework}, and a Lambda function holds XGBoost only. "
            f"Set framework to {' or '.join(_IN_LAMBDA)}."
        )
    elif config.framework_version not in {None, VERSION_IN_LAMBDA}:
        yield (
            f"framework_version: found {config.framework_version!r} {asked}, which has {VERSION_IN_LAMBDA}. Omit it."
        )
    if config.instance_count != 1:
        yield f"instance_count: found {config.instance_count} {asked}, which is a single one. Set it to 1."
    elif config.distribution is not None:
        yield f"distribution: found {config.distribution!r} {asked}, which is a single one. Leave it out."
    if config.use_spot:
        yield f"use_spot: found {asked}, which has no spot capacity. Leave it out."
    if config.keep_alive is not None:
        yield f"keep_alive: found {asked}, which has no instance to keep. Leave it out."
    if config.environment:
        # LD_PRELOAD, PYTHONPATH and the like would let more than our own script run there.
        yield (
            f"environment: found {', '.join(sorted(config.environment))} {asked}, where the script takes none, as it "
            "runs beside the function's credentials. Leave it out."
        )
    if config.entry_point is not None:
        yield f"entry_point: found {config.entry_point!r}: {OWN_CODE} Leave it out."


# Processes of one Lambda function share a user: one may read the other's environment in /proc.
OWN_CODE = (
    "a script of your own is not run with instance_type lambda, since it could read the credentials of the function "
    "that it runs in."
)

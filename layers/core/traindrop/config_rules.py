"""Which fields of a training.yaml go together: each rule names the field, what was found and how to mend it."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from traindrop.config import TrainingConfig

# How several instances can share the work, by framework; a person's own script sees to it itself.
_DISTRIBUTIONS = {"xgboost": {"data"}, "tensorflow": {"data"}, "pytorch": {"data", "model", "hybrid"}}


def contradictions(config: "TrainingConfig") -> list[str]:
    """One line for each pair of fields that do not go together; empty where all is well."""
    return [*_image(config), *_script(config), *_instances(config), *_spot(config), *_warm_pool(config)]


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

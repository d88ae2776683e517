"""What a training job's request is made of, beside the config."""

from collections.abc import Mapping
from dataclasses import dataclass

from traindrop.confinement import FREE, Confinement


@dataclass(frozen=True)
class Job:
    """Keys are in `bucket`; `target` and `task` are resolved.

    `entry_point` and `bundle_key` are None where no script runs: the built-in algorithm, or an image of one's own.
    `confinement`: what holds for every job of the stack.
    `own_script`: the script is a person's and gets their hyperparameters alone.
    """

    run: str
    stack: str
    dataset: str
    bucket: str
    train_key: str
    test_key: str | None
    target: str
    task: str
    role_arn: str
    region: str
    owner: str
    validation_key: str | None = None
    entry_point: str | None = "train.py"
    bundle_key: str | None = None
    own_script: bool = False
    confinement: Confinement = FREE
    # Of the image's own algorithm: all of them, as it reads them.
    algorithm_hyperparameters: Mapping[str, str] | None = None

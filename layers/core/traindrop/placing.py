"""What a run's config and its checked file mean for its place (`traindrop.placement` has the rules)."""

from collections.abc import Iterable
from dataclasses import dataclass

from traindrop.checks import Accepted
from traindrop.config import TrainingConfig
from traindrop.estimate import Estimate, estimate
from traindrop.lambda_limits import LAMBDA, function_for, too_large
from traindrop.machines import lambda_of
from traindrop.placement import Placement, by_size, in_lambda, on_instances
from traindrop.prices import Price, PriceList, lambda_price, training_price
from traindrop.request import AUTO_INSTANCE_TYPE
from traindrop.tuned_ranges import costliest
from traindrop.tuning_rules import MAX_JOBS_IN_LAMBDA
from traindrop.workload import workload

# What of a function's /tmp a run may take: the CSV files, and about as much again for script, model and archives.
DISK_PER_BYTE = 2


@dataclass(frozen=True)
class Trainers:
    """The trainer functions that there are, by their megabytes, the smallest first, and the bytes of their /tmp.

    `for_auto`: whether they are used without having been asked for.
    """

    memory_mb: tuple[int, ...]
    disk: int
    for_auto: bool = True


NO_TRAINERS = Trainers((), 0)


@dataclass(frozen=True)
class Sizes:
    """Bytes of the files that a run reads; `test` is 0 where there is none."""

    train: int
    test: int


def estimated(config: TrainingConfig, training: Accepted, sizes: Sizes) -> Estimate:
    """What training takes with our script of framework xgboost; of a run that tunes, what its costliest trial takes."""
    return estimate(
        workload(
            train_bytes=sizes.train,
            test_bytes=sizes.test,
            rows=training.rows_of(sizes.train),
            features=len(training.schema.columns),
            classes=len(training.schema.classes),
            hyperparameters=costliest(config),
        )
    )


def place(
    config: TrainingConfig, training: Accepted | None, sizes: Sizes, trainers: Trainers, *, own_script: bool
) -> Placement:
    """Where a run trains, or where each trial of it does.

    `training` is None for a file without a header. Raises `Rejected` where nothing holds it.
    """
    if config.instance_type == LAMBDA:
        return _as_asked(sizes, trainers)
    if config.instance_type != "auto":
        return Placement(config.instance_type, config.instance_count, "as training.yaml says")
    if config.framework != "xgboost" or own_script or training is None:
        found = by_size(sizes.train + sizes.test, "with a script of your own" if own_script else config.framework)
        return _as_many(found, config)
    needed = estimated(config, training, sizes)
    instance = _as_many(on_instances(needed, may_share=config.instance_count == 1), config)
    if not (trainers.for_auto and _may_use_lambda(config)):
        return instance
    functions = [lambda_of(each) for each in trainers.memory_mb]
    disk = DISK_PER_BYTE * (sizes.train + sizes.test)
    return in_lambda(needed, disk, functions, free_disk=trainers.disk, else_on=instance.instance_type) or instance


def placed(config: TrainingConfig, placement: Placement) -> TrainingConfig:
    """The config with the instances decided on; of a Lambda, those of a further attempt."""
    kind = placement.else_on or placement.instance_type
    return config.model_copy(update={"instance_type": kind, "instance_count": placement.instance_count})


def _as_asked(sizes: Sizes, trainers: Trainers) -> Placement:
    """In Lambda, where somebody wants it there; what would not fit is not sent there."""
    size = sizes.train + sizes.test
    memory = function_for(size) if trainers.memory_mb else None
    if memory is None:
        why = too_large(size) if trainers.memory_mb else "this stack's jobs have a network of their own, or none"
        return Placement(AUTO_INSTANCE_TYPE, 1, why, note=f"{why}: it went to {AUTO_INSTANCE_TYPE} at once.")
    return Placement(LAMBDA, 1, "as training.yaml says", memory, AUTO_INSTANCE_TYPE)


def prices_of(placement: Placement, lists: Iterable[PriceList], region: str) -> dict[str, Price | None]:
    """By place: of the one decided on, and of that of a further attempt."""
    known = tuple(lists)
    kind = placement.else_on or placement.instance_type
    found = {kind: training_price(known, region, kind)}
    if placement.memory_mb is not None:
        found[LAMBDA] = lambda_price(known, region, placement.memory_mb)
    return found


def _as_many(found: Placement, config: TrainingConfig) -> Placement:
    """The number of instances is the person's where they named one."""
    count = config.instance_count if config.instance_count > 1 else found.instance_count
    return Placement(found.instance_type, count, found.why)


def _may_use_lambda(config: TrainingConfig) -> bool:
    """Whether nothing is asked for that only instances have."""
    trials = config.tuning.trials if config.tuning else 0
    only_one = config.instance_count == 1 and not config.use_spot and config.keep_alive is None
    return only_one and trials <= MAX_JOBS_IN_LAMBDA

"""Training jobs to ask an SDK for: a training.yaml, and what a person would hand to an Estimator for the same job."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from tests.builders import a_job

from traindrop.config import TrainingConfig
from traindrop.hyperparameters.builtin_xgboost import BuiltinXGBoostHyperparameters
from traindrop.job import Job
from traindrop.request import instance_type

REGIONS = ("us-east-1", "cn-north-1", "us-gov-west-1")  # one of each partition that a person can have
ESTIMATORS = {"xgboost": "XGBoost", "sklearn": "SKLearn", "pytorch": "PyTorch", "tensorflow": "TensorFlow"}
# The newest that SDK v2 knows.
VERSIONS = {
    "xgboost": "3.0-5",
    "builtin-xgboost": "3.0-5",
    "sklearn": "1.4-2",
    "pytorch": "2.8.0",
    "tensorflow": "2.19.0",
}

# Each kind of value that YAML has, as a person's own script takes them.
OWN = {"max_depth": 5, "eta": 0.1, "objective": "binary:logistic", "verbose": True, "train": 'a "b".csv'}
# What the image's own algorithm is told for these two of training.yaml.
ALGORITHM = {"num_round": 50, "lambda": 1.5}
ALGORITHM_IN_FULL = {
    **ALGORITHM,
    "max_depth": 5,
    "eta": 0.1,
    "subsample": 0.8,
    "colsample_bytree": 0.8,
    "objective": "binary:logistic",
    "eval_metric": "error,auc,logloss",
    "seed": 42,
}
# What our scripts are told beside the hyperparameters of training.yaml.
OURS: dict[str, Any] = {"train": "flowers.csv", "test": "held_out.csv", "target": "species", "task": "binary"}
OURS |= {"drop": '["length", "a \\"b\\""]', "seed": 7, "validation_fraction": 0.1}

ALL_OPTIONS: dict[str, Any] = {
    "volume_size_in_gb": 50,
    "max_runtime": 900,
    "use_spot": True,
    "max_wait": 1800,
    "environment": {"LEVEL": "debug", "EMPTY": ""},
    "tags": {"team": "a", "cost centre": "7/b"},
}


@dataclass(frozen=True)
class Case:
    """`hyperparameters`: what the script or the algorithm is to be told; `arguments`: more for the Estimator."""

    name: str
    job: Job
    config: TrainingConfig
    hyperparameters: Mapping[str, Any]
    arguments: Mapping[str, Any] = field(default_factory=dict)

    @property
    def has_script(self) -> bool:
        return self.job.entry_point is not None

    def asked(self, option: str) -> bool:
        return option in self.config.model_fields_set

    def question(self) -> dict[str, Any]:
        """The case in the SDK's words. What training.yaml leaves open, the SDK decides by itself."""
        job, config = self.job, self.config
        built_in = {"framework": "xgboost", "version": config.framework_version}
        channels = {"train": job.train_key, "validation": job.validation_key, "test": job.test_key}
        return {
            "region": job.region,
            "job_name": job.run,
            "estimator": ESTIMATORS.get(config.framework, "Estimator"),
            "image": built_in if config.framework == "builtin-xgboost" else None,
            "channels": {name: f"s3://{job.bucket}/{key}" for name, key in channels.items() if key},
            "arguments": {
                "role": job.role_arn,
                "hyperparameters": dict(self.hyperparameters),
                "instance_type": instance_type(config),
                "instance_count": config.instance_count,
                **self._code(),
                **self._options(),
                **self.arguments,
            },
        }

    def _code(self) -> dict[str, Any]:
        job, config = self.job, self.config
        image: dict[str, Any] = {}
        if config.framework in ESTIMATORS:
            image = {"framework_version": config.framework_version}
        elif config.image_uri is not None:
            image = {"image_uri": config.image_uri}
        if not self.has_script:
            return image
        return {**image, "entry_point": job.entry_point, "source_dir": f"s3://{job.bucket}/{job.bundle_key}"}

    def _options(self) -> dict[str, Any]:
        job, config = self.job, self.config
        found: dict[str, Any] = {
            "volume_size": config.volume_size_in_gb,
            "max_run": config.max_runtime,
            "max_wait": config.max_wait,
            "environment": config.environment,
            "use_spot_instances": config.use_spot,
            "checkpoint_s3_uri": f"s3://{job.bucket}/checkpoints/{job.run}",
            "tags": [{"Key": key, "Value": value} for key, value in config.tags.items()],
        }
        asked_by = ("volume_size_in_gb", "max_runtime", "max_wait", "environment", "use_spot", "use_spot", "tags")
        return {
            name: value for (name, value), option in zip(found.items(), asked_by, strict=True) if self.asked(option)
        }


def cases() -> Iterator[Case]:
    """Every framework in every partition with nothing asked for, and with everything; then what is special to some."""
    for framework in ESTIMATORS:
        for region in REGIONS:
            yield _own_script(framework, region, a_job(own_script=True, region=region))
        yield _own_script(
            framework, "with all options", a_job(own_script=True), **ALL_OPTIONS, **instances_of(framework)
        )
        yield _our_script(framework)
    yield _own_script("xgboost", "on spot capacity", a_job(own_script=True, test_key=None), use_spot=True)
    yield from _algorithm()
    yield from _in_an_image_of_ones_own()
    yield from _launched_by_the_sdk()


def config_of(framework: str, **options: Any) -> TrainingConfig:
    version = {"framework_version": VERSIONS[framework]} if framework in VERSIONS else {}
    return TrainingConfig.model_validate({"framework": framework, **version, **options})


def instances_of(framework: str) -> dict[str, Any]:
    gpu = framework in ("pytorch", "tensorflow")
    several = {} if framework == "sklearn" else {"instance_count": 2}
    return {"instance_type": "ml.g5.xlarge" if gpu else "ml.c5.xlarge", **several}


def _own_script(framework: str, what: str, job: Job, **options: Any) -> Case:
    return Case(f"{framework} {what}", job, config_of(framework, hyperparameters=OWN, **options), OWN)


def _our_script(framework: str) -> Case:
    config = config_of(
        framework, hyperparameters={"epochs": 3}, drop=["length", 'a "b"'], seed=7, validation_fraction=0.1
    )
    metrics = {"metric_definitions": [{"Name": "validation:auc", "Regex": "auc=(.*)"}]}
    return Case(
        f"{framework} our script", a_job(), config, {"epochs": 3, **OURS}, metrics if framework != "xgboost" else {}
    )


def _algorithm() -> Iterator[Case]:
    model = BuiltinXGBoostHyperparameters.checked(ALGORITHM, framework="builtin-xgboost")
    told = model.for_task("binary", classes=2, seed=42, validation=True)
    job = a_job(entry_point=None, bundle_key=None, algorithm_hyperparameters=told, test_key=None)
    for region in REGIONS:
        config = config_of("builtin-xgboost", hyperparameters=ALGORITHM)
        yield Case(f"builtin-xgboost {region}", replace(job, region=region), config, ALGORITHM_IN_FULL)
    job = replace(job, validation_key="inputs/1/validation/validation.csv")
    config = config_of("builtin-xgboost", hyperparameters=ALGORITHM, instance_type="ml.g5.xlarge", **ALL_OPTIONS)
    yield Case("builtin-xgboost with all options", job, config, ALGORITHM_IN_FULL)


def _in_an_image_of_ones_own() -> Iterator[Case]:
    image = {"image_uri": "123456789012.dkr.ecr.us-east-1.amazonaws.com/flowers:7"}
    job = a_job(entry_point=None, bundle_key=None)
    yield Case("custom image", job, config_of("custom", **image), {})
    config = config_of("custom", **image, hyperparameters=OWN, instance_count=2, **ALL_OPTIONS)
    yield Case("custom image with all options", job, config, OWN)
    config = config_of("custom", **image, hyperparameters=OWN, entry_point="src/fit.py")
    yield Case("custom image with a script", a_job(own_script=True, entry_point="src/fit.py"), config, OWN)


def _launched_by_the_sdk() -> Iterator[Case]:
    launchers = {"pytorch": "torch_distributed", "tensorflow": "multi_worker_mirrored_strategy"}
    for framework, launcher in launchers.items():
        config = config_of(framework, hyperparameters=OWN, **instances_of(framework))
        arguments = {"distribution": {launcher: {"enabled": True}}}
        yield Case(f"{framework} {launcher}", a_job(own_script=True), config, OWN, arguments)

"""Training jobs to ask an SDK for: a training.yaml, and what a person would hand to an Estimator for the same job."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.builders import a_job

from traindrop.config import TrainingConfig
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
ALGORITHM = {"num_round": 100, "eta": 0.1, "objective": "binary:logistic", "deterministic_histogram": True}
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
NO_SCRIPT: dict[str, Any] = {"entry_point": None, "bundle_key": None}


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
    """Every framework in every partition with nothing asked for, then with everything."""
    for framework in ESTIMATORS:
        yield from (_own_script(framework, region) for region in REGIONS)
        yield _own_script(framework, "with all options", **ALL_OPTIONS, **_instances(framework))
        yield _our_script(framework)
    yield from _without_script()
    yield from _in_an_image_of_ones_own()
    yield from _launched_by_the_sdk()


def _instances(framework: str) -> dict[str, Any]:
    gpu = framework in ("pytorch", "tensorflow")
    return {
        "instance_type": "ml.g5.xlarge" if gpu else "ml.c5.xlarge",
        "instance_count": 1 if framework == "sklearn" else 2,
    }


def _config(framework: str, **options: Any) -> TrainingConfig:
    return TrainingConfig.model_validate(
        {"framework": framework, "framework_version": VERSIONS.get(framework)} | options
    )


def _own_script(framework: str, what: str, **options: Any) -> Case:
    job = a_job(own_script=True, region=what if what in REGIONS else REGIONS[0])
    return Case(f"{framework} {what}", job, _config(framework, hyperparameters=OWN, **options), OWN)


def _our_script(framework: str) -> Case:
    config = _config(
        framework, hyperparameters={"epochs": 3}, drop=["length", 'a "b"'], seed=7, validation_fraction=0.1
    )
    metrics = {"metric_definitions": [{"Name": "validation:auc", "Regex": "auc=(.*)"}]}
    return Case(f"{framework} our script", a_job(), config, {"epochs": 3, **OURS}, metrics)


def _without_script() -> Iterator[Case]:
    for region in REGIONS:
        job = a_job(**NO_SCRIPT, region=region, test_key=None)
        config = _config("builtin-xgboost", hyperparameters=ALGORITHM)
        yield Case(f"builtin-xgboost {region}", job, config, ALGORITHM)
    job = a_job(**NO_SCRIPT, validation_key="runs/1/validation.csv")
    config = _config("builtin-xgboost", hyperparameters=ALGORITHM, instance_type="ml.g5.xlarge", **ALL_OPTIONS)
    yield Case("builtin-xgboost with all options", job, config, ALGORITHM)


def _in_an_image_of_ones_own() -> Iterator[Case]:
    image = {"image_uri": "123456789012.dkr.ecr.us-east-1.amazonaws.com/flowers:7", "framework_version": None}
    config = _config("custom", **image)
    yield Case("custom image", a_job(**NO_SCRIPT), config, {})
    config = _config("custom", **image, hyperparameters=OWN, instance_count=2, **ALL_OPTIONS)
    yield Case("custom image with all options", a_job(**NO_SCRIPT), config, OWN)
    yield Case(
        "custom image with a script", a_job(own_script=True), _config("custom", **image, hyperparameters=OWN), OWN
    )


def _launched_by_the_sdk() -> Iterator[Case]:
    launchers = {"pytorch": "torch_distributed", "tensorflow": "multi_worker_mirrored_strategy"}
    for framework, launcher in launchers.items():
        config = _config(framework, hyperparameters=OWN, instance_type="ml.g5.xlarge", instance_count=2)
        arguments = {"distribution": {launcher: {"enabled": True}}}
        yield Case(f"{framework} {launcher}", a_job(own_script=True), config, OWN, arguments)

"""SageMaker's script-mode contract: from a CreateTrainingJob request to files, arguments and environment.

Source: the toolkit `sagemaker-training` 5.1.4 (environment.py, mapping.py, params.py), whose recorded
answers the tests compare with.
"""

import json
import os
from collections.abc import Mapping
from typing import Any

from traindrop.folders import Folders
from traindrop.instances import ONLY, Instance

INSTANCE_GROUP = "homogeneousCluster"
# SageMaker adds it to the hyperparameters of a tuning job's training jobs, whatever the image; not as JSON (SDK 2,
# estimator.py). https://docs.aws.amazon.com/sagemaker/latest/dg/automatic-model-tuning-define-ranges.html
TUNING_METRIC = "_tuning_objective_metric"

Request = Mapping[str, Any]  # of CreateTrainingJob

# Hyperparameters that are the toolkit's own (params.py). Every other sagemaker_* is a "framework parameter".
_OWN = {
    "sagemaker_program",
    "sagemaker_submit_directory",
    "sagemaker_enable_cloudwatch_metrics",
    "sagemaker_region",
    "sagemaker_container_log_level",
    "sagemaker_job_name",
    "sagemaker_s3_output",
    "default_user_module_name",
    TUNING_METRIC,
}
# What SM_TRAINING_ENV tells and no variable of its own does, or under another name.
_TRAINING_ENV_ONLY = {
    "additional_framework_parameters",
    "channel_input_dirs",
    "distribution_hosts",
    "hyperparameters",
    "is_master",
    "is_modelparallel_enabled",
    "is_smddpmprun_installed",
    "is_smddprun_installed",
    "job_name",
    "master_hostname",
    "topology",
}


def is_script_mode(request: Request) -> bool:
    """Whether the request names a script and its code."""
    given = set(request.get("HyperParameters", {}))
    return {"sagemaker_program", "sagemaker_submit_directory"} <= given


def decoded_hyperparameters(request: Request) -> dict[str, Any]:
    """Every hyperparameter as the container reads it: JSON where it is JSON, else the text itself."""
    return {key: _decoded(value) for key, value in request.get("HyperParameters", {}).items()}


def written_hyperparameters(request: Request) -> dict[str, str]:
    """Every hyperparameter as it stood in training.yaml, for a person."""
    found = decoded_hyperparameters(request)
    return {
        name: value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        for name, value in found.items()
    }


def script_arguments(request: Request) -> list[str]:
    """The script's command line: `--key value` sorted by key, without SageMaker's own hyperparameters.

    A value is decoded from JSON and then written by `str()`, as the toolkit does: true becomes `True`, the
    list `["a"]` becomes `['a']` and an object `k=v,k=v`. To hand the script JSON, encode its text twice
    (`json.dumps(json.dumps(columns))`).
    """
    arguments: list[str] = []
    for key, value in sorted(_script_hyperparameters(request).items()):
        arguments += [f"--{key}" if len(key) > 1 else f"-{key}", _argument(value)]
    return arguments


def input_config(request: Request, instance: Instance = ONLY) -> dict[str, Any]:
    """The content of the files in `input/config` of an instance, by file name."""
    return {
        "hyperparameters.json": dict(request.get("HyperParameters", {})),
        "resourceconfig.json": _resource_config(request, instance),
        "inputdataconfig.json": _input_data_config(request),
    }


def environment(request: Request, folders: Folders, instance: Instance = ONLY) -> dict[str, str]:
    """The variables that the contract promises to the script, and the request's own Environment."""
    values = _training_env(request, folders, instance)
    variables = {key: value for key, value in values.items() if key not in _TRAINING_ENV_ONLY}
    variables |= {
        "channels": sorted(values["channel_input_dirs"]),
        "framework_params": values["additional_framework_parameters"],
        "hps": values["hyperparameters"],
        "training_env": values,
        "user_args": script_arguments(request),
    }
    variables |= {f"channel_{name}": path for name, path in values["channel_input_dirs"].items()}
    variables |= {f"hp_{key}": value for key, value in values["hyperparameters"].items()}
    promised = {f"SM_{key.upper()}": _variable(value) for key, value in variables.items()}
    own = {
        "CURRENT_HOST": instance.host,
        "SAGEMAKER_JOB_NAME": str(values["job_name"]),
        "SAGEMAKER_REGION": str(decoded_hyperparameters(request).get("sagemaker_region", "")),
        "TRAINING_JOB_NAME": str(values["job_name"]),
    }
    return own | promised | dict(request.get("Environment", {}))


def _training_env(request: Request, folders: Folders, instance: Instance) -> dict[str, Any]:
    """What the toolkit calls the training environment, key for key."""
    hyperparameters = decoded_hyperparameters(request)
    program = str(hyperparameters.get("sagemaker_program", ""))
    resources = _resource_config(request, instance)
    group = resources["instance_groups"][0]
    channels = _input_data_config(request)
    return {
        "additional_framework_parameters": {
            key: value for key, value in hyperparameters.items() if key.startswith("sagemaker_") and key not in _OWN
        },
        "channel_input_dirs": {name: str(folders.channel(name)) for name in channels},
        "current_host": instance.host,
        "current_instance_group": INSTANCE_GROUP,
        "current_instance_group_hosts": group["hosts"],
        "current_instance_type": group["instance_type"],
        "distribution_hosts": [],
        "distribution_instance_groups": [],
        "framework_module": None,
        "hosts": resources["hosts"],
        "hyperparameters": _script_hyperparameters(request),
        "input_config_dir": str(folders.config),
        "input_data_config": channels,
        "input_dir": str(folders.input),
        "instance_groups": [INSTANCE_GROUP],
        "instance_groups_dict": {INSTANCE_GROUP: group},
        "is_hetero": False,
        "is_master": instance.is_first,
        "is_modelparallel_enabled": None,
        "is_smddpmprun_installed": False,
        "is_smddprun_installed": False,
        "job_name": request["TrainingJobName"],
        "log_level": hyperparameters.get("sagemaker_container_log_level", 20),
        "master_hostname": instance.hosts[0],
        "model_dir": str(folders.model),
        "module_dir": str(hyperparameters.get("sagemaker_submit_directory", folders.code)),
        "module_name": program.removesuffix(".py"),
        "network_interface_name": instance.network_interface,
        "num_cpus": os.cpu_count() or 1,
        "num_gpus": 0,
        "num_neurons": 0,
        "output_data_dir": str(folders.output_data),
        "output_dir": str(folders.output),
        "output_intermediate_dir": str(folders.intermediate),
        "resource_config": resources,
        "topology": [],
        "user_entry_point": program,
    }


def _script_hyperparameters(request: Request) -> dict[str, Any]:
    everything = decoded_hyperparameters(request)
    found = {key: value for key, value in everything.items() if key not in _OWN and not key.startswith("sagemaker_")}
    if TUNING_METRIC in everything and _is_of_tensorflow(request):
        found["model_dir"] = _model_dir(request["TrainingJobName"], found.get("model_dir"))
    return found


def _model_dir(job: str, given: str | None) -> str:
    """What TensorFlow's image hands to a script that is tuned, whether it knows such a flag or not, and with None for
    nothing (sagemaker-tensorflow-training 20.5.0, training.py)."""
    return given if given is not None and given.startswith("/opt/ml") else f"{given}/{job}/model"


def _is_of_tensorflow(request: Request) -> bool:
    image: str = request.get("AlgorithmSpecification", {}).get("TrainingImage", "")
    return image.rpartition("/")[2].startswith("tensorflow-training")


def _resource_config(request: Request, instance: Instance) -> dict[str, Any]:
    instance_type = request.get("ResourceConfig", {}).get("InstanceType", "local")
    hosts = list(instance.hosts)
    return {
        "current_host": instance.host,
        "current_instance_type": instance_type,
        "current_group_name": INSTANCE_GROUP,
        "hosts": hosts,
        "instance_groups": [
            {"instance_group_name": INSTANCE_GROUP, "instance_type": instance_type, "hosts": hosts},
        ],
        "network_interface_name": instance.network_interface,
    }


def _input_data_config(request: Request) -> dict[str, dict[str, str]]:
    return {channel["ChannelName"]: _channel_config(channel) for channel in request.get("InputDataConfig", [])}


def _channel_config(channel: Mapping[str, Any]) -> dict[str, str]:
    source = channel["DataSource"].get("S3DataSource", {})
    config = {
        "TrainingInputMode": channel.get("InputMode", "File"),
        "S3DistributionType": source.get("S3DataDistributionType", "FullyReplicated"),
        "RecordWrapperType": channel.get("RecordWrapperType", "None"),
    }
    return config | {"ContentType": channel["ContentType"]} if "ContentType" in channel else config


def _decoded(value: str) -> Any:
    try:
        return json.loads(value)
    except ValueError:
        return value


def _argument(value: Any) -> str:
    if isinstance(value, dict):
        return ",".join(f"{key}={part}" for key, part in sorted(value.items()))
    return "" if value is None else str(value)


def _variable(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, sort_keys=True, separators=(",", ":"))

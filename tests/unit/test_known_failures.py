"""Real texts of failures: what each is known for, and what nobody knows."""

import sys
from pathlib import Path

import pytest

from traindrop import container
from traindrop.known_failures import known_failure
from traindrop.process import Supervision

QUOTA = (
    "The account-level service limit 'ml.p2.xlarge for training job usage' is 0 Instances, with current utilization "
    "of 0 Instances and a request delta of 1 Instances. Please contact AWS support to request an increase for this "
    "limit."
)
# By the kind that it is known for: FailureReasons and messages as people quote them from AWS, and our own.
TOLD_BY_AWS = [
    # aws/amazon-sagemaker-examples issue 263
    ("quota", f"ResourceLimitExceeded: {QUOTA}"),
    # traindrop.quota words it anew
    ("quota", "ResourceLimitExceeded: the account's service quota 'ml.p3.2xlarge for training job usage' is 0, and …"),
    ("no capacity", ("CapacityError: Unable to provision requested ML compute capacity. Please retry using a different "
                    "ML instance type.")),
    # aws/sagemaker-python-sdk issue 128
    ("disk full", "ClientError: Data download failed:Insufficient disk space"),
    # huggingface/blog issue 114
    ("disk full", "ClientError: Artifact upload failed:Insufficient disk space"),
    # aws/amazon-sagemaker-examples issues 4384 and 1931
    ("access denied", ("ClientError: Data download failed:Unable to download object s3://a-bucket/a-key (AccessDenied: "
                      "Access Denied)")),
    ("access denied", ("AlgorithmError: framework error: \nTraceback (most recent call last):\nbotocore.exceptions."
                      "ClientError: An error occurred (403) when calling the HeadObject operation: Forbidden")),
    ("access denied", ("AccessDeniedException: User: arn:aws:sts::1:assumed-role/a-role/SageMaker is not authorized to "
                      "perform: s3:GetObject on resource: arn:aws:s3:::a-bucket/a-key")),
    # rapidsai/deployment issue 523
    ("out of memory", ("xgboost.core.XGBoostError: [02:14:02] device_helpers.cuh:393: Memory allocation error on "
                      "worker 0: std::bad_alloc: out_of_memory: CUDA error at: cuda_memory_resource.hpp")),
    ("out of memory", "AlgorithmError: , exit code: 137"),
    ("out of memory", "torch.cuda.OutOfMemoryError: CUDA out of memory. Tried to allocate 20.00 MiB"),
    # aws/sagemaker-training-toolkit issue 19
    ("packages not installed", ('AlgorithmError: InstallModuleError: Command "/usr/bin/python -m pip install -U . -r '
                               'requirements.txt"')),
    # aws/sagemaker-xgboost-container, hyperparameter_validation.py
    ("bad hyperparameter", ("ClientError: sagemaker_algorithm_toolkit.exceptions.UserError: Extraneous hyperparameter "
                           "found: depth")),
    ("bad hyperparameter", "AlgorithmError: exceptions.UserError: Hyperparameter max_depth: value -3 is not in range"),
    ("timeout", "It reached its maximum run time (max_runtime in training.yaml) and was stopped unfinished."),
    ("timeout", "LambdaLimitExceeded: it ran out of time (of the function's 900 s the script had 870 s)"),
    ("spot interrupted", "It waited for spot capacity longer than it was allowed to, and was stopped."),
    ("test columns missing", ("held_out.csv: line 1: the header has no column 'Age', which the model was trained with. "
                             "Its columns are: 'Sex', 'Fare'.")),
    ("objective missing", ("No objective metrics found after running 5 training jobs. Please ensure that the custom "
                          "algorithm is emitting the objective metric as defined by the regular expression provided.")),
    # traindrop.tuning_words, traindrop.trial_of_job
    ("objective missing", "The objective never appeared: 21 trials were trained to their end, and none logged it."),
    ("objective missing", "The objective 'validation:auc' never appeared in its log, which has 'loss'."),
    ("target missing", "AlgorithmError: x.csv: line 1: the header has no column 'Survivd'. Its columns are: 'Fare'."),
]  # fmt: skip


@pytest.mark.parametrize(("name", "reason"), TOLD_BY_AWS)
def test_a_reason_is_known_for_what_it_was(name: str, reason: str) -> None:
    found = known_failure(reason)
    assert found is not None
    assert found.name == name
    assert found.cause.endswith(".")
    assert found.mend.endswith(".")


# What a script does, what it is known for, and what the person is told of it.
SCRIPTS = [
    ("import lightgbm_of_nobody", "missing package", "lightgbm_of_nobody"),
    ("import argparse; argparse.ArgumentParser().parse_args()", "bad hyperparameter", "--eta2"),
    (
        ("import argparse; p = argparse.ArgumentParser(); p.add_argument('--max_depth', type=int); "
        "p.parse_args(['--max_depth', 'deep'])"),
        "bad hyperparameter", "--max_depth",
    ),
    (
        ("import numpy, xgboost; data = xgboost.DMatrix(numpy.ones((4, 1)), label=numpy.ones(4)); "
        "xgboost.train({'max_depth': -3}, data, 1)"),
        "bad hyperparameter", "max_depth",
    ),
    ("raise MemoryError", "out of memory", "memory"),
    ("import numpy; numpy.ones((1 << 20, 1 << 20))", "out of memory", "memory"),
    ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "out of memory", "memory"),
    ("import os; raise OSError(28, os.strerror(28), '/opt/ml/model/x')", "disk full", "disk"),
    ("print('x', file=open('/dev/full', 'w'), flush=True)", "disk full", "disk"),
    ("{'Age': 3}['Survived']", "column missing", "'Survived'"),
]  # fmt: skip


@pytest.mark.parametrize(("script", "name", "said"), SCRIPTS)
def test_what_a_script_really_failed_with_is_known_from_its_reason_and_log(
    script: str, name: str, said: str, tmp_path: Path
) -> None:
    if "/dev/full" in script and sys.platform != "linux":
        pytest.skip("only Linux has /dev/full")
    folders = container.prepare(REQUEST, tmp_path)
    (folders.code / "train.py").write_text(script, "utf-8")
    lines: list[str] = []
    outcome = container.run(REQUEST, folders, Supervision(on_line=lines.append))
    assert outcome.failure_reason is not None
    found = known_failure(outcome.failure_reason, lines[-20:])
    assert found is not None
    assert found.name == name
    assert said in found.cause


REQUEST = {
    "TrainingJobName": "traindrop-flowers-0123456789ab",
    "AlgorithmSpecification": {
        "TrainingImage": "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:3.2-0",
    },
    "HyperParameters": {"sagemaker_program": '"train.py"', "sagemaker_submit_directory": '"s3://b/c"', "eta2": '"0.3"'},
    "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1},
}


def test_the_reason_decides_and_where_it_says_nothing_the_latest_line_of_the_log() -> None:
    lines = ["MemoryError", "ModuleNotFoundError: No module named 'lightgbm'", "Traceback: see above"]
    in_log, in_reason = known_failure("AlgorithmError: ", lines), known_failure("No space left on device", lines)
    assert in_log is not None
    assert in_log.name == "missing package"
    assert in_reason is not None
    assert in_reason.name == "disk full"


@pytest.mark.parametrize(
    "reason",
    [
        "",
        'AlgorithmError: ExecuteUserScriptError:\nExitCode 1\nErrorMessage ""\nCommand "python3 train.py --eta 0.3"',
        "InternalServerError: We encountered an internal error. Please try again.",
        "AlgorithmError: ValueError: could not convert string to float: 'male', exit code: 1",
    ],
)  # fmt: skip
def test_what_is_not_known_is_not_guessed(reason: str) -> None:
    assert known_failure(reason, ["INFO hyperparameters: {'eta': 0.3}", "Memory used: 3 GB", "disk: 10 GB"]) is None


def test_braces_in_a_name_stay_what_they_are() -> None:
    found = known_failure("KeyError: '{cause}'")
    assert found is not None
    assert "'{cause}'" in found.cause

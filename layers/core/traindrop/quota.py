"""What SageMaker's refusal of a training job means: whether to wait, and for what."""

import re
from dataclasses import dataclass
from typing import Literal

# "The account-level service limit 'ml.p3.2xlarge for training job usage' is 0 Instances, with current utilization of
# 0 Instances and a request delta of 1 Instances. …" (the message of ResourceLimitExceeded)
_LIMIT = re.compile(
    r"service limit '(?P<quota>[^']+)' is (?P<limit>\d+) \w+, with current utilization of (?P<used>\d+) \w+ "
    r"and a request delta of (?P<delta>\d+)"
)
_CONSOLE = "https://console.aws.amazon.com/servicequotas/home/services/sagemaker/quotas"

# Never taken, however often it is asked.
_FOR_GOOD = {"ValidationException", "ValidationError", "AccessDeniedException", "AccessDenied", "ResourceNotFound"}
# Refused before anything was done; the same call may pass later.
# https://docs.aws.amazon.com/sagemaker/latest/APIReference/CommonErrors.html
# and botocore's own list of throttling codes
_TOO_FAST = {
    "ThrottlingException", "Throttling", "ThrottledException", "RequestThrottledException", "RequestLimitExceeded",
    "TooManyRequestsException", "SlowDown", "ServiceUnavailable", "ServiceUnavailableException",
}  # fmt: skip
_NO_CAPACITY = {"CapacityError", "InsufficientCapacityException", "InsufficientInstanceCapacity"}


@dataclass(frozen=True)
class Refusal:
    """`never`: no use in waiting. `full`: this instance type has to wait. `busy`: everything has to."""

    means: Literal["never", "full", "busy"]
    reason: str


def refusal(code: str, message: str) -> Refusal | None:
    """What an error of CreateTrainingJob means; None for one after which the job may have been created all the same."""
    if code == "ResourceLimitExceeded":
        return _limit(message)
    if code in _NO_CAPACITY:
        return Refusal("full", f"capacity: {message}")
    if code in _TOO_FAST:
        return Refusal("busy", f"SageMaker to take more requests ({code}: {message})")
    if code in _FOR_GOOD:
        return Refusal("never", f"{code}: {message}")
    return None


def _limit(message: str) -> Refusal:
    found = _LIMIT.search(message)
    if found is None:
        return Refusal("full", f"a service quota: {message}")
    quota, limit, used, delta = found["quota"], int(found["limit"]), found["used"], int(found["delta"])
    if limit >= delta:
        return Refusal("full", f"a free instance: the quota '{quota}' is {limit}, and {used} are in use")
    return Refusal(
        "never",
        f"ResourceLimitExceeded: the account's service quota '{quota}' is {limit}, and the job needs {delta}; "
        f"no waiting would help. Ask for more at {_CONSOLE} (search for '{quota}'; new accounts often start at 0), or "
        "name another instance_type in training.yaml. Then: traindrop rerun",
    )

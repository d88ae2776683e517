"""What the training service needs of the cloud around it, handed in so that it depends on none."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypedDict

from traindrop.job_state import Scope


class Credentials(TypedDict):
    """Temporary credentials, named as boto3's client() takes them."""

    aws_access_key_id: str
    aws_secret_access_key: str
    aws_session_token: str | None


@dataclass(frozen=True)
class Surroundings:
    """Identity and events of the cloud; each function may be called from any thread."""

    # Whether SageMaker may assume the role with this ARN, for the training job with that ARN.
    can_assume: Callable[[Scope, str, str], bool]
    # Credentials of that role for a session of this name.
    assume: Callable[[Scope, str, str], Credentials]
    # Put one event of aws.sagemaker on the default bus: detail type, resources, detail.
    emit: Callable[[Scope, str, list[str], dict[str, Any]], None]


@dataclass(frozen=True)
class Settings:
    """How the local SageMaker behaves.

    `quotas`: instances that may be in use at a time, by instance type; a type that is absent has no limit.
    `concurrent_jobs`: how many really run; further ones wait in Starting. `event_copies`: how often each state
    change is told ("SageMaker AI may send multiple events for each state change"). `stop_grace`: seconds between
    SIGTERM and SIGKILL; 120 in AWS. `docker_host`: where the Docker engine is, if not at its default place.
    """

    endpoint_url: str
    work_dir: Path
    state_file: Path | None = None
    tuning_file: Path | None = None
    registry_file: Path | None = None
    quotas: Mapping[str, int] = field(default_factory=dict)
    concurrent_jobs: int = 2
    event_copies: int = 2
    stop_grace: float = 10.0
    docker_host: str | None = None

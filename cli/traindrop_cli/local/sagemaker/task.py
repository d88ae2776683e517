"""What every step of carrying a training job out is given."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import boto3
from botocore.loaders import Loader

from traindrop.job_state import JobState, Scope
from traindrop_cli.local.sagemaker.surroundings import Credentials, Settings

# The service models are parsed once for all jobs instead of once each.
_LOADER = Loader()

# Told each line of a job's log, from the thread that reads it.
Listen = Callable[[str], None]
# Puts the job into its next secondary status, applying a further change to it at the same time.
Move = Callable[..., None]


@dataclass(frozen=True)
class Task:
    """A job that is carried out, as whom, and how to end it and to tell of it."""

    job: JobState
    settings: Settings
    credentials: Credentials
    stop: threading.Event
    move: Move
    listen: Listen | None = None

    def client(self, kind: Any) -> Any:
        """A boto3 client of the local AWS as the job's role."""
        return client(kind, self.settings, self.job.scope, self.credentials)


def client(kind: Any, settings: Settings, scope: Scope, credentials: Credentials) -> Any:
    """A boto3 client of the local AWS with these credentials."""
    session = boto3.session.Session()
    session._session.register_component("data_loader", _LOADER)  # boto3 has no public way
    return session.client(kind, endpoint_url=settings.endpoint_url, region_name=scope.region, **credentials)

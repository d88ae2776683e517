"""template.yaml deployed into one local AWS, which all tests of this folder share: they run in one worker."""

import io
import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from unittest import mock

import pytest
from rich.console import Console
from tests.clients import forget_clients
from tests.one_worker import in_one_worker
from tests.pipeline.pipeline import AT_SAGEMAKER, NONE_AT_ALL, ONLY_ONE, Pipeline

from traindrop_cli.local.settings import LocalSettings
from traindrop_cli.local_stack import own_local_stack
from traindrop_cli.stack import point_at

HERE = Path(__file__).parent


# Looks at what the tests before it have done.
LAST = HERE / "test_permissions_used.py"
# Of the session's configuration: whether tests of this folder were deselected.
DESELECTED = pytest.StashKey[bool]()


@pytest.hookimpl(tryfirst=True)  # before xdist reads the groups
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    in_one_worker(HERE, "pipeline", items)
    items.sort(key=lambda item: item.path == LAST)


def pytest_deselected(items: Sequence[pytest.Item]) -> None:
    for item in items:
        item.config.stash[DESELECTED] = HERE in item.path.parents or item.config.stash.get(DESELECTED, False)


@pytest.fixture(scope="session")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pipeline]:
    """Deployed as `traindrop drop --local` does it, and with its settings (IAM on, every event twice), and quotas."""
    grants = tmp_path_factory.mktemp("grants") / "grants.jsonl"
    settings = LocalSettings(quotas={ONLY_ONE: 1, NONE_AT_ALL: 0}, grants_file=grants)
    with ExitStack() as resources:
        with mock.patch.dict(os.environ):
            started = own_local_stack(Console(file=io.StringIO()), settings, AT_SAGEMAKER)
            stack = resources.enter_context(started)
        yield Pipeline(stack, tmp_path_factory.mktemp("home"), grants)


@pytest.fixture
def pipeline(deployed: Pipeline) -> Iterator[Pipeline]:
    """The deployed pipeline, with this process's AWS clients pointed at it for one test."""
    with pointed_at(deployed) as pipeline:
        yield pipeline


@contextmanager
def pointed_at(deployed: Pipeline) -> Iterator[Pipeline]:
    """With this process's AWS clients pointed at a stack's local AWS."""
    with mock.patch.dict(os.environ):
        point_at(deployed.stack.endpoint_url or "")
        forget_clients()
        yield deployed
    forget_clients()

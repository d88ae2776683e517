"""template.yaml deployed into one local AWS, which all tests of this folder share: they run in one worker."""

import io
import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from unittest import mock

import pytest
from rich.console import Console
from tests.pipeline.pipeline import NONE_AT_ALL, ONLY_ONE, Pipeline

from traindrop import aws, ledger
from traindrop_cli.local.settings import LocalSettings
from traindrop_cli.local_stack import own_local_stack
from traindrop_cli.stack import point_at

HERE = Path(__file__).parent


# Looks at what the tests before it have done.
LAST = HERE / "test_permissions_used.py"
# Of the session's configuration: whether tests of this folder were deselected.
DESELECTED = pytest.StashKey[bool]()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.xdist_group("pipeline"))
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
            stack = resources.enter_context(own_local_stack(Console(file=io.StringIO()), settings))
        yield Pipeline(stack, tmp_path_factory.mktemp("home"), grants)


@pytest.fixture
def pipeline(deployed: Pipeline) -> Iterator[Pipeline]:
    """The deployed pipeline, with this process's AWS clients pointed at it for one test."""
    with mock.patch.dict(os.environ):
        point_at(deployed.stack.endpoint_url or "")
        forget_clients()
        yield deployed
    forget_clients()


def forget_clients() -> None:
    aws.client.cache_clear()  # type: ignore[attr-defined]  # the overloads hide the cache
    ledger._table.cache_clear()

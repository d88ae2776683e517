"""The stack that the events in events/ name, once for each way in which their training job may have ended."""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import cache
from pathlib import Path
from unittest import mock

import pytest
from tests.clients import forget_clients
from tests.one_worker import in_one_worker
from tests.sam import deployed
from tests.sam.deployed import Deployed
from tests.sam.sam_local import bridge
from tests.sam.training import train

from traindrop_cli.local.sagemaker.docker_engine import DockerEngine, NoDocker
from traindrop_cli.local.settings import LOOPBACK
from traindrop_cli.stack import point_at

HERE = Path(__file__).parent
StackWith = Callable[[str | None], Deployed]


@pytest.hookimpl(tryfirst=True)  # before xdist reads the groups
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    in_one_worker(HERE, "sam", items)


@pytest.fixture(scope="session")
def host() -> str:
    """The address that the stacks listen on: one that containers reach, where there is an engine."""
    try:
        return bridge(DockerEngine.of_this_machine(None)) or LOOPBACK
    except NoDocker:
        return LOOPBACK


@pytest.fixture(scope="session")
def _stacks(host: str) -> Iterator[StackWith]:
    with ExitStack() as resources:

        @cache
        def start(outcome: str) -> Deployed:
            stack = resources.enter_context(deployed.start(host))
            train(stack, outcome)
            return stack

        yield lambda outcome: start(outcome or "Completed")


@pytest.fixture
def stack_with(_stacks: StackWith) -> Iterator[StackWith]:
    """The stack whose training job ended so, forgetful of earlier tests; AWS clients point at it."""

    def point(outcome: str | None) -> Deployed:
        forget_clients()
        stack = _stacks(outcome)
        point_at(stack.endpoint_url)
        forget_clients()
        stack.forget_runs()
        return stack

    with mock.patch.dict(os.environ):
        yield point
    forget_clients()

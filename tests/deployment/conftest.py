"""A local AWS for the tests of this folder, with nothing deployed in it: they run in one worker of their own."""

import os
from collections.abc import Iterator
from pathlib import Path
from unittest import mock

import pytest
from tests.clients import forget_clients
from tests.deployment.account import Account
from tests.one_worker import in_one_worker
from tests.pipeline.pipeline import ONLY_ONE

from traindrop_cli.local.client import LocalAws
from traindrop_cli.local.settings import LocalSettings
from traindrop_cli.stack import point_at

HERE = Path(__file__).parent


@pytest.hookimpl(tryfirst=True)  # before xdist reads the groups
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    in_one_worker(HERE, "deployment", items)


@pytest.fixture(scope="session")
def _aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Account]:
    log = tmp_path_factory.mktemp("account") / "local.log"
    with LocalAws.start(LocalSettings(quotas={ONLY_ONE: 1}), log_file=log) as aws:
        yield Account(aws, log.parent)


@pytest.fixture
def account(_aws: Account) -> Iterator[Account]:
    """An account, with this process's AWS clients pointed at it for one test."""
    with mock.patch.dict(os.environ):
        point_at(_aws.aws.endpoint_url)
        forget_clients()
        yield _aws
    forget_clients()

"""The page on one local AWS, which all tests of a module share; they run in one worker."""

import io
import os
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from unittest import mock

import pytest
from playwright.sync_api import Browser, sync_playwright
from rich.console import Console
from tests.one_worker import in_one_worker
from tests.pipeline.conftest import pointed_at
from tests.pipeline.pipeline import ONLY_ONE, Pipeline
from tests.report.browser import CHROMIUM
from tests.ui.served import Served, served

from traindrop_cli.local.settings import LocalSettings
from traindrop_cli.local_stack import own_local_stack

HERE = Path(__file__).parent


@pytest.hookimpl(tryfirst=True)  # before xdist reads the groups
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    in_one_worker(HERE, "ui", items)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as driver:
        found = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-dev-shm-usage"])
        yield found
        found.close()


@pytest.fixture(scope="module")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pipeline]:
    """With one instance of a type, so that a line can form."""
    with ExitStack() as resources:
        with mock.patch.dict(os.environ):
            settings = LocalSettings(quotas={ONLY_ONE: 1}, stop_grace=2)
            stack = resources.enter_context(own_local_stack(Console(file=io.StringIO()), settings))
        yield Pipeline(stack, tmp_path_factory.mktemp("home"))


@pytest.fixture
def pipeline(deployed: Pipeline) -> Iterator[Pipeline]:
    with pointed_at(deployed) as found:
        yield found


@pytest.fixture(scope="module")
def at(deployed: Pipeline) -> Iterator[Served]:
    """The page that the module's tests look at."""
    with served(deployed) as found:
        yield found

"""What more than one kind of test needs: real sample events, the Titanic data, an account of moto's."""

import json
import logging
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from traindrop.logs import log

ROOT = Path(__file__).parents[1]
TITANIC = ROOT.parent / "shared" / "data" / "titanic"

LoadEvent = Callable[[str], dict[str, Any]]


@pytest.fixture(autouse=True)
def no_real_aws(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test may reach an account of a person: no profile, no credentials, no instance role."""
    for name in [name for name in os.environ if name.startswith(("AWS_", "TRAINDROP_"))]:
        monkeypatch.delenv(name)
    for name, value in {
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    }.items():
        monkeypatch.setenv(name, value)


class _StandardOutput:
    """Whatever standard output is now; the functions' logger keeps the one that was there when it was made."""

    def write(self, text: str) -> int:
        return sys.stdout.write(text)

    def flush(self) -> None:
        sys.stdout.flush()


@pytest.fixture(autouse=True)
def log_to_this_tests_output(monkeypatch: pytest.MonkeyPatch) -> None:
    for handler in logging.getLogger(log().service).handlers:
        if type(handler) is logging.StreamHandler:
            monkeypatch.setattr(handler, "stream", _StandardOutput())


@pytest.fixture
def load_event() -> LoadEvent:
    """Loads a sample event of `events/` by its name."""

    def load(name: str) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((ROOT / "events" / f"{name}.json").read_text("utf-8"))
        return found

    return load


@pytest.fixture
def titanic() -> Path:
    """The folder of titanic_train.csv (712 rows) and titanic_test.csv (179 rows)."""
    if not TITANIC.is_dir():
        pytest.skip("the Titanic data is not on this machine (shared/data/titanic beside the checkout)")
    return TITANIC

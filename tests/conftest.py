"""What more than one kind of test needs: real sample events, the Titanic data, an account of moto's."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

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

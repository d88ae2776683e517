"""The tests of a folder in one worker, for what they share."""

from collections.abc import Iterable
from pathlib import Path

import pytest


def in_one_worker(folder: Path, name: str, items: Iterable[pytest.Item]) -> None:
    """For `pytest_collection_modifyitems` with `tryfirst`: before xdist reads the groups."""
    for item in items:
        if folder in item.path.parents:
            item.add_marker(pytest.mark.xdist_group(name))

"""Each function as it was built and each event in a container by `sam local invoke`; every pair of the two takes the
runtime client a fraction of the time (test_runtime_client.py).
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.sam import built, sam_local
from tests.sam.conftest import StackWith
from tests.sam.matching import read_event, sent_to_emulator
from tests.sam.situations import SITUATIONS

from traindrop_cli.local.sagemaker.docker_engine import DockerEngine

pytest_plugins = ["tests.functional.local_fixtures.docker_image"]


@pytest.fixture
def image(engine: DockerEngine) -> None:
    """Skips where nothing can be invoked."""
    if missing := built.absent() or sam_local.absent(engine):
        pytest.skip(missing)


def once() -> Iterator[tuple[str, str]]:
    """Pairs of function and event in which each function and each event is there."""
    there: set[str] = set()
    for pair in SITUATIONS:
        if not there.issuperset(pair):
            yield pair
        there.update(pair)


@pytest.mark.docker
@pytest.mark.usefixtures("image")
@pytest.mark.parametrize(("function", "name"), list(once()))
def test_sam_local_invoke_does_what_the_event_asks_for(
    engine: DockerEngine, stack_with: StackWith, tmp_path: Path, function: str, name: str
) -> None:
    situation, event = SITUATIONS[function, name], sent_to_emulator(read_event(name))
    stack = stack_with(situation.job)
    effect = situation.prepare(stack, event)
    answer = sam_local.invoke(engine, function, event, stack.variables_of(function), tmp_path)
    assert not {"errorType", "refused"} & answer.keys(), answer
    effect()

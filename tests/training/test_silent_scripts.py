"""The log of a training job holds no cell of the files: sizes, times and metrics, and where a file goes wrong."""

from importlib.util import find_spec
from pathlib import Path

import pytest
from tests.training.container import Container

CELL, OTHER = "cell-0f1e2d3c", "cell-4b5a6978"
HEADER: list[object] = ["kind", "size", "note", "Outcome"]


def rows(count: int) -> list[list[object]]:
    """Each of text, category and class is a marked cell."""
    return [HEADER, *([CELL if n % 2 else OTHER, n, f"{CELL} {n}", f"{CELL}-{n % 3}"] for n in range(count))]


@pytest.fixture(params=["xgboost", "sklearn", "pytorch"])
def container(request: pytest.FixtureRequest, tmp_path: Path) -> Container:
    if request.param == "pytorch" and find_spec("torch") is None:
        pytest.skip("torch is not installed")
    return Container(tmp_path, request.param)


def test_a_training_that_succeeds_logs_no_cell(container: Container) -> None:
    container.put("train", "secrets.csv", rows(90))
    container.put("test", "held out.csv", rows(30))
    done = container.run(target="Outcome")
    assert done.returncode == 0, done.stderr
    assert container.schema.classes == tuple(f"{CELL}-{n}" for n in range(3))
    assert CELL not in done.stdout + done.stderr
    assert OTHER not in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("table", "flags", "told", "logged"),
    [
        (
            [*rows(90), [OTHER, CELL]],
            {},
            f"secrets.csv: line 92 has 2 fields, the header has 4 (separated by comma): '{OTHER},{CELL}'.",
            "secrets.csv: line 92 has 2 fields, the header has 4 (separated by comma): ….",
        ),
        (rows(90), {"task": "binary"}, f"has 3 classes ({CELL}-0, ", "has 3 classes (…) and task binary"),
        (rows(90), {"task": "regression"}, f"'Outcome' holds '{CELL}", "'Outcome' holds …, which is no number"),
        ([HEADER, *([n, n, n, CELL] for n in range(90))], {}, f"holds '{CELL}' in every row", "holds … in every row"),
        ([[CELL], *([n] for n in range(90))], {}, f"found, '{CELL}'. Separate", "found, …. Separate"),
    ],
    ids=["ragged", "classes", "number", "one class", "one column"],
)
def test_a_training_that_fails_tells_the_cell_to_the_person_and_not_to_the_log(
    tmp_path: Path, table: list[list[object]], flags: dict[str, str], told: str, logged: str
) -> None:
    container = Container(tmp_path, "xgboost")
    container.put("train", "secrets.csv", table)
    done = container.run(target="Outcome", **flags)
    assert done.returncode == 1
    assert told in (tmp_path / "output/failure").read_text("utf-8")
    assert logged in done.stderr
    assert CELL not in done.stdout + done.stderr

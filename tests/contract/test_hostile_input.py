"""docs/hostile-input.md against the tests: each one that it names is there."""

import ast
import re

import pytest
from tests.conftest import ROOT

DOCUMENT = (ROOT / "docs/hostile-input.md").read_text("utf-8")
PATTERN = r"`(tests/[\w/]+\.py)::(test_\w+)(?:\[(\w+)\])?`"
NAMED = sorted(set(re.findall(PATTERN, DOCUMENT)))


def test_every_row_names_a_test() -> None:
    rows = [line for line in DOCUMENT.partition("## Fuzzing")[0].splitlines() if line.startswith("| ")]
    rows = [row for row in rows if not row.startswith(("| input ", "| --- "))]
    assert len(rows) > 30
    assert [row for row in rows if "::test_" not in row] == []
    assert DOCUMENT.count("::test_") == len(re.findall(PATTERN, DOCUMENT)), "one of them is not written as the others"


@pytest.mark.parametrize(("file", "test", "case"), NAMED)
def test_a_test_that_is_named_exists(file: str, test: str, case: str) -> None:
    source = (ROOT / file).read_text("utf-8")
    assert test in [node.name for node in ast.walk(ast.parse(source)) if isinstance(node, ast.FunctionDef)]
    assert f'"{case}"' in source or not case

"""Every rule of security that is switched off somewhere says why, beside it."""

import re
from pathlib import Path

import pytest
from tests.conftest import ROOT

FOLDERS = ("benchmarks", "cli", "functions", "layers", "tests", "training_scripts")
# Such as S603, S607 and then the reason; the dash may be left out.
_SECURITY = re.compile(r"# noqa: (?P<codes>(?:[A-Z]+\d+(?:, )?)*\bS\d+(?:, [A-Z]+\d+)*)(?P<reason>.*)")


def unreasoned(line: str) -> bool:
    found = _SECURITY.search(line)
    return found is not None and not re.search(r"\w{2}", found["reason"])


def test_every_security_rule_that_is_ignored_in_a_line_has_its_reason_beside_it() -> None:
    files = [file for folder in FOLDERS for file in sorted((ROOT / folder).rglob("*.py"))]
    missing = [
        f"{file.relative_to(ROOT)}:{number}"
        for file in files
        for number, line in enumerate(file.read_text("utf-8").splitlines(), 1)
        if file != Path(__file__) and unreasoned(line)
    ]
    assert missing == [], "say why after the code: `# noqa: S603 - our own interpreter`"


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("run()  # noqa: S603", True),
        ("run()  # noqa: S603, S607", True),
        ("run()  # noqa: E501, S603 -", True),
        ("run()  # noqa: S603 - our own", False),
        ("run()  # noqa: S311  a split is no secret", False),
        ("run()  # noqa: SIM102", False),
        ("run()", False),
    ],
)
def test_a_reason_is_told_from_none(line: str, expected: bool) -> None:
    assert unreasoned(line) is expected

"""docs/reference: what is committed is what the code says."""

from pathlib import Path

import pytest

from traindrop.run import Run, Status
from traindrop_cli.json_fields import FIELDS
from traindrop_cli.reference.commands import every_command
from traindrop_cli.reference.ledger import MEANINGS, STATUSES
from traindrop_cli.reference.pages import pages
from traindrop_cli.reference.types import in_words

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("path", pages())
def test_a_page_is_as_the_code_has_it(path: str) -> None:
    assert (ROOT / path).read_text("utf-8") == pages()[path], "run: make reference"


def test_no_page_of_the_reference_is_left_over() -> None:
    there = {path.relative_to(ROOT).as_posix() for path in (ROOT / "docs/reference").iterdir()}
    assert there == {path for path in pages() if path.startswith("docs/reference/")}


def test_every_field_of_the_ledger_and_every_status_has_a_meaning_and_no_other() -> None:
    assert MEANINGS.keys() == Run.model_fields.keys()
    assert STATUSES.keys() == set(Status)


def test_every_command_that_has_json_has_its_fields_described_and_no_other() -> None:
    with_json = {name for name, command in every_command() if any("--json" in each.opts for each in command.params)}
    assert with_json == FIELDS.keys()


# The demo is for watching; the page of `ui` is one.
WITHOUT_JSON = {"demo", "ui"}


def test_every_command_but_those_for_watching_has_json() -> None:
    assert {name for name, _ in every_command()} - FIELDS.keys() <= WITHOUT_JSON


@pytest.mark.parametrize(
    ("schema", "words"),
    [
        ({"type": "integer", "minimum": 1, "maximum": 20}, "whole number from 1 to 20"),
        ({"anyOf": [{"type": "string"}, {"type": "null"}]}, "text or null"),
        ({"type": "object", "additionalProperties": {"type": "number"}}, "number by name"),
        ({"type": "array", "items": {"type": "string"}}, "list of text"),
        ({"enum": ["a", "b"]}, "`a`, `b`"),
        ({"$ref": "#/$defs/Price"}, "object of `usd`"),
    ],
)
def test_a_type_is_put_in_words(schema: dict[str, object], words: str) -> None:
    prices = {"type": "object", "properties": {"usd": {"type": "number"}}}
    assert in_words(schema, {"Price": prices}) == words

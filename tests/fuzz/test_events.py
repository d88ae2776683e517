"""Events in which anything was changed are read as events of this stack, or refused; no other exception comes out."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from tests.builders import a_context
from tests.conftest import ROOT
from tests.contract.template import BUCKET, STACK
from tests.contract.test_routing import READERS
from tests.unit.test_origin import SETTINGS, STARTED

from traindrop.errors import Foreign, Rejected
from traindrop.events import FailureNotice, ObjectCreated, S3Notification
from traindrop.origin import read_own
from traindrop.upload_path import parse_key

TAKEN_OUT = object()
SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=20),
    st.sampled_from(["", "\0", "\ud800", "../", "-1", "9" * 30, 10**30, 1e300, float("nan"), "aws.s3", "2026-13-99"]),
)  # fmt: skip
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=8), inner, max_size=3)),
    max_leaves=6,
)


def places(tree: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The way to each value in a tree, its own first."""
    inside = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    return [path, *(place for key, value in inside for place in places(value, (*path, key)))]


def put(tree: Any, path: tuple[Any, ...], value: Any) -> None:
    for key in path[:-1]:
        tree = tree[key]
    if value is TAKEN_OUT:
        del tree[path[-1]]
    else:
        tree[path[-1]] = value


@st.composite
def changed(draw: st.DrawFn, sample: str) -> dict[str, Any]:
    """A sample with some values replaced or taken out; in that of SNS within the message too, which is JSON itself."""
    event: dict[str, Any] = json.loads((ROOT / "events" / f"{sample}.json").read_text("utf-8"))
    inside = sample == "function_gave_up" and draw(st.booleans())
    tree = json.loads(event["Records"][0]["Sns"]["Message"]) if inside else event
    for _ in range(draw(st.sampled_from([1, 1, 1, 2, 4]))):
        if ways := places(tree)[1:]:
            put(tree, draw(st.sampled_from(ways)), draw(st.one_of(st.just(TAKEN_OUT), VALUES)))
    if inside:
        event["Records"][0]["Sns"]["Message"] = json.dumps(tree)
    return event


@pytest.mark.parametrize(("sample", "function"), STARTED)
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_a_changed_event_is_read_or_refused(sample: str, function: str, data: st.DataObject) -> None:
    try:
        found = read_own(READERS[function], data.draw(changed(sample)), a_context(), SETTINGS)
    except (ValidationError, Foreign):
        return
    if isinstance(found, ObjectCreated | S3Notification):
        for upload in found.uploads():
            assert upload.bucket == BUCKET
            check_key(upload.key)
    if isinstance(found, FailureNotice):
        assert all(failure.function.startswith(f"{STACK}-") and failure.error for failure in found.failures())


def check_key(key: str) -> None:
    try:
        parse_key(key)
    except Rejected:
        return

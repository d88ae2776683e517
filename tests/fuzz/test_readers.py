"""Whatever is thrown at a reader, it is taken or refused by an error of ours that says why (`tests.fuzz.targets`)."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.fuzz.seeds import seeds
from tests.fuzz.targets import TARGETS

from traindrop.config import TrainingConfig

EXAMPLES = settings(max_examples=200, deadline=None)
# What means something to one of the readers, or used to mean too much to one like it.
TOKENS = {
    "csv": [b",", b";", b"\t", b'"', b'""', b"\n", b"\r", b"\r\n", b"\0", b"\xff", b"\xef\xbb\xbf", b"y", b"NA",
            b"1e999", b"=cmd()", b"-inf", b"2024-01-31", b"1_0", b"\xf0\x9f\x98\x80", b"\xed\xbf\xbf", b"PK\x03\x04",
            b"a,b,y\n"],
    "yaml": [b"&a ", b"*a", b"!!python/object:os.system ", b"<<: ", b"? ", b"| ", b"[", b"{", b"]", b"}", b": ", b"- ",
             b"\n", b"  ", b"---\n", b"%YAML 9.9\n", b"0x_", b"1:99", b".inf", b'"\\ud800"', b"9" * 60, b"seed: ",
             b"tags: "],
    "tar": [b"ustar\0", b"../", b"/", b"\0", b"5", b"2", b"x", b"L", b"S", b"\xff" * 12, b"\x80",
            b"GNU.sparse.map=0,1\n", b"30 path=../evil\n", b"20 size=99999999\n", b"77777777777"],
}  # fmt: skip


@st.composite
def changed(draw: st.DrawFn, target: str) -> bytes:
    """A seed in which some pieces were cut, repeated or replaced."""
    data = bytearray(draw(st.sampled_from(sorted(seeds()[target].values()))))
    for _ in range(draw(st.integers(1, 8))):
        start = draw(st.integers(0, len(data)))
        end = min(len(data), start + draw(st.sampled_from([0, 0, 1, 4, 12, 100, 512])))
        piece = draw(
            st.one_of(st.sampled_from(TOKENS[target]), st.binary(max_size=12), st.just(bytes(data[start:end]) * 2))
        )
        data[start:end] = piece
    return bytes(data)


@pytest.mark.parametrize("target", TARGETS)
@EXAMPLES
@given(data=st.data())
def test_a_changed_file_is_taken_or_refused(target: str, data: st.DataObject) -> None:
    TARGETS[target](data.draw(changed(target)))


@pytest.mark.parametrize("target", TARGETS)
@EXAMPLES
@given(content=st.binary(max_size=600))
def test_any_bytes_are_taken_or_refused(target: str, content: bytes) -> None:
    TARGETS[target](content)


SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=20),
    st.sampled_from(["auto", "xgboost", "pytorch", "1h", "90s", "ml.m5.large", "data", "../x.py", -1, 10**30]),
)  # fmt: skip
KEYS = st.one_of(st.sampled_from(sorted(TrainingConfig.model_fields)), st.text(max_size=8))
TREES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(KEYS, inner, max_size=4)),
    max_leaves=12,
)


@EXAMPLES
@given(st.one_of(st.dictionaries(KEYS, TREES, max_size=6), TREES))
def test_any_tree_is_a_config_or_is_refused(tree: Any) -> None:
    TARGETS["yaml"](json.dumps(tree).encode())

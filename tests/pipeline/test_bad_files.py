"""Files that cannot be trained on: one message each, and no training job."""

import gzip

import pytest
from tests.pipeline.pipeline import Pipeline, labelled

from traindrop.run import Status

# By dataset: the bytes, and what the message has to say of them.
BAD_FILES: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "empty"),
    "header-only": (b"length,width,label\n", "no rows"),
    "binary": (bytes(range(256)) * 8, "binary"),
    "latin-1": ("größe,label\n1,ja\n2,nein\n".encode("latin-1"), "Latin-1"),
    "header-twice": (labelled() + labelled(), "header"),
    "name-twice": (labelled().replace(b"width", b"length", 1), "appears twice"),
    "target-missing": (labelled().replace(b"label", b"species"), "No target is set"),
    "one-class": (b"length,label\n" + b"1,yes\n2,yes\n" * 30, "one class"),
    "ragged": (labelled() + b"1.5,2\n", "line 62"),
    "no-header": (b"1,2,0\n3,4,1\n" * 40, "looks like data, not like a header"),
    "wide": (",".join([*(f"c{n}" for n in range(299)), "label"]).encode() + b"\n" + b"1," * 299 + b"yes\n", "row"),
    "gzipped": (gzip.compress(labelled(), mtime=0), "gzip"),
}


@pytest.fixture(scope="module")
def dropped() -> set[str]:
    """The datasets whose files were dropped: all at once, by the first test that asks for one."""
    return set()


@pytest.mark.parametrize("dataset", BAD_FILES)
def test_a_bad_file_gives_one_message_that_says_what_is_wrong_and_no_job(
    pipeline: Pipeline, dropped: set[str], dataset: str
) -> None:
    for name, (body, _) in BAD_FILES.items():
        if name not in dropped:
            pipeline.drop(name, body)
            dropped.add(name)
    (run,) = pipeline.told(dataset)
    message = pipeline.message(dataset)
    assert run.status is Status.REJECTED
    assert (message.outcome, message.subject) == ("rejected", f"[traindrop] {dataset}: rejected")
    assert "data.csv" in message.body
    assert BAD_FILES[dataset][1].lower() in " ".join(message.body.lower().split())
    assert pipeline.job(run.run) is None
    assert pipeline.read(f"runs/{run.run}/request.json") is None


def test_a_training_yaml_with_an_unknown_field_is_rejected_naming_it_before_there_is_a_csv(pipeline: Pipeline) -> None:
    pipeline.configure("typo", targt="label")
    message = pipeline.message("typo")
    assert message.outcome == "rejected"
    assert "targt" in message.body

"""Uploading a file: in parts where it is large, and going on where an earlier try broke off."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from tests.builders import client_error
from tests.functional.conftest import BUCKET

from traindrop import aws
from traindrop_cli import sending
from traindrop_cli.sending import PART, Sent, etag_of, part_size, send

pytestmark = pytest.mark.usefixtures("account")

KEY = "datasets/flowers/train/flowers.csv"


@pytest.fixture
def large(tmp_path: Path) -> Path:
    """A file of two whole parts and a short one, each of other bytes."""
    path = tmp_path / "flowers.csv"
    path.write_bytes(b"a" * PART + b"b" * PART + b"c" * 1000)
    return path


@pytest.fixture
def refused(monkeypatch: pytest.MonkeyPatch) -> Iterator[set[int]]:
    """Numbers of parts that S3 does not take, as when the network is gone."""
    numbers: set[int] = set()
    s3 = aws.client("s3")
    take = s3.upload_part

    def upload_part(**call: Any) -> Any:
        if call["PartNumber"] in numbers:
            raise client_error("UploadPart", "RequestTimeout", "Your socket connection was idle for too long.")
        return take(**call)

    monkeypatch.setattr(s3, "upload_part", upload_part)
    # One after the other: what is there when it breaks off is known.
    monkeypatch.setattr(sending, "_AT_ONCE", 1)
    yield numbers
    monkeypatch.undo()


def sent(path: Path) -> list[Sent]:
    told: list[Sent] = []
    send(path, BUCKET, KEY, told.append)
    return told


def broken_off(path: Path) -> None:
    with pytest.raises(ClientError, match="idle for too long"):
        sent(path)


def lies_there() -> tuple[bytes, str]:
    found = boto3.client("s3").get_object(Bucket=BUCKET, Key=KEY)
    return found["Body"].read(), found["ETag"].strip('"')


def unfinished() -> int:
    return len(boto3.client("s3").list_multipart_uploads(Bucket=BUCKET).get("Uploads", []))


def test_what_is_told_grows_to_the_size_of_the_file(large: Path) -> None:
    told = sent(large)
    assert [each.found for each in told] == [0] * 4
    assert [each.done for each in told] == sorted(each.done for each in told)
    assert (told[0].done, told[-1].done, told[-1].size) == (0, large.stat().st_size, large.stat().st_size)
    assert lies_there() == (large.read_bytes(), etag_of(large))


@pytest.mark.parametrize("content", [b"", b"a,b\n1,2\n", b"a" * PART])
def test_a_small_file_is_sent_whole_with_the_etag_that_a_plan_foretells(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "small.csv"
    path.write_bytes(content)
    assert [each.done for each in sent(path)] == [0, len(content)]
    assert lies_there() == (content, etag_of(path))


def test_a_second_try_sends_only_what_the_first_did_not(large: Path, refused: set[int]) -> None:
    refused.add(3)
    broken_off(large)
    assert unfinished() == 1
    refused.clear()
    refused.update({1, 2})  # would fail, were they sent again
    told = sent(large)
    assert {each.found for each in told} == {2 * PART}
    assert lies_there() == (large.read_bytes(), etag_of(large))
    assert unfinished() == 0


def test_parts_that_were_changed_since_are_sent_again(large: Path, refused: set[int]) -> None:
    refused.add(3)
    broken_off(large)
    refused.clear()
    large.write_bytes(b"z" * PART + b"b" * PART + b"c" * 1000)
    assert {each.found for each in sent(large)} == {PART}
    assert lies_there() == (large.read_bytes(), etag_of(large))


def test_a_file_of_another_size_begins_anew(large: Path, refused: set[int]) -> None:
    refused.add(3)
    broken_off(large)
    refused.clear()
    large.write_bytes(b"a" * PART + b"b" * 1000)
    assert {each.found for each in sent(large)} == {0}
    assert lies_there() == (large.read_bytes(), etag_of(large))


def test_who_may_not_list_uploads_sends_everything(large: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: str) -> Any:
        raise client_error("ListMultipartUploads", "AccessDenied", "not authorized to perform")

    monkeypatch.setattr(aws.client("s3"), "get_paginator", refuse)
    assert {each.found for each in sent(large)} == {0}


def test_no_file_has_more_than_ten_thousand_parts() -> None:
    assert part_size(10_000 * PART) == PART
    assert part_size(10_000 * PART + 1) == 2 * PART
    assert part_size(5 * 1024**4) * 10_000 >= 5 * 1024**4

"""One file into the bucket: in parts where it is large, and going on where an earlier try broke off.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from traindrop import aws

PART = 8 * 1024**2
# "Part numbers can be any number from 1 to 10,000, inclusive."
_MOST_PARTS = 10_000
_AT_ONCE = 8


@dataclass(frozen=True)
class Sent:
    """How far a file is, in bytes; `found`: so many of them lay in the bucket already, from an earlier try."""

    path: Path
    size: int
    done: int
    found: int


Tell = Callable[[Sent], None]


def part_size(size: int) -> int:
    """Of a file of so many bytes: 8 MiB, or as much more as it takes to have 10,000 parts at the most."""
    part = PART
    while part * _MOST_PARTS < size:
        part *= 2
    return part


def etag_of(path: Path) -> str:
    """The ETag that the file gets in a bucket that is not encrypted with a key of one's own."""
    size = path.stat().st_size
    if size <= PART:
        return _md5(path.read_bytes()).hexdigest()
    digests = [_md5(_read(path, part)).digest() for part in _parts(size)]
    return f"{_md5(b''.join(digests)).hexdigest()}-{len(digests)}"


def send(path: Path, bucket: str, key: str, tell: Tell) -> None:
    """Upload the file; `tell` is called whenever more of it is there.

    A large file goes on with an upload to the same key that nobody has completed, and sends the parts that it lacks, or
    has of other bytes. Those are told by their ETags, which are MD5 sums, but in a bucket that is encrypted with a key
    of one's own: there everything is sent again. Raises `ClientError`; what was sent stays in the bucket until its
    lifecycle rule removes it.
    """
    size = path.stat().st_size
    if size > PART:
        _send_in_parts(path, list(_parts(size)), bucket, key, tell)
        return
    tell(Sent(path, size, 0, 0))
    aws.client("s3").put_object(Bucket=bucket, Key=key, Body=path.read_bytes())
    tell(Sent(path, size, size, 0))


def _send_in_parts(path: Path, parts: "list[_Part]", bucket: str, key: str, tell: Tell) -> None:
    size = sum(part.size for part in parts)
    upload, there = _unfinished(bucket, key, parts) or (_begin(bucket, key), {})
    target: dict[str, Any] = {"Bucket": bucket, "Key": key, "UploadId": upload}
    done = {part.number: there[part.number] for part in parts if _is_there(path, part, there.get(part.number))}
    found = sent = sum(part.size for part in parts if part.number in done)
    tell(Sent(path, size, sent, found))
    for part, answer in _send(path, [part for part in parts if part.number not in done], target):
        done[part.number] = answer
        sent += part.size
        tell(Sent(path, size, sent, found))
    receipts = [_receipt(number, done[number]) for number in sorted(done)]
    aws.client("s3").complete_multipart_upload(**target, MultipartUpload={"Parts": receipts})


@dataclass(frozen=True)
class _Part:
    number: int
    start: int
    size: int


def _parts(size: int) -> Iterator[_Part]:
    step = part_size(size)
    for number, start in enumerate(range(0, size, step), start=1):
        yield _Part(number, start, min(step, size - start))


def _read(path: Path, part: _Part) -> bytes:
    with path.open("rb") as file:
        file.seek(part.start)
        return file.read(part.size)


def _md5(content: bytes) -> "hashlib._Hash":
    return hashlib.md5(content, usedforsecurity=False)


def _begin(bucket: str, key: str) -> str:
    return aws.client("s3").create_multipart_upload(Bucket=bucket, Key=key)["UploadId"]


def _unfinished(bucket: str, key: str, parts: list[_Part]) -> tuple[str, dict[int, Any]] | None:
    """The newest upload to the key whose parts are cut like these, and its parts by number; None if there is none."""
    sizes = {part.number: part.size for part in parts}
    try:
        pages = aws.client("s3").get_paginator("list_multipart_uploads").paginate(Bucket=bucket, Prefix=key)
        uploads = [upload for page in pages for upload in page.get("Uploads", []) if upload["Key"] == key]
        for upload in sorted(uploads, key=lambda upload: upload["Initiated"], reverse=True):
            there = {part["PartNumber"]: part for part in _listed(bucket, key, upload["UploadId"])}
            if there and all(sizes.get(number) == part["Size"] for number, part in there.items()):
                return upload["UploadId"], there
    except ClientError as error:
        # Who may drop may not always list uploads; one of them may have ended meanwhile.
        if aws.error_code(error) not in {"AccessDenied", "NoSuchUpload"}:
            raise
    return None


def _listed(bucket: str, key: str, upload: str) -> Iterator[Any]:
    pages = aws.client("s3").get_paginator("list_parts").paginate(Bucket=bucket, Key=key, UploadId=upload)
    return (part for page in pages for part in page.get("Parts", []))


def _is_there(path: Path, part: _Part, found: Any) -> bool:
    return found is not None and found["ETag"].strip('"') == _md5(_read(path, part)).hexdigest()


def _send(path: Path, parts: Iterable[_Part], target: dict[str, Any]) -> Iterator[tuple[_Part, Any]]:
    """Each part with S3's answer, in the order in which they arrive."""
    s3 = aws.client("s3")

    def one(part: _Part) -> tuple[_Part, Any]:
        return part, s3.upload_part(**target, PartNumber=part.number, Body=_read(path, part))

    with ThreadPoolExecutor(_AT_ONCE) as threads:
        try:
            yield from (future.result() for future in as_completed([threads.submit(one, part) for part in parts]))
        except BaseException:
            # Those that wait are not begun any more; Ctrl-C should not take minutes.
            threads.shutdown(cancel_futures=True)
            raise


def _receipt(number: int, answer: Any) -> Any:
    """What CompleteMultipartUpload wants to know of a part: its ETag, and the checksum that botocore asked for."""
    checksums = {
        name: value for name, value in answer.items() if name.startswith("Checksum") and name != "ChecksumType"
    }
    return {"PartNumber": number, "ETag": answer["ETag"], **checksums}

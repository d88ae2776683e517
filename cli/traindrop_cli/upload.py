"""Putting one drop into the bucket: code and test CSV first, then the config, last the CSV that launches the run."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import boto3
import yaml

from traindrop import aws
from traindrop.config import MAX_BYTES
from traindrop.errors import Rejected
from traindrop.events import Upload
from traindrop.receiving import ACCOMPANIES
from traindrop.strict_yaml import InvalidYaml, load
from traindrop.upload_path import code_prefix, config_key, parse_key, test_prefix, train_prefix
from traindrop_cli.bucket import check_bucket
from traindrop_cli.errors import CommandError
from traindrop_cli.sending import Tell, send
from traindrop_cli.stack import Stack


@dataclass(frozen=True)
class Dropped:
    """What was uploaded. `upload` tells this drop from others of the same bytes: the ledger answers it by a run."""

    key: str
    upload: str
    at: datetime


@dataclass(frozen=True)
class Files:
    """What a person drops. `code` is a folder; `target` goes into the config."""

    csv: Path
    target: str | None = None
    test: Path | None = None
    config: Path | None = None
    code: Path | None = None


def check_files(files: Files) -> None:
    """Raises `CommandError` for a file or a folder that is not there, or a code folder with nothing in it."""
    for path in (files.csv, files.test, files.config):
        if path is not None and not path.is_file():
            raise CommandError(f"{path}: there is no such file.")
    if files.code is not None:
        if not files.code.is_dir():
            raise CommandError(f"{files.code}: there is no such folder. --code takes the folder that holds train.py.")
        if not code_files(files.code):
            raise CommandError(f"{files.code}: there is no file in it. --code takes the folder that holds train.py.")


def drop(stack: Stack, files: Files, dataset: str, tell: Tell = lambda _: None) -> Dropped:
    """Upload a training CSV with what belongs to it; the files are there (`check_files`). `tell`: as of `send`.

    Raises `CommandError` where it would not be taken as a drop.
    """
    csv = files.csv
    key = train_prefix(dataset) + csv.name
    _check_key(key)
    check_bucket(stack.bucket)
    s3 = boto3.client("s3")
    if files.code is not None:
        _put_code(stack.bucket, code_prefix(dataset), files.code)
    if files.test is not None:
        send(files.test, stack.bucket, test_prefix(dataset) + files.test.name, tell)
    text = config_text(stack.bucket, dataset, files.target, files.config)
    if text is not None:
        s3.put_object(
            Bucket=stack.bucket, Key=config_key(dataset), Body=text, ContentType="application/yaml",
            # This CSV's own event launches the run; the config's must not train an older upload again.
            Metadata={ACCOMPANIES: "a-drop"},
        )  # fmt: skip
    send(csv, stack.bucket, key, tell)
    head = s3.head_object(Bucket=stack.bucket, Key=key)
    at = datetime.now(UTC)
    upload = Upload(
        bucket=stack.bucket, key=key, size=head["ContentLength"], etag=head["ETag"].strip('"'),
        version_id=head["VersionId"], uploaded_at=at,
    )  # fmt: skip
    return Dropped(key=key, upload=upload.identity, at=at)


def _check_key(key: str) -> None:
    """Raises `CommandError` for a file or a dataset that would be rejected by its name, before anything is sent."""
    try:
        parse_key(key)
    except Rejected as error:
        raise CommandError(str(error)) from error


def code_files(folder: Path) -> dict[str, Path]:
    """The files of a code folder by their paths in it, without what Python, git and editors leave there."""
    found = {path.relative_to(folder): path for path in sorted(folder.rglob("*")) if path.is_file()}
    return {
        name.as_posix(): path
        for name, path in found.items()
        if "__pycache__" not in name.parts and not any(part.startswith(".") for part in name.parts)
    }


def _put_code(bucket: str, prefix: str, folder: Path) -> None:
    """Make the dataset's code what the folder holds. A file that is gone there goes here; the bucket keeps versions."""
    s3, sources = boto3.client("s3"), code_files(folder)
    for name, path in sources.items():
        s3.upload_file(str(path), bucket, prefix + name)
    for key in aws.keys(bucket, prefix):
        if key.removeprefix(prefix) not in sources:
            s3.delete_object(Bucket=bucket, Key=key)


def config_text(bucket: str | None, dataset: str, target: str | None, config: Path | None) -> bytes | None:
    """The training.yaml to upload; None where the one in the bucket, if there is a bucket, or none shall hold."""
    if config is not None:
        text = config.read_bytes()
    elif target is not None:
        found = aws.read_object(bucket, config_key(dataset), max_bytes=MAX_BYTES) if bucket else None
        text = found.body if found else b""
    else:
        return None
    return text if target is None else _with_target(text, target)


def _with_target(text: bytes, target: str) -> bytes:
    """`text` with another target. What cannot be read as a config goes up as it is: the check tells what is wrong."""
    try:
        fields = load(text, max_bytes=MAX_BYTES)
    except (InvalidYaml, yaml.YAMLError, UnicodeDecodeError):
        return text
    if not isinstance(fields, dict | None):
        return text
    return yaml.safe_dump({**(fields or {}), "target": target}, allow_unicode=True, sort_keys=False).encode()

"""The drop that a person might make, from files on this machine or from what lies in S3 already."""

from pathlib import Path
from urllib.parse import urlsplit

from traindrop import aws
from traindrop.clock import now
from traindrop.code import OwnCode
from traindrop.config import MAX_BYTES
from traindrop.drop import SAMPLE_BYTES, Drop
from traindrop.events import Upload
from traindrop.receiving import own_code
from traindrop.upload_path import config_key, parse_key, test_prefix, train_prefix
from traindrop_cli.errors import CommandError
from traindrop_cli.sending import etag_of
from traindrop_cli.upload import Files, code_files, config_text


class LocalFiles:
    """Files on this machine by the keys that they would be uploaded to; others are read from S3.

    None of them changes meanwhile.
    """

    def __init__(self) -> None:
        self._paths: dict[str, Path] = {}
        self._etags: dict[Path, str] = {}

    def upload(self, bucket: str, key: str, path: Path) -> Upload:
        self._paths[key] = path
        if path not in self._etags:
            self._etags[path] = etag_of(path)
        size, etag = path.stat().st_size, self._etags[path]
        return Upload(bucket=bucket, key=key, size=size, etag=etag, version_id=None, uploaded_at=now())

    def read(self, upload: Upload) -> bytes:
        """The first SAMPLE_BYTES."""
        path = self._paths.get(upload.key)
        if path is None:
            return aws.read_start(upload.bucket, upload.key, upload.version_id, max_bytes=SAMPLE_BYTES) or b""
        with path.open("rb") as file:
            return file.read(SAMPLE_BYTES)


def drop_of_files(files: Files, dataset: str, bucket: str | None, local: LocalFiles) -> Drop:
    """What `traindrop drop` would upload; beside it, what lies in the bucket of the dataset already."""
    name = bucket or "BUCKET"
    csv = local.upload(name, train_prefix(dataset) + files.csv.name, files.csv)
    test = local.upload(name, test_prefix(dataset) + files.test.name, files.test) if files.test else None
    text = config_text(bucket, dataset, files.target, files.config)
    config = aws.Object(text, {}, None) if text is not None else None
    code = OwnCode({path: file.read_bytes() for path, file in code_files(files.code).items()} if files.code else {})
    if bucket is None:
        return Drop(csv, dataset, config, test, code)
    return Drop(
        csv,
        dataset,
        config or aws.read_object(bucket, config_key(dataset), max_bytes=MAX_BYTES),
        test or aws.newest_csv(bucket, test_prefix(dataset)),
        code if files.code else own_code(bucket, dataset),
    )


def drop_of_object(uri: str) -> Drop:
    """A CSV that lies in a bucket, with what lies there of its dataset. Raises `CommandError`."""
    parts = urlsplit(uri)
    bucket, key = parts.netloc, parts.path.lstrip("/")
    path = parse_key(key)
    if path is None or path.is_config:
        raise CommandError(f"{uri}: expected a CSV at s3://BUCKET/datasets/<dataset>/train/<file>.csv.")
    csv = aws.stored(bucket, key)
    if csv is None:
        raise CommandError(f"{uri}: there is no such object.")
    config = aws.read_object(bucket, config_key(path.dataset), max_bytes=MAX_BYTES)
    test = aws.newest_csv(bucket, test_prefix(path.dataset))
    return Drop(csv, path.dataset, config, test, own_code(bucket, path.dataset))

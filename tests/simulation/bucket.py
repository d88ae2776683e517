"""The drop bucket in memory, versioned."""

import hashlib
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from botocore.exceptions import ClientError


@dataclass(frozen=True)
class Version:
    body: bytes
    version_id: str
    written: datetime
    metadata: dict[str, str] = field(default_factory=dict)

    @property
    def etag(self) -> str:
        return hashlib.md5(self.body, usedforsecurity=False).hexdigest()

    def head(self) -> dict[str, Any]:
        return {
            "ContentLength": len(self.body),
            "ETag": f'"{self.etag}"',
            "VersionId": self.version_id,
            "LastModified": self.written,
            "Metadata": self.metadata,
        }


class _Body(io.BytesIO):
    def iter_chunks(self, size: int) -> Iterator[bytes]:
        while block := self.read(size):
            yield block


class Bucket:
    """`now`: the moment of a write."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._objects: dict[str, list[Version]] = {}
        self._versions = 0

    def put(self, key: str, body: bytes, metadata: dict[str, str] | None = None) -> Version:
        self._versions += 1
        version = Version(body, f"v{self._versions}", self._now(), metadata or {})
        self._objects.setdefault(key, []).append(version)
        return version

    def keys(self, prefix: str) -> list[str]:
        return sorted(key for key in self._objects if key.startswith(prefix))

    def call(self, operation: str, given: dict[str, Any]) -> dict[str, Any]:
        """Answer one call as boto3 does. Raises `ClientError`."""
        found: dict[str, Any] = getattr(self, f"_{operation}")(given)
        return found

    def _found(self, operation: str, given: dict[str, Any]) -> Version:
        for version in reversed(self._objects.get(given["Key"], ())):
            if given.get("VersionId") in {None, version.version_id}:
                return version
        code = "404" if operation == "HeadObject" else "NoSuchKey"
        raise ClientError({"Error": {"Code": code, "Message": "Not Found"}}, operation)

    def _GetObject(self, given: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        found = self._found("GetObject", given)
        body = found.body
        if "Range" in given:
            start, end = given["Range"].removeprefix("bytes=").split("-")
            if not body:
                raise ClientError({"Error": {"Code": "InvalidRange", "Message": "…"}}, "GetObject")
            body = body[int(start) : int(end) + 1]
        return {**found.head(), "Body": _Body(body)}

    def _HeadObject(self, given: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        return self._found("HeadObject", given).head()

    def _PutObject(self, given: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        return {"VersionId": self.put(given["Key"], given["Body"]).version_id}

    def _CopyObject(self, given: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        found = self._found("CopyObject", given["CopySource"])
        return {"VersionId": self.put(given["Key"], found.body).version_id}

    def _ListObjectsV2(self, given: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        newest = {key: self._objects[key][-1] for key in self.keys(given["Prefix"])}
        return {
            "Contents": [
                {"Key": key, "LastModified": version.written, "Size": len(version.body), "ETag": f'"{version.etag}"'}
                for key, version in newest.items()
            ]
        }

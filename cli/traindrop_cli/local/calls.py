"""Counts the calls that a local AWS answers: by whom, to which service, of which operation."""

import json
import re
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

# Of Signature Version 4: who signed, and for which service.
_SIGNED = re.compile(r"Credential=(?P<key>[^/]+)/[^/]+/[^/]+/(?P<service>[^/]+)/")
_FORM = "application/x-www-form-urlencoded"


class CallCounter:
    """An ASGI application that counts each signed call and hands it on; a retry of the SDK's is a call too."""

    def __init__(self, app: Any, caller_of: Callable[[str], str]) -> None:
        """`caller_of` names the owner of an access key."""
        self._app = app
        self._caller_of = caller_of
        self._counts: Counter[tuple[str, str, str]] = Counter()

    async def __call__(self, scope: Mapping[str, Any], receive: Receive, send: Send) -> None:
        headers = {name.decode().lower(): value.decode() for name, value in scope.get("headers", ())}
        signed = _SIGNED.search(headers.get("authorization", ""))
        if signed is None:
            await self._app(scope, receive, send)
            return
        caller = (self._caller_of(signed["key"]), signed["service"])
        if not headers.get("content-type", "").startswith(_FORM):
            self._counts[*caller, _operation(signed["service"], scope, headers)] += 1
            await self._app(scope, receive, send)
            return
        body = b""

        async def receiving() -> Message:
            nonlocal body
            message = await receive()
            body += message.get("body", b"")
            return message

        await self._app(scope, receiving, send)
        self._counts[*caller, parse_qs(body.decode()).get("Action", ["?"])[0]] += 1

    def write(self, file: Path) -> None:
        """As a JSON list of objects with `caller`, `service`, `operation` and `calls`, the most frequent first."""
        names = ("caller", "service", "operation")
        counted = [dict(zip(names, of, strict=True)) | {"calls": calls} for of, calls in self._counts.most_common()]
        file.write_text(json.dumps(counted, indent=2), encoding="utf-8")


def _operation(service: str, scope: Mapping[str, Any], headers: Mapping[str, str]) -> str:
    """Of a JSON protocol it stands in a header; of S3's it is made of method, path and query.

    Of other REST services it is no more than the method.
    """
    if "x-amz-target" in headers:
        return headers["x-amz-target"].rpartition(".")[2]
    method: str = scope["method"]
    if service != "s3":
        return method
    what = "Object" if "/" in scope["path"].strip("/") else "Bucket"
    if method == "PUT" and "x-amz-copy-source" in headers:
        return "CopyObject"
    if b"list-type=2" in scope["query_string"]:
        return "ListObjectsV2"
    return f"{method.capitalize()}{what}"

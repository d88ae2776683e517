"""What every request passes and every answer carries: see `access.py`."""

from typing import Any
from urllib.parse import parse_qs

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from traindrop_cli.ui.access import SAFE_METHODS, Access

# No script or style in the page, none of another host, no frame around it.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types server"
)
_HEADERS = {
    "Content-Security-Policy": POLICY,
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}


class Guard:
    """The application behind the check of `access`."""

    def __init__(self, app: ASGIApp, access: Access) -> None:
        self._app, self._access = app, access

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":
            return  # a WebSocket: never accepted
        answer = self._answer(scope)
        await (answer or self._app)(scope, receive, _with_headers(send))

    def _answer(self, scope: Scope) -> Response | None:
        """The refusal, or the cookie for the token; None where the application answers."""
        method, headers = scope["method"], Headers(scope=scope)
        given = parse_qs(scope["query_string"].decode("latin-1")).get("token", [""])[0]
        with_token = method in SAFE_METHODS and self._access.is_token(given)
        why = self._access.refusal(method, headers, with_token=with_token)
        if why is not None:
            return PlainTextResponse(f"{why}\n", 403)
        if not with_token:
            return None
        # The token leaves the address: it would stay in the history and on pictures of the screen.
        found = RedirectResponse(scope["path"], 303)
        found.set_cookie(self._access.cookie, self._access.token, httponly=True, samesite="strict")
        return found


def _with_headers(send: Send) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=_raw(message))
            for name, value in _HEADERS.items():
                headers.setdefault(name, value)
        await send(message)

    return sending


def _raw(message: Message) -> Any:
    message.setdefault("headers", [])
    message["headers"] = list(message["headers"])
    return message

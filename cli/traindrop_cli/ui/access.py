"""Who may ask the page: a browser on this machine that was given the link, and no page of another site in it. Pure."""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass

from starlette.requests import cookie_parser

SAFE_METHODS = frozenset({"GET", "HEAD"})
LOOPBACK = "127.0.0.1"


@dataclass(frozen=True)
class Access:
    """`port` of the loopback that is listened to; `token`: the secret of the link."""

    port: int
    token: str

    @property
    def link(self) -> str:
        return f"http://{LOOPBACK}:{self.port}/?token={self.token}"

    @property
    def cookie(self) -> str:
        """Its name. Cookies know no ports: two pages of two stacks would take each other's."""
        return f"traindrop-{self.port}"

    def is_token(self, given: str) -> bool:
        return hmac.compare_digest(given.encode(), self.token.encode())

    def refusal(self, method: str, headers: Mapping[str, str], *, with_token: bool = False) -> str | None:
        """Why a request is refused, in one sentence; None where it may be answered.

        `headers` by their names in lower case; `with_token`: it is the link itself, which needs no cookie.
        The host is looked at because a foreign name may be made to mean 127.0.0.1 (DNS rebinding); origin and
        Sec-Fetch-Site because a cookie goes along to every port of a host, and SameSite knows no ports either.
        https://cheatsheetseries.owasp.org/cheatsheets/Cross-Site_Request_Forgery_Prevention_Cheat_Sheet.html
        """
        host = headers.get("host", "")
        if host not in {f"{LOOPBACK}:{self.port}", f"localhost:{self.port}"}:
            return f"Refused: this page answers at {LOOPBACK}:{self.port} only, and was asked for by another name."
        if not with_token and not self._holds_cookie(headers.get("cookie", "")):
            return "Refused: the token is missing or old; open the link that `traindrop ui` printed when it started."
        if not _is_own(method, headers, f"http://{host}"):
            return "Refused: the request comes from another site."
        return None

    def _holds_cookie(self, header: str) -> bool:
        # http.cookies stops at the first odd cookie, and other programs of this machine have such.
        return self.is_token(cookie_parser(header).get(self.cookie, ""))


def _is_own(method: str, headers: Mapping[str, str], origin: str) -> bool:
    """A link from elsewhere may be followed to a page; all else has to come from a page of ours.

    A form of a page with no-referrer says `Origin: null` (https://fetch.spec.whatwg.org/#append-a-request-origin-header),
    then only Sec-Fetch-Site tells whose it is.
    """
    site, source = headers.get("sec-fetch-site"), headers.get("origin")
    if method in SAFE_METHODS:
        opens = headers.get("sec-fetch-mode") == "navigate" and headers.get("sec-fetch-dest") == "document"
        return site in {None, "none", "same-origin"} or opens
    if site is None:
        return source == origin
    return site == "same-origin" and source in {None, "null", origin}

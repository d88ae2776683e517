"""Which requests the page answers, by their headers."""

import pytest

from traindrop_cli.errors import CommandError
from traindrop_cli.ui.access import Access
from traindrop_cli.ui.server import token_of

ACCESS = Access(4988, "0123456789abcdefghij")
OWN = {"host": "127.0.0.1:4988", "cookie": "other=1; traindrop-4988=0123456789abcdefghij"}


@pytest.mark.parametrize("host", ["127.0.0.1:4988", "localhost:4988"])
def test_a_page_is_opened_by_who_holds_the_cookie(host: str) -> None:
    assert ACCESS.refusal("GET", OWN | {"host": host}) is None


def test_cookies_of_other_programs_on_this_machine_are_passed_over() -> None:
    others = 'j={"a": "b"}; broken; x=a\\,b; ' + OWN["cookie"] + "; last"
    assert ACCESS.refusal("GET", OWN | {"cookie": others}) is None


@pytest.mark.parametrize("host", ["", "127.0.0.1", "127.0.0.1:80", "evil.example:4988", "127.0.0.1:4988.evil.example"])
def test_another_name_is_refused_even_with_the_cookie(host: str) -> None:
    assert "by another name" in str(ACCESS.refusal("GET", OWN | {"host": host}))


@pytest.mark.parametrize(
    "cookie",
    ["", "traindrop-4988=", "traindrop-4988=0123456789abcdefghi", "traindrop-1=0123456789abcdefghij", "\x00=;"],
)
def test_without_its_own_cookie_a_request_is_refused(cookie: str) -> None:
    assert "the token is missing or old" in str(ACCESS.refusal("GET", OWN | {"cookie": cookie}))


@pytest.mark.parametrize(
    ("headers", "answered"),
    [
        ({"sec-fetch-site": "same-origin", "origin": "http://127.0.0.1:4988"}, True),
        ({"sec-fetch-site": "same-origin", "origin": "null"}, True),  # a form of a page with no-referrer
        ({"sec-fetch-site": "same-origin"}, True),
        ({"origin": "http://127.0.0.1:4988"}, True),
        ({"origin": "http://127.0.0.1:4989"}, False),
        ({"origin": "null"}, False),
        ({}, False),
        ({"sec-fetch-site": "none", "origin": "http://127.0.0.1:4988"}, False),
        ({"sec-fetch-site": "same-site", "origin": "http://127.0.0.1:4988"}, False),
        ({"sec-fetch-site": "cross-site", "origin": "null"}, False),
    ],
)
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_a_change_is_made_for_a_page_of_its_own_only(method: str, headers: dict[str, str], answered: bool) -> None:
    assert (ACCESS.refusal(method, OWN | headers) is None) is answered


@pytest.mark.parametrize(
    ("mode", "destination", "answered"),
    [
        ("navigate", "document", True),
        ("navigate", "iframe", False),
        ("no-cors", "script", False),
        ("cors", "empty", False),
    ],
)
def test_from_another_site_a_page_may_be_opened_and_nothing_be_read(
    mode: str, destination: str, answered: bool
) -> None:
    headers = {"sec-fetch-site": "cross-site", "sec-fetch-mode": mode, "sec-fetch-dest": destination}
    assert (ACCESS.refusal("GET", OWN | headers) is None) is answered


def test_a_token_is_long_whoever_chose_it() -> None:
    assert len(token_of(None)) >= 43
    assert token_of(None) != token_of(None)
    assert token_of("0123456789abcdefghij") == "0123456789abcdefghij"
    for weak in ("", "short", "with spaces in it, so it is none", "x" * 201):
        with pytest.raises(CommandError, match="TRAINDROP_UI_TOKEN"):
            token_of(weak)

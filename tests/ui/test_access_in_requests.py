"""Who is refused by `traindrop ui`, told by requests of no browser."""

import re

import pytest
from tests.pipeline.pipeline import Pipeline
from tests.ui.served import TOKEN, Served, served


@pytest.mark.parametrize(
    ("headers", "said"),
    [
        ({}, "the token is missing or old"),
        ({"Cookie": "traindrop=a-token-of-tests-and-of-nothing-else"}, "the token is missing or old"),
        ({"Host": "evil.example"}, "asked for by another name"),
        ({"Host": "127.0.0.1"}, "asked for by another name"),
    ],
)
@pytest.mark.parametrize("path", ["/", "/events", "/static/page.js", "/runs/x/report", "/alive"])
def test_a_request_without_the_token_or_by_another_name_is_refused(
    at: Served, path: str, headers: dict[str, str], said: str
) -> None:
    status, text, _ = at.ask("GET", path, **headers)
    assert status == 403
    assert said in text
    assert text.count(".") == 1 or "127.0.0.1" in text


def test_the_right_token_by_another_name_is_refused_too(at: Served) -> None:
    assert at.ask("GET", f"/?token={TOKEN}", Host=f"rebound.example:{at.port}")[0] == 403
    assert at.ask("GET", "/", Host=f"rebound.example:{at.port}", Cookie=at.cookie)[0] == 403


def test_the_link_gives_a_strict_cookie_and_leaves_the_address(at: Served) -> None:
    status, _, headers = at.ask("GET", f"/?token={TOKEN}")
    assert (status, headers["location"]) == (303, "/")
    assert re.search("HttpOnly.*SameSite=strict", headers["set-cookie"])
    assert at.ask("GET", "/", Cookie=at.cookie)[0] == 200


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": "null"},
        {"Origin": "https://evil.example"},
        {"Origin": "http://127.0.0.1:1"},
        {"Sec_Fetch_Site": "cross-site"},
        {"Sec_Fetch_Site": "same-site"},
        {"Sec_Fetch_Site": "same-origin", "Origin": "https://evil.example"},
    ],
)
@pytest.mark.parametrize("path", ["/drafts", "/drafts/0/train", "/runs/x/stop", "/runs/x/rerun"])
def test_what_changes_something_is_done_for_its_own_pages_only(at: Served, path: str, headers: dict[str, str]) -> None:
    status, text, _ = at.ask("POST", path, Cookie=at.cookie, **headers)
    assert (status, text) == (403, "Refused: the request comes from another site.\n")


def test_another_site_may_not_read_or_frame_anything(at: Served) -> None:
    for place in ("cross-site", "same-site"):
        assert at.ask("GET", "/events", Cookie=at.cookie, Sec_Fetch_Site=place)[0] == 403
        framed = {"Sec_Fetch_Site": place, "Sec_Fetch_Mode": "navigate", "Sec_Fetch_Dest": "iframe"}
        assert at.ask("GET", "/", Cookie=at.cookie, **framed)[0] == 403


def test_each_answer_forbids_scripts_of_the_page_other_hosts_and_frames(at: Served) -> None:
    for path in ("/", "/static/page.js", "/nowhere"):
        _, _, headers = at.ask("GET", path, Cookie=at.cookie)
        policy = headers["content-security-policy"]
        assert {"default-src 'none'", "script-src 'self'", "frame-ancestors 'none'"} <= set(policy.split("; "))
        assert "unsafe" not in policy
        assert (headers["referrer-policy"], headers["cache-control"]) == ("no-referrer", "no-store")


def test_a_token_is_random_and_a_weak_one_is_refused(deployed: Pipeline) -> None:
    process = deployed.start("ui", "--no-open")
    assert process.stdout
    link = process.stdout.readline()
    process.terminate()
    process.communicate(timeout=20)
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+/\?token=[\w-]{43}\n", link)
    with (
        pytest.raises(AssertionError, match="TRAINDROP_UI_TOKEN has to be 20 to 200 letters"),
        served(
            deployed,
            token="short",  # noqa: S106 - of tests
        ),
    ):
        pass


def test_it_listens_on_the_loopback_only_says_where_a_port_is_taken_and_ends_cleanly(
    at: Served, deployed: Pipeline
) -> None:
    with pytest.raises(AssertionError, match="Choose another with --port"), served(deployed, "--port", at.port):
        pass
    with served(deployed) as other:
        assert other.port != at.port
        assert other.end() == 0

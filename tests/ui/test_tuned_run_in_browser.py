"""The page of a run that tunes, in Chromium. Its trials are made up: what trains them is tested elsewhere."""

import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect
from tests.builders import stored
from tests.functional.conftest import BUCKET, TABLE, Account, account
from tests.report.browser import CHROMIUM
from tests.tuned_runs import BEGAN, NAME, SOME, Trials, a_trial, a_tuned_run, trials
from tests.ui.in_process import served_here
from tests.ui.served import PATIENCE
from tests.waiting import wait_for

from traindrop.run import Status
from traindrop_cli.stack import Stack

__all__ = ["account", "trials"]  # fixtures

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed (apt-get install chromium)")

PHONE: ViewportSize = {"width": 360, "height": 780}
OVER = BEGAN + timedelta(seconds=30)
STANDING = "4 of 6 trials have ended (1 failed, 1 stopped early), 2 are running"
HOSTILE = "<img src=x onerror=alert(1)>"
# A folder for pictures to be looked at.
SCREENSHOTS = os.environ.get("TRAINDROP_PICTURES")


@pytest.fixture
def page(chromium: Browser, account: Account, trials: Trials, tmp_path: Path) -> Iterator[Page]:
    """That of a run whose search goes on: four of six trials have ended. Nothing is complained about."""
    del trials
    stored(account.ledger, a_tuned_run(uploaded_at=BEGAN - timedelta(seconds=8), bucket=BUCKET))
    complaints: list[str] = []
    with served_here(Stack("traindrop", BUCKET, TABLE, "http://localhost"), tmp_path) as link:
        context = chromium.new_context(viewport={"width": 1120, "height": 900}, reduced_motion="reduce")
        found = context.new_page()
        found.set_default_timeout(PATIENCE)
        found.on("console", lambda message: complaints.append(message.text))
        found.on("pageerror", lambda error: complaints.append(str(error)))
        found.on("dialog", lambda dialog: complaints.append(dialog.message))
        found.goto(link)
        found.goto(f"{link.partition('?')[0]}runs/{NAME}")
        yield found
        context.close()
    assert complaints == []


def first_cells(page: Page) -> list[str]:
    return page.locator("#trials .trials tbody th").all_inner_texts()


def picture(page: Page, name: str) -> None:
    if SCREENSHOTS:
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            page.wait_for_timeout(100)
            page.screenshot(path=Path(SCREENSHOTS) / f"{name}-{scheme}.png", full_page=True)
        page.emulate_media(color_scheme="light")


def test_the_trials_are_there_best_first_and_go_on_by_themselves_to_the_end(
    page: Page, account: Account, trials: Trials
) -> None:
    expect(page.locator("#standing")).to_contain_text(STANDING)
    assert [cell.split() for cell in first_cells(page)] == [
        ["2", "best"], ["0", "defaults"], ["1"], ["3"], ["4"], ["5"], ["6"],
    ]  # fmt: skip
    best = page.locator(".trials tbody tr").first
    expect(best).to_contain_text("0.02469")
    expect(best).to_contain_text("0.9123")
    expect(best).to_contain_text("$0.000086")
    expect(page.locator("#best-value")).to_have_text("0.9123")
    expect(page.locator("#plot-trials svg .series:not(.reference) circle")).to_have_count(3)
    expect(page.locator(".trials tr", has_text="failed")).to_contain_text("AlgorithmError: it broke down")
    picture(page, "tuning")
    trials.now = (*SOME[:5], a_trial(5, 0.95), SOME[6])
    expect(page.locator("#best-value")).to_have_text("0.9500")
    expect(page.locator("#said")).to_contain_text("Best so far: validation:auc 0.9500 by trial 5")
    expect(page.locator("#plot-trials svg .series:not(.reference) circle")).to_have_count(4)
    trials.now = (*SOME[:5], a_trial(5, 0.95), a_trial(6, 0.9))
    assert account.ledger.advance(
        NAME, Status.COMPLETED, OVER, training_started_at=BEGAN, training_ended_at=OVER, billable_seconds=21,
        best_trial=SOME[5].job, trials_with_value=4,
    )  # fmt: skip
    ended: Any = {"metrics": {"auc": 0.93}, "main_metric": "auc", "test_rows": 40}
    assert account.ledger.advance(NAME, Status.EVALUATED, OVER, evaluated_at=OVER, ended_at=OVER, **ended)
    account.ledger.record_message(NAME, OVER)
    expect(page.locator("#status")).to_have_text("Evaluated")
    expect(page.locator("#standing")).to_contain_text("6 of 6 trials have ended")
    expect(page.get_by_role("heading", name="Best: trial 5")).to_be_visible()
    expect(page.locator("#steps")).to_contain_text("4 trials with a value")
    picture(page, "tuned")


def test_before_the_first_trial_begins_it_says_what_is_to_come(page: Page, trials: Trials) -> None:
    trials.now = ()
    page.reload()
    expect(page.locator("#standing")).to_have_text("6 trials and the defaults; none has begun")
    expect(page.locator("#trials table")).to_have_count(0)


def test_the_table_is_reached_and_scrolled_by_keyboard_and_has_a_name(page: Page) -> None:
    page.set_viewport_size(PHONE)
    table = page.locator(".scroll", has=page.locator("table", has_text="defaults"))
    expect(table).to_have_accessible_name("Trials, the best first")
    expect(table).to_have_role("region")
    for _ in range(40):
        page.keyboard.press("Tab")
        if table.evaluate("each => each === document.activeElement"):
            break
    assert table.evaluate("each => getComputedStyle(each).outlineStyle") == "solid"
    page.keyboard.press("ArrowRight")
    assert wait_for(lambda: table.evaluate("each => each.scrollLeft")) > 0
    assert page.locator("#trials th:not([scope])").count() == 0
    assert page.locator("#trials svg").get_attribute("aria-label") == (
        "validation:auc of each trial, and the best so far"
    )


def test_nothing_is_wider_than_a_phone_and_text_can_be_read_in_light_and_dark(page: Page) -> None:
    page.set_viewport_size(PHONE)
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
        assert page.evaluate((Path(__file__).parent / "contrast.js").read_text("utf-8")) == []
    picture(page, "tuning-phone")


def test_what_a_script_calls_its_settings_is_text(page: Page, trials: Trials) -> None:
    trials.now = (
        a_trial(0, 0.5, hyperparameters={HOSTILE: HOSTILE}),
        a_trial(1, 0.4, hyperparameters={HOSTILE: f"{HOSTILE}\u202e"}),
        a_trial(2, status="failed", reason=HOSTILE),
    )
    page.reload()
    expect(page.locator(".trials thead")).to_contain_text(HOSTILE)
    expect(page.locator(".trials tbody")).to_contain_text(HOSTILE)
    assert page.locator("#main img, [onerror]").count() == 0
    assert "\u202e" not in page.content()


def test_before_a_stop_it_is_said_what_is_kept(page: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    from traindrop import training_jobs

    monkeypatch.setattr(training_jobs, "tag", lambda *_: "research")
    page.get_by_role("link", name="Stop …").click()
    expect(page.locator("dl")).to_contain_text(STANDING)
    expect(page.locator("#main")).to_contain_text("Trials that have ended are kept, and the best of them is evaluated")

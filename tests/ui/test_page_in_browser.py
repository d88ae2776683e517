"""`traindrop ui` in Chromium, on a local AWS that really trains."""

import os
import re
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, FloatRect, Page, ViewportSize, expect
from tests.conftest import ROOT
from tests.pipeline.pipeline import ENDLESS, ONLY_ONE, Pipeline, labelled
from tests.report.browser import CHROMIUM
from tests.ui.foreign_site import foreign_site
from tests.ui.served import (
    Served,
    Watched,
    choose,
    drag,
    name_dataset,
    served,
    set_more,
    status,
    train,
    watched,
)

from traindrop.ledger import Ledger
from traindrop_cli.commands.demo import write_breast_cancer

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed (apt-get install chromium)")

PHONE: ViewportSize = {"width": 360, "height": 780}
DESKTOP: ViewportSize = {"width": 1120, "height": 800}
FLOWERS = labelled().decode()
FEW_ROUNDS = "hyperparameters: {num_round: 5}"
LONG = f"hyperparameters: {{num_round: {ENDLESS['num_round']}}}"
HOSTILE = "<img src=x onerror=alert(1)>"
SCREENSHOTS = os.environ.get("TRAINDROP_SCREENSHOTS") == "1"


@pytest.fixture
def context(chromium: Browser) -> Iterator[BrowserContext]:
    found = chromium.new_context(viewport=DESKTOP, reduced_motion="reduce")
    yield found
    found.close()


@pytest.fixture
def tab(context: BrowserContext, at: Served) -> Iterator[Watched]:
    """A tab that shows the list. Whatever the test does, nothing is complained about, and no other host asked."""
    found = watched(context, at)
    yield found
    # That an answer was a refusal is what some tests are about.
    assert [text for text in found.complaints if "the server responded with a status of 4" not in text] == []
    assert [address for address in found.asked if not address.startswith((f"{at.origin}/", "data:"))] == []


@pytest.fixture
def page(tab: Watched) -> Page:
    return tab.page


def picture(page: Page, name: str, height: int) -> None:
    """For the README, in light and dark; of the upper `height` pixels."""
    if not SCREENSHOTS:
        return
    folder = ROOT / "docs" / "images"
    folder.mkdir(exist_ok=True)
    size = page.viewport_size or DESKTOP
    clip: FloatRect = {"x": 0, "y": 0, "width": size["width"], "height": height}
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        page.wait_for_timeout(100)
        page.screenshot(path=folder / f"ui-{name}-{scheme}.png", full_page=True, clip=clip)
    page.emulate_media(color_scheme="light")


def test_a_dragged_file_is_looked_at_planned_trained_and_reported(
    page: Page, pipeline: Pipeline, tmp_path: Path, at: Served
) -> None:
    train_csv, test_csv = write_breast_cancer(tmp_path)
    drag(page, "breast-cancer.csv", train_csv.read_text("utf-8"))
    page.wait_for_url("**/drafts/*")
    expect(page.locator("#columns tbody tr")).to_have_count(31)
    expect(page.locator("#target")).to_have_value("30")  # the last one, as init would offer
    expect(page.locator("#plan")).to_contain_text("target diagnosis, binary")
    expect(page.locator("#plan")).to_contain_text("cost")
    page.locator("#columns").get_by_role("checkbox", name="leave out mean radius").check()
    expect(page.locator("#columns tbody tr").first).to_contain_text("left out (drop)")
    drag(page, "held-out.csv", test_csv.read_text("utf-8"), zone="#test")
    expect(page.locator("#test")).to_contain_text("held-out.csv")
    expect(page.get_by_role("checkbox", name="leave out mean radius")).to_be_checked()
    picture(page, "plan", 1000)
    name = train(page)
    status(page, "Evaluated")
    run = Ledger(pipeline.stack.table).stored(name)
    expect(page.locator("#value")).to_have_text(f"{run.metrics['auc']:.3f}")
    expect(page.locator("#steps li").last).to_contain_text("notified")
    expect(page.locator("#log")).to_contain_text("[99] train-")
    assert page.locator("#curve svg .series path.line").count() == 4
    expect(page.frame_locator("iframe").locator("#result")).to_contain_text(f"{run.metrics['auc']:.3f}")
    expect(page.locator(".message")).to_contain_text(name)
    picture(page, "run", 1270)
    with page.expect_popup() as opened:
        page.get_by_role("link", name="Open the report").click()
    expect(opened.value.locator("h1")).to_have_text("breast-cancer")
    opened.value.close()
    page.goto(at.origin)
    expect(page.get_by_role("row", name="breast-cancer")).to_contain_text("Evaluated")


def test_training_once_more_is_asked_about_and_the_champions_are_drawn_over_time(
    page: Page, pipeline: Pipeline, at: Served, tmp_path: Path
) -> None:
    train_csv, test_csv = write_breast_cancer(tmp_path)
    pipeline.put("datasets/tumours/test/test.csv", test_csv.read_bytes())
    for number, rounds in enumerate((1, 60), start=1):
        few = {"num_round": rounds, "max_depth": 1}
        pipeline.drop("tumours", train_csv.read_bytes() + b"\n" * number, target="diagnosis", hyperparameters=few)
        first = pipeline.told("tumours", runs=number)[0]
    page.goto(f"{at.origin}/runs/{first.run}")
    page.get_by_role("link", name="Train once more …").click()
    expect(page.locator("dl")).to_contain_text("tumours (data.csv)")
    page.get_by_role("button", name="Train once more").click()
    page.wait_for_url(re.compile(r"/runs/[^/]+$"))
    expect(page.locator("h1")).to_have_text("tumours")
    status(page, "Evaluated")
    page.locator("h1 a").click()
    expect(page.locator("#champions svg")).to_be_visible()
    # The changed training.yaml, an upload of its own, may have trained the first file again.
    expect(page.locator("#board tbody tr").nth(2)).to_be_visible()
    tested = page.locator("#board tbody tr").count()
    expect(page.locator("#champions .series:not(.reference) circle")).to_have_count(tested)
    champion = Ledger(pipeline.stack.table).champion("tumours")
    expect(page.get_by_role("row", name="champion")).to_contain_text(champion or "none")
    picture(page, "champions", 900)


def test_a_file_chosen_by_the_button_that_cannot_be_trained_on_says_what_to_do_and_uploads_nothing(
    page: Page, pipeline: Pipeline, tmp_path: Path
) -> None:
    (tmp_path / "ragged.csv").write_text("a,b,label\n1,2,x\n1,2\n", "utf-8")
    choose(page, tmp_path / "ragged.csv")
    expect(page.locator("#rejected")).to_contain_text("ragged.csv: line 3")
    expect(page.get_by_role("button", name="Train", exact=True)).to_have_count(0)
    assert pipeline.runs("ragged") == []
    assert pipeline.read("datasets/ragged/train/ragged.csv") is None


def test_a_target_that_cannot_be_learned_is_told_in_the_plan_until_another_one_is_chosen(page: Page) -> None:
    rows = "".join(f"{n % 7}.5,{n % 3},same\n" for n in range(40))
    drag(page, "constant.csv", f"size,kind,name\n{rows}")
    expect(page.locator("#rejected")).to_contain_text("name")
    expect(page.get_by_role("button", name="Train", exact=True)).to_be_disabled()
    page.locator("#target").select_option(label="kind")
    expect(page.locator("#plan")).to_contain_text("target kind")
    expect(page.get_by_role("button", name="Train", exact=True)).to_be_enabled()


@pytest.mark.parametrize(("name", "said"), [("table.xlsx", "does not end in .csv"), ("x" * 300 + ".csv", "Rename it")])
def test_a_file_that_is_no_csv_is_refused_where_it_was_dropped(page: Page, name: str, said: str) -> None:
    drag(page, name, FLOWERS)
    expect(page.locator("#zone [data-fault]")).to_contain_text(said)


def test_what_waits_has_its_place_a_run_is_stopped_after_a_question_and_two_tabs_agree(
    page: Page, context: BrowserContext, at: Served, pipeline: Pipeline
) -> None:
    runs = []
    for dataset in ("first", "second"):
        page.goto(at.origin)
        drag(page, f"{dataset}.csv", FLOWERS)
        page.wait_for_url("**/drafts/*")
        set_more(page, LONG)
        with page.expect_response("**/plan"):
            page.locator("#instance_type").fill(ONLY_ONE)
            page.locator("#instance_type").blur()
        runs.append(train(page))
    other = watched(context, at).page
    expect(other.locator("#line")).to_contain_text("1st in line for " + ONLY_ONE)
    expect(page.locator("#steps .now")).to_contain_text("1st in line for " + ONLY_ONE)
    picture(other, "runs", 640)
    page.goto(f"{at.origin}/runs/{runs[0]}")
    expect(page.locator("#curve svg").first).to_be_visible()  # while it trains
    page.get_by_role("link", name="Stop …").click()
    expect(page.locator("dl")).to_contain_text("first (first.csv)")
    expect(page.locator("dl")).to_contain_text("owner")
    page.get_by_role("link", name="Let it go on").click()
    assert Ledger(pipeline.stack.table).stored(runs[0]).stop_requested_by is None
    for run in runs:
        page.goto(f"{at.origin}/runs/{run}")
        page.get_by_role("link", name="Stop …").click()
        page.get_by_role("button", name="Stop it").click()
        status(page, "Stopped")
    for dataset in ("first", "second"):
        expect(other.get_by_role("row", name=dataset)).to_contain_text("Stopped")
    expect(other.locator("#line li")).to_have_count(0)


def test_the_list_is_filtered_by_dataset_and_status(page: Page, pipeline: Pipeline, at: Served) -> None:
    pipeline.drop("empty", b"a,label\n", target="label")
    pipeline.told("empty")
    page.goto(at.origin)
    page.get_by_label("Status").select_option("Rejected")
    page.wait_for_url("**status=Rejected")
    expect(page.locator("#runs .status").first).to_have_text("Rejected")
    assert set(page.locator("#runs .status").all_inner_texts()) == {"Rejected"}
    page.get_by_label("Dataset").select_option("empty")
    page.wait_for_url("**dataset=empty**")
    expect(page.locator("#runs tbody tr")).to_have_count(1)
    page.get_by_role("link", name="empty").click()
    expect(page.locator(".message")).to_contain_text("no rows")


def test_names_out_of_a_file_are_text_on_every_page(page: Page, at: Served) -> None:
    columns = [f"{HOSTILE}a", "</script><script>alert(2)</script>", '" onfocus=alert(3) autofocus x="', "kind\u202e"]
    header = ",".join('"' + name.replace('"', '""') + '"' for name in columns)
    rows = "".join(f"{n},{n % 5},{HOSTILE},{'<b>x</b>' if n % 3 else '<i>y</i>'}\n" for n in range(60))
    drag(page, f"{HOSTILE}.csv", f"{header}\n{rows}")
    page.wait_for_url("**/drafts/*")
    expect(page.locator("h1")).to_have_text(f"{HOSTILE}.csv")
    expect(page.locator("#columns tbody th").first).to_have_text(columns[0])
    name_dataset(page, f"h{HOSTILE}")
    set_more(page, FEW_ROUNDS)
    train(page)
    status(page, "Evaluated")
    expect(page.locator("h1")).to_have_text(f"h{HOSTILE}")
    for address in ("", f"/datasets/h{HOSTILE.replace('=', '%3D')}"):
        page.goto(f"{at.origin}{address}")
        expect(page.locator("#main")).to_contain_text(HOSTILE)
    assert page.locator("#main img, #main script, #main b, [onerror], [onfocus]").count() == 0
    assert "\u202e" not in page.content()


def test_a_connection_that_is_lost_is_told_and_goes_on_by_itself(
    context: BrowserContext, deployed: Pipeline, pipeline: Pipeline
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with served(deployed, "--port", port) as before:
        page = watched(context, before).page
        expect(page.locator("#lost")).to_be_hidden()
        before.end()
    expect(page.locator("#lost")).to_contain_text("connection to traindrop ui is lost")
    pipeline.drop("meanwhile", b"a,label\n", target="label")
    with served(deployed, "--port", port, "--max-size", 1) as again:
        expect(page.get_by_role("row", name="meanwhile")).to_contain_text("Rejected")
        expect(page.locator("#lost")).to_be_hidden()
        drag(page, "large.csv", FLOWERS + "1.5,2,rose\n" * 100_000)
        expect(page.locator("#zone [data-fault]")).to_contain_text("larger than 1.0 MB")
        again.end()
    with served(deployed, "--port", port, token="another-token-than-before"):  # noqa: S106 - of tests
        expect(page.locator("#lost")).to_contain_text("open the link that it printed")


def test_a_run_that_is_not_there_is_told_on_a_page_of_its_own(page: Page, at: Served) -> None:
    answered = page.goto(f"{at.origin}/runs/traindrop-none-0123456789ab")
    assert answered
    assert answered.status == 400
    expect(page.get_by_role("alert").last).to_contain_text("There is no run traindrop-none-0123456789ab")


def test_another_site_can_neither_ask_for_anything_nor_frame_the_page(
    context: BrowserContext, at: Served, pipeline: Pipeline
) -> None:
    watched(context, at)
    pipeline.drop("prey", labelled(), target="label", hyperparameters=ENDLESS, instance_type="ml.m5.large")
    run = pipeline.in_training("prey")
    with foreign_site(at.origin, run.run) as address:
        attacker = context.new_page()
        attacker.goto(address)
        expect(attacker.locator("#fetched")).to_have_text("refused")
        for frame in ("#form-answer", "#framed"):  # Chromium does not even show the refusal in a frame
            expect(attacker.frame_locator(frame).locator("body")).to_contain_text("refused")
    assert Ledger(pipeline.stack.table).stored(run.run).stop_requested_by is None
    pipeline.traindrop("stop", run.run, "--yes")


def test_all_can_be_done_with_the_keyboard(page: Page, tmp_path: Path) -> None:
    def focused() -> str:
        found: str = page.evaluate("document.activeElement.id || document.activeElement.textContent.trim()")
        return found

    def tab_to(wanted: str, most: int = 60) -> None:
        for _ in range(most):
            page.keyboard.press("Tab")
            if focused() == wanted:
                return
        raise AssertionError(f"{wanted} is not reached by Tab")

    page.keyboard.press("Tab")
    assert focused() == "Skip to the content"
    assert page.evaluate("document.activeElement.getBoundingClientRect().top") >= 0
    page.keyboard.press("Enter")
    page.wait_for_function("document.activeElement.id == 'main'")
    tab_to("Choose a file")
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    (tmp_path / "keys.csv").write_text(FLOWERS, "utf-8")
    with page.expect_file_chooser() as chooser:
        page.keyboard.press("Enter")
    chooser.value.set_files(tmp_path / "keys.csv")
    page.wait_for_url("**/drafts/*")
    tab_to("target")
    with page.expect_response("**/plan"):
        page.keyboard.press("ArrowUp")
    expect(page.locator("#plan")).to_contain_text("target width")
    with page.expect_response("**/plan"):
        page.keyboard.press("ArrowDown")
    expect(page.locator("#plan")).to_contain_text("target label")
    tab_to("train")
    page.keyboard.press("Enter")
    page.wait_for_url("**/runs/*")
    status(page, "Evaluated")


def test_nothing_is_wider_than_a_phone_and_text_can_be_read_in_light_and_dark(
    page: Page, pipeline: Pipeline, at: Served
) -> None:
    pipeline.drop("phone-with-a-rather-long-name-of-a-dataset", labelled(), target="label")
    (run,) = pipeline.told("phone-with-a-rather-long-name-of-a-dataset")
    page.set_viewport_size(PHONE)
    page.goto(at.origin)
    drag(page, "phone.csv", FLOWERS)
    page.wait_for_url("**/drafts/*")
    addresses = [page.url, at.origin, f"{at.origin}/runs/{run.run}", f"{at.origin}/runs/{run.run}/rerun",
                 f"{at.origin}/datasets/{run.dataset}", f"{at.origin}/nowhere"]  # fmt: skip
    for scheme, background in (("light", "rgb(246, 247, 249)"), ("dark", "rgb(17, 22, 28)")):
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        for address in addresses:
            page.goto(address)
            assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"], address
            assert page.evaluate("getComputedStyle(document.body).backgroundColor") == background
            assert hard_to_read(page) == [], address
    page.goto(addresses[2])
    picture(page, "phone", PHONE["height"])


def hard_to_read(page: Page) -> list[str]:
    """Texts whose contrast with what lies behind them is below 4.5 (WCAG 2.2, 1.4.3)."""
    found: list[str] = page.evaluate((Path(__file__).parent / "contrast.js").read_text("utf-8"))
    return found


def test_every_control_has_a_name_and_every_page_its_landmarks(page: Page, at: Served) -> None:
    drag(page, "names.csv", FLOWERS)
    page.wait_for_url("**/drafts/*")
    for address in (page.url, at.origin):
        page.goto(address)
        assert page.locator("main").count() == page.locator("nav").count() == page.locator("h1").count() == 1
        unnamed = page.evaluate(
            """[...document.querySelectorAll('button, a, input, select, textarea, iframe, [role=region]')].filter(e =>
              !(e.textContent.trim() || e.title || e.ariaLabel || e.labels?.length ||
                document.getElementById(e.getAttribute('aria-labelledby')))).map(e => e.outerHTML)"""
        )
        assert unnamed == []


def test_the_same_file_dropped_again_leads_to_the_run_that_has_the_answer(page: Page, at: Served) -> None:
    names = []
    for _ in range(2):
        page.goto(at.origin)
        drag(page, "again.csv", FLOWERS)
        page.wait_for_url("**/drafts/*")
        names.append(train(page))
        expect(page.locator("#status")).to_have_text("Evaluated" if len(names) == 1 else "Repeated")
    page.get_by_role("link", name=names[0]).click()
    status(page, "Evaluated")

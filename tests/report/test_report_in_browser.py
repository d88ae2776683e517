"""report.html as Chromium shows it: offline, light and dark, on a phone, on paper, and with names that attack it."""

from collections.abc import Callable, Iterator
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from tests.conftest import TITANIC
from tests.report.browser import CHROMIUM, DESKTOP, PHONE, Browser, Page, browser
from tests.report.evaluated import HOSTILE, REQUEST, evaluated, told, tuned

from traindrop.report import report

pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed (apt-get install chromium)"),
    pytest.mark.xdist_group("browser"),
]

Report = Callable[[str], Path]
OF_CLASSES = {"roc", "precision-recall", "calibration", "scores", "gain", "permutation", "learning-0"}
PLOTS = {
    "breast-cancer": OF_CLASSES,
    "digits": OF_CLASSES,
    "hostile": OF_CLASSES,
    "tuned": OF_CLASSES | {"best-so-far", "importance-of-settings", "parallel"},
    "diabetes": {"predicted", "residuals", "residuals-by-prediction", "gain", "permutation", "learning-0"},
}
# Of each plot: how many lines, dots and bars it has that can be seen, and how large they are together.
MARKS = """
Object.fromEntries([...document.querySelectorAll('figure.plot')].map(figure => {
  const marks = [...figure.querySelectorAll('.series:not(.reference) :is(path.line, circle, rect), polyline.trial')];
  const seen = marks.filter(mark => {
    const style = getComputedStyle(mark);
    const colour = mark.matches('path, polyline') ? style.stroke : style.fill;
    const paper = getComputedStyle(figure).backgroundColor;
    return style.visibility == 'visible' && colour != 'none' && colour != paper;
  });
  const size = seen.map(mark => mark.getBoundingClientRect()).reduce((sum, box) => sum + box.width + box.height, 0);
  return [figure.id.replace('plot-', ''), {seen: seen.length, size}];
}))
"""


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with browser() as found:
        yield found


@pytest.fixture
def page(chromium: Browser) -> Page:
    return chromium.page()


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Report:
    """The report of a data set, trained once."""

    @cache
    def of(dataset: str) -> Path:
        folder = tmp_path_factory.mktemp(dataset)
        found = tuned(folder) if dataset == "tuned" else evaluated(dataset, folder)
        path = folder / "report.html"
        path.write_text(report(told(found.evaluation), found.run, REQUEST), encoding="utf-8")
        return path

    return of


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("dataset", PLOTS)
def test_each_plot_is_there_and_not_empty_without_a_complaint_or_a_request(
    page: Page, written: Report, dataset: str, dark: bool
) -> None:
    address = written(dataset).as_uri()
    page.open(address, dark=dark)
    found = page.evaluate(MARKS)
    assert found.keys() >= PLOTS[dataset]
    assert {name: marks for name, marks in found.items() if marks["seen"] < 1 or marks["size"] < 50} == {}
    assert (page.complaints, page.asked) == ([], [address])


@pytest.mark.parametrize("dataset", PLOTS)
@pytest.mark.parametrize("width", [PHONE, DESKTOP])
def test_nothing_is_wider_than_the_screen_and_no_plot_has_text_too_small_to_read(
    page: Page, written: Report, dataset: str, width: int
) -> None:
    page.open(written(dataset).as_uri(), width=width)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    sizes = "[...document.querySelectorAll('svg text')].map(text => text.getBoundingClientRect().height)"
    assert min(height for height in page.evaluate(sizes) if height) > 9


def contrast(page: Page, selector: str) -> float:
    """Of an element's text on its section, by WCAG 2.2."""
    colours = page.evaluate(
        f"(e => [getComputedStyle(e).color, getComputedStyle(e.closest('section, figure, body')).backgroundColor])"
        f"(document.querySelector({selector!r}))"
    )
    light = []
    for colour in colours:
        parts = [int(part) / 255 for part in colour.removeprefix("rgb(").removesuffix(")").split(",")]
        red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
        light.append(0.2126 * red + 0.7152 * green + 0.0722 * blue)
    return (max(light) + 0.05) / (min(light) + 0.05)


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_text_can_be_read_on_its_background(page: Page, written: Report, dark: bool) -> None:
    page.open(written("breast-cancer").as_uri(), dark=dark)
    background = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (background == "rgb(17, 22, 28)") is dark
    assert {
        name: contrast(page, name) for name in ("h1", ".note", "td", "dt", ".faint") if contrast(page, name) < 4.5
    } == {}


@pytest.mark.parametrize("dataset", ["hostile", "tuned"])
def test_names_out_of_the_data_are_text_and_no_markup(page: Page, written: Report, dataset: str) -> None:
    page.open(written(dataset).as_uri())
    assert page.evaluate("document.querySelectorAll('script, img, iframe, object, embed, form, a').length") == 0
    assert page.evaluate("document.querySelector('h1').textContent") == HOSTILE
    text = page.evaluate("document.body.textContent")
    assert f"yes{HOSTILE}" in text
    assert "\u202e" not in text
    assert page.complaints == []


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_the_best_trial_and_the_defaults_stand_out_among_all(page: Page, written: Report, dark: bool) -> None:
    page.open(written("tuned").as_uri(), dark=dark)
    assert "cannot be told" in page.evaluate("document.querySelector('#tuning p').textContent")
    strokes = "Object.fromEntries(['best', 'defaults', 'poor'].map(kind => [kind, getComputedStyle(document."
    found = page.evaluate(f"{strokes}querySelector(`polyline.${{kind}}`)).stroke]))")
    assert len(set(found.values())) == 3
    rows = page.evaluate("document.querySelectorAll('#trial-table tbody tr').length")
    assert 25 <= rows <= 26
    assert "more trials are in evaluation.json" in page.evaluate("document.querySelector('#trial-table').innerText")


def test_verdict_warnings_and_columns_are_shown_where_the_evaluation_has_them(page: Page, written: Report) -> None:
    page.open(written("diabetes").as_uri())
    text = {name: page.evaluate(f"document.querySelector('#{name}').innerText") for name in ("verdict", "warnings")}
    assert f"No difference from {HOSTILE}" in text["verdict"]
    assert f"Age{HOSTILE}: Older in the test rows." in text["warnings"]
    rows = page.evaluate("[...document.querySelectorAll('#columns tbody tr')].map(row => row.innerText)")
    assert [row.split("\t")[0] for row in rows] == [f"Age{HOSTILE}", "Sex left out"]
    assert "28.000 (4.000 to 56.000)" in rows[0]
    assert "0.31, differs" in rows[0]
    assert "not there" in rows[1]


def test_a_script_that_got_into_the_page_all_the_same_would_not_run(
    page: Page, written: Report, tmp_path: Path
) -> None:
    smuggled = "<script>document.title = 'run'</script><img src=x onerror=\"document.title = 'run'\"></body>"
    path = tmp_path / "report.html"
    path.write_text(written("hostile").read_text("utf-8").replace("</body>", smuggled), encoding="utf-8")
    page.open(path.as_uri())
    assert page.evaluate("document.title") != "run"
    assert "Content Security Policy" in "".join(page.complaints)


def test_it_works_from_a_link_and_asks_that_host_for_nothing_else(page: Page, written: Report) -> None:
    asked = []

    class Bucket(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write(written("breast-cancer").read_bytes())

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Bucket) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        page.open(f"http://127.0.0.1:{server.server_port}/runs/r/report.html?X-Amz-Signature=0")
        server.shutdown()
    assert asked == ["/runs/r/report.html?X-Amz-Signature=0"]
    assert page.complaints == []


def test_it_is_the_same_without_a_network(page: Page, written: Report) -> None:
    page.open(written("diabetes").as_uri(), offline=True)
    assert page.evaluate(MARKS).keys() >= PLOTS["diabetes"]
    assert page.complaints == []


def test_it_prints_on_a_few_pages_in_light_colours(page: Page, written: Report) -> None:
    page.open(written("breast-cancer").as_uri(), dark=True)
    page.call("Emulation.setEmulatedMedia", media="print")
    assert page.evaluate("getComputedStyle(document.querySelector('h1')).color") == "rgb(23, 32, 43)"
    printed = page.printed()
    assert printed.startswith(b"%PDF")
    assert 2 <= printed.count(b"/Type /Page\n") + printed.count(b"/Type /Page /") <= 12


def test_the_lessons_data_gives_a_report_too(page: Page, written: Report) -> None:
    if not TITANIC.is_dir():
        pytest.skip("the data of the lesson is not here")
    page.open(written("titanic").as_uri())
    assert "179 rows" in page.evaluate("document.querySelector('.about').textContent")
    assert page.evaluate(MARKS).keys() >= OF_CLASSES

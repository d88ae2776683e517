"""`traindrop ui` as a process of its own on a local AWS, and a browser that looks at it."""

import http.client
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, Page, expect
from tests.pipeline.pipeline import Pipeline

TOKEN = "a-token-of-tests-and-of-nothing-else"  # noqa: S105 - of tests
# Training, and what a busy machine makes of it.
PATIENCE = 60_000
expect.set_options(timeout=PATIENCE)
COLUMNS = "length,width,label"


@dataclass
class Served:
    """One running page: the link that it printed."""

    link: str
    process: "subprocess.Popen[str]"

    @property
    def origin(self) -> str:
        parts = urlsplit(self.link)
        return f"{parts.scheme}://{parts.netloc}"

    @property
    def port(self) -> int:
        return urlsplit(self.link).port or 0

    @property
    def cookie(self) -> str:
        return f"traindrop-{self.port}={TOKEN}"

    def ask(self, method: str, path: str, **headers: str) -> tuple[int, str, http.client.HTTPMessage]:
        """A request of no browser: status, text and headers of the answer."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, path, headers=given)
        with connection.getresponse() as answer:
            found = answer.status, answer.read().decode(), answer.msg
        connection.close()
        return found

    def end(self) -> int:
        self.process.terminate()
        return self.process.wait(20)


@contextmanager
def served(pipeline: Pipeline, *options: object, token: str = TOKEN) -> Iterator[Served]:
    """On the stack of a pipeline; ends with the block."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    command = [str(Path(sys.executable).with_name("traindrop")), "ui", "--no-open", *map(str, options)]
    pipeline.note()
    process = subprocess.Popen(  # noqa: S603 - our own
        command, env=environment | {"TRAINDROP_HOME": str(pipeline.home), "TRAINDROP_UI_TOKEN": token},
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    assert process.stdout
    try:
        link = process.stdout.readline().strip()
        assert link.startswith("http://127.0.0.1:"), link + process.stdout.read()
        yield Served(link, process)
    finally:
        process.terminate()
        process.wait(20)
        process.stdout.close()


@dataclass
class Watched:
    """A tab whose complaints and requests are kept."""

    page: Page
    complaints: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)


def watched(context: BrowserContext, at: Served) -> Watched:
    found = Watched(context.new_page())
    found.page.set_default_timeout(PATIENCE)
    found.page.on("console", lambda message: found.complaints.append(f"{message.type}: {message.text}"))
    found.page.on("pageerror", lambda error: found.complaints.append(str(error)))
    found.page.on("dialog", lambda dialog: found.complaints.append(f"dialog: {dialog.message}"))
    found.page.on("request", lambda request: found.asked.append(request.url))
    # From now on: one that is asked for later may miss the first dialog.
    found.page.on("filechooser", lambda _: None)
    found.page.goto(at.link)
    expect(found.page).to_have_url(f"{at.origin}/")
    return found


def drag(page: Page, name: str, content: str, zone: str = "#zone") -> None:
    """Drop a file onto an element, as from a file manager."""
    page.evaluate(
        """([zone, name, content]) => {
          const files = new DataTransfer();
          files.items.add(new File([content], name, { type: "text/csv" }));
          for (const kind of ["dragenter", "dragover", "drop"]) {
            const event = new DragEvent(kind, { dataTransfer: files, bubbles: true, cancelable: true });
            document.querySelector(zone).dispatchEvent(event);
          }
        }""",
        [zone, name, content],
    )


def choose(page: Page, path: Path, button: str = "Choose a file") -> None:
    """By the button and the browser's own dialog."""
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name=button).click()
    chooser.value.set_files(path)
    page.wait_for_url("**/drafts/*")


def train(page: Page) -> str:
    """Press Train once the plan is there; the run that it goes to."""
    button = page.get_by_role("button", name="Train", exact=True)
    expect(button).to_be_enabled()
    button.click()
    page.wait_for_url("**/runs/*")
    return page.url.rpartition("/")[2]


def set_more(page: Page, text: str) -> None:
    """Further fields of training.yaml; the plan is made anew."""
    if not page.locator("#more").is_visible():
        page.locator("summary").click()
    with page.expect_response("**/plan"):
        page.locator("#more").fill(text)
        page.locator("#more").blur()


def name_dataset(page: Page, dataset: str) -> None:
    with page.expect_response("**/plan"):
        page.locator("#dataset").fill(dataset)
        page.locator("#dataset").blur()


def status(page: Page, wanted: str) -> None:
    """Wait for it; nothing is loaded anew."""
    expect(page.locator("#status")).to_have_text(wanted)

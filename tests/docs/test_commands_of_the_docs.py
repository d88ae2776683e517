"""Every command in README.md, docs/guide.md and docs/from-the-lesson.md succeeds, or at least exists."""

import re
import shlex
from pathlib import Path

import pytest
from tests.docs.conftest import Shell
from tests.docs.fenced import Block, blocks
from tests.docs.left_out import LEFT_OUT, reason

from traindrop_cli.reference.commands import every_command

ROOT = Path(__file__).parents[2]
RUN = ["docs/guide.md", "docs/from-the-lesson.md", "README.md"]
EVERY_PAGE = [path.relative_to(ROOT).as_posix() for path in [ROOT / "README.md", *sorted(ROOT.glob("docs/*.md"))]]


# On several processors a page each, with a local AWS of its own.
@pytest.mark.parametrize("page", [pytest.param(page, marks=pytest.mark.xdist_group(page)) for page in RUN])
def test_every_command_of_a_page_succeeds(page: str, shell: Shell) -> None:
    for block in blocks(ROOT / page):
        if block.title is not None:
            path = shell.folder / block.title
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(block.text, "utf-8")
        for command in block.commands() if block.is_shell else ():
            if reason(command) is None:
                done = shell.run(command)
                said = f"{done.stdout[-2000:]}\n{done.stderr[-2000:]}"
                assert done.returncode == 0, f"{page}:{block.line}: {command}\n{said}"


def commands_of_traindrop(page: str) -> list[tuple[Block, str]]:
    """Also those within others' blocks, after a pipe or `&&`."""
    found = []
    for block in blocks(ROOT / page):
        for command in block.commands() if block.is_shell else ():
            found += [
                (block, part.strip()) for part in re.split(r"\||&&|;", command) if part.strip()[:10] == "traindrop "
            ]
    return found


@pytest.mark.parametrize("page", EVERY_PAGE)
def test_every_command_and_option_of_a_page_exists(page: str) -> None:
    there = dict(every_command())
    for block, command in commands_of_traindrop(page):
        words = shlex.split(command, comments=True)[1:]
        if words[0].startswith("--"):
            assert words[0] in {"--install-completion", "--help"}, f"{page}:{block.line} {command}"
            continue
        name = next((" ".join(words[:size]) for size in (2, 1) if " ".join(words[:size]) in there), None)
        assert name is not None, f"{page}:{block.line}: there is no such command: {command}"
        options = {each for parameter in there[name].params for each in parameter.opts} | {"--help"}
        unknown = {word.partition("=")[0] for word in words if word.startswith("-")} - options
        assert not unknown, f"{page}:{block.line}: {name} has no {unknown}"


REFERENCE = [path.relative_to(ROOT).as_posix() for path in sorted(ROOT.glob("docs/reference/*.md"))]


@pytest.mark.parametrize("page", [*EVERY_PAGE, *REFERENCE, "benchmarks/README.md"])
def test_every_link_of_a_page_leads_to_a_file_and_a_heading_that_are_there(page: str) -> None:
    text = re.sub(r"```.*?```|`[^`\n]*`", "", (ROOT / page).read_text("utf-8"), flags=re.DOTALL)
    for target in re.findall(r"\]\((?!https?:)([^)\s]+)\)", text):
        name, _, anchor = target.partition("#")
        path = (ROOT / page).parent / name if name else ROOT / page
        assert path.exists(), f"{page}: {target}"
        assert not anchor or anchor in anchors(path), f"{page}: {target}"


def anchors(path: Path) -> set[str]:
    """As GitHub makes them of headings."""
    headings = re.findall(r"^#+ (.+)$", path.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_what_is_left_out_is_little_and_each_for_a_reason_that_is_still_one() -> None:
    used = {why for page in RUN for block in blocks(ROOT / page) if block.is_shell
            for command in block.commands() if (why := reason(command))}  # fmt: skip
    assert used <= set(LEFT_OUT.values())
    assert len(LEFT_OUT) <= 12


def test_the_blocks_of_a_page_are_found(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(
        "text\n\n```sh\na \\\n  b    # why\n# only a comment\nc\n```\n\n```yaml title=x/y.yaml\nk: v\n```\n"
        "```console\n$ d\nwhat it said\n```\n```\ne\n```\n",
        "utf-8",
    )
    first, second, third, fourth = blocks(page)
    assert (first.is_shell, [" ".join(each.split()) for each in first.commands()]) == (True, ["a b # why", "c"])
    assert (second.title, second.text, second.is_shell) == ("x/y.yaml", "k: v\n", False)
    assert (third.is_shell, third.commands()) == (True, ["d"])
    assert not fourth.is_shell
    assert (first.line, third.line) == (3, 13)

"""`traindrop doctor`."""

import json as json_module
from collections.abc import Iterable, Iterator
from functools import partial

import boto3
from botocore.exceptions import BotoCoreError

from traindrop_cli.checkup import Checked, State, Wrong, checked
from traindrop_cli.find import find_stack
from traindrop_cli.local_note import running
from traindrop_cli.permission_checkup import permission_checks
from traindrop_cli.quota_checkup import quota_found
from traindrop_cli.screen import console, plain
from traindrop_cli.stack import Stack, point_at
from traindrop_cli.stack_checkup import checks_of, status_of

_STYLES = {State.OK: "green", State.WRONG: "red", State.UNKNOWN: "yellow"}


def run_doctor(*, json: bool, stack: str | None) -> int:
    """Ask everything and tell each answer as it comes; 1 where something is wrong."""
    found = list(_checks(stack) if json else _told(_checks(stack)))
    wrong = sum(each.state is State.WRONG for each in found)
    if json:
        shown = [{"check": each.name, "state": each.state.value, "text": each.text} for each in found]
        print(json_module.dumps(shown, indent=2))
    elif wrong:
        console().print(f"{wrong} of {len(found)} need mending.", highlight=False)
    return 1 if wrong else 0


def _told(checks: Iterable[Checked]) -> Iterator[Checked]:
    screen = console()
    for each in checks:
        line = plain(f"{each.state.value:<8}", _STYLES[each.state])
        screen.print(line.append(plain(f"{each.name:<30} {each.text}")), soft_wrap=True)
        yield each


def _checks(name: str | None) -> Iterator[Checked]:
    """In their order; those that rest on one that is wrong are left out."""
    local = running()
    if name is None and local is not None:
        point_at(local.endpoint_url)
    region = checked("region", _region)
    yield region
    if region.state is not State.OK:
        return
    credentials = checked("credentials", _caller)
    yield credentials
    if credentials.state is not State.OK:
        return
    found: list[Stack] = []
    yield checked("stack", partial(_stack, name, found))
    for stack in found:
        yield from checks_of(stack)
        if not stack.is_local:
            yield from permission_checks(stack, credentials.text, region.text)
            yield checked("quotas", partial(quota_found, stack))


def _region() -> str:
    region = boto3.session.Session().region_name
    if region is None:
        raise Wrong(
            "No region is set, and no local AWS runs. For AWS: export AWS_DEFAULT_REGION=…, or `aws configure`; for a "
            "local AWS: traindrop local up"
        )
    return region


def _caller() -> str:
    """The ARN of who asks."""
    try:
        return str(boto3.client("sts").get_caller_identity()["Arn"])
    except BotoCoreError as error:
        raise Wrong(
            f"{error}. For AWS: `aws configure` or `aws sso login`, with AWS_PROFILE for one of several; for a "
            "local AWS: traindrop local up"
        ) from error


def _stack(name: str | None, found: list[Stack]) -> str:
    """Into `found`, where it is there, whatever its status."""
    stack = find_stack(name)
    found.append(stack)
    return f"{status_of(stack.name)}{f', in {stack.where}' if stack.is_local else ''}"

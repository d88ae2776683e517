"""`traindrop local`: up, down, status, messages."""

import json as json_module
from dataclasses import asdict

from traindrop import plain_text
from traindrop_cli.errors import CommandError
from traindrop_cli.local_note import Running, running
from traindrop_cli.local_stack import end, read_inbox, start_in_background
from traindrop_cli.screen import console
from traindrop_cli.stack import LOCAL_CREDENTIALS, point_at


def run_up(port: int, *, json: bool) -> None:
    screen = console(stderr=json)
    noted = running()
    if noted is None:
        with screen.status("Starting the local AWS and deploying template.yaml into it …"):
            noted = start_in_background(port)
    _tell(noted, _directions(noted), json=json)


def run_down(*, json: bool) -> None:
    noted = running()
    if noted is not None:
        end(noted)
    said = "No local AWS runs." if noted is None else f"The local AWS at {noted.endpoint_url} has ended."
    _tell(None, said, json=json)


def run_status(*, json: bool) -> int:
    noted = running()
    said = "No local AWS runs. Start one: traindrop local up" if noted is None else _directions(noted)
    _tell(noted, said, json=json)
    return 0 if noted else 1


def _tell(noted: Running | None, text: str, *, json: bool) -> None:
    print(json_module.dumps({"running": noted is not None, **(asdict(noted) if noted else {})}) if json else text)


def run_messages(*, json: bool) -> None:
    noted = running()
    if noted is None:
        raise CommandError("No local AWS runs. Start one: traindrop local up")
    point_at(noted.endpoint_url)
    messages = read_inbox()
    if json:
        shown = [{"subject": found.get("Subject"), "body": found["Message"]} for found in messages]
        print(json_module.dumps(shown, indent=2))
        return
    for found in messages:
        print(plain_text.printable(f"{found.get('Subject')}\n\n{found['Message']}\n{'-' * 78}"))
    if not messages:
        print("No new messages.")


def _directions(noted: Running) -> str:
    exports = "\n".join(f"  export {name}={value}" for name, value in LOCAL_CREDENTIALS.items())
    return (
        f"The local AWS runs at {noted.endpoint_url}; stack {noted.stack}, log {noted.log_file}\n\n"
        f"Drop a file:  traindrop drop my.csv --dataset titanic --target Survived --test test.csv --wait\n"
        f"or with the AWS CLI:\n{exports}\n"
        f"  aws --endpoint-url {noted.endpoint_url} s3 cp my.csv s3://{noted.bucket}/datasets/titanic/train/\n\n"
        f"See the runs: traindrop runs\nthe messages: traindrop local messages\nend it:       traindrop local down"
    )

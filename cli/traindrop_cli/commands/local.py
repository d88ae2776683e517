"""`traindrop local`: up, down, status, messages."""

import json as json_module
from dataclasses import asdict

from traindrop import plain_text
from traindrop_cli.errors import CommandError
from traindrop_cli.local_note import Running, running
from traindrop_cli.local_stack import end, read_inbox, start_in_background
from traindrop_cli.screen import console
from traindrop_cli.stack import LOCAL_CREDENTIALS, point_at


def run_up(port: int) -> None:
    screen = console()
    noted = running()
    if noted is None:
        with screen.status("Starting the local AWS and deploying template.yaml into it …"):
            noted = start_in_background(port)
    screen.print(_directions(noted), highlight=False, soft_wrap=True)


def run_down() -> None:
    noted = running()
    if noted is None:
        print("No local AWS runs.")
        return
    end(noted)
    print(f"The local AWS at {noted.endpoint_url} has ended.")


def run_status(*, json: bool) -> int:
    noted = running()
    if json:
        print(json_module.dumps({"running": noted is not None, **(asdict(noted) if noted else {})}))
    elif noted is None:
        print("No local AWS runs. Start one: traindrop local up")
    else:
        print(_directions(noted))
    return 0 if noted else 1


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

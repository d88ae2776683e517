"""All runs of a stack, and who waits, for a list of them.

Of the local AWS they are read over DynamoDB's own protocol: to import boto3 and to make its client takes longer than
the whole of `traindrop runs` may. Of a stack in AWS they are read by its ledger.
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.LowLevelAPI.html
"""

import json
from collections.abc import Iterator
from decimal import Decimal
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

from traindrop.run import Run, Status
from traindrop.waiting_line import Place
from traindrop_cli.errors import CommandError
from traindrop_cli.stack import LOCAL_CREDENTIALS, Stack

# The local AWS takes whoever has its root user's key for its root user, whatever the signature.
_SCOPE = "{AWS_ACCESS_KEY_ID}/20260101/{AWS_DEFAULT_REGION}/dynamodb/aws4_request".format_map(LOCAL_CREDENTIALS)
_HEADERS = {
    "Content-Type": "application/x-amz-json-1.0",
    "X-Amz-Target": "DynamoDB_20120810.Scan",
    "Authorization": f"AWS4-HMAC-SHA256 Credential={_SCOPE}, SignedHeaders=host, Signature=0",
}
_SECONDS = 60.0


def listing(stack: Stack, dataset: str | None = None) -> tuple[list[Run], list[Place]]:
    """Every run, or one dataset's, newest first; and all that wait, by instance type, first come first."""
    if stack.endpoint_url is not None:
        return _local_listing(stack.endpoint_url, stack.table, dataset)
    from traindrop.ledger import Ledger

    ledger = Ledger(stack.table)
    return list(ledger.runs(dataset)), ledger.waiting()


def _local_listing(endpoint_url: str, table: str, dataset: str | None) -> tuple[list[Run], list[Place]]:
    items = [item for item in _scan(endpoint_url, table) if "dataset" in item]
    runs = [Run.model_validate(item) for item in items if dataset in (None, item["dataset"])]
    waiting = [Place.model_validate(item) for item in items if item["status"] == Status.WAITING]
    runs.sort(key=lambda run: run.created_at, reverse=True)
    waiting.sort(key=lambda place: (place.instance_type, place.created_at, place.run))
    return runs, waiting


def _scan(endpoint_url: str, table: str) -> Iterator[dict[str, Any]]:
    """Every item of a table. Raises `CommandError` where nobody answers, or refuses."""
    where: dict[str, Any] = {}
    connection = HTTPConnection(urlsplit(endpoint_url).netloc, timeout=_SECONDS)
    try:
        while True:
            connection.request("POST", "/", json.dumps({"TableName": table, **where}), _HEADERS)
            answer = connection.getresponse()
            body = answer.read()
            if answer.status != 200:
                raise CommandError(f"The local AWS at {endpoint_url} refused: {body.decode(errors='replace')[:300]}")
            page = json.loads(body)
            yield from ({name: _value(value) for name, value in item.items()} for item in page["Items"])
            if "LastEvaluatedKey" not in page:
                return
            where = {"ExclusiveStartKey": page["LastEvaluatedKey"]}
    except (OSError, ValueError) as error:
        raise CommandError(
            f"The local AWS at {endpoint_url} does not answer ({error}). `traindrop local down` ends it, and "
            "`traindrop local up` starts another."
        ) from error
    finally:
        connection.close()


def _value(typed: dict[str, Any]) -> Any:
    """`{"N": "1"}` as 1, and so on. https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_AttributeValue.html"""
    ((kind, value),) = typed.items()
    match kind:
        case "N":
            return Decimal(value)
        case "NULL":
            return None
        case "L":
            return [_value(each) for each in value]
        case "M":
            return {name: _value(each) for name, each in value.items()}
        case _:
            return value

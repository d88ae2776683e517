"""The runs table: the one place that says where a run stands. Every write is conditional."""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING, Any

import boto3
from botocore.exceptions import ClientError
from pydantic import TypeAdapter

from traindrop.aws import error_code
from traindrop.run import COMES_FROM, Run, Status

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

BY_DATASET = "by-dataset"
# Longer than any single try to publish (botocore's time-outs and retries), shorter than Lambda's
# first pause before it tries an asynchronous event again (one minute).
_CLAIM = timedelta(seconds=45)
_ANY: TypeAdapter[Any] = TypeAdapter(Any)


def _number(text: str) -> Decimal | str:
    """A float as DynamoDB takes it: 38 digits, magnitudes from 1E-130 to 9.9E+125; others as text, which
    `Run` reads as the same number."""
    number = float(text)
    return Decimal(repr(number)) if number == 0 or 1e-120 < abs(number) < 1e120 else repr(number)


def _to_item(values: dict[str, Any]) -> dict[str, Any]:
    """As DynamoDB takes it: times as ISO text, floats as Decimal, nothing where there is nothing."""
    plain = json.loads(_ANY.dump_json(values), parse_float=_number)
    return {name: value for name, value in plain.items() if value is not None}


@cache
def _table(name: str) -> "Table":
    return boto3.resource("dynamodb").Table(name)


class Ledger:
    """The runs of one stack."""

    def __init__(self, table: str) -> None:
        self._table = _table(table)

    def get(self, run: str) -> Run | None:
        """A consistent read of one run; None where this stack has no such run."""
        item = self._table.get_item(Key={"run": run}, ConsistentRead=True).get("Item")
        return None if item is None else Run.model_validate(item)

    def stored(self, run: str) -> Run:
        """A run that is known to be there. Raises `KeyError` where it is not."""
        found = self.get(run)
        if found is None:
            raise KeyError(run)
        return found

    def create(self, run: Run) -> bool:
        """Write a new run; False, and nothing written, where it is there already."""
        item = _to_item(run.model_dump())
        return self._write(
            "put_item",
            Item=item,
            ConditionExpression="attribute_not_exists(#run)",
            ExpressionAttributeNames={"#run": "run"},
        )

    def advance(self, run: str, status: Status, **fields: Any) -> bool:
        """Move a run on, and set `fields` with it; False where it may not come to `status` from where it is.

        Which status may follow which is `traindrop.run.COMES_FROM`.
        """
        sources = sorted(COMES_FROM[status])
        if not sources:
            return False
        marks = {f":from{index}": source.value for index, source in enumerate(sources)}
        return self._update(run, f"#status IN ({', '.join(marks)})", marks, {"status": status, **fields})

    def note_again(self, run: str, version_id: str) -> None:
        """Note that the same bytes were dropped again, under this object version."""
        self._update(run, "attribute_exists(#run)", {}, {"again_version_id": version_id}, names={"#run": "run"})

    def claim_message(self, run: str, now: datetime) -> bool:
        """Take the right to send the run's one message; False where it was sent, or another is at it.

        A claim ends by itself, so that a sender that died does not keep the message from being sent.
        """
        condition = "attribute_not_exists(notified_at) AND (attribute_not_exists(#claim) OR #claim < :now)"
        return self._update(
            run, condition, _to_item({":now": now}), {"message_claimed_until": now + _CLAIM},
            names={"#claim": "message_claimed_until"},
        )  # fmt: skip

    def release_message(self, run: str, now: datetime) -> None:
        """Give the claim back, so that the next delivery may send the message at once."""
        self._update(run, "attribute_exists(#run)", {}, {"message_claimed_until": now}, names={"#run": "run"})

    def record_message(self, run: str, now: datetime) -> None:
        """Note that the message went out. Raises `ClientError` where the table cannot be written."""
        self._update(run, "attribute_exists(#run)", {}, {"notified_at": now}, names={"#run": "run"})

    def runs(self, dataset: str | None = None) -> Iterator[Run]:
        """Every run, or one dataset's, newest first. Eventually consistent."""
        if dataset is None:
            pages: Any = self._table.meta.client.get_paginator("scan").paginate(TableName=self._table.name)
            found = [Run.model_validate(item) for page in pages for item in page["Items"]]
            yield from sorted(found, key=lambda run: run.created_at, reverse=True)
            return
        query: Any = self._table.meta.client.get_paginator("query")
        pages = query.paginate(
            TableName=self._table.name,
            IndexName=BY_DATASET,
            KeyConditionExpression="dataset = :dataset",
            ExpressionAttributeValues={":dataset": dataset},
            ScanIndexForward=False,
        )
        yield from (Run.model_validate(item) for page in pages for item in page["Items"])

    def _update(
        self,
        run: str,
        condition: str,
        values: dict[str, Any],
        fields: dict[str, Any],
        names: dict[str, str] | None = None,
    ) -> bool:
        item = _to_item(fields)
        return self._write(
            "update_item",
            Key={"run": run},
            UpdateExpression="SET " + ", ".join(f"#{name} = :{name}" for name in item),
            ConditionExpression=condition,
            ExpressionAttributeValues={**values, **{f":{name}": value for name, value in item.items()}},
            ExpressionAttributeNames={**(names or {}), **{f"#{name}": name for name in item}},
        )

    def _write(self, operation: str, **arguments: Any) -> bool:
        try:
            getattr(self._table, operation)(**arguments)
        except ClientError as error:
            if error_code(error) == "ConditionalCheckFailedException":
                return False
            raise
        return True

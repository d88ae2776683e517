"""The runs table: the one place that says where a run stands. Every write is conditional.

Beside the runs it holds a few records of its own, whose keys begin with `#` (no run's name does):
`#upload/…` says which run answers an upload, `#slots` which training jobs count as running, `#spend/2026-11` what the
jobs launched in that month cost, with those in flight at their worst case, `#job/…` how a training job stands that a
Lambda function carries out (`traindrop.lambda_jobs`), `#tuning/…` how a tuning job stands whose trials such functions
train (`traindrop.lambda_tunings`), `#champion/…` which run is a dataset's champion.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from functools import cache
from itertools import groupby
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Literal

import boto3
from botocore.exceptions import ClientError
from pydantic import TypeAdapter

from traindrop.aws import error_code
from traindrop.cost import plain
from traindrop.looks import is_given_up, pause_before_look
from traindrop.run import COMES_FROM, Run, Status
from traindrop.verdict import Verdict
from traindrop.waiting_line import Place

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

RecordKind = Literal["job", "tuning"]
BY_DATASET = "by-dataset"
# Sparse: only runs that wait (stage "waiting", turn: for which instance type, since when) or that someone may have to
# look after (stage "due", turn: when) are in it.
BY_STAGE = "by-stage"
# Of a line as long as it may be, whoever launches needs the first few.
_FEW = 10
# Longer than the notifier's time-out: nobody who held the claim is still alive when it ends. Shorter than Lambda's
# first pause before it tries an asynchronous event again (one minute).
CLAIM = timedelta(seconds=45)
# Longer than the time-out of the functions that launch: nobody who held the lease is still alive when it ends.
LEASE = timedelta(minutes=2)
_SLOTS = {"run": "#slots"}
_LOST_RACE = {"ConditionalCheckFailed", "TransactionConflict"}
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


@dataclass(frozen=True)
class Spending:
    """What the training jobs launched in one month cost, USD: `total`, and of that those in flight at their worst."""

    total: Decimal
    in_flight: dict[str, Decimal]

    @property
    def reserved(self) -> Decimal:
        return sum(self.in_flight.values(), Decimal(0))

    @property
    def spent(self) -> Decimal:
        return self.total - self.reserved


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

    # ------------------------------------------------------------------ accepting

    def answer_to(self, upload: str) -> str | None:
        """The run that answers an upload; None where the upload has not been decided on."""
        item = self._table.get_item(Key=_receipt(upload), ConsistentRead=True).get("Item")
        return None if item is None else str(item["answered_by"])

    def accept(self, run: Run, upload: str, now: datetime, *, after: Run | None = None) -> bool:
        """Write a new run together with the receipt of its upload: both, or none of them.

        False where one of them is there already, or where `after`, the first run of the same content, has moved on or
        had a further run since it was read: then someone else was faster, and all is to be read again.
        """
        stage = _in_line(run) if run.status is Status.WAITING else _due(run.status, now)
        parts: list[dict[str, Any]] = [
            {"Put": self._new({**_receipt(upload), "answered_by": run.run})},
            {"Put": self._new(_to_item(run.model_dump() | stage))},
        ]
        if after is not None:
            parts.append({"Update": self._one_more_generation(after, run.run)})
        return self._write_all(parts)

    def attach(self, upload: str, run: str) -> bool:
        """Note that a run that is there answers one more upload; False where the upload is answered already."""
        arguments = self._new({**_receipt(upload), "answered_by": run})
        arguments.pop("TableName")
        return self._write("put_item", **arguments) is not None

    def forget(self, upload: str, run: str) -> None:
        """Let an upload be decided on anew, where it is still `run` that answers it."""
        self._write(
            "delete_item", Key=_receipt(upload), ConditionExpression="answered_by = :run",
            ExpressionAttributeValues={":run": run},
        )  # fmt: skip

    # ------------------------------------------------------------------- launching

    def claim_launch(self, run: str, now: datetime) -> Run | None:
        """Take the right to launch a waiting run, for two minutes; None where it does not wait, or another has it."""
        return self._update(
            run,
            "#status = :waiting AND (attribute_not_exists(#leased_until) OR #leased_until < :now)",
            {":waiting": Status.WAITING.value, **_to_item({":now": now})},
            {"leased_until": now + LEASE},
            names={"#status": "status", "#leased_until": "leased_until"},
            add={"launch_tries": 1},
        )

    def keep_waiting(self, run: Run, waits_for: str, now: datetime) -> None:
        """Give the launch back: the run stays in the line, and it is known what it waits for."""
        self._update(
            run.run, "#status = :waiting AND #attempt = :attempt",
            {":waiting": Status.WAITING.value, ":attempt": run.attempt},
            {"waits_for": waits_for, "refused_at": now, "launch_tries": 0},
            names={"#status": "status", "#attempt": "attempt"}, remove=("leased_until",),
        )  # fmt: skip

    def stand_in_line(self, run: Run, waits_for: str, now: datetime) -> bool:
        """Note what a run waits for that nobody has tried to launch; False where someone does, or it is known already.

        Unlike `keep_waiting` it gives nothing back: a launch that was cut off before is still known to have been.
        """
        return self._set(
            run.run,
            "#status = :waiting AND attribute_not_exists(#waits_for) "
            "AND (attribute_not_exists(#leased_until) OR #leased_until < :now)",
            {":waiting": Status.WAITING.value, **_to_item({":now": now})},
            {"waits_for": waits_for, "refused_at": now},
            names={"#status": "status", "#leased_until": "leased_until"},
        )

    def take_slot(self, job: str, most: int) -> bool:
        """Count a training job as running; False where `most` others are. Taking it twice takes it once."""
        return self._write(
            "update_item", Key=_SLOTS, UpdateExpression="ADD jobs :job",
            ConditionExpression="attribute_not_exists(jobs) OR size(jobs) < :most OR contains(jobs, :name)",
            ExpressionAttributeValues={":job": {job}, ":name": job, ":most": most},
        ) is not None  # fmt: skip

    def release_slot(self, job: str) -> None:
        self._table.update_item(
            Key=_SLOTS, UpdateExpression="DELETE jobs :job", ExpressionAttributeValues={":job": {job}}
        )

    def slots(self) -> set[str]:
        """The training jobs that count as running."""
        item: Any = self._table.get_item(Key=_SLOTS, ConsistentRead=True).get("Item", {})
        return set(item.get("jobs", ()))

    # -------------------------------------------------------------------- spending

    def reserve(self, month: str, job: str, usd: Decimal, ceiling: Decimal | None) -> bool:
        """Count a job at its worst case among what `month` costs; False where that would be more than `ceiling`.

        Of a job that is counted already nothing changes.
        """
        condition, values = "attribute_not_exists(#job)", {":usd": usd}
        if ceiling is not None:
            condition += " AND (attribute_not_exists(total_usd) OR total_usd <= :room)"
            values[":room"] = ceiling - usd
        fits = ceiling is None or usd <= ceiling
        counted = fits and self._write(
            "update_item", Key=_spend(month), UpdateExpression="SET #job = :usd ADD total_usd :usd",
            ConditionExpression=condition, ExpressionAttributeNames={"#job": job}, ExpressionAttributeValues=values,
        ) is not None  # fmt: skip
        return counted or job in self.spending(month).in_flight

    def settle(self, month: str, job: str, usd: Decimal) -> bool:
        """Count a job at what it did cost; False where it is not counted at its worst case in `month` any more."""
        reserved = self.spending(month).in_flight.get(job)
        return reserved is not None and self._write(
            "update_item", Key=_spend(month), UpdateExpression="ADD total_usd :difference REMOVE #job",
            ConditionExpression="attribute_exists(#job)", ExpressionAttributeNames={"#job": job},
            ExpressionAttributeValues={":difference": plain(usd - reserved)},
        ) is not None  # fmt: skip

    def spending(self, month: str) -> Spending:
        item: dict[str, Any] = self._table.get_item(Key=_spend(month), ConsistentRead=True).get("Item", {})
        in_flight = {name: usd for name, usd in item.items() if name not in {"run", "total_usd"}}
        return Spending(item.get("total_usd", Decimal(0)), in_flight)

    # ------------------------------------------------------------------------- line

    def waiting(self) -> list[Place]:
        """All waiting runs, by instance type, first come first. Eventually consistent."""
        return [Place.model_validate(item) for item in self._in_stage("waiting")]

    def line_for(self, instance_type: str) -> Iterator[Place]:
        """The runs that wait for an instance type, first come first; read as far as it is asked for.

        Eventually consistent.
        """
        found = self._in_stage("waiting", "begins_with(turn, :turn)", _turn(instance_type), few=True)
        return map(Place.model_validate, found)

    def lines(self) -> list[Iterator[Place]]:
        """The line of each instance type that any run waits for, each as `line_for` gives it."""
        lines: list[Iterator[Place]] = []
        past = " "
        while True:
            rest = map(Place.model_validate, self._in_stage("waiting", "turn > :turn", past, few=True))
            first = next(groupby(rest, attrgetter("instance_type")), None)
            if first is None:
                return lines
            instance_type, line = first
            lines.append(line)
            # Beyond all of this type, and before all of the next.
            past = _turn(instance_type).replace(" ", "!")

    # ----------------------------------------------------------------- jobs in Lambda

    def record(self, kind: RecordKind, name: str) -> tuple[int, dict[str, Any]] | None:
        """What is kept of a job that SageMaker does not know, and the number of its version; None where it is none."""
        item = self._table.get_item(Key=_record(kind, name), ConsistentRead=True).get("Item")
        return None if item is None else (int(str(item["version"])), json.loads(str(item["content"])))

    def write_record(self, kind: RecordKind, name: str, version: int, content: dict[str, Any]) -> bool:
        """Replace a record; False where it is not the version any more that was read. 0: where there was none."""
        return self._write(
            "update_item", Key=_record(kind, name), UpdateExpression="SET version = :next, content = :content",
            ConditionExpression="version = :seen" if version else "attribute_not_exists(version)",
            ExpressionAttributeValues={":next": version + 1, ":content": json.dumps(content)}
            | ({":seen": version} if version else {}),
        ) is not None  # fmt: skip

    # ------------------------------------------------------------------- moving on

    def advance(
        self, run: str, status: Status, now: datetime, *, attempt: int | None = None, **fields: Any
    ) -> Run | None:
        """Move a run on, and set `fields` with it; None where it may not come to `status` from where it is.

        Which status may follow which is `traindrop.run.COMES_FROM`. With `attempt`: only while that attempt is on.
        """
        sources = sorted(COMES_FROM[status])
        if not sources:
            return None
        values: dict[str, Any] = {f":from{index}": source.value for index, source in enumerate(sources)}
        condition, names = f"#status IN ({', '.join(values)})", {}
        if attempt is not None:
            condition, names = f"{condition} AND #attempt = :attempt", {"#attempt": "attempt"}
            values[":attempt"] = attempt
        moved = {"status": status, "looks": 0, **_due(status, now), **fields}
        return self._update(run, condition, values, moved, names=names, remove=("leased_until",))

    def try_again(self, run: Run, now: datetime, **fields: Any) -> Run | None:
        """Put a run back into the line, at its old place, for a further attempt; None where that was done already."""
        return self._update(
            run.run, "#status IN (:waiting, :running) AND #attempt = :this",
            {":waiting": Status.WAITING.value, ":running": Status.IN_PROGRESS.value, ":this": run.attempt},
            {"status": Status.WAITING, "attempt": run.attempt + 1, "looks": 0, "launch_tries": 0, "refused_at": now,
             **_in_line(run), **fields},
            remove=("leased_until",),
        )  # fmt: skip

    def request_stop(self, run: str, who: str) -> Run | None:
        """Note who wants a run stopped; None where it waits for nothing and trains nothing."""
        return self._update(
            run, "#status IN (:waiting, :running)",
            {":waiting": Status.WAITING.value, ":running": Status.IN_PROGRESS.value},
            {"stop_requested_by": who}, names={"#status": "status"},
        )  # fmt: skip

    def give_up_defaults(self, run: Run, why: str) -> None:
        """Note why the trial with the defaults of a run's present attempt will never be trained."""
        self._set(
            run.run, "#attempt = :attempt", {":attempt": run.attempt}, {"defaults_refused": {run.defaults_job: why}},
            names={"#attempt": "attempt"},
        )  # fmt: skip

    def reopen_evaluation(self, run: str, now: datetime) -> Run | None:
        """Let a run be evaluated again whose evaluator broke down; None for any other."""
        return self._update(
            run, "#status = :failed AND attribute_exists(failed_function)",
            {":failed": Status.EVALUATION_FAILED.value},
            {"status": Status.COMPLETED, "looks": 0, **_due(Status.COMPLETED, now)},
            remove=("reason", "failed_function", "ended_at", "notified_at", "message_claimed_until"),
        )  # fmt: skip

    # -------------------------------------------------------------------- champion

    def champion(self, dataset: str) -> str | None:
        """The run that is a dataset's champion; None where it has none."""
        item = self._table.get_item(Key=_champion(dataset), ConsistentRead=True).get("Item")
        return None if item is None else str(item["champion"])

    def decide(self, run: Run, verdict: Verdict, test_digest: str, *, over: str | None) -> bool:
        """Record what the comparison of a run that is being evaluated came to: once, and for good.

        Where it becomes champion, it takes the place of `over` in the same write: both, or none. False where the run
        has its verdict already or is not being evaluated any more, or where `over` is not the champion any more: then
        someone else was faster, and all is to be read again.
        """
        fields = {
            "comparison": verdict, "verdict": verdict.text, "champion": verdict.champion, "test_digest": test_digest,
        }  # fmt: skip
        values = _to_item(fields)
        parts: list[dict[str, Any]] = [{"Update": {
            "TableName": self._table.name,
            "Key": {"run": run.run},
            "UpdateExpression": f"SET {', '.join(f'#{name} = :{name}' for name in values)}",
            "ConditionExpression": "#status = :completed AND attribute_not_exists(#comparison)",
            "ExpressionAttributeNames": {"#status": "status", **{f"#{name}": name for name in values}},
            "ExpressionAttributeValues": {
                ":completed": Status.COMPLETED.value, **{f":{name}": value for name, value in values.items()},
            },
        }}]  # fmt: skip
        if verdict.becomes_champion:
            parts.append({"Update": self._in_place_of(over, run)})
        return self._write_all(parts)

    # ------------------------------------------------------------------ looking after

    def due(self, now: datetime) -> Iterator[Run]:
        """The runs that should have got further by themselves, read as far as asked for. Eventually consistent."""
        until = _to_item({"now": now})["now"]
        found = (self.get(item["run"]) for item in self._in_stage("due", "turn <= :turn", until))
        return (run for run in found if run is not None)

    def claim_look(self, run: Run, now: datetime) -> bool:
        """Take this look at a run, and set the time of the next; False where another has taken it."""
        looks = run.looks + 1
        again = not is_given_up(run.status, looks)
        fields: dict[str, Any] = {"turn": now + pause_before_look(run.status, looks)} if again else {}
        return self._update(
            run.run, "#looks = :seen AND #status = :status", {":seen": run.looks, ":status": run.status.value},
            {"looks": looks, **fields}, names={"#status": "status"}, remove=() if again else ("stage", "turn"),
        ) is not None  # fmt: skip

    # ---------------------------------------------------------------------- telling

    def claim_message(self, run: str, now: datetime) -> bool:
        """Take the right to send the run's one message; False where it was sent, or another is at it.

        A claim ends by itself, so that a sender that died does not keep the message from being sent.
        """
        condition = "attribute_not_exists(notified_at) AND (attribute_not_exists(#claim) OR #claim < :now)"
        return self._set(
            run, condition, _to_item({":now": now}), {"message_claimed_until": now + CLAIM},
            names={"#claim": "message_claimed_until"},
        )  # fmt: skip

    def release_message(self, run: str, now: datetime) -> None:
        """Give the claim back, so that the next delivery may send the message at once."""
        self._set(run, "attribute_exists(#run)", {}, {"message_claimed_until": now}, names={"#run": "run"})

    def record_message(self, run: str, now: datetime) -> None:
        """Note that the message went out: nobody has to look after the run any more.

        Raises `ClientError` where the table cannot be written.
        """
        self._set(
            run, "attribute_exists(#run)", {}, {"notified_at": now}, names={"#run": "run"}, remove=("stage", "turn")
        )

    # ---------------------------------------------------------------------- listing

    def runs(self, dataset: str | None = None) -> Iterator[Run]:
        """Every run, or one dataset's, newest first. Eventually consistent."""
        client: Any = self._table.meta.client
        if dataset is None:
            pages = client.get_paginator("scan").paginate(
                TableName=self._table.name, FilterExpression="attribute_exists(dataset)"
            )
            found = [Run.model_validate(item) for page in pages for item in page["Items"]]
            yield from sorted(found, key=lambda run: run.created_at, reverse=True)
            return
        pages = client.get_paginator("query").paginate(
            TableName=self._table.name,
            IndexName=BY_DATASET,
            KeyConditionExpression="dataset = :dataset",
            ExpressionAttributeValues={":dataset": dataset},
            ScanIndexForward=False,
        )
        yield from (Run.model_validate(item) for page in pages for item in page["Items"])

    # ----------------------------------------------------------------------- writing

    def _in_stage(
        self, stage: str, condition: str | None = None, turn: str = "", *, few: bool = False
    ) -> Iterator[dict[str, Any]]:
        """What the index by stage shows, in the order of `turn`, a page at a time; `few`: in small pages."""
        client: Any = self._table.meta.client
        pages = client.get_paginator("query").paginate(
            TableName=self._table.name,
            IndexName=BY_STAGE,
            KeyConditionExpression="stage = :stage" + (f" AND {condition}" if condition else ""),
            ExpressionAttributeValues={":stage": stage} | ({":turn": turn} if condition else {}),
            PaginationConfig={"PageSize": _FEW} if few else {},
        )
        return (item for page in pages for item in page["Items"])

    def _new(self, item: dict[str, Any]) -> dict[str, Any]:
        return {
            "TableName": self._table.name,
            "Item": item,
            "ConditionExpression": "attribute_not_exists(#run)",
            "ExpressionAttributeNames": {"#run": "run"},
        }

    def _one_more_generation(self, first: Run, latest: str) -> dict[str, Any]:
        return {
            "TableName": self._table.name,
            "Key": {"run": first.run},
            "UpdateExpression": "SET generations = :next, latest_run = :latest",
            # The status too: a redrive may let a run whose evaluation broke down go on, and then it has the answer.
            "ConditionExpression": "generations = :seen AND #status = :status",
            "ExpressionAttributeNames": {"#status": "status"},
            "ExpressionAttributeValues": {
                ":next": first.generations + 1, ":latest": latest, ":seen": first.generations,
                ":status": first.status.value,
            },
        }  # fmt: skip

    def _in_place_of(self, champion: str | None, run: Run) -> dict[str, Any]:
        return {
            "TableName": self._table.name,
            "Key": _champion(run.dataset),
            "UpdateExpression": "SET champion = :next",
            "ConditionExpression": "champion = :seen" if champion else "attribute_not_exists(champion)",
            "ExpressionAttributeValues": {":next": run.run} | ({":seen": champion} if champion else {}),
        }

    def _write_all(self, parts: list[dict[str, Any]]) -> bool:
        """All parts or none; False where a condition was not met, or someone else wrote at the same time."""
        try:
            self._table.meta.client.transact_write_items(TransactItems=parts)  # type: ignore[arg-type]
        except ClientError as error:
            reasons: Any = error.response.get("CancellationReasons", [])
            if {reason["Code"] for reason in reasons} & _LOST_RACE:
                return False
            raise
        return True

    def _update(
        self, run: str, condition: str, values: dict[str, Any], fields: dict[str, Any], **more: Any
    ) -> Run | None:
        written = self._change(run, condition, values, fields, **more)
        return None if written is None else Run.model_validate(written["Attributes"])

    def _set(self, run: str, condition: str, values: dict[str, Any], fields: dict[str, Any], **more: Any) -> bool:
        return self._change(run, condition, values, fields, **more) is not None

    def _change(
        self,
        run: str,
        condition: str,
        values: dict[str, Any],
        fields: dict[str, Any],
        *,
        names: dict[str, str] | None = None,
        add: dict[str, int] | None = None,
        remove: tuple[str, ...] = (),
    ) -> dict[str, Any] | None:
        item, add = _to_item(fields), add or {}
        clauses = [f"SET {', '.join(f'#{name} = :{name}' for name in item)}"]
        clauses += [f"ADD {', '.join(f'#{name} :{name}' for name in add)}"] if add else []
        clauses += [f"REMOVE {', '.join(f'#{name}' for name in remove)}"] if remove else []
        return self._write(
            "update_item",
            Key={"run": run},
            UpdateExpression=" ".join(clauses),
            ConditionExpression=condition,
            ExpressionAttributeValues={**values, **{f":{name}": value for name, value in (item | add).items()}},
            ExpressionAttributeNames={**(names or {}), **{f"#{name}": name for name in (*item, *add, *remove)}},
            ReturnValues="ALL_NEW",
        )

    def _write(self, operation: str, **arguments: Any) -> dict[str, Any] | None:
        """The answer; None where the condition was not met."""
        try:
            answer: dict[str, Any] = getattr(self._table, operation)(**arguments)
        except ClientError as error:
            if error_code(error) == "ConditionalCheckFailedException":
                return None
            raise
        return answer


def _receipt(upload: str) -> dict[str, str]:
    return {"run": f"#upload/{upload}"}


def _spend(month: str) -> dict[str, str]:
    return {"run": f"#spend/{month}"}


def _record(kind: RecordKind, name: str) -> dict[str, str]:
    return {"run": f"#{kind}/{name}"}


def _champion(dataset: str) -> dict[str, str]:
    return {"run": f"#champion/{dataset}"}


def _in_line(run: Run) -> dict[str, str]:
    """Where a waiting run stands in the index by stage: in the line of its instance type, by when it came."""
    came: str = _to_item({"at": run.created_at})["at"]
    return {"stage": "waiting", "turn": _turn(run.instance_type or "", came)}


def _turn(instance_type: str, came: str = "") -> str:
    """No instance type holds a space, the first of the characters that can be printed."""
    return f"{instance_type} {came}"


def _due(status: Status, now: datetime) -> dict[str, Any]:
    """When a run that does not wait is to be looked after, in the index by stage."""
    return {"stage": "due", "turn": now + pause_before_look(status, 0)}

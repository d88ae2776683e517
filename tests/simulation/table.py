"""The ledger's table in memory: conditional writes, transactions, and indexes that may lag behind."""

from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError
from tests.contract.template import resources
from tests.simulation.expressions import Item, condition, stored, updated

(_PROPERTIES,) = resources("AWS::DynamoDB::Table").values()
_KEY = _PROPERTIES["KeySchema"][0]["AttributeName"]
_INDEXES: dict[str, tuple[str, str, set[str] | None]] = {
    index["IndexName"]: (
        index["KeySchema"][0]["AttributeName"],
        index["KeySchema"][1]["AttributeName"],
        None
        if index["Projection"]["ProjectionType"] == "ALL"
        else {_KEY, *(key["AttributeName"] for key in index["KeySchema"]), *index["Projection"]["NonKeyAttributes"]},
    )
    for index in _PROPERTIES["GlobalSecondaryIndexes"]
}
_INDEXED = {name for hashed, ranged, _ in _INDEXES.values() for name in (hashed, ranged)}
# Longer than any index lags behind in a schedule, seconds.
_REMEMBERED = 10.0


class Table:
    """`now`: seconds; `lag`: by how many of them an index is behind at this query; `watch`: told of every change."""

    def __init__(
        self, now: Callable[[], float], lag: Callable[[], float], watch: Callable[[Item | None, Item | None], None]
    ) -> None:
        self.items: dict[str, Item] = {}
        self._now, self._lag, self._watch = now, lag, watch
        self._recent: list[tuple[float, str, Item | None]] = []

    def call(self, operation: str, given: dict[str, Any]) -> dict[str, Any]:
        """Answer one call as boto3's resource and its client do. Raises `ClientError`."""
        found: dict[str, Any] = getattr(self, f"_{operation}")(given)
        return found

    def staged(self, stage: str) -> list[Item]:
        """What an index would show that is not behind."""
        return [item for item in self.items.values() if item.get("stage") == stage and "turn" in item]

    def _GetItem(self, given: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        item = self.items.get(given["Key"][_KEY])
        return {} if item is None else {"Item": dict(item)}

    def _PutItem(self, given: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        self._refuse_unless_met(given, given["Item"][_KEY])
        self._write(given["Item"][_KEY], stored(given["Item"]))
        return {}

    def _UpdateItem(self, given: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        key = given["Key"][_KEY]
        self._refuse_unless_met(given, key)
        item = self._after_update(given)
        self._write(key, item)
        return {"Attributes": dict(item)} if given.get("ReturnValues") == "ALL_NEW" else {}

    def _DeleteItem(self, given: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        key = given["Key"][_KEY]
        self._refuse_unless_met(given, key)
        if key in self.items:
            self._write(key, None)
        return {}

    def _TransactWriteItems(self, given: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        parts = [next(iter(part.items())) for part in given["TransactItems"]]
        keys = [part[place][_KEY] for kind, part in parts for place in [{"Put": "Item", "Update": "Key"}[kind]]]
        if len(set(keys)) < len(keys):
            raise _error("TransactWriteItems", "ValidationException", "one item more than once")
        met = [self._is_met(part, key) for (_, part), key in zip(parts, keys, strict=True)]
        if not all(met):
            reasons = [{"Code": "None" if fine else "ConditionalCheckFailed"} for fine in met]
            raise _error("TransactWriteItems", "TransactionCanceledException", "…", CancellationReasons=reasons)
        for (kind, part), key in zip(parts, keys, strict=True):
            self._write(key, stored(part["Item"]) if kind == "Put" else self._after_update(part))
        return {}

    def _Query(self, given: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        hashed, ranged, projected = _INDEXES[given["IndexName"]]
        meets, values = condition(given["KeyConditionExpression"]), stored(given["ExpressionAttributeValues"])
        found = [item for item in self._behind() if hashed in item and ranged in item and meets(item, {}, values)]
        backwards, start = not given.get("ScanIndexForward", True), given.get("ExclusiveStartKey")

        def place(item: Item) -> tuple[str, str]:
            return item[ranged], item[_KEY]

        found.sort(key=place, reverse=backwards)
        if start is not None:
            found = [
                item for item in found if (place(item) < place(start) if backwards else place(item) > place(start))
            ]
        page, rest = found[: given.get("Limit")], found[given.get("Limit", len(found)) :]
        more = {"LastEvaluatedKey": {name: page[-1][name] for name in (hashed, ranged, _KEY)}} if rest else {}
        if projected is not None:
            page = [{name: value for name, value in item.items() if name in projected} for item in page]
        return {"Items": page, **more}

    def _behind(self) -> list[Item]:
        """The items as they were a moment ago."""
        since, view = self._now() - self._lag(), dict[str, Item | None](self.items)
        for moment, key, before in reversed(self._recent):
            if moment <= since:
                break
            view[key] = before
        return [item for item in view.values() if item is not None]

    def _after_update(self, given: dict[str, Any]) -> Item:
        item = self.items.get(given["Key"][_KEY], given["Key"])
        names, values = given.get("ExpressionAttributeNames", {}), stored(given["ExpressionAttributeValues"])
        return updated(item, given["UpdateExpression"], names, values)

    def _is_met(self, given: dict[str, Any], key: str) -> bool:
        if "ConditionExpression" not in given:
            return True
        names, values = given.get("ExpressionAttributeNames", {}), stored(given.get("ExpressionAttributeValues", {}))
        return bool(condition(given["ConditionExpression"])(self.items.get(key, {}), names, values))

    def _refuse_unless_met(self, given: dict[str, Any], key: str) -> None:
        if not self._is_met(given, key):
            raise _error("UpdateItem", "ConditionalCheckFailedException", "The conditional request failed")

    def _write(self, key: str, item: Item | None) -> None:
        for name in _INDEXED & (item or {}).keys():
            if not isinstance((item or {})[name], str) or not (item or {})[name]:
                raise _error("UpdateItem", "ValidationException", f"{name} is a key of an index")
        before = self.items.get(key)
        if item is None:
            del self.items[key]
        else:
            self.items[key] = item
        now = self._now()
        while self._recent and self._recent[0][0] < now - _REMEMBERED:
            self._recent.pop(0)
        self._recent.append((now, key, before))
        self._watch(before, item)


def _error(operation: str, code: str, message: str, **more: Any) -> ClientError:
    response: Any = {"Error": {"Code": code, "Message": message}, **more}
    return ClientError(response, operation)

"""Items as DynamoDB spells them in JSON. Three types are enough: text, integers, bytes."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Mapping
from typing import Any, TypeAlias

Value: TypeAlias = str | int | bytes
Item: TypeAlias = Mapping[str, Value]


def to_wire(item: Item) -> dict[str, dict[str, Any]]:
    """An item for msgspec's JSON encoder, which spells bytes in base64 as DynamoDB expects."""
    return {name: _to_wire(value) for name, value in item.items()}


def _to_wire(value: Value) -> dict[str, Any]:
    match value:
        case str():
            return {"S": value}
        case int():
            return {"N": str(value)}
        case bytes():
            return {"B": value}


def from_wire(item: Mapping[str, Mapping[str, Any]]) -> dict[str, Value]:
    """The item that `to_wire` was given."""
    return {name: _from_wire(value) for name, value in item.items()}


def _from_wire(value: Mapping[str, Any]) -> Value:
    ((kind, content),) = value.items()
    match kind:
        case "S":
            return str(content)
        case "N":
            return int(content)
        case "B":
            return b64decode(content)
    raise ValueError(f"An item has a value of the type {kind}, which we never write.")

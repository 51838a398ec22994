"""Every older key of Sentry's means what its replacement means."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest
from llm_tracer.model.reading import Content, Reading

from .spans import content, read

TABLE = tomllib.loads(Path(__file__).with_name("sentry_aliases.toml").read_text("utf-8"))
ALIASES = [(field, old, new, value) for field, rows in TABLE.items() for old, new, value in rows]

KIND = {"tool": {"gen_ai.operation.name": "execute_tool"}}


def said(field: str, attributes: dict[str, Any]) -> Any:
    sent = {**KIND.get(field, {"gen_ai.operation.name": "chat"}), **attributes}
    reading, found = read(sent), content(sent)
    if field == "request_or_response_model":
        return reading.model
    if field in Reading.__dataclass_fields__:
        return getattr(reading, field)
    assert field in Content.__dataclass_fields__, field
    return getattr(found, field)


@pytest.mark.parametrize(
    ("field", "old", "new", "value"), ALIASES, ids=[f"{old}-{new}" for _, old, new, _ in ALIASES]
)
def test_an_alias_means_what_its_replacement_means(field: str, old: str, new: str, value: Any) -> None:
    meant = said(field, {new: value})
    assert meant
    assert meant != said(field, {})
    assert said(field, {old: value}) == meant


def test_the_newer_key_wins_over_its_alias() -> None:
    assert read({"gen_ai.response.model": "new", "ai.model_id": "old"}).model == "new"

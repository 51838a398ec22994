"""The table of conventions, parsed and compiled: dialects.toml as data that the interpreter (facts.py) runs.

Pure: text in, values out. The head of dialects.toml describes the syntax of keys.
"""

from __future__ import annotations

import fnmatch
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from hashlib import blake2b
from typing import Any


class DialectError(ValueError):
    """A table that cannot be read; the text says what is wrong, and where."""


@dataclass(frozen=True, slots=True)
class Condition:
    """When a key counts: on a root span, on certain kinds, from one scope, or if another attribute is present too."""

    root: bool = False
    kinds: tuple[str, ...] = ()
    scope: re.Pattern[str] | None = None
    attribute: str | None = None


@dataclass(frozen=True, slots=True)
class Source:
    """One key of a field. `key` is an attribute, a prefix ending in "." or ":", the end of a family's names beginning with
    ".", or the name of a flattened list."""

    key: str
    form: str = "exact"
    """exact, prefix, family (any prefix before `key`), list, message (one of `members`), named (the attributes that the JSON
    schema in `key` names), or computed ("@events": from elsewhere
    than attributes)."""
    place: str = "span"
    """span or resource. Attributes of events that count as the span's own are found as "event:" plus their key."""
    path: tuple[str, ...] | None = None
    scale: float = 1.0
    name: str = ""
    condition: Condition | None = None
    members: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_plain(self) -> bool:
        """Whether the value is taken as it is."""
        return self.path is None and self.scale == 1.0 and self.condition is None


@dataclass(frozen=True, slots=True)
class KindRule:
    """One rule for what kind a span is."""

    source: Source | None = None
    values: Mapping[str, str] = field(default_factory=dict)
    patterns: tuple[tuple[re.Pattern[str], str], ...] = ()
    otherwise: str | None = None
    has: tuple[str, ...] = ()
    has_fields: tuple[tuple[str, ...], ...] = ()
    events: frozenset[str] = frozenset()
    names: tuple[tuple[re.Pattern[str], str], ...] = ()
    scopes: tuple[re.Pattern[str], ...] = ()
    kind: str | None = None

    def of_name(self, name: str, scope: str) -> str | None:
        """The kind that a span's name implies, if its scope is one that names spans this way (no scopes: any)."""
        if self.scopes and not any(pattern.match(scope) for pattern in self.scopes):
            return None
        return next((kind for pattern, kind in self.names if pattern.match(name)), None)

    def of(self, value: Any) -> str | None:
        """The kind that the value of the key names; None leaves the decision to the next rule."""
        if not isinstance(value, str):
            return self.otherwise
        # Without the quotes of JSON: MLflow sends "\"LLM\"".
        text = value[:200].lower().strip('" ')
        found = self.values.get(text)
        if found is not None:
            return found
        for pattern, kind in self.patterns:
            if pattern.match(text):
                return kind
        return self.otherwise


@dataclass(frozen=True, slots=True)
class Dialects:
    """The whole table."""

    version: str
    fields: Mapping[str, tuple[Source, ...]]
    kinds: tuple[KindRule, ...]
    message_events: Mapping[str, str]
    attribute_events: frozenset[str]
    first_token_events: frozenset[str]
    providers: tuple[tuple[re.Pattern[str], str], ...]
    hosts: Mapping[str, str]
    exclusive_scopes: tuple[re.Pattern[str], ...]
    exclusive_providers: Mapping[str, tuple[re.Pattern[str], ...]]
    exclusive_output_scopes: tuple[re.Pattern[str], ...]
    doubled_reasoning_scopes: tuple[re.Pattern[str], ...]
    last_step_scopes: tuple[re.Pattern[str], ...]
    always_ok_scopes: tuple[re.Pattern[str], ...]


def parse_dialects(text: str, extra: str | None = None) -> Dialects:
    """The table in a TOML text; the keys and rules of `extra`, a second one, come first. Raises DialectError."""
    table = _compiled(_toml(text))
    if extra is None:
        return table
    first = _compiled(_toml(extra))
    unknown = sorted(first.fields.keys() - table.fields.keys())
    if unknown:
        raise DialectError(f"unknown field {unknown[0]!r} in [fields]")
    return replace(
        table,
        # People who edit their own table do not always change its version, but its text differs.
        version=f"{table.version}+{first.version or 'own'}-{_digest(extra)}",
        fields={name: (*first.fields.get(name, ()), *sources) for name, sources in table.fields.items()},
        kinds=(*first.kinds, *table.kinds),
        message_events={**table.message_events, **first.message_events},
        attribute_events=table.attribute_events | first.attribute_events,
        first_token_events=table.first_token_events | first.first_token_events,
        providers=(*first.providers, *table.providers),
        hosts={**table.hosts, **first.hosts},
        exclusive_scopes=(*first.exclusive_scopes, *table.exclusive_scopes),
        exclusive_providers={
            provider: (
                *first.exclusive_providers.get(provider, ()),
                *table.exclusive_providers.get(provider, ()),
            )
            for provider in {**table.exclusive_providers, **first.exclusive_providers}
        },
        exclusive_output_scopes=(*first.exclusive_output_scopes, *table.exclusive_output_scopes),
        doubled_reasoning_scopes=(*first.doubled_reasoning_scopes, *table.doubled_reasoning_scopes),
        last_step_scopes=(*first.last_step_scopes, *table.last_step_scopes),
        always_ok_scopes=(*first.always_ok_scopes, *table.always_ok_scopes),
    )


def _digest(text: str) -> str:
    return blake2b(text.encode(), digest_size=4).hexdigest()


def _toml(text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as fault:
        raise DialectError(f"not TOML: {fault}") from fault


def _compiled(table: dict[str, Any]) -> Dialects:
    events = table.get("events", {})
    return Dialects(
        version=str(table.get("version", "")),
        fields={name: tuple(map(parse_source, keys)) for name, keys in table.get("fields", {}).items()},
        kinds=tuple(rule for row in table.get("kinds", ()) for rule in _kind_rules(row)),
        message_events=events.get("messages", {}),
        attribute_events=frozenset(events.get("attributes", {}).get("names", ())),
        first_token_events=frozenset(events.get("first_token", {}).get("names", ())),
        providers=tuple(
            (_pattern(alias), provider)
            for provider, aliases in table.get("providers", {}).items()
            for alias in (provider, *aliases)
        ),
        hosts=table.get("hosts", {}),
        exclusive_scopes=_scopes(table, "exclusive_input"),
        exclusive_providers={
            provider: tuple(map(_pattern, scopes))
            for provider, scopes in table.get("exclusive_input", {}).get("providers", {}).items()
        },
        exclusive_output_scopes=_scopes(table, "exclusive_output"),
        doubled_reasoning_scopes=_scopes(table, "doubled_reasoning"),
        last_step_scopes=_scopes(table, "usage_of_last_step"),
        always_ok_scopes=_scopes(table, "status", "always_ok_scopes"),
    )


def _scopes(table: dict[str, Any], section: str, name: str = "scopes") -> tuple[re.Pattern[str], ...]:
    return tuple(map(_pattern, table.get(section, {}).get(name, ())))


def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(fnmatch.translate(text.lower()))


def _kind_rules(row: dict[str, Any]) -> list[KindRule]:
    """One rule for each key, or one without a key."""
    values = row.get("values", {})
    keys = row.get("key")
    rule = KindRule(
        source=None,
        values={value: kind for value, kind in values.items() if "*" not in value},
        patterns=tuple((_pattern(value), kind) for value, kind in values.items() if "*" in value),
        otherwise=row.get("otherwise"),
        has=tuple(row.get("has", ())),
        has_fields=tuple(tuple(group) for group in row.get("has_fields", ())),
        events=frozenset(row.get("events", ())),
        names=tuple((_pattern(name), kind) for name, kind in row.get("names", {}).items()),
        scopes=tuple(map(_pattern, row.get("scopes", ()))),
        kind=row.get("kind"),
    )
    if keys is None:
        return [rule]
    return [replace(rule, source=parse_source(key)) for key in (keys if isinstance(keys, list) else [keys])]


def parse_source(written: Any) -> Source:
    """One key of the table, compiled. Raises DialectError."""
    if isinstance(written, dict):
        members = {str(key): str(name) for name, key in written.items()}
        return Source(key=next(iter(members)), form="message", members=members)
    if not isinstance(written, str) or not written.strip():
        raise DialectError(f"a key is a text or a table of texts, not {written!r}")
    text, condition = _cut(written, " ? ")
    text, name = _cut(text, " as ")
    text, scale = _cut(text, " * ")
    key, path = _cut(text, " -> ")
    place = "span"
    if key.startswith("resource:"):
        place, key = "resource", key.removeprefix("resource:")
    form = "exact"
    if key.startswith("@"):
        form = "computed"
    elif key.startswith("*."):
        form, key = "family", key[1:]
    elif key.endswith((".*", ":*")):
        form, key = "prefix", key[:-1]
    elif key.endswith(".#"):
        form, key = "list", key[:-2]
    elif key.startswith("named:"):
        form, key = "named", key.removeprefix("named:")
    return Source(
        key=key,
        form=form,
        place=place,
        path=None if path is None else _path(path, written),
        scale=float(scale or 1),
        name=name or key.rsplit(".", 1)[-1],
        condition=None if condition is None else _condition(condition),
    )


def _cut(text: str, mark: str) -> tuple[str, str | None]:
    head, found, tail = text.partition(mark)
    return (head.strip(), tail.strip()) if found else (text.strip(), None)


def _path(path: str, written: str) -> tuple[str, ...]:
    if not path.startswith("$"):
        raise DialectError(f"a path into JSON starts with $: {written!r}")
    return tuple(name for name in path[1:].split(".") if name)


def _condition(text: str) -> Condition:
    if text == "root":
        return Condition(root=True)
    if text.startswith("kind="):
        return Condition(kinds=tuple(text.removeprefix("kind=").split("|")))
    if text.startswith("scope="):
        return Condition(scope=_pattern(text.removeprefix("scope=")))
    return Condition(attribute=text)

"""What the service works with: its tables, its settings, its keys."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from llm_tracer_service.access.keys import Access


class Mapping(Struct, frozen=True):
    """The table of conventions that new spans are read by. `own_file` is the name of the one of TRACER_DIALECTS."""

    version: str
    own_file: str | None


class SettingInForce(Struct, frozen=True):
    """A setting of the service with its value; `is_default` where nobody set it."""

    variable: str
    value: str
    is_default: bool
    description: str


class Configuration(Struct, frozen=True):
    """What the service works with. Nothing secret is in it: keys and places on its disk are not."""

    version: str
    mapping: Mapping
    settings: list[SettingInForce]
    redaction_marks: list[str]
    """Texts that stand for content which a sender kept to itself, as the service recognises them; it takes out nothing
    by itself."""


class KeyInfo(Struct, frozen=True):
    """A key of the project, without anything of which it could be made. `made_by` says where it was declared: in the file
    of `llm-tracer keys`, or in TRACER_API_KEYS."""

    id: str
    access: Access
    made_by: Literal["command", "setting"]
    created_at: str | None
    note: str | None


class Keys(Struct, frozen=True):
    """The keys of a project. `is_keyless`: the service has none at all, so whoever is on its machine may read and write."""

    keys: list[KeyInfo]
    is_keyless: bool

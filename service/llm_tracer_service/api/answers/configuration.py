"""What the service works with: its tables, its settings, its keys."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from llm_tracer_service.access.keys import Access


class Mapping(Struct, frozen=True):
    """The table of conventions by which new spans are read. `own_file` is the name of the file in TRACER_DIALECTS."""

    version: str
    own_file: str | None


class SettingInForce(Struct, frozen=True):
    """A setting of the service and its value; `is_default` if nobody set it."""

    variable: str
    value: str
    is_default: bool
    description: str


class Configuration(Struct, frozen=True):
    """What the service works with, without secrets: no keys, and no paths on its disk."""

    version: str
    mapping: Mapping
    settings: list[SettingInForce]
    redaction_marks: list[str]
    """The texts that the service recognizes as standing for content that a sender left out. The service itself removes
    nothing."""


class KeyInfo(Struct, frozen=True):
    """A key of the project, without anything it could be reconstructed from. `made_by` says where it was declared: in the
    file of `llm-tracer keys`, or in TRACER_API_KEYS."""

    id: str
    access: Access
    made_by: Literal["command", "setting"]
    created_at: str | None
    note: str | None


class Keys(Struct, frozen=True):
    """The keys of a project. `is_keyless`: the service has no keys at all, so anyone on its machine may read and write."""

    keys: list[KeyInfo]
    is_keyless: bool

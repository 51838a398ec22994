"""The answers to what the SDKs of Opik ask, in their form."""

from __future__ import annotations

from msgspec import Struct


class OpikHealth(Struct, frozen=True):
    """That the service is there."""

    message: str
    healthy: bool


class OpikVersion(Struct, frozen=True):
    """The version of the service."""

    version: str


class OpikWorkspace(Struct, frozen=True, rename="camel"):
    """The project of the key, which is what a workspace is there."""

    workspace_name: str

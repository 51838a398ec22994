"""How our own SDK describes a process."""

from __future__ import annotations

from typing import Any

VERSION = "0.1.0"


def sdk_resource(service: str) -> dict[str, Any]:
    """The resource of a program that uses `llm_tracer`."""
    return {
        "service.name": service,
        "telemetry.sdk.name": "llm-tracer",
        "telemetry.sdk.language": "python",
        "telemetry.sdk.version": VERSION,
        "process.runtime.name": "cpython",
        "process.runtime.version": "3.12.7",
    }

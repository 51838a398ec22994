"""The settings of the SDK. The only module that reads the environment."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from typing import NamedTuple

from .guard import say_once
from .values.redact import Redact

DEFAULT_API_URL = "http://127.0.0.1:8001"
SPOOL_LIMIT_BYTES = 64 * 1024 * 1024

_OFF = frozenset({"0", "false", "no", "off"})
_ON = frozenset({"1", "true", "yes", "on"})


class Settings(NamedTuple):
    """What a Tracer needs to know. `resource_attributes` describe the process (OTel resource attributes)."""

    api_url: str
    api_key: str | None
    enabled: bool
    service_name: str
    resource_attributes: dict[str, str]
    spool: str | None = ""
    """The folder for what could not be delivered; "" is the user's own (spool.py), None keeps it in memory only."""
    spool_limit_bytes: int = SPOOL_LIMIT_BYTES
    sample_rate: float = 1.0
    sample_rules: tuple[tuple[str, float], ...] = ()
    capture_content: bool = True
    redact: Redact | None = None
    value_limit_bytes: int = 8 * 1024 * 1024


def read_settings() -> Settings:
    """Environment first, then `.env` in the working directory, then the defaults.

    TRACER_API_URL (http://127.0.0.1:8001), TRACER_API_KEY (none), TRACER_ENABLED (true; 0, false, no and off turn
    tracing off), TRACER_SPOOL (a folder of the user's; off: none), TRACER_SPOOL_MAX_BYTES (64 MiB),
    TRACER_SAMPLE_RATE (1.0), TRACER_CAPTURE_CONTENT (true), TRACER_REDACT (false), OTEL_SERVICE_NAME (the script's
    name), OTEL_RESOURCE_ATTRIBUTES (`key=value,key=value`). An empty value counts as not set. One that cannot be used
    is reported once, and the default is used.
    """
    # Stripped, since a key from a file or a secret often ends with a line break.
    given = {name: value.strip() for name, value in os.environ.items() if value.strip()}
    values = {**_read_env_file(".env"), **given}
    resource = _resource_attributes(values.get("OTEL_RESOURCE_ATTRIBUTES", ""))
    spool = values.get("TRACER_SPOOL", "")
    return Settings(
        api_url=values.get("TRACER_API_URL", DEFAULT_API_URL).rstrip("/"),
        api_key=values.get("TRACER_API_KEY"),
        enabled=_flag(values, "TRACER_ENABLED", True),
        service_name=values.get("OTEL_SERVICE_NAME") or resource.get("service.name") or _script_name(),
        resource_attributes=resource,
        spool=None if _is_in(_OFF, spool) else spool,
        spool_limit_bytes=int(_number(values, "TRACER_SPOOL_MAX_BYTES", SPOOL_LIMIT_BYTES, 0, 1e15)),
        sample_rate=_number(values, "TRACER_SAMPLE_RATE", 1.0, 0, 1),
        capture_content=_flag(values, "TRACER_CAPTURE_CONTENT", True),
        redact=Redact() if _flag(values, "TRACER_REDACT", False) else None,
    )


def _is_in(words: frozenset[str], value: str) -> bool:
    return value.strip().lower() in words


def _flag(values: Mapping[str, str], name: str, default: bool) -> bool:
    text = values.get(name)
    if text is None:
        return default
    if _is_in(_ON | _OFF, text):
        return _is_in(_ON, text)
    taken = "true" if default else "false"
    say_once(name, f"llm_tracer: {name}={text!r} is neither true nor false; {taken} is used")
    return default


def _number(values: Mapping[str, str], name: str, default: float, least: float, most: float) -> float:
    text = values.get(name)
    if text is None:
        return default
    try:
        number = float(text)
    except ValueError:
        number = -1.0
    if least <= number <= most:
        return number
    say_once(
        name, f"llm_tracer: {name}={text!r} is not a number from {least:g} to {most:g}; {default:g} is used"
    )
    return default


def _read_env_file(path: str) -> dict[str, str]:
    try:
        with open(path, "rb") as file:
            written = file.read()
    except OSError:
        return {}
    from .model.env_file import assignments  # `import llm_tracer` loads no vocabulary

    return assignments(written)


def _resource_attributes(text: str) -> dict[str, str]:
    pairs = (pair.partition("=") for pair in text.split(","))
    return {name.strip(): value.strip() for name, separator, value in pairs if separator and name.strip()}


def _script_name() -> str:
    """`answer.py` run as a script is the service "answer"; `python -m package` is "package"; otherwise "python"."""
    spec: Mapping[str, object] | object = getattr(sys.modules.get("__main__"), "__spec__", None)
    module = getattr(spec, "name", None)
    if isinstance(module, str):
        return module.removesuffix(".__main__")
    script = os.path.basename(sys.argv[0]) if getattr(sys, "argv", None) else ""
    return script.removesuffix(".py") if script not in ("", "-", "-c") else "python"

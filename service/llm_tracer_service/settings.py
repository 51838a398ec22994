"""The settings of the service, declared as data. This module alone reads them from the environment.

The table in the documentation is made from `SETTINGS`.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Literal

from llm_tracer.model.env_file import assignments

LOOPBACK_NAMES = ("localhost",)
APP_NAME = "llm-tracer"


class BadSetting(ValueError):
    """A setting has an unusable value. The text names the variable and says what is expected."""


@dataclass(frozen=True, slots=True)
class Setting:
    """One variable: its name, how its text is read, its default, and what it does."""

    variable: str
    field: str
    type: str
    read: Callable[[str], Any]
    default: Any
    description: str
    default_text: str = ""

    @property
    def default_shown(self) -> str:
        """The default as the documentation shows it."""
        return self.default_text or ("" if self.default is None else str(self.default))


def _text(text: str) -> str:
    return text


def _names(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _host(text: str) -> str:
    text.encode("idna")  # the resolver does the same, and fails with a UnicodeError
    return text


def _host_names(text: str) -> tuple[str, ...]:
    names = _names(text)
    for name in names:
        # With a scheme, a path or a port it would be no host name, and never match one.
        if "/" in name or name.count(":") == 1 or "]:" in name:
            raise ValueError
    return names


def _whole(least: int, most: int = 2**53) -> Callable[[str], int]:  # more is no number in JSON
    def read(text: str) -> int:
        number = int(text.replace("_", ""))
        if not least <= number <= most:
            raise ValueError
        return number

    return read


def _whole_or_off(least: int) -> Callable[[str], int | None]:
    read = _whole(least)
    return lambda text: None if text.lower() == "off" else read(text)


def _port_or_off(text: str) -> int | Literal["off"]:
    return "off" if text.lower() == "off" else _whole(1, 65_535)(text)


def _seconds(text: str) -> float:
    number = float(text)
    if not 0 < number < 1e9:
        raise ValueError
    return number


def _yes_or_no(text: str) -> bool:
    return _WORDS[text.lower()]


_WORDS = {
    "yes": True,
    "true": True,
    "on": True,
    "1": True,
    "no": False,
    "false": False,
    "off": False,
    "0": False,
}

SETTINGS: Sequence[Setting] = (
    Setting(
        "TRACER_STORE", "store", "URL", _text, None,
        "Where traces are kept: `sqlite:PATH`, `memory:`, or `dynamodb:TABLE?region=R` (docs/dynamodb.md). `llm-tracer up` also "
        "takes `dynamodb-local`.",
        default_text="sqlite, under the user's data directory",
    ),
    Setting(
        "TRACER_HOST", "host", "address", _host, "127.0.0.1",
        "The address to listen on. Beyond loopback the service starts only with keys.",
    ),
    Setting("TRACER_PORT", "port", "whole number, 0 to 65535", _whole(0, 65_535), 8001, "The port to listen on; 0 picks a free one."),
    Setting(
        "TRACER_GRPC_PORT", "grpc_port", "whole number, 1 to 65535, or `off`", _port_or_off, None,
        "The port for OTLP/gRPC, if the extra `llm-tracer-service[grpc]` is installed.",
        default_text="`up`: 4317 if it is free; `serve`: off",
    ),
    Setting(
        "TRACER_API_KEYS", "api_keys", "comma-separated list", _names, (),
        "The keys that are accepted: `project-ID.SECRET`, followed by `:read` or `:write` for a key that may do only "
        "that. The keys from `llm-tracer keys create` are accepted as well. Without any: loopback only, project by name.",
        default_text="none",
    ),
    Setting(
        "TRACER_ALLOW_ANYONE", "allow_anyone", "yes or no", _yes_or_no, False,
        "Start beyond loopback even without keys. Only for where something else keeps strangers out, such as a container "
        "whose port is published to its own machine.",
        default_text="no",
    ),
    Setting(
        "TRACER_TRUSTED_HOSTS", "trusted_hosts", "comma-separated list", _host_names, (),
        "More host names, without a port, by which a browser may reach a service without keys, besides `localhost` and loopback addresses. "
        "Others are refused, so that no web page can reach it by its own host name (DNS rebinding).",
        default_text="none",
    ),
    Setting(
        "TRACER_MAX_BODY_BYTES", "max_body_bytes", "whole number of bytes, at least 1", _whole(1), 64 * 1024 * 1024,
        "The largest request body, compressed and uncompressed; 413 above it.",
        default_text="67108864 (64 MiB)",
    ),
    Setting(
        "TRACER_RATE_LIMIT", "rate_limit", "whole number of spans per minute, at least 1, or `off`", _whole_or_off(1), None,
        "How many spans a project may send per minute; 429 with `Retry-After` above it.", default_text="off",
    ),
    Setting(
        "TRACER_RETENTION_DAYS", "retention_days", "whole number of days, at least 1", _whole(1), 90, "How long a trace is kept after its last span arrived. Pinned ones stay (docs/operating.md)."
    ),
    Setting(
        "TRACER_MAX_STORE_BYTES", "max_store_bytes", "whole number of bytes, at least 1, or `off`", _whole_or_off(1), None,
        "The size above which the store deletes traces, those without new spans for the longest first; pinned ones stay.", default_text="off",
    ),
    Setting(
        "TRACER_ABANDON_AFTER_S", "abandon_after_s", "number of seconds, more than 0", _seconds, 600.0,
        "A running trace without new spans for longer than this is shown as abandoned.", default_text="600",
    ),
    Setting(
        "TRACER_DIALECTS", "dialects", "path", Path, None,
        "Your own table, used in addition to the built-in one (docs/dialects.md).", default_text="none",
    ),
    Setting(
        "TRACER_SPOOL", "spool", "path", _text, None,
        "Where programs on this machine keep what they could not deliver (the SDK's setting of the same name).",
        default_text="as the SDK",
    ),
    Setting(
        "TRACER_PRICES", "prices", "path", Path, None, "Your own price file; it overrides the built-in prices "
        "(docs/prices.md).",
        default_text="none",
    ),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Settings:
    """What the service needs to know. The Setting of the same name in SETTINGS describes each field."""

    store: str
    host: str = "127.0.0.1"
    port: int = 8001
    grpc_port: int | Literal["off"] | None = None
    api_keys: tuple[str, ...] = ()
    allow_anyone: bool = False
    trusted_hosts: tuple[str, ...] = ()
    max_body_bytes: int = 64 * 1024 * 1024
    rate_limit: int | None = None
    retention_days: int = 90
    max_store_bytes: int | None = None
    abandon_after_s: float = 600.0
    dialects: Path | None = None
    spool: str | None = None
    prices: Path | None = None
    keys_file: Path | None = None

    @property
    def is_loopback(self) -> bool:
        """Whether only programs on this machine can reach the service."""
        return is_loopback(self.host)


def read_settings(
    environ: Mapping[str, str] | None = None,
    env_file: Path | None = None,
    options: Mapping[str, str] | None = None,
) -> Settings:
    """The settings from these sources, the first that has one counts: options of the command line (by the names of the
    variables), the environment, `.env` in the working directory, the defaults. An empty value counts as not set.

    Raises BadSetting.
    """
    environ = os.environ if environ is None else environ
    given = {name: text for source in (environ, options or {}) for name, text in source.items() if text}
    texts = {**_read_env_file(env_file or Path(".env")), **given}
    values = {setting.field: _value(setting, texts.get(setting.variable)) for setting in SETTINGS}
    values["store"] = values["store"] or f"sqlite:{data_dir() / 'traces.db'}"
    return Settings(**values, keys_file=_keys_file(values["store"]))


def _value(setting: Setting, text: str | None) -> Any:
    if text is None:
        return setting.default
    try:
        return setting.read(text.strip())
    except (ValueError, KeyError):
        raise BadSetting(
            f"{setting.variable}={text!r} is invalid; expected: {setting.type}. {setting.description}"
        ) from None


def data_dir() -> Path:
    """Where this user's data belongs (XDG_DATA_HOME, Application Support, AppData)."""
    from platformdirs import user_data_path  # imported on demand: in a Lambda there is no user

    return user_data_path(APP_NAME, appauthor=False)


def cache_dir() -> Path:
    """Where to keep what can be downloaded again: TRACER_CACHE_DIR, or the user's cache folder."""
    named = os.environ.get("TRACER_CACHE_DIR")
    if named:
        return Path(named)
    from platformdirs import user_cache_path

    return user_cache_path(APP_NAME, appauthor=False)


def _keys_file(store: str) -> Path | None:
    """The keys are beside the file of the store; for `memory:` in the user's data directory; for DynamoDB in no file."""
    kind, _, place = store.partition(":")
    match kind:
        case "sqlite":
            return Path(place).expanduser().parent / "keys.json"
        case "dynamodb":
            return None
        case _:
            return data_dir() / "keys.json"


def is_loopback(host: str) -> bool:
    """Whether a host name or address, without a port, can only mean this machine."""
    name = host.strip("[]").lower().rstrip(".")
    if name in LOOPBACK_NAMES or name.endswith(".localhost"):
        return True
    try:
        return ip_address(name).is_loopback
    except ValueError:
        return False


def said_in_env_file(variable: str) -> str | None:
    """What `.env` in the working directory has for a variable; None if nothing."""
    return _read_env_file(Path(".env")).get(variable)


def _read_env_file(path: Path) -> dict[str, str]:
    try:
        return assignments(path.read_bytes())
    except OSError:
        return {}

"""The dashboard's settings, declared as data, and the only module of this part that reads the environment.

The environment takes precedence, then a `.env` file in the working directory, then the defaults. The table in the
documentation is generated from `SETTINGS`.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Any, TypeAlias
from urllib.parse import urlsplit

Network: TypeAlias = IPv4Network | IPv6Network
MIN_PASSWORD = 8


@dataclass(frozen=True, slots=True)
class Setting:
    """One variable: how its text is parsed (the ValueError says what is expected), its default, and what it does."""

    variable: str
    field: str
    read: Callable[[str], Any]
    default: Any
    description: str

    @property
    def default_shown(self) -> str:
        """The default, as in the documentation."""
        shown = {True: "yes", False: "no"}.get(self.default, self.default)
        return f"`{shown}`" if shown else "none"


def _origin(text: str) -> str:
    url = urlsplit(text)
    if url.scheme not in ("http", "https") or not url.hostname:
        raise ValueError("must start with http:// or https:// and name a host")
    if (
        url.port == 0 or not url.netloc.isprintable() or " " in url.netloc
    ):  # `port` raises for one that is none
        raise ValueError("must be a host name, perhaps with a port")
    if "@" in url.netloc or url.query or url.fragment:  # it is shown to everybody who sees a page
        raise ValueError("must have no user, password, `?` or `#`")
    return text.rstrip("/")


def _key(text: str) -> str:
    if not text.isascii() or not text.isprintable():
        raise ValueError("must be a key: letters, digits and signs of ASCII in one line")
    return text


def _names(text: str) -> tuple[str, ...]:
    return tuple(name.strip().lower() for name in text.split(",") if name.strip())


def _host_names(text: str) -> tuple[str, ...]:
    names = _names(text)
    for name in names:
        if "/" in name or name.count(":") == 1 or "]" in name:
            raise ValueError(f"must be host names without https:// and port, not {name!r}")
    return names


def _networks(text: str) -> tuple[Network, ...]:
    try:
        return tuple(ip_network(name) for name in _names(text))
    except ValueError as error:
        raise ValueError(f"must be addresses or networks, separated by commas ({error})") from None


def _password(text: str) -> str:
    if len(text) < MIN_PASSWORD:
        raise ValueError(f"must have at least {MIN_PASSWORD} characters")
    try:
        text.encode()
    except UnicodeEncodeError:  # bytes of the environment that are no UTF-8
        raise ValueError("must be UTF-8") from None
    return text


def _yes_or_no(text: str) -> bool:
    words = {
        "yes": True,
        "true": True,
        "on": True,
        "1": True,
        "no": False,
        "false": False,
        "off": False,
        "0": False,
    }
    if text.lower() not in words:
        raise ValueError("must be yes or no")
    return words[text.lower()]


SETTINGS: Sequence[Setting] = (
    Setting("TRACER_API_URL", "api_url", _origin, "http://127.0.0.1:8001", "The Tracer API to read from."),
    Setting(
        "TRACER_API_KEY", "api_key", _key, "project-dev",
        "Its key, which needs read access. Browsers never see it.",
    ),
    Setting(
        "TRACER_DASHBOARD_HOSTS", "allowed_hosts", _host_names, (),
        "Comma-separated host names it answers to, in addition to local ones.",
    ),
    Setting(
        "TRACER_DASHBOARD_PASSWORD", "password", _password, "",
        "The password to sign in with, at least 8 characters. Changing it ends all sessions.",
    ),
    Setting(
        "TRACER_DASHBOARD_USER_HEADER", "user_header", str.lower, "",
        "The header in which a proxy names the signed-in user. Trusted only from TRACER_DASHBOARD_PROXIES.",
    ),
    Setting(
        "TRACER_DASHBOARD_PROXIES", "proxies", _networks, (),
        "Comma-separated addresses or networks of the proxies in front of it. They are trusted to state the client's address "
        "and HTTPS. So is a proxy on the same machine, except for its user header.",
    ),
    Setting(
        "TRACER_ALLOW_ANYONE", "allow_anyone", _yes_or_no, False,
        "Allow listening beyond loopback without sign-in. Use it only if something else keeps strangers out, such as a "
        "container whose port is published only to its own machine.",
    ),
    Setting(
        "REFLEX_API_URL", "public_url", _origin, "",
        "The WebSocket address for browsers, if it differs from that of the pages. Not needed behind a single "
        "proxy.",
    ),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of this process. Each field is described by its Setting in SETTINGS.

    Addresses have no trailing slash; names are in lower case.
    """

    api_url: str = "http://127.0.0.1:8001"
    api_key: str = "project-dev"
    allowed_hosts: tuple[str, ...] = ()
    password: str = ""
    user_header: str = ""
    proxies: tuple[Network, ...] = ()
    allow_anyone: bool = False
    public_url: str = ""

    @property
    def project(self) -> str:
        """The project that the key belongs to: its part before the secret.

        >>> Settings(api_key="project-shop.SECRET").project
        'shop'
        """
        return self.api_key.partition(".")[0].removeprefix("project-")

    @property
    def asks_who(self) -> bool:
        """Whether people have to sign in."""
        return bool(self.password or self.user_header)


def load(environ: Mapping[str, str] | None = None, folder: Path | None = None) -> Settings:
    """Settings from `environ` (by default the process's), then `folder/.env`, then the defaults.

    An empty value counts as absent, as in Compose files. Raises a ValueError that names the variable.
    """
    real = os.environ if environ is None else environ
    file = (folder or Path.cwd()) / ".env"
    written: dict[str, str] = {}
    with contextlib.suppress(OSError):  # no readable .env is the usual case
        lines = file.read_bytes()
        from llm_tracer.model.env_file import assignments  # the pages compile where the SDK is not installed

        written = assignments(lines)

    def value(setting: Setting) -> Any:
        text = real.get(setting.variable, "").strip() or written.get(setting.variable, "").strip()
        try:
            return setting.read(text) if text else setting.default
        except ValueError as error:
            raise ValueError(f"{setting.variable} {error}") from None

    settings = Settings(**{setting.field: value(setting) for setting in SETTINGS})
    if settings.user_header and not settings.proxies:
        raise ValueError(
            "TRACER_DASHBOARD_USER_HEADER needs TRACER_DASHBOARD_PROXIES, the addresses of the proxies that may set it: "
            "otherwise anyone could set the header"
        )
    return settings


_kept: Settings | None = None
_serving = False


def keep(settings: Settings) -> None:
    """Make these the process's settings. They were read in the user's working directory, which the launcher
    changes."""
    global _kept  # one process, one setting
    _kept = settings


def current() -> Settings:
    """The process's settings: the kept ones, or else read now."""
    return _kept if _kept is not None else load()


def is_serving() -> bool:
    """Whether this process serves a compiled frontend, so that nothing has to be compiled here."""
    return _serving


def dev_origins() -> list[str]:
    """The origins of the pages that `dev.py` serves, as it passes them to Reflex."""
    return [origin for origin in os.environ.get("REFLEX_CORS_ALLOWED_ORIGINS", "").split(",") if origin]


def prepare_reflex(origins: list[str]) -> None:
    """Set Reflex's own environment variables so that it runs compiled, quietly and for these origins.

    Reflex calls two of these names internal; its version is pinned exactly, and a test of the launcher covers them.
    """
    global _serving
    _serving = True
    from reflex_base.constants import Env
    from reflex_base.environment import environment

    environment.REFLEX_ENV_MODE.set(Env.PROD)
    environment.REFLEX_SKIP_COMPILE.set(True)
    environment.REFLEX_BACKEND_ONLY.set(True)  # or rx.asset makes links in the working directory
    os.environ.update(
        REFLEX_TELEMETRY_ENABLED="false",
        REFLEX_CHECK_LATEST_VERSION="false",
        REFLEX_CORS_ALLOWED_ORIGINS=",".join(origins),
    )
    # Overrides meant for some other Reflex program of the user must not reach this one.
    for name in ("REDIS_URL", "FRONTEND_PATH", "BACKEND_PATH", "API_URL", "DB_URL"):
        os.environ.pop(f"REFLEX_{name}", None)

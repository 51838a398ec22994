"""The dashboard's settings, and the only module of this part that reads the environment.

The environment wins; what it leaves open is read from a `.env` file in the working directory; then the defaults.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

DEFAULT_API_URL = "http://127.0.0.1:8001"
DEFAULT_API_KEY = "project-dev"


@dataclass(frozen=True, slots=True)
class Settings:
    """Where the Tracer API is and how this process introduces itself to it.

    api_url: without a trailing slash. api_key: sent by this process only; a browser never sees it.
    allowed_hosts: host names, besides loopback ones, under which a dashboard on a loopback address may be asked.
    """

    api_url: str = DEFAULT_API_URL
    api_key: str = DEFAULT_API_KEY
    allowed_hosts: tuple[str, ...] = ()

    @property
    def project(self) -> str:
        """The project that the key belongs to: its part before the secret.

        >>> Settings(api_key="project-shop.SECRET").project
        'shop'
        """
        return self.api_key.partition(".")[0].removeprefix("project-")


def parse_dotenv(text: str) -> dict[str, str]:
    """Read `NAME=value` lines; `export ` and one pair of quotes are dropped, comments and other lines skipped.

    >>> parse_dotenv("# c\\nexport A='1 2'\\nB=3 # note\\nnonsense")
    {'A': '1 2', 'B': '3'}
    """
    values: dict[str, str] = {}
    for raw in text.splitlines():
        line = raw.strip().removeprefix("export ").lstrip()
        name, found, value = line.partition("=")
        name, value = name.strip(), value.strip()
        if not found or not name.isidentifier():
            continue
        if len(value) >= 2 and value[0] in "'\"" and value[-1] == value[0]:
            value = value[1:-1]
        else:
            value = value.partition(" #")[0].rstrip()
        values[name] = value
    return values


def load(environ: Mapping[str, str] | None = None, folder: Path | None = None) -> Settings:
    """Settings from `environ` (the process's own unless given), then `folder/.env`, then the defaults.

    An empty value counts as absent, as it does in Compose files. Raises ValueError for an address that is not http(s).
    """
    real = os.environ if environ is None else environ
    file = (folder or Path.cwd()) / ".env"
    written: dict[str, str] = {}
    with contextlib.suppress(OSError, UnicodeDecodeError):  # no readable .env is the usual case
        written = parse_dotenv(file.read_text(encoding="utf-8"))

    def value(name: str, default: str) -> str:
        return real.get(name, "").strip() or written.get(name, "").strip() or default

    api_url = value("TRACER_API_URL", DEFAULT_API_URL).rstrip("/")
    if not api_url.startswith(("http://", "https://")):
        raise ValueError(f"TRACER_API_URL must start with http:// or https://, not {api_url!r}")
    hosts = tuple(h.strip().lower() for h in value("TRACER_DASHBOARD_HOSTS", "").split(",") if h.strip())
    return Settings(api_url, value("TRACER_API_KEY", DEFAULT_API_KEY), hosts)


_kept: Settings | None = None
_serving = False


def keep(settings: Settings) -> None:
    """Make these the process's settings, read where the user stood: the launcher changes the working directory."""
    global _kept  # one process, one setting
    _kept = settings


def current() -> Settings:
    """The process's settings: the kept ones, else read now."""
    return _kept if _kept is not None else load()


def is_serving() -> bool:
    """Whether this process serves a compiled frontend, so that nothing has to be drawn or compiled here."""
    return _serving


def prepare_reflex(origins: list[str]) -> None:
    """Tell Reflex, which reads its own environment variables, that it runs compiled, quietly and for these origins.

    Two of the names are called internal by Reflex; the exact pin of its version and a test on the launcher hold them.
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
    # Any other override meant for some Reflex program of the user's must not reach this one.
    for name in ("REDIS_URL", "FRONTEND_PATH", "BACKEND_PATH", "API_URL", "DB_URL"):
        os.environ.pop(f"REFLEX_{name}", None)

"""nginx as deploy/nginx.conf sets it up, in front of both parts, with TLS and on ports of its own."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
from running import free_port
from waiting import PATIENCE_S, until

HERE = Path(__file__).resolve().parents[2]
CERTIFICATE = HERE / "tests" / "fixtures" / "self_signed.pem"
NAME, PASSWORD, KEY = "traces.example.com", "only for the team", "project-dev.secret"
NGINX = shutil.which("nginx") or "/usr/sbin/nginx"
UPGRADE = {
    "Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==",
}  # fmt: skip


@dataclass(frozen=True)
class Site:
    """Both parts behind one name, for browsers at `origin`."""

    port: int
    plain_port: int

    @property
    def origin(self) -> str:
        return f"https://{NAME}:{self.port}"

    def ask(self, method: str, path: str, **more: object) -> httpx.Response:
        """A request that comes to nginx under the site's name."""
        headers = {"Host": f"{NAME}:{self.port}", **more.pop("headers", {})}  # type: ignore[dict-item]
        url = f"https://127.0.0.1:{self.port}{path}"
        return httpx.request(method, url, headers=headers, verify=False, timeout=20, **more)  # type: ignore[arg-type]


def configured(api_url: str, dashboard_url: str, site: Site, folder: Path) -> str:
    """deploy/nginx.conf with the ports, the certificate and the folders of this test."""
    text = (HERE / "deploy" / "nginx.conf").read_text()
    for ours, its in {
        "http://127.0.0.1:3000": dashboard_url, "http://127.0.0.1:8001": api_url, "listen 443": f"listen 127.0.0.1:{site.port}",
        "listen 80": f"listen 127.0.0.1:{site.plain_port}", f"/etc/ssl/{NAME}/fullchain.pem": str(CERTIFICATE),
        f"/etc/ssl/{NAME}/privkey.pem": str(CERTIFICATE),
    }.items():  # fmt: skip
        assert ours in text, ours
        text = text.replace(ours, its)
    places = "".join(
        f"{kind}_temp_path {folder}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    return f"daemon off; pid {folder}/pid; events {{}} http {{ access_log off; {places} {text} }}"


@contextmanager
def proxied(folder: Path, api_url: str, dashboard_url: str) -> Iterator[Site]:
    """nginx in front of a Tracer API and a dashboard, ended with the block."""
    site = Site(free_port(), free_port())
    (folder / "nginx.conf").write_text(configured(api_url, dashboard_url, site, folder))
    command = [NGINX, "-p", str(folder), "-e", str(folder / "error.log"), "-c", str(folder / "nginx.conf")]
    process = subprocess.Popen(command)
    try:
        until(lambda: _answers(site, process, folder))
        yield site
    finally:
        process.terminate()
        process.wait(PATIENCE_S)


def _answers(site: Site, process: subprocess.Popen[bytes], folder: Path) -> bool:
    assert process.poll() is None, (folder / "error.log").read_text()
    try:
        return site.ask("GET", "/_health").status_code == 200
    except httpx.TransportError:
        return False

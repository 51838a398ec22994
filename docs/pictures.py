"""Takes the pictures of the documentation: the demo traces, in a real browser, in the sizes and themes we look at.

    .venv/bin/python docs/pictures.py [FOLDER]

Writes `{page}-{theme}-{width}.png` into docs/images, or into FOLDER all of them.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "tests"))

from browser.browsing import chromium, dashboard, settled
from playwright.sync_api import Browser
from running import COMMAND, start_service, stopping

KEPT = (
    "trace-light-1280", "list-dark-900", "session-light-1280", "compare-light-1280",
    "empty-light-900", "transcript-light-1280", "graph-light-1280", "sessions-light-900", "spans-light-900",
    "overview-light-900", "errors-light-900", "patterns-light-900", "ingest-light-900", "settings-light-900",
)  # fmt: skip
"""The pictures that the documentation shows."""

HEIGHTS = {900: 620, 1280: 680, 1920: 1080}
VIEWS = {(theme, width): height for theme in ("light", "dark") for width, height in HEIGHTS.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description="The pictures of the documentation, in docs/images.")
    parser.add_argument("folder", nargs="?", type=Path, help="take them all, into this folder")
    asked: Path | None = parser.parse_args().folder
    folder = asked or HERE / "images"
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as name:
        scratch = Path(name)
        with (
            stopping(start_service(scratch)) as service,
            dashboard(scratch, service.url) as site,
            chromium() as browser,
        ):
            camera = Camera(browser, site.url, folder, is_for_all=asked is not None)
            camera.take("empty", "/")
            subprocess.run([COMMAND, "demo", "--url", service.url], check=True, capture_output=True)
            for page_name, path, part in pages(service.url):
                camera.take(page_name, path, part)
        with dashboard(scratch, service.url) as site, chromium() as browser:
            Camera(browser, site.url, folder, is_for_all=asked is not None).take("disconnected", "/")


def pages(url: str) -> Iterator[tuple[str, str, str]]:
    """The pages with the demo traces: name, path, and the part of the page that is in the picture."""
    agent = find(url, "coding")
    of_agent = f"/trace/{agent['trace_id']}"
    yield "list", "/", "body"
    yield "trace", f"{of_agent}?span={telling_span(url, agent)}", "body"
    for view in ("transcript", "graph"):
        yield view, f"{of_agent}?view={view}", ".trace-left"
    yield "spans", "/spans?q=kind:tool", "body"
    for name in ("sessions", "overview", "errors", "patterns", "ingest", "settings"):
        yield name, f"/{name}", "body"
    talk = httpx.get(f"{url}/api/sessions/{find(url, 'tutor')['session_id']}").json()
    _, second, third = (turn["trace_id"] for turn in talk["turns"])
    yield "session", f"/session/{talk['session']['session_id']}?turn={third}&steps=on", "body"
    yield "compare", f"/compare?a={second}&b={third}", "body"
    yield "error", f"/trace/{find(url, 'status:error')['trace_id']}", "body"


@dataclass(frozen=True)
class Camera:
    """Takes pictures of the dashboard at `url`: all, or only those that the documentation shows."""

    browser: Browser
    url: str
    folder: Path
    is_for_all: bool

    def take(self, page_name: str, path: str, part: str = "body") -> None:
        for (theme, width), height in VIEWS.items():
            name = f"{page_name}-{theme}-{width}"
            if not self.is_for_all and name not in KEPT:
                continue
            context = self.browser.new_context(
                viewport={"width": width, "height": height},
                color_scheme="dark" if theme == "dark" else "light",
            )
            page = context.new_page()
            page.goto(self.url + path)
            settled(page)
            page.locator(part).screenshot(path=self.folder / f"{name}.png")
            context.close()
            print(name)


def find(url: str, query: str) -> dict[str, Any]:
    (trace, *_) = httpx.get(f"{url}/api/traces", params={"q": query}).raise_for_status().json()["traces"]
    assert isinstance(trace, dict)
    return trace


def telling_span(url: str, trace: dict[str, Any]) -> str:
    """A model call in the middle, with messages and a tool call to look at."""
    spans = httpx.get(f"{url}/api/traces/{trace['trace_id']}").raise_for_status().json()["spans"]
    calls = [span["span_id"] for span in spans if span["kind"] == "llm"]
    return str(calls[len(calls) // 2])


if __name__ == "__main__":
    main()

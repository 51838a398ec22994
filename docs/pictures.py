"""Takes the pictures of the documentation: the demo traces, in a real browser, in the sizes and themes we look at.

    .venv/bin/python docs/pictures.py [FOLDER]

Writes `{page}-{theme}-{width}.png` into docs/images, or into FOLDER all of them.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
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
    everything, folder = asked is not None, asked or HERE / "images"
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as name:
        scratch = Path(name)
        with (
            stopping(start_service(scratch)) as service,
            dashboard(scratch, service.url) as site,
            chromium() as browser,
        ):
            take(browser, site.url, "empty", "/", folder, everything)
            subprocess.run([COMMAND, "demo", "--url", service.url], check=True, capture_output=True)
            agent = find(service.url, "coding")
            take(browser, site.url, "list", "/", folder, everything)
            take(browser, site.url, "trace", f"/trace/{agent['trace_id']}?span={telling_span(service.url, agent)}",
                 folder, everything)  # fmt: skip
            for view in ("transcript", "graph"):
                take(
                    browser,
                    site.url,
                    view,
                    f"/trace/{agent['trace_id']}?view={view}",
                    folder,
                    everything,
                    ".trace-left",
                )
            take(browser, site.url, "spans", "/spans?q=kind:tool", folder, everything)
            for name in ("sessions", "overview", "errors", "patterns", "ingest", "settings"):
                take(browser, site.url, name, f"/{name}", folder, everything)
            talk = httpx.get(f"{service.url}/api/sessions/{find(service.url, 'tutor')['session_id']}").json()
            _, second, third = (turn["trace_id"] for turn in talk["turns"])
            session_path = f"/session/{talk['session']['session_id']}?turn={third}&steps=on"
            take(browser, site.url, "session", session_path, folder, everything)
            take(browser, site.url, "compare", f"/compare?a={second}&b={third}", folder, everything)
            failed = find(service.url, "status:error")
            take(browser, site.url, "error", f"/trace/{failed['trace_id']}", folder, everything)
        with dashboard(scratch, service.url) as site, chromium() as browser:
            take(browser, site.url, "disconnected", "/", folder, everything)


def take(
    browser: Browser, url: str, page_name: str, path: str, folder: Path, everything: bool, part: str = "body"
) -> None:
    """`part` selects what of the page is in the picture."""
    for (theme, width), height in VIEWS.items():
        name = f"{page_name}-{theme}-{width}"
        if not everything and name not in KEPT:
            continue
        context = browser.new_context(
            viewport={"width": width, "height": height}, color_scheme="dark" if theme == "dark" else "light"
        )
        page = context.new_page()
        page.goto(url + path)
        settled(page)
        page.locator(part).screenshot(path=folder / f"{name}.png")
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

"""What the browser tests share: the dashboard as a process, Chromium, and spans to look at."""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Dialog, Page, Playwright, expect, sync_playwright
from running import Running, free_port, start, stopping
from waiting import http

CHROMIUMS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
"""By preference: the shell has no windows of its own, and a test takes half of the CPU in it."""
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
Span = dict[str, Any]

WAITS = ".waiting, .stale, [aria-busy=true]"
"""What waits for an answer, or is of the question before."""


@contextmanager
def dashboard(
    folder: Path, api_url: str, port: int | None = None, env: Mapping[str, str] | None = None
) -> Iterator[Running]:
    """The dashboard over a Tracer API, ended with the block. `env`: more settings."""
    port = port or free_port()
    command = [sys.executable, "-m", "llm_tracer_dashboard", "--port", str(port), "--backend-port", "0"]
    settings = {"TRACER_API_URL": api_url, **(env or {})}
    running = start(command, f"http://127.0.0.1:{port}", folder / "dashboard.log", settings, "/_health")
    with stopping(running):
        yield running


def launch(playwright: Playwright, *arguments: str) -> Browser:
    """The Chromium on PATH, else Playwright's own. As a context manager it closes at the end of the block."""
    path = next(filter(None, map(shutil.which, CHROMIUMS)), None)
    return playwright.chromium.launch(executable_path=path, args=[*ARGUMENTS, *arguments])


@contextmanager
def chromium() -> Iterator[Browser]:
    """A Chromium for one program, which has no Playwright yet."""
    with sync_playwright() as playwright, launch(playwright) as browser:
        yield browser


def settled(page: Page) -> None:
    """The page is drawn, nothing on it waits or is of the question before, and all that it asked for is answered."""
    expect(page.locator("#page > *")).not_to_have_count(0)
    page.wait_for_load_state("networkidle")
    expect(page.locator(WAITS)).to_have_count(0)


class Watch:
    """Notes what must not happen on a page: script errors, dialogs, requests to other hosts."""

    def __init__(self, page: Page, origin: str) -> None:
        self.faults: list[str] = []
        page.on("pageerror", self._error)
        page.on("dialog", self._dialog)
        page.on("request", lambda request: self._check(request.url, origin))

    def _error(self, error: object) -> None:
        self.faults.append(f"error: {error}")

    def _dialog(self, dialog: Dialog) -> None:
        self.faults.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def _check(self, url: str, origin: str) -> None:
        if not url.startswith((origin, "data:")):
            self.faults.append(f"request: {url}")


def span(trace: int, number: int, name: str, *, parent: int | None = None, **more: Any) -> Span:
    """A native span: ids from numbers, started `number` ms into its trace, a few ms long."""
    start_ns = more.pop("start_ns", time.time_ns() - 5_000_000_000) + number * 1_000_000
    made: Span = {
        "trace_id": f"{trace:032x}", "span_id": f"{trace:08x}{number + 1:08x}", "name": name,
        "start_time_unix_nano": start_ns, "end_time_unix_nano": start_ns + 4_000_000,
    }  # fmt: skip
    if parent is not None:
        made["parent_span_id"] = f"{trace:08x}{parent + 1:08x}"
    return made | more


def chat(trace: int, number: int, text: str, *, parent: int | None = None, **more: Any) -> Span:
    """A model call that was asked `text` and answered it in capitals."""
    attributes: Mapping[str, Any] = {
        "gen_ai.operation.name": "chat", "gen_ai.provider.name": "openai", "gen_ai.request.model": "gpt-4o-mini",
        "gen_ai.usage.input_tokens": 24, "gen_ai.usage.output_tokens": 7,
        "gen_ai.input.messages": f'[{{"role": "user", "parts": [{{"type": "text", "content": "{text}"}}]}}]',
        "gen_ai.output.messages": f'[{{"role": "assistant", "parts": [{{"type": "text", "content": "{text.upper()}"}}], "finish_reason": "stop"}}]',
    }  # fmt: skip
    return span(
        trace, number, "chat gpt-4o-mini", parent=parent, kind="llm", attributes=dict(attributes), **more
    )


def send(api_url: str, spans: list[Span]) -> None:
    """Deliver; every span must be accepted."""
    answer = http.post(f"{api_url}/api/spans", json={"spans": spans}).raise_for_status().json()
    assert answer == {"accepted": len(spans), "rejected": []}


def send_giant(url: str, span_count: int, trace: int = 1) -> None:
    """One trace of many spans: a tree of seven children each, every third a model call."""
    began = time.time_ns() - 60_000_000_000
    spans = [span(trace, 0, "giant", kind="agent", start_ns=began)]
    for n in range(1, span_count):
        kind = "tool" if n % 3 else "llm"
        spans.append(span(trace, n, f"step {n % 40}", parent=(n - 1) // 7, kind=kind, start_ns=began))
    for at in range(0, len(spans), 2500):
        send(url, spans[at : at + 2500])

"""What a page asks when it is opened, counted in real Chromium: each question once, and again only when there is news."""

from __future__ import annotations

import time
from collections import Counter

import pytest
from playwright.sync_api import Page
from running import Running
from waiting import http, until

from .browsing import WAITS, chat, send, span

NEWS_MS = 1_100
"""Longer than the pause before news are asked for, which is 1 s."""

POLL_MS = 2_000
"""The pause between two questions of a page that polls."""


@pytest.fixture(scope="module")
def service(module_service: Running) -> Running:
    """With three turns of one session."""
    who = {"user.id": "alice", "session.id": "chat-1"}
    for trace in range(1, 4):
        root = span(trace, 0, "support-agent", kind="agent", attributes=who)
        send(module_service.url, [root, chat(trace, 1, f"order {trace}", parent=0)])
    return module_service


@pytest.fixture
def site(service: Running, module_site: Running) -> Running:
    """The dashboard while it follows the service. A page that finds it on its first look may have to ask twice, where that
    look takes more than a second."""
    until(lambda: not http.get(f"{module_site.url}/ui-api/traces").headers["x-live"].endswith(".0"))
    return module_site


def asked_by(page: Page) -> Counter[str]:
    """The questions to the API from now on, by path and parameters."""
    asked: Counter[str] = Counter()
    page.on(
        "request",
        lambda one: asked.update([one.url.partition("/ui-api")[2]] if "/ui-api/" in one.url else []),
    )
    return asked


def opened(page: Page, path: str) -> Counter[str]:
    """What a page asked until it was drawn, its socket had said its first word, and the pause was over after which news are
    asked for. All that comes in its own time; the time of the page stands, but for a millisecond at every look: no poll
    of a page that is slow to open comes in between."""
    asked = asked_by(page)
    now_s = time.time()
    page.clock.install(time=now_s)
    page.clock.pause_at(now_s + 1)
    page.goto(path)
    until(lambda: is_at_rest(page) and page.get_by_text("Connected").first.is_visible())
    page.clock.run_for(NEWS_MS)
    until(lambda: is_at_rest(page))
    return asked


def is_at_rest(page: Page) -> bool:
    """Whether nothing waits for an answer, a millisecond later."""
    page.clock.run_for(1)
    page.wait_for_load_state("networkidle")
    return page.locator(WAITS).count() == 0


@pytest.mark.parametrize(
    "path",
    [
        "/", "/spans", "/overview?range=24h", "/overview?by=user", "/errors", "/patterns", "/sessions", "/sessions?by=user",
        "/session/chat-1", f"/trace/{1:032x}", "/ingest", "/settings",
    ],
)  # fmt: skip
def test_a_page_asks_each_question_once(page: Page, path: str) -> None:
    asked = opened(page, path)
    assert asked
    assert set(asked.values()) == {1}, asked


@pytest.mark.parametrize("path", ["/overview", "/errors", "/sessions"])
def test_news_after_that_are_asked_for(page: Page, service: Running, path: str) -> None:
    opened(page, path)
    asked = asked_by(page)
    page.clock.run_for(10 * POLL_MS)
    until(lambda: is_at_rest(page))
    assert not asked, "without news there is nothing to ask"
    send(service.url, [span(9, 0, "news", start_ns=time.time_ns())])
    until(lambda: is_at_rest(page) and asked)

"""What a page asks when it is opened, counted in real Chromium: each question once, and again only when there is news."""

from __future__ import annotations

import time
from collections import Counter

import pytest
from playwright.sync_api import Page, expect
from running import Running

from .browsing import chat, send, span


@pytest.fixture(scope="module")
def service(module_service: Running) -> Running:
    """With three turns of one session."""
    who = {"user.id": "alice", "session.id": "chat-1"}
    for trace in range(1, 4):
        root = span(trace, 0, "support-agent", kind="agent", attributes=who)
        send(module_service.url, [root, chat(trace, 1, f"order {trace}", parent=0)])
    return module_service


@pytest.fixture(scope="module")
def site(service: Running, module_site: Running) -> Running:
    return module_site


def asked_by(page: Page) -> Counter[str]:
    """The questions to the API from now on, by path and parameters."""
    asked: Counter[str] = Counter()
    page.on(
        "request",
        lambda one: asked.update([one.url.partition("/ui-api")[2]] if "/ui-api/" in one.url else []),
    )
    return asked


@pytest.mark.parametrize(
    "path",
    [
        "/", "/spans", "/overview?range=24h", "/overview?by=user", "/errors", "/patterns", "/sessions", "/sessions?by=user",
        "/session/chat-1", f"/trace/{1:032x}", "/ingest", "/settings",
    ],
)  # fmt: skip
def test_a_page_asks_each_question_once(page: Page, path: str) -> None:
    asked = asked_by(page)
    page.goto(path)
    expect(page.get_by_text("Connected").first).to_be_visible()  # the socket has said its first word
    # Longer than the pause before news are asked for, shorter than that of a poll.
    page.wait_for_timeout(1_800)
    assert asked
    assert set(asked.values()) == {1}, asked


@pytest.mark.parametrize("path", ["/overview", "/errors", "/sessions"])
def test_news_after_that_are_asked_for(page: Page, service: Running, path: str) -> None:
    page.goto(path)
    expect(page.get_by_text("Connected").first).to_be_visible()
    page.wait_for_timeout(1_200)
    with page.expect_request(lambda one: "/ui-api/" in one.url):
        send(service.url, [span(9, 0, "news", start_ns=time.time_ns())])

"""Whole journeys by the keyboard: a running agent and its first error, a hundred turns, a failing call as curl."""

from __future__ import annotations

import json
import re
import time
from typing import Any

from playwright.sync_api import Page, expect
from running import Running

from .browsing import chat, send, span
from .test_conversation import says

SECRET = "sk-proj-abcdefghijklmnopqrstuvwxyz0123456789ABCD"


def test_a_running_agent_is_watched_and_held_at_its_first_error(page: Page, service: Running) -> None:
    start_ns = time.time_ns() - 2_000_000_000
    agent = span(1, 0, "agent", kind="agent", start_ns=start_ns)
    running = {**agent, "end_time_unix_nano": None}
    send(service.url, [running, chat(1, 1, "look it up", parent=0, start_ns=start_ns)])
    page.goto(f"/trace/{1:032x}?view=tree")
    rows = page.locator(".grid-body [role=row]")
    expect(rows).to_have_count(2)
    failed = {"code": "error", "message": "the index is gone"}
    send(service.url, [span(1, 2, "search", parent=0, kind="tool", status=failed, start_ns=start_ns)])
    expect(rows).to_have_count(3)
    page.keyboard.press("p")
    page.keyboard.press("e")
    expect(page.locator(".grid .selected .s-name")).to_have_text("search")
    expect(page.locator(".span-error")).to_contain_text("the index is gone")
    send(service.url, [chat(1, 3, "try again", parent=0, start_ns=start_ns)])
    expect(page.locator(".pill")).to_be_visible()
    expect(rows).to_have_count(3)  # what is looked at stands still
    page.keyboard.press("p")
    expect(rows).to_have_count(4)
    expect(page.locator(".grid .selected .s-name")).to_have_text("search")


def hundred_turns() -> list[dict[str, Any]]:
    """An agent that is asked a hundred times, with all that was said before in every call."""
    start_ns = time.time_ns() - 10**10
    spans = [span(1, 0, "agent", kind="agent", start_ns=start_ns)]
    history: list[dict[str, Any]] = []
    for turn in range(1, 101):
        history = [*history, says("user", f"question {turn}")]
        answer = says("assistant", f"answer {turn}")
        attributes = {
            "gen_ai.operation.name": "chat", "gen_ai.request.model": "gpt-4o-mini", "gen_ai.provider.name": "openai",
            "gen_ai.input.messages": json.dumps(history), "gen_ai.output.messages": json.dumps([answer]),
        }  # fmt: skip
        spans.append(
            span(1, turn * 10, f"turn {turn}", parent=0, kind="llm", start_ns=start_ns, attributes=attributes)
        )
        history = [*history, answer]
    return spans


def test_a_hundred_turns_are_read_one_new_message_at_a_time(page: Page, service: Running) -> None:
    send(service.url, hundred_turns())
    page.goto(f"/trace/{1:032x}?span={1:08x}{501:08x}")
    shown = page.locator(".message")
    for turn in (50, 51, 52):
        expect(page.locator(".earlier")).to_contain_text(f"{2 * turn - 2} earlier messages")
        expect(shown).to_have_text([re.compile(f"question {turn}$"), re.compile(f"answer {turn}$")])
        page.keyboard.press(".")
    expect(page).to_have_url(re.compile(f"span={1:08x}{531:08x}"))
    address = page.url
    page.goto("/")
    page.goto(address)
    expect(page.locator(".earlier")).to_contain_text("104 earlier messages")


def test_a_failing_call_is_copied_as_curl_without_its_key(page: Page, service: Running) -> None:
    failed = {"code": "error", "message": "429 Too Many Requests"}
    call = chat(1, 1, "where is order 42", parent=0, status=failed)
    call["attributes"] |= {"http.request.header.authorization": f"Bearer {SECRET}"}
    send(service.url, [span(1, 0, "agent", kind="agent"), call])
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto(f"/trace/{1:032x}?span={1:08x}{1:08x}")
    page.keyboard.press("e")
    expect(page.locator(".span-error")).to_contain_text("429")
    page.keyboard.press("Shift+Y")
    page.get_by_role("menuitem", name="curl command").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".told")).to_contain_text("curl command")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied.startswith("curl ")
    assert "where is order 42" in copied
    assert SECRET not in copied


def test_figures_explain_themselves_to_the_keyboard(page: Page, service: Running) -> None:
    call = chat(1, 0, "hello", status={"code": "ok"})
    call["attributes"] |= {"http.route": "/chat"}
    send(service.url, [call])
    page.goto(f"/trace/{1:032x}?view=tree&tab=attributes")
    page.locator(".explained", has_text="in 24").get_by_role("button").focus()
    expect(page.get_by_role("tooltip")).to_contain_text("usage_input from gen_ai.usage.input_tokens")
    page.locator(".explained", has_text="$").get_by_role("button").focus()
    expect(page.get_by_role("tooltip")).to_contain_text("/ million")
    page.keyboard.press("Escape")
    expect(page.get_by_role("tooltip")).to_have_count(0)
    page.keyboard.press("r")
    expect(page.locator("#tab-raw")).to_have_attribute("aria-selected", "true")
    page.keyboard.press("r")
    expect(page.locator("#tab-attributes")).to_have_attribute("aria-selected", "true")
    page.get_by_role("link", name="Traces without this http.route").click()
    expect(page.get_by_role("heading", name="No traces match")).to_be_visible()
    page.go_back()
    page.get_by_role("link", name="Traces with this http.route").click()
    expect(page.locator("a.row")).to_have_count(1)

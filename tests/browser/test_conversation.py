"""A long conversation in the dashboard: what is new is shown, tools lead to each other, what is wrong is marked."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from running import Running

from .browsing import chat, send, span

TOOL = {"name": "weather", "parameters": {"type": "object", "properties": {}, "required": ["city"]}}


def says(role: str, text: str) -> dict[str, Any]:
    return {"role": role, "parts": [{"type": "text", "content": text}]}


def asks(number: int) -> dict[str, Any]:
    part = {
        "type": "tool_call",
        "id": f"c{number}",
        "name": "weather",
        "arguments": {"city": f"city {number}"},
    }
    return {"role": "assistant", "parts": [part]}


def result(number: int) -> dict[str, Any]:
    part = {"type": "tool_call_response", "id": f"c{number}", "response": f"{number} degrees"}
    return {"role": "tool", "parts": [part]}


def conversation() -> list[dict[str, Any]]:
    """An agent with five model calls; the fourth one is asked with an edited history."""
    start = time.time_ns() - 10**10
    agent = {
        "gen_ai.operation.name": "invoke_agent",
        "gen_ai.usage.input_tokens": 9,
        "gen_ai.usage.output_tokens": 50,
    }
    spans = [span(1, 0, "agent", start_ns=start, attributes=agent)]
    history = [says("user", "Weather everywhere?")]
    for number in range(1, 6):
        if number == 5:
            history = [
                history[0],
                says("assistant", "(left out) $x^2$ for $5 or $6\n\n$$\ny\n=\n1\n$$"),
                *history[2:],
            ]
        attributes = {
            "gen_ai.operation.name": "chat",
            "gen_ai.request.model": "gpt-4o-mini",
            "gen_ai.provider.name": "openai",
            "gen_ai.input.messages": json.dumps(history),
            "gen_ai.output.messages": json.dumps([asks(number)]),
            "gen_ai.tool.definitions": json.dumps([TOOL]),
            "gen_ai.usage.input_tokens": 100,
            "gen_ai.usage.output_tokens": 10,
        }
        spans.append(span(1, 10 * number, f"chat {number}", parent=0, start_ns=start, attributes=attributes))
        tool = {
            "gen_ai.operation.name": "execute_tool",
            "gen_ai.tool.name": "weather",
            "gen_ai.tool.call.id": f"c{number}",
        }
        spans.append(span(1, 10 * number + 5, f"tool {number}", parent=0, start_ns=start, attributes=tool))
        history = [*history, asks(number), result(number), says("user", f"And {number}?")]
    return spans


@pytest.fixture
def opened(page: Page, service: Running) -> Page:
    send(service.url, conversation())
    page.goto(f"/trace/{1:032x}?span={1:08x}{41:08x}")
    expect(page.locator(".earlier")).to_be_visible()
    return page


def test_earlier_messages_are_one_line(opened: Page) -> None:
    expect(opened.locator(".earlier")).to_contain_text("8 earlier messages")
    expect(opened.locator(".earlier")).to_contain_text("unchanged since the previous call")
    expect(opened.locator(".message[data-at^=input]")).to_have_count(2)
    opened.locator(".earlier > button").click()
    expect(opened.locator(".message[data-at^=input]")).to_have_count(10)
    opened.get_by_role("button", name="previous call").click()
    expect(opened.locator(".grid .selected .s-name")).to_have_text("chat 3")
    opened.locator(".earlier").get_by_role("link", name="compare").click()
    expect(opened.locator(".compare-grid .here")).to_contain_text("chat 2")
    expect(opened.locator(".compare-grid .here")).to_contain_text("chat 3")


def test_an_edited_message_stays_in_sight(page: Page, service: Running) -> None:
    send(service.url, conversation())
    page.goto(f"/trace/{1:032x}?span={1:08x}{51:08x}")
    expect(page.locator(".earlier")).to_contain_text("1 changed")
    expect(page.locator(".message", has_text="(left out)")).to_contain_text("changed")


def test_what_is_searched_for_is_opened_and_lit(page: Page, service: Running) -> None:
    send(service.url, conversation())
    page.goto(f"/trace/{1:032x}?span={1:08x}{41:08x}&find=1+degrees")
    expect(page.locator(".message[data-at^=input]")).to_have_count(10)
    expect(page.locator(".message", has_text="1 degrees").first).to_be_in_viewport()
    assert page.evaluate("CSS.highlights.get('sought').size") == 1
    page.locator("#find-in-trace").fill("")
    page.wait_for_function("!CSS.highlights.has('sought')")


def test_a_formula_is_drawn_and_what_one_selects_is_its_source(page: Page, service: Running) -> None:
    send(service.url, conversation())
    page.goto(f"/trace/{1:032x}?span={1:08x}{51:08x}")
    message = page.locator(".message .markdown", has_text="(left out)")
    expect(message.locator("math msup")).to_have_text("x2")
    selected = message.evaluate(
        "(it) => { getSelection().selectAllChildren(it); return `${getSelection()}`; }"
    )
    assert " ".join(selected.split()) == "(left out) $x^2$ for $5 or $6 $$ y = 1 $$"
    copied = page.evaluate(
        """() => {
          let text = "";
          document.addEventListener("copy", (event) => { text = event.clipboardData.getData("text/plain"); });
          document.execCommand("copy");
          return text;
        }"""
    )
    assert copied.splitlines()[0] == "(left out) $x^2$ for $5 or $6"
    shown = message.locator(".md-display").bounding_box()
    assert shown is not None
    assert shown["height"] < 60  # what is drawn, not the lines of its source


def test_code_runs_from_left_to_right_also_in_arabic(page: Page, service: Running) -> None:
    answer = "عاصمة فرنسا هي باريس.\n\n```python\nprint('باريس')\n```"
    arguments = {"gen_ai.tool.name": "search", "input.value": '{"مدينة": {"اسم": "باريس"}}'}
    asked = {"input.value": "ما هي العاصمة؟", "output.value": answer}
    send(
        service.url,
        [
            span(8, 0, "agent", kind="agent", attributes=asked),
            span(8, 1, "search", parent=0, kind="tool", attributes=arguments),
        ],
    )
    page.goto(f"/trace/{8:032x}?view=transcript")
    expect(page.locator(".markdown")).to_have_css("direction", "rtl")
    expect(page.locator(".md-code pre")).to_have_css("direction", "ltr")
    expect(page.locator(".line.l-arguments .line-text").last).to_have_css("direction", "ltr")


def test_a_small_document_can_be_had(page: Page, service: Running) -> None:
    asked = chat(7, 0, "read it")
    part = {"type": "blob", "modality": "document", "mime_type": "application/pdf", "content": "JVBERi0xLjQK"}
    asked["attributes"]["gen_ai.input.messages"] = json.dumps([{"role": "user", "parts": [part]}])
    send(service.url, [asked])
    page.goto(f"/trace/{7:032x}")
    with page.expect_download() as download:
        page.locator(".media").get_by_role("link", name="Download").click()
    assert download.value.path().read_bytes() == b"%PDF-1.4\n"


def test_a_picture_sent_as_numbers_is_not_said_to_be_missing(page: Page, service: Running) -> None:
    asked = chat(7, 0, "look")
    part = {"type": "image", "mime_type": "image/png", "data": [137, 80, 78, 71]}
    asked["attributes"]["gen_ai.input.messages"] = json.dumps([{"role": "user", "parts": [part]}])
    send(service.url, [asked])
    page.goto(f"/trace/{7:032x}")
    expect(page.locator(".media")).to_contain_text("image/png · inline")


def test_from_the_call_to_its_tool_to_the_result(opened: Page) -> None:
    opened.locator(".is-output .ways").get_by_role("button", name="tool span").click()
    expect(opened.locator(".grid .selected .s-name")).to_have_text("weather")
    opened.locator(".ways").get_by_role("button", name="result").click()
    expect(opened.locator(".grid .selected .s-name")).to_have_text("chat 5")
    expect(opened.locator(".aimed")).to_contain_text("4 degrees")


def test_numbers_that_differ_are_noted(page: Page, service: Running) -> None:
    send(service.url, conversation())
    page.goto(f"/trace/{1:032x}?span={1:08x}{1:08x}")
    expect(page.locator(".notes")).to_contain_text(
        "It reported 9 input tokens, but the calls below it add up to 500."
    )
    expect(page.locator(".span-facts")).to_contain_text("Σ 5 calls")


def test_a_call_that_its_library_reports_too_is_shown_with_its_words(page: Page, service: Running) -> None:
    """The library traces itself, without messages, inside the span of an instrumentation that has them."""
    bare = {"gen_ai.operation.name": "chat", "gen_ai.request.model": "gpt-4o-mini"}
    spans = [span(1, 0, "batch", kind="chain")]
    for n in (1, 3):
        spans += [
            chat(1, n, f"question {n}", parent=0),
            span(1, n + 1, "create", parent=n, kind="llm", attributes=bare),
        ]
    send(service.url, spans)
    page.goto(f"/trace/{1:032x}?view=chat")
    expect(page.locator(".calls .call")).to_have_count(2)
    expect(page.locator(".calls .call").first).to_contain_text("QUESTION 1")
    expect(page.locator(".pane .message").first).to_contain_text("question 1")
    page.keyboard.press("j")
    expect(page.locator(".pane .message").first).to_contain_text("question 3")


def test_a_wrapper_without_content_shows_its_last_call(page: Page, service: Running) -> None:
    wrapper = {"metadata": '{"lc_agent_name": "support_agent", "thread_id": "sess-7f3a"}'}
    send(
        service.url,
        [
            span(9, 0, "workflow", kind="chain", attributes=wrapper),
            chat(9, 1, "to rome?", parent=0),
            chat(9, 2, "to oslo?", parent=0),
        ],
    )
    page.goto(f"/trace/{9:032x}")
    expect(page.locator(".pane [role=tab]").first).to_have_text("Last call")
    expect(page.locator(".messages")).to_contain_text("TO OSLO?")
    page.get_by_role("tab", name="Attributes").click()
    value = page.locator(".attributes .pairs dd").first
    expect(value).to_have_text("support_agent")
    box = value.bounding_box()
    assert box is not None
    assert box["width"] > 60  # a line of it holds more than a letter or two
    page.get_by_role("tab", name="Last call").click()
    page.get_by_role("button", name="chat gpt-4o-mini ↗").click()
    expect(page.locator(".pane [role=tab]").first).to_have_text("Messages")

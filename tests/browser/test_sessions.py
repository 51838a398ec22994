"""Sessions in a real browser: from the list into a conversation of 200 turns, by the keyboard, and back."""

from __future__ import annotations

import json
import re
import time
from typing import Any

from playwright.sync_api import Page, expect
from running import Running

from .browsing import chat, send, settled, span

ODD = "team/7 ?x=%2F#é"
GIF = "R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7"


def turn(number: int, session: str = "long talk", user: str = "alice", **fields: Any) -> list[dict[str, Any]]:
    """A trace of one turn, asked "question N" and answered in capitals, with a tool call."""
    start_ns = time.time_ns() - 10**13 + number * 60 * 10**9
    attributes = {"session.id": session, "user.id": user}
    tool = {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "search", "input.value": "{}"}
    return [
        span(number, 0, "agent", kind="agent", start_ns=start_ns, attributes=attributes, **fields),
        span(number, 1, "search", parent=0, kind="tool", start_ns=start_ns, attributes=tool),
        chat(number, 2, f"question {number}", parent=0, start_ns=start_ns),
    ]


def test_two_hundred_turns_are_followed_by_keyboard(page: Page, service: Running) -> None:
    error = {"code": "error", "message": "out of quota"}
    send(
        service.url,
        [one for n in range(1, 201) for one in turn(n, **({"status": error} if n == 150 else {}))],
    )
    send(service.url, turn(900, "short talk", "bob"))
    page.goto("/")
    expect(page.locator("a.row").first).to_be_visible()
    page.keyboard.press("g")
    page.keyboard.press("s")
    expect(page.locator("a.row")).to_have_count(2)
    page.keyboard.press("e")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/session/long%20talk$"))
    expect(page.locator(".turn")).to_have_count(200)
    assert page.locator(".turn-rail").count() < 20  # the others are drawn when they come in sight
    expect(page.locator(".turns")).to_have_attribute("aria-busy", "false")  # and are not waited for
    strip = page.locator(".strip-bars i")
    expect(strip).to_have_count(200)
    expect(strip.nth(1)).to_have_attribute(
        "title", re.compile(r"^Turn 2: .* · 4\.0 ms · 31 tok · <\$0\.0001$")
    )
    expect(page.locator(".turn").first.locator(".message")).to_have_text(
        [re.compile("question 1$"), re.compile("QUESTION 1$")]
    )
    page.keyboard.press("e")
    here = page.locator(".turn.here")
    expect(here).to_be_in_viewport()
    expect(here).to_contain_text("question 150")
    expect(here.locator(".turn-error")).to_contain_text("out of quota")
    page.keyboard.press("j")
    expect(here.locator(".message.role-assistant")).to_contain_text("QUESTION 151")
    expect(here.locator(".tool-chip")).to_contain_text("search")
    page.keyboard.press("2")
    expect(here.locator(".turn-steps .line-tool")).to_contain_text("search4.0 ms")
    expect(here.locator(".turn-steps .line-time").first).to_have_text("1 ms")
    expect(here.locator(".turn-pause")).to_have_text("after 1 m")
    expect(page).to_have_url(re.compile(rf"\?turn={151:032x}&steps=on$"))
    page.keyboard.press("Enter")
    expect(page.locator(".grid .selected")).to_be_visible()
    expect(page.locator(".neighbours")).to_contain_text("151/200")
    page.keyboard.press("Escape")
    expect(here).to_contain_text("question 151")
    expect(here).to_be_in_viewport()
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    expect(page.locator("a.row")).to_have_count(2)


def test_an_id_may_be_any_text_and_a_small_picture_is_seen(page: Page, service: Running) -> None:
    asked = turn(1, ODD)
    picture = {"type": "blob", "modality": "image", "mime_type": "image/gif", "content": GIF}
    said = {"role": "user", "parts": [{"type": "text", "content": "question 1"}, picture]}
    asked[-1]["attributes"]["gen_ai.input.messages"] = json.dumps([said])
    send(service.url, asked)
    page.goto(f"/trace/{1:032x}")
    page.locator(".fact", has_text="Session").get_by_role("link").click()
    expect(page.locator(".turn.here")).to_contain_text("question 1")
    page.reload()
    expect(page.locator(".turn.here")).to_contain_text("question 1")
    expect(page.locator(".turn.here img")).to_have_js_property("naturalWidth", 1)
    page.goto("/session/nobody%20said%20this")
    expect(page.get_by_role("heading", name="There is no such session")).to_be_visible()


def test_a_conversation_grows_while_it_is_read(page: Page, service: Running) -> None:
    send(service.url, turn(1))
    page.goto("/session/long%20talk")
    expect(page.locator(".turn")).to_have_count(1)
    send(service.url, turn(2))
    expect(page.locator(".turn")).to_have_count(2)
    expect(page.locator(".turn").last).to_contain_text("QUESTION 2")


def test_a_turn_without_content_says_so_once(page: Page, service: Running) -> None:
    talk = {"session.id": "silent talk"}
    send(
        service.url,
        [span(n, 0, "agent", kind="agent", attributes=talk) for n in (1, 2)],
    )
    page.goto("/session/silent%20talk")
    expect(page.locator(".turn-said > p:not(.turn-head)")).to_have_text(["No messages recorded."] * 2)
    page.keyboard.press("2")
    expect(page.get_by_role("radio", name="With steps")).to_be_checked()
    expect(page.locator(".turn .waiting")).to_have_count(0)
    expect(page.locator(".turn-said > p:not(.turn-head)")).to_have_text(["No messages recorded."] * 2)


def test_users_lead_to_what_is_counted_of_them(page: Page, service: Running) -> None:
    talks = [(1, "a", "alice"), (2, "a", "alice"), (3, "b", "alice"), (4, "c", "bob")]
    send(service.url, [one for number, session, user in talks for one in turn(number, session, user)])
    page.goto("/sessions")
    expect(page.locator("a.row")).to_have_count(3)
    expect(page.locator("a.row").first).to_have_id("session-c")
    turns = page.get_by_role("button", name="Turns")
    turns.press("Enter")
    expect(page.locator("a.row").first).to_have_id("session-a")
    expect(page).to_have_url(re.compile(r"/sessions\?sort=-turns$"))
    expect(turns).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("a.row").first).to_have_id("session-c")
    expect(page).to_have_url(re.compile(r"/sessions$"))
    page.keyboard.press("u")
    alice = page.locator(".people tbody tr", has_text="alice")
    expect(alice.locator("td").nth(0)).to_have_text("3")
    expect(page.locator(".people tbody tr").first).to_contain_text("alice")
    page.get_by_role("button", name="Last trace started").click()
    expect(page.locator(".people tbody tr").first).to_contain_text("bob")
    expect(page).to_have_url(re.compile("by=user&order=-last"))
    alice.locator("th").get_by_role("link").click()
    expect(page.locator("a.row")).to_have_count(2)
    page.go_back()
    alice.locator("td").nth(0).get_by_role("link").click()
    expect(page.get_by_role("heading", name="Traces")).to_be_visible()
    expect(page.locator("a.row")).to_have_count(3)
    page.go_back()
    expect(alice).to_be_visible()
    page.get_by_role("button", name="Traces", exact=True).click()
    expect(page.locator(".people tbody tr").first).to_contain_text("alice")
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.get_by_role("region", name="Users").evaluate("(e) => e.scrollWidth <= e.clientWidth")
    page.keyboard.press("j")
    expect(alice).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Sessions")).to_be_visible()
    expect(page.locator("a.row")).to_have_count(2)


def test_users_are_counted_by_one_request_however_many_there_are(page: Page, service: Running) -> None:
    send(
        service.url, [one for number in range(1, 31) for one in turn(number, f"s{number}", f"user {number}")]
    )
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto("/sessions?by=user")
    expect(page.locator(".people tbody tr")).to_have_count(30)
    settled(page)
    counted = [url for url in asked if "/ui-api/stats" in url or "/ui-api/facets" in url]
    assert len(counted) == 1, counted


def test_users_whose_long_names_begin_alike_are_told_apart(page: Page, service: Running) -> None:
    names = ["u" * 250 + end for end in "abb"]
    send(
        service.url, [one for number, name in enumerate(names, 1) for one in turn(number, f"s{number}", name)]
    )
    page.goto("/sessions?by=user")
    traces = page.locator(".people tbody td:nth-child(2) a")
    expect(traces).to_have_text(["2", "1"])
    traces.nth(1).click()
    expect(page.locator("a.row")).to_have_count(1)


def test_the_list_says_when_there_is_nothing(page: Page, service: Running) -> None:
    page.goto("/sessions")
    expect(page.get_by_role("heading", name="No sessions yet")).to_be_visible()
    send(service.url, turn(1))
    expect(page.locator("a.row")).to_have_count(1)
    page.keyboard.press("/")
    page.keyboard.type("user:nobody")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="No sessions match")).to_be_visible()
    page.get_by_role("button", name="Show all sessions").click()
    expect(page.locator("a.row")).to_have_count(1)


def test_a_turn_that_was_not_given_what_was_said_before_says_so(page: Page, service: Running) -> None:
    said = [
        {"role": role, "parts": [{"type": "text", "content": f"{text} {n}"}]}
        for n in range(1, 5)
        for role, text in (("user", "question"), ("assistant", "QUESTION"))
    ]
    for number, given in ((1, said[:5]), (2, said[4:7])):
        call = chat(number, 1, f"question {number + 2}", parent=0)
        call["attributes"]["gen_ai.input.messages"] = json.dumps(given)
        send(service.url, [turn(number, "forgets")[0], call])
    page.goto("/session/forgets")
    expect(page.locator(".turn-rail").nth(1)).to_contain_text("4 earlier messages left out")
    expect(page.locator(".turn-left-out")).to_have_count(1)
    page.locator(".turn-left-out").click()
    expect(page.locator(".message").first).to_contain_text("question 3")

"""The embedded pages: what they show, and that everything in them is escaped."""

from __future__ import annotations

import re
from collections.abc import Callable
from html.parser import HTMLParser

import pytest
from app_helpers import TRACE, bearer, native_span, one_store, send, span_id
from starlette.testclient import TestClient

ATTACK = "<img src=x onerror=alert(1)>"


class Elements(HTMLParser):
    """The elements of a page and their attributes."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def links(self) -> list[str]:
        return [attributes["href"] or "" for tag, attributes in self.found if tag == "a"]


def test_an_empty_list_says_how_to_send_the_first(client: TestClient) -> None:
    page = client.get("/")
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert "No traces yet" in page.text
    assert "OTEL_EXPORTER_OTLP_ENDPOINT" in page.text


def test_the_list_and_a_trace(client: TestClient) -> None:
    send(
        client,
        native_span(1, name="agent run", attributes={"tag.tags": ["prod"]}),
        native_span(2, name="ask", parent_span_id=span_id(1), attributes={
            "gen_ai.operation.name": "chat", "gen_ai.request.model": "gpt-4o",
            "gen_ai.input.messages": '[{"role":"user","parts":[{"type":"text","content":"Why is the sky blue?"}]}]',
            "gen_ai.output.messages": '[{"role":"assistant","parts":[{"type":"text","content":"Rayleigh."}]}]',
        }),
        native_span(3, name="lookup", parent_span_id=span_id(1), status={"code": "error", "message": "no such page"}),
    )  # fmt: skip
    listed = client.get("/")
    assert "agent run" in listed.text
    assert f"/traces/{TRACE}" in Elements(listed.text).links()
    trace = client.get(f"/traces/{TRACE}")
    for text in ("agent run", "ask", "lookup", "no such page"):
        assert text in trace.text
    chosen = client.get(f"/traces/{TRACE}?span={span_id(2)}").text
    assert "Why is the sky blue?" in chosen
    assert "Rayleigh." in chosen


def test_of_a_span_without_model_and_service_the_page_says_how_long_it_took(client: TestClient) -> None:
    send(client, native_span(1, resource={}))
    assert re.search(r'<p class="muted">[\d.]+ m?s</p>', client.get(f"/traces/{TRACE}").text)


def test_a_trace_says_first_what_went_in_and_out_what_failed_and_what_to_look_at(client: TestClient) -> None:
    failed = {"code": "error", "message": "KeyError: no page 7"}
    search = {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "search", "error.type": "KeyError"}
    cut = {"gen_ai.operation.name": "chat", "gen_ai.response.finish_reasons": ["length"], "input.value": "Which page?",
           "output.value": "Page"}  # fmt: skip
    send(
        client,
        native_span(1, name="agent run"),
        native_span(2, name="ask", parent_span_id=span_id(1), attributes=cut),
        native_span(3, name="search", parent_span_id=span_id(1), attributes=search, status=failed),
        native_span(4, name="search", parent_span_id=span_id(1), attributes=search, status=failed),
    )
    text = client.get(f"/traces/{TRACE}").text
    for answer in (
        "Which page?",
        "<dd>Page</dd>",
        "search × 2: ",
        "2 spans failed in all",
        "<b>KeyError: no page 7</b>",
    ):
        assert answer in text
    assert "KeyError</b> KeyError" not in text
    hint = (
        f'<a href="/traces/{TRACE}?span={span_id(2)}&amp;row=0">An answer was cut off at the token limit</a>'
    )
    assert hint in text
    assert "<pre>null</pre>" not in text


def test_the_query_box_keeps_what_was_asked_and_shows_where_it_is_wrong(client: TestClient) -> None:
    send(client, native_span())
    assert "No traces match" in client.get("/", params={"q": "nothing-like-it", "from": "-1h"}).text
    wrong = client.get("/", params={"q": "status:error modle:x"})
    assert wrong.status_code == 400
    assert 'value="status:error modle:x"' in wrong.text
    assert "Expected a known field; did you mean model ?" in wrong.text


def test_older_traces_are_a_link_away(client: TestClient) -> None:
    send(client, *(native_span(number, f"{number:032x}") for number in range(1, 61)))
    page = client.get("/?q=span&from=-30d")
    older = next(link for link in Elements(page.text).links() if "cursor=" in link)
    rest = client.get(older).text
    assert len(re.findall(r'class="name"', page.text + rest)) == 60


def test_a_big_trace_shows_its_first_rows_and_a_link(client: TestClient) -> None:
    send(
        client,
        native_span(1),
        *(native_span(number, parent_span_id=span_id(1)) for number in range(2, 1_202)),
    )
    first = client.get(f"/traces/{TRACE}")
    assert first.text.count("<tr") < 600
    assert "701 more spans" in first.text
    last = client.get(f"/traces/{TRACE}?row=1000").text
    assert "span 1201" in last
    assert "Earlier spans" in last


@one_store
def test_a_span_of_very_many_attributes_and_events_shows_the_first_and_a_link(client: TestClient) -> None:
    many = {f"key.{number}": number for number in range(1_700)}
    events = [
        {"name": "tick", "time_unix_nano": 1, "attributes": many},
        *[{"name": "tock", "time_unix_nano": 1}] * 600,
    ]
    send(client, native_span(attributes=many, events=events))
    page = client.get(f"/traces/{TRACE}").text
    assert page.count("<th>key.") == 2 * 500
    assert page.count("1,200 more: <a") == 2  # of the attributes, and of those of the event
    assert page.count("<h4>") == 500
    assert page.count("101 more: <a") == 1


@one_store
@pytest.mark.parametrize(
    "path", ["/", f"/traces/{TRACE}", f"/traces/{TRACE}?span={span_id(2)}", "/?q=%3Cimg+src%3Dx"]
)
def test_what_was_stored_is_shown_as_text(client: TestClient, path: str) -> None:
    messages = f'[{{"role":"{ATTACK}","parts":[{{"type":"text","content":"{ATTACK}"}}]}}]'
    hostile = {
        ATTACK: ATTACK, "input.value": ATTACK, "output.value": ATTACK, "tag.tags": [ATTACK], "session.id": ATTACK,
        "user.id": ATTACK, "gen_ai.request.model": ATTACK, "metadata": f'{{"{ATTACK}": "{ATTACK}"}}',
        "gen_ai.input.messages": messages, "gen_ai.output.messages": messages, "llm_tracer.span.kind": "llm",
        "gen_ai.tool.name": ATTACK, "gen_ai.tool.call.arguments": f'{{"{ATTACK}": "{ATTACK}"}}',
    }  # fmt: skip
    error = {"code": "error", "message": ATTACK}
    event = {
        "name": ATTACK,
        "time_unix_nano": 1,
        "attributes": {"exception.stacktrace": ATTACK, ATTACK: ATTACK},
    }
    spans = [
        native_span(
            number, name=ATTACK, kind=ATTACK if number == 1 else "tool", attributes=hostile, status=error, events=[event],
            resource={"service.name": ATTACK, ATTACK: ATTACK}, scope={"name": ATTACK},
            **({"parent_span_id": span_id(1)} if number == 2 else {}),
        )
        for number in (1, 2)
    ]  # fmt: skip
    send(client, *spans)
    page = Elements(client.get(path).text)
    tags = {tag for tag, _ in page.found}
    assert "img" not in tags
    assert "script" not in tags
    attributes = {name for _, attributes in page.found for name in attributes}
    assert not any(name.startswith("on") for name in attributes)
    assert "style" not in attributes
    if not path.startswith("/?"):
        assert "&lt;img src=x onerror=alert(1)&gt;" in client.get(path).text


@one_store
def test_pages_load_nothing_from_anywhere(client: TestClient) -> None:
    send(client, native_span())
    for path in ("/", f"/traces/{TRACE}", "/docs"):
        page = client.get(path)
        for tag, attributes in Elements(page.text).found:
            assert tag not in ("script", "iframe", "object")
            for name in ("src", "href", "action"):
                assert not (attributes.get(name) or "").startswith(("http:", "https:", "//")), (path, tag)
        policy = page.headers["content-security-policy"]
        assert "script-src" not in policy
        assert "default-src 'none'" in policy


def test_unknown_traces_and_spans_are_404_pages(client: TestClient) -> None:
    send(client, native_span())
    for path in ("/traces/" + "0" * 31 + "1", "/traces/nonsense", f"/traces/{TRACE}?span={span_id(9)}"):
        answer = client.get(path)
        assert answer.status_code == 404
        assert answer.headers["content-type"].startswith("text/html")


@one_store
def test_without_keys_any_project_can_be_shown(client: TestClient) -> None:
    send(client, native_span(name="of the shop"), headers=bearer("project-shop"))
    assert "of the shop" not in client.get("/").text
    shop = client.get("/?project=shop")
    assert "of the shop" in shop.text
    assert f"/traces/{TRACE}?project=shop" in Elements(shop.text).links()
    assert "of the shop" in client.get(f"/traces/{TRACE}?project=shop").text
    assert client.get("/?project=a/b").status_code == 422


@one_store
def test_with_keys_the_browser_asks_for_one(make_client: Callable[..., TestClient]) -> None:
    client = make_client(api_keys=("project-shop.s",))
    refused = client.get("/")
    assert refused.status_code == 401
    assert refused.headers["www-authenticate"].startswith("Basic")
    assert client.get("/", auth=("me", "project-shop.s")).status_code == 200
    assert client.get("/?project=other", auth=("me", "project-shop.s")).status_code == 403

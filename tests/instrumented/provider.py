"""A model provider on loopback that speaks OpenAI's API: chat completions, responses and embeddings, also streamed.

Its model asks for the first tool that is offered, once, and then answers from what the tool said. Token counts are
fixed, so that a test can add them up.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from typing import Any, TypeAlias

Json: TypeAlias = dict[str, Any]

ANSWER = "Take an umbrella: 11 mm of rain."
MODEL = "gpt-4o-mini-2024-07-18"
INPUT_TOKENS, CACHED_TOKENS, OUTPUT_TOKENS = 70, 16, 9
CALL_ID = "call_1"
_numbers = count(1)  # every call has an id of its own: two with the same one are the same call
ARGUMENTS = '{"city": "Bergen"}'


class Provider:
    """Listens until it is closed. `requests` are the bodies that came, with their paths."""

    def __init__(self) -> None:
        self.requests: list[tuple[str, Json]] = []
        provider = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                request: Json = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                provider.requests.append((self.path, request))
                if self.path == "/v1/embeddings":
                    self.send("application/json", json.dumps(embeddings(request)))
                    return
                complete, events = ROUTES[self.path]
                if request.get("stream"):
                    self.send("text/event-stream", "".join(events(request)))
                else:
                    self.send("application/json", json.dumps(complete(request)))

            def send(self, content_type: str, text: str) -> None:
                body = text.encode()
                self.send_response(200)
                self.send_header("Content-Type", content_type)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}/v1"
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


# ---- chat completions


def chat_completion(request: Json) -> Json:
    message: Json = {"role": "assistant", "content": ANSWER}
    asks = _asks_for_tool(
        request["tools"][0]["function"]["name"] if request.get("tools") else None, request["messages"]
    )
    if asks:
        function = {"name": asks, "arguments": ARGUMENTS}
        message = {
            "role": "assistant",
            "content": None,
            "tool_calls": [{"id": CALL_ID, "type": "function", "function": function}],
        }
    choice = {"index": 0, "message": message, "finish_reason": "tool_calls" if asks else "stop"}
    return {**_chat("chat.completion"), "choices": [choice], "usage": _CHAT_USAGE}


def chat_chunks(request: Json) -> Iterator[str]:
    message = chat_completion(request)["choices"][0]["message"]
    head = _chat("chat.completion.chunk")
    pieces: list[Json] = [{"role": "assistant", "content": ""}]
    if calls := message.get("tool_calls"):
        pieces += [{"tool_calls": [{"index": 0, **calls[0]}]}]
    else:
        pieces += [{"content": word} for word in ANSWER.partition(" ")]
    for piece in pieces:
        yield _event({**head, "choices": [{"index": 0, "delta": piece}]})
    last = {"index": 0, "delta": {}, "finish_reason": "tool_calls" if calls else "stop"}
    yield _event({**head, "choices": [last]})
    if (request.get("stream_options") or {}).get("include_usage"):
        yield _event({**head, "choices": [], "usage": _CHAT_USAGE})
    yield "data: [DONE]\n\n"


_CHAT_USAGE = {
    "prompt_tokens": INPUT_TOKENS,
    "completion_tokens": OUTPUT_TOKENS,
    "total_tokens": INPUT_TOKENS + OUTPUT_TOKENS,
    "prompt_tokens_details": {"cached_tokens": CACHED_TOKENS},
}


def _chat(kind: str) -> Json:
    return {"id": f"chatcmpl-{next(_numbers)}", "object": kind, "created": 1_790_000_000, "model": MODEL}


# ---- responses


def response(request: Json) -> Json:
    items = request["input"] if isinstance(request["input"], list) else []
    tools = request.get("tools") or []
    asks = _asks_for_tool(tools[0]["name"] if tools else None, items)
    item: Json
    if asks:
        item = {
            "type": "function_call",
            "id": "fc_1",
            "call_id": CALL_ID,
            "name": asks,
            "arguments": ARGUMENTS,
        }
    else:
        text = {"type": "output_text", "text": ANSWER, "annotations": []}
        item = {"type": "message", "id": "msg_1", "role": "assistant", "content": [text]}
    return {
        "id": f"resp_{next(_numbers)}", "object": "response", "created_at": 1_790_000_000, "model": MODEL, "status": "completed",
        "output": [{**item, "status": "completed"}], "parallel_tool_calls": True, "tool_choice": "auto",
        "tools": tools, "instructions": request.get("instructions"), "error": None, "metadata": {},
        "usage": {
            "input_tokens": INPUT_TOKENS, "input_tokens_details": {"cached_tokens": CACHED_TOKENS},
            "output_tokens": OUTPUT_TOKENS, "output_tokens_details": {"reasoning_tokens": 0},
            "total_tokens": INPUT_TOKENS + OUTPUT_TOKENS,
        },
    }  # fmt: skip


def response_events(request: Json) -> Iterator[str]:
    whole = response(request)
    begun = {**whole, "status": "in_progress", "output": [], "usage": None}
    events: list[Json] = [{"type": "response.created", "response": begun}]
    for item in whole["output"]:
        events.append({"type": "response.output_item.added", "output_index": 0, "item": item})
        if item["type"] == "message":
            place = {"item_id": item["id"], "output_index": 0, "content_index": 0, "logprobs": []}
            events += [
                {"type": "response.output_text.delta", "delta": word, **place}
                for word in ANSWER.partition(" ")
            ]
        events.append({"type": "response.output_item.done", "output_index": 0, "item": item})
    events.append({"type": "response.completed", "response": whole})
    for number, event in enumerate(events):
        yield f"event: {event['type']}\n" + _event({**event, "sequence_number": number})


# ---- embeddings


def embeddings(request: Json) -> Json:
    texts = request["input"] if isinstance(request["input"], list) else [request["input"]]
    data = [
        {"object": "embedding", "index": place, "embedding": [0.25, -0.5, 0.125]}
        for place in range(len(texts))
    ]
    usage = {"prompt_tokens": 5, "total_tokens": 5}
    return {"object": "list", "data": data, "model": "text-embedding-3-small", "usage": usage}


def _asks_for_tool(tool: str | None, said: list[Json]) -> str | None:
    """The tool, unless its result is among what was said."""
    answered = any(item.get("role") == "tool" or item.get("type") == "function_call_output" for item in said)
    return None if answered else tool


def _event(content: Json) -> str:
    return f"data: {json.dumps(content)}\n\n"


ROUTES = {
    "/v1/chat/completions": (chat_completion, chat_chunks),
    "/v1/responses": (response, response_events),
}

"""OpenTelemetry GenAI attributes: an agent with a reasoning model, three searches at once, structured messages."""

from __future__ import annotations

from typing import Any

from llm_tracer_service.demo.authoring.models import GPT_5, think, usage_of
from llm_tracer_service.demo.authoring.recorder import (
    CLIENT,
    Recording,
    Scope,
    document,
    python_resource,
)

SYSTEM = """You are the procurement assistant of Halden Interiors. You compare suppliers for one order at a time.
Use search_suppliers to find offers and convert_currency for anything that is not in euros; never convert in your head.
Landed cost = goods + freight + import duty. Prefer suppliers with a confirmed slot over cheaper ones without.
Purchases over 10,000 EUR need two offers of the same class, and the table must show both. Never split an order to get
under that limit. Stock counts only when the supplier holds it today; "on request" is not a slot. Catalogues may answer
late or not at all: say which ones did not, and never fill the gap with last year's prices. Fire class and absorption
class are different things; this order is about absorption (EN ISO 11654, A to E).
Answer in Markdown: one sentence with the recommendation, then a table, then what is uncertain. No other prose."""

TOOLS: list[dict[str, Any]] = [
    {
        "type": "function",
        "name": "search_suppliers",
        "description": "Find offers for a product. Prices are in the supplier's currency, without freight.",
        "parameters": {
            "type": "object",
            "properties": {
                "product": {"type": "string"},
                "area_m2": {"type": "number"},
                "country": {"type": "string", "description": "ISO 3166 code of the supplier"},
                "deliver_to": {"type": "string"},
                "before": {"type": "string", "format": "date"},
            },
            "required": ["product", "area_m2", "country"],
        },
    },
    {
        "type": "function",
        "name": "convert_currency",
        "description": "Convert an amount at today's reference rate.",
        "parameters": {
            "type": "object",
            "properties": {
                "amount": {"type": "number"},
                "from": {"type": "string"},
                "to": {"type": "string"},
            },
            "required": ["amount", "from", "to"],
        },
    },
]

QUESTION = (
    "We need 400 m² of acoustic wall panels (class A, 40 mm, light grey) on site in Rotterdam by 12 December. "
    "Compare what we can get from Poland, Denmark and Turkey, landed."
)

OFFERS: dict[str, dict[str, Any]] = {
    "PL": {
        "offers": [
            {
                "supplier": "Panelko Sp. z o.o.", "sku": "AK-40-LG", "absorption_class": "A", "price_per_m2": 118.5,
                "currency": "PLN", "in_stock_m2": 520, "lead_time_days": 6, "slot": "confirmed 4 December",
                "freight": {"amount": 3150, "currency": "PLN"}, "duty_percent": 0,
            },
            {
                "supplier": "Wytlumia", "sku": "W-CLOUD-40", "absorption_class": "B", "price_per_m2": 96.0,
                "currency": "PLN", "in_stock_m2": 1200, "lead_time_days": 4, "slot": "on request",
                "freight": {"amount": 2900, "currency": "PLN"}, "duty_percent": 0,
            },
        ],
        "searched": "2 of 2 catalogues",
    },
    "DK": {
        "offers": [
            {
                "supplier": "Stille Flader A/S", "sku": "SF-A40-207", "absorption_class": "A", "price_per_m2": 43.9,
                "currency": "EUR", "in_stock_m2": 400, "lead_time_days": 9, "slot": "confirmed 9 December",
                "freight": {"amount": 980, "currency": "EUR"}, "duty_percent": 0,
            },
        ],
        "searched": "1 of 1 catalogues",
    },
    "TR": {
        "offers": [
            {
                "supplier": "Sessiz Panel", "sku": "SP-40-A-ACIK", "absorption_class": "A", "price_per_m2": 21.4,
                "currency": "USD", "in_stock_m2": 0, "lead_time_days": 24, "slot": "none before 17 December",
                "freight": {"amount": 2240, "currency": "USD"}, "duty_percent": 0,
            },
        ],
        "searched": "1 of 3 catalogues (2 timed out)",
    },
}  # fmt: skip

ANSWER = """**Order AK-40-LG from Panelko (Poland): it is the cheapest class A offer with a slot before 12 December.**

| Supplier | Class | Goods | Freight | Landed | On site | Slot |
| --- | --- | ---: | ---: | ---: | --- | --- |
| **Panelko** (PL) | A | €11,139.00 | €740.25 | **€11,879.25** | 4 Dec | confirmed |
| Stille Flader (DK) | A | €17,560.00 | €980.00 | €18,540.00 | 9 Dec | confirmed |
| Sessiz Panel (TR) | A | €7,380.69 | €1,931.44 | €9,312.13 | 17 Dec | none in time |

**Uncertain**

- Sessiz Panel would be €2,567 cheaper but arrives five days late; two of three Turkish catalogues did not answer.
- Stille Flader has exactly 400 m² in stock: no spare panels for cutting waste.
- Wytlumia (PL) was left out: class B.
"""


def _text(content: str) -> dict[str, Any]:
    return {"type": "text", "content": content}


class _Agent:
    """The conversation so far, with a span for each model call."""

    def __init__(self, recording: Recording) -> None:
        self.recording = recording
        self.messages: list[dict[str, Any]] = [{"role": "user", "parts": [_text(QUESTION)]}]
        self._last_prompt = 0
        self.input_tokens = self.output_tokens = 0

    def chat(self, parts: list[dict[str, Any]], finish_reason: str, reasoning: int) -> None:
        recording = self.recording
        # The provider caches prompts from 1,024 tokens on, in steps of 128.
        cached = self._last_prompt // 128 * 128 if self._last_prompt >= 1024 else 0
        usage = usage_of([SYSTEM, TOOLS, self.messages], parts, cached=cached, reasoning=reasoning)
        with recording.span(
            "chat gpt-5",
            {
                "gen_ai.operation.name": "chat",
                "gen_ai.provider.name": "openai",
                "gen_ai.request.model": GPT_5.requested,
                "gen_ai.request.reasoning.level": "medium",
                "gen_ai.request.stream": True,
                "server.address": "api.openai.com",
                "server.port": 443,
            },
            kind=CLIENT,
        ) as span:
            first_ms = think(recording, GPT_5, usage)
            span["gen_ai.response.model"] = GPT_5.responded
            span["gen_ai.response.id"] = recording.identifier("chatcmpl-", 24)
            span["gen_ai.response.finish_reasons"] = [finish_reason]
            span["gen_ai.response.time_to_first_chunk"] = round(first_ms / 1000, 3)
            span["gen_ai.usage.input_tokens"] = usage.input
            span["gen_ai.usage.output_tokens"] = usage.output
            span["gen_ai.usage.cache_read.input_tokens"] = usage.cached
            span["gen_ai.usage.reasoning.output_tokens"] = usage.reasoning
            span["gen_ai.system_instructions"] = [_text(SYSTEM)]
            span["gen_ai.tool.definitions"] = TOOLS
            span["gen_ai.input.messages"] = list(self.messages)
            span["gen_ai.output.messages"] = [
                {"role": "assistant", "parts": parts, "finish_reason": finish_reason}
            ]
        self.messages.append({"role": "assistant", "parts": parts})
        self._last_prompt = usage.input
        self.input_tokens += usage.input
        self.output_tokens += usage.output

    def tools(self, calls: list[tuple[str, str, dict[str, Any], Any, float]]) -> None:
        with self.recording.parallel() as lanes:
            for call_id, name, arguments, result, ms in calls:
                with (
                    lanes.lane(),
                    self.recording.span(
                        f"execute_tool {name}",
                        {
                            "gen_ai.operation.name": "execute_tool",
                            "gen_ai.tool.name": name,
                            "gen_ai.tool.call.id": call_id,
                            "gen_ai.tool.type": "function",
                            "gen_ai.tool.call.arguments": arguments,
                        },
                    ) as span,
                ):
                    self.recording.wait(ms)
                    span["gen_ai.tool.call.result"] = result
                self.messages.append(
                    {
                        "role": "tool",
                        "parts": [{"type": "tool_call_response", "id": call_id, "response": result}],
                    }
                )


def record() -> dict[str, Any]:
    """The document of this story."""
    recording = Recording(
        "procurement",
        Scope("opentelemetry.instrumentation.genai.openai_agents", "1.3b0"),
        python_resource("procurement-assistant", "2.8.1"),
        ended_before_s=0,
    )
    agent = _Agent(recording)
    with recording.span(
        "invoke_agent procurement",
        {
            "gen_ai.operation.name": "invoke_agent",
            "gen_ai.provider.name": "openai",
            "gen_ai.agent.name": "procurement",
            "gen_ai.agent.description": "Compares suppliers for one order",
            "gen_ai.conversation.id": "order-2291-panels",
            "user.id": "m.okafor",
        },
    ) as root:
        recording.wait(18)
        searches = [
            (recording.identifier("call_", 20), "search_suppliers", country, milliseconds)
            for country, milliseconds in (("PL", 940), ("DK", 610), ("TR", 3100))
        ]
        arguments = {
            country: {
                "product": "acoustic wall panel, class A, 40 mm, light grey", "area_m2": 400, "country": country,
                "deliver_to": "Rotterdam", "before": "2026-12-12",
            }
            for _, _, country, _ in searches
        }  # fmt: skip
        agent.chat(
            [
                {"type": "tool_call", "id": call_id, "name": name, "arguments": arguments[country]}
                for call_id, name, country, _ in searches
            ],
            "tool_call",
            reasoning=192,
        )
        agent.tools(
            [
                (call_id, name, arguments[country], OFFERS[country], ms)
                for call_id, name, country, ms in searches
            ]
        )
        recording.wait(6)
        conversions = [
            (recording.identifier("call_", 20), {"amount": amount, "from": currency, "to": "EUR"}, euros)
            for amount, currency, euros in (
                (47400, "PLN", 11139.0), (3150, "PLN", 740.25), (8560, "USD", 7380.69), (2240, "USD", 1931.44),
            )
        ]  # fmt: skip
        agent.chat(
            [
                {
                    "type": "reasoning",
                    "content": "Panelko 400 × 118.5 PLN = 47,400 PLN. Sessiz 400 × 21.4 USD = 8,560 USD, but no slot in "
                    "time; still show it. Wytlumia is class B, so it does not qualify. Convert goods and freight apart.",
                },
                *(
                    {"type": "tool_call", "id": call_id, "name": "convert_currency", "arguments": call}
                    for call_id, call, _ in conversions
                ),
            ],
            "tool_call",
            reasoning=320,
        )
        agent.tools(
            [
                (
                    call_id,
                    "convert_currency",
                    call,
                    {"amount": euros, "currency": "EUR", "rate_date": "2026-11-02"},
                    42,
                )
                for call_id, call, euros in conversions
            ]
        )
        recording.wait(4)
        agent.chat([_text(ANSWER)], "stop", reasoning=256)
        recording.wait(3)
        root["gen_ai.request.model"] = GPT_5.requested
        root["gen_ai.usage.input_tokens"] = agent.input_tokens
        root["gen_ai.usage.output_tokens"] = agent.output_tokens
        root["gen_ai.input.messages"] = agent.messages[:1]
        root["gen_ai.output.messages"] = [
            {"role": "assistant", "parts": [_text(ANSWER)], "finish_reason": "stop"}
        ]
    return document(recording)

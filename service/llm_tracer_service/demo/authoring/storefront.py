"""Vercel AI SDK: `ai.streamText` with two `doStream` calls and a tool call between them."""

from __future__ import annotations

from typing import Any

from llm_tracer_service.demo.authoring.models import GEMINI_FLASH, think, usage_of
from llm_tracer_service.demo.authoring.recorder import Recording, Scope, compact_json, document

SYSTEM = (
    "You answer questions about the shop's data. Write one read-only SQL query (PostgreSQL) and run it with runSql, "
    "then explain the result in two sentences and show a table. Amounts are in cents."
)
QUESTION = "Which five customers spent the most in October, and did any of them return something?"
QUERY = """SELECT c.name, sum(o.total_cents) AS spent_cents, count(*) AS orders, count(r.id) AS returns
FROM orders o
JOIN customers c ON c.id = o.customer_id
LEFT JOIN returns r ON r.order_id = o.id
WHERE o.placed_at >= '2026-10-01' AND o.placed_at < '2026-11-01'
GROUP BY c.name
ORDER BY spent_cents DESC
LIMIT 5"""
ROWS = [
    {"name": "Atelier Brandt", "spent_cents": 1284050, "orders": 9, "returns": 0},
    {"name": "Café Lumière", "spent_cents": 977300, "orders": 14, "returns": 2},
    {"name": "O'Neill & Daughters", "spent_cents": 741999, "orders": 3, "returns": 0},
    {"name": "Jardim do Sul", "spent_cents": 688420, "orders": 6, "returns": 1},
    {"name": "Studio Kobayashi", "spent_cents": 530010, "orders": 5, "returns": 0},
]
ANSWER = """**Atelier Brandt** spent the most in October (€12,840.50), a third more than Café Lumière. Two of the five returned something: Café Lumière twice and Jardim do Sul once.

| Customer | Spent | Orders | Returns |
| --- | ---: | ---: | ---: |
| Atelier Brandt | €12,840.50 | 9 | 0 |
| Café Lumière | €9,773.00 | 14 | 2 |
| O'Neill & Daughters | €7,419.99 | 3 | 0 |
| Jardim do Sul | €6,884.20 | 6 | 1 |
| Studio Kobayashi | €5,300.10 | 5 | 0 |
"""
TOOL = {
    "type": "function",
    "name": "runSql",
    "description": "Run one read-only SQL query and return at most 100 rows.",
    "inputSchema": {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "type": "object",
        "properties": {"query": {"type": "string"}},
        "required": ["query"],
        "additionalProperties": False,
    },
}


def record() -> dict[str, Any]:
    """The document of this story."""
    recording = Recording(
        "storefront",
        Scope("ai"),
        {
            "service.name": "storefront-insights",
            "service.version": "2026.10.4",
            "deployment.environment.name": "production",
            "telemetry.sdk.language": "nodejs",
            "telemetry.sdk.name": "opentelemetry",
            "telemetry.sdk.version": "2.12.0",
            "process.runtime.name": "nodejs",
            "process.runtime.version": "24.11.0",
        },
        ended_before_s=17 * 60,
    )

    def common(operation: str) -> dict[str, Any]:
        return {
            "operation.name": f"{operation} shop-insights",
            "resource.name": "shop-insights",
            "ai.operationId": operation,
            "ai.telemetry.functionId": "shop-insights",
            "ai.telemetry.metadata.sessionId": "insights-51ce",
            "ai.telemetry.metadata.userId": "amelie",
            "ai.telemetry.metadata.tags": ["dashboard", "sql"],
        }

    def model(operation: str) -> dict[str, Any]:
        return {
            **common(operation),
            "ai.model.provider": "google.generative-ai",
            "ai.model.id": GEMINI_FLASH.requested,
            "ai.settings.maxRetries": 2,
            "ai.settings.temperature": 0.0,
        }

    messages: list[dict[str, Any]] = [
        {"role": "system", "content": SYSTEM},
        {"role": "user", "content": [{"type": "text", "text": QUESTION}]},
    ]

    def stream(answer: str, tool_calls: list[dict[str, Any]], finish_reason: str) -> tuple[int, int]:
        usage = usage_of([messages, TOOL], answer or tool_calls, overhead=9)
        with recording.span(
            "ai.streamText.doStream",
            {
                **model("ai.streamText.doStream"),
                "ai.prompt.messages": compact_json(messages),
                "ai.prompt.tools": [compact_json(TOOL)],
                "ai.prompt.toolChoice": compact_json({"type": "auto"}),
                "gen_ai.system": "google.generative-ai",
                "gen_ai.request.model": GEMINI_FLASH.requested,
                "gen_ai.request.temperature": 0.0,
            },
        ) as span:
            begin = recording.now_ms
            recording.wait(4)
            # The stream is split at its first chunk, to note it where it comes.
            first_ms = think(recording, GEMINI_FLASH, usage)
            total_ms = recording.now_ms - begin
            span.events.append(
                (
                    "ai.stream.firstChunk",
                    span.start_us + round(first_ms * 1000),
                    {"ai.response.msToFirstChunk": round(first_ms, 3)},
                )
            )
            recording.event(span, "ai.stream.finish")
            response_id = recording.identifier("", 22)
            span["ai.response.finishReason"] = finish_reason
            if answer:
                span["ai.response.text"] = answer
            if tool_calls:
                span["ai.response.toolCalls"] = compact_json(tool_calls)
            span["ai.response.id"] = response_id
            span["ai.response.model"] = GEMINI_FLASH.responded
            span["ai.response.msToFirstChunk"] = round(first_ms, 3)
            span["ai.response.msToFinish"] = round(total_ms, 3)
            span["ai.response.avgOutputTokensPerSecond"] = round(usage.output / (total_ms / 1000), 2)
            span["ai.usage.inputTokens"] = usage.input
            span["ai.usage.outputTokens"] = usage.output
            span["ai.usage.totalTokens"] = usage.total
            span["gen_ai.response.finish_reasons"] = [finish_reason]
            span["gen_ai.response.id"] = response_id
            span["gen_ai.response.model"] = GEMINI_FLASH.responded
            span["gen_ai.usage.input_tokens"] = usage.input
            span["gen_ai.usage.output_tokens"] = usage.output
        return usage.input, usage.output

    with recording.span(
        "ai.streamText",
        {**model("ai.streamText"), "ai.prompt": compact_json({"system": SYSTEM, "prompt": QUESTION})},
    ) as root:
        recording.wait(3)
        call_id = recording.identifier("", 16)
        call = {"toolCallId": call_id, "toolName": "runSql", "input": {"query": QUERY}}
        first = stream("", [call], "tool-calls")
        with recording.span(
            "ai.toolCall",
            {
                **common("ai.toolCall"),
                "ai.toolCall.name": "runSql",
                "ai.toolCall.id": call_id,
                "ai.toolCall.args": compact_json({"query": QUERY}),
            },
        ) as tool:
            recording.wait(386)
            tool["ai.toolCall.result"] = compact_json(ROWS)
        messages.append({"role": "assistant", "content": [{"type": "tool-call", **call}]})
        messages.append(
            {
                "role": "tool",
                "content": [
                    {
                        "type": "tool-result",
                        "toolCallId": call_id,
                        "toolName": "runSql",
                        "output": {"type": "json", "value": ROWS},
                    }
                ],
            }
        )
        recording.wait(2)
        second = stream(ANSWER, [], "stop")
        root["ai.response.finishReason"] = "stop"
        root["ai.response.text"] = ANSWER
        # The outer span repeats the sum of its calls; a receiver must not count it again.
        root["ai.usage.inputTokens"] = first[0] + second[0]
        root["ai.usage.outputTokens"] = first[1] + second[1]
        root["ai.usage.totalTokens"] = sum(first) + sum(second)
    return document(recording)

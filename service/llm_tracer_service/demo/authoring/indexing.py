"""A run whose process died: our SDK announced open spans, whose ends never came. Sent natively."""

from __future__ import annotations

from typing import Any

from llm_tracer_service.demo.authoring.models import GPT_4O_MINI, think, usage_of
from llm_tracer_service.demo.authoring.recorder import Recording, Scope, compact_json
from llm_tracer_service.demo.authoring.sdk import VERSION, sdk_resource

PAGES: list[tuple[str, str, list[str]]] = [
    (
        "guides/returns.md",
        "How returns work: print the label within 14 days; see [the form](returns-form.md).",
        ["How long do I have to print a return label?", "Where is the form for returns?"],
    ),
    (
        "guides/warranty.md",
        "The warranty covers two years; batteries count as wear parts after twelve months.",
        ["How long is the warranty?", "Is a battery covered after one year?"],
    ),
    (
        "guides/shipping.md",
        "Orders before 15:00 leave the same day. Islands and mountain huts take two days more.",
        [],
    ),
]


def record() -> dict[str, Any]:
    """The body for `POST /api/spans`."""
    recording = Recording(
        "indexing", Scope("llm-tracer", VERSION), sdk_resource("docs-indexer"), ended_before_s=3 * 60
    )
    with recording.span(
        "index-docs",
        {
            "llm_tracer.span.kind": "chain",
            "input.value": compact_json({"folder": "guides", "pages": 212, "resume": False}),
            "input.mime_type": "application/json",
            "tag.tags": ["batch"],
        },
        stays_open=True,
    ):
        recording.wait(42)
        for path, text, questions in PAGES:
            with recording.span(
                "read_page",
                {
                    "llm_tracer.span.kind": "tool",
                    "gen_ai.operation.name": "execute_tool",
                    "gen_ai.tool.name": "read_page",
                    "input.value": path,
                    "input.mime_type": "text/plain",
                    "output.value": text,
                    "output.mime_type": "text/plain",
                },
            ):
                recording.wait(9)
            prompt = f"Write two questions that this page answers, one a line.\n\n{text}"
            messages = [{"role": "user", "parts": [{"type": "text", "content": prompt}]}]
            answer = "\n".join(questions)
            usage = usage_of(messages, answer)
            with recording.span(
                "write_questions",
                {
                    "llm_tracer.span.kind": "llm",
                    "gen_ai.operation.name": "chat",
                    "gen_ai.request.model": GPT_4O_MINI.requested,
                    "gen_ai.provider.name": "openai",
                    "gen_ai.input.messages": compact_json(messages),
                },
                stays_open=not questions,
            ) as llm:
                if not questions:
                    recording.wait(2100)
                    continue
                think(recording, GPT_4O_MINI, usage)
                llm["gen_ai.output.messages"] = compact_json(
                    [{"role": "assistant", "parts": [{"type": "text", "content": answer}]}]
                )
                llm["gen_ai.usage.input_tokens"] = usage.input
                llm["gen_ai.usage.output_tokens"] = usage.output
            recording.wait(5)
    return recording.native_batch()

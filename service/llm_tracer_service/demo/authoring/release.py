"""A long run with idle gaps: an agent rolls a release out in stages and waits between them. About 200 spans, three
minutes, most of them waiting. OpenTelemetry GenAI beside plain HTTP and database spans."""

from __future__ import annotations

from typing import Any

from llm_tracer_service.demo.authoring.models import GPT_4O_MINI, think, usage_of
from llm_tracer_service.demo.authoring.recorder import (
    CLIENT,
    Recording,
    Scope,
    document,
    json_text,
    python_resource,
)

HTTP = Scope("opentelemetry.instrumentation.httpx", "0.66b2")
DATABASE = Scope("opentelemetry.instrumentation.psycopg", "0.66b2")

SYSTEM = (
    "You roll out releases in stages. Call deploy_stage, then wait for check_health. Go on only while the error rate is "
    "under 0.5 % and p95 under 400 ms. If a stage is slow but healthy, wait once more before you decide."
)

# (stage, share, hosts, error rate in percent, p95 in ms, seconds of waiting, what the agent says)
STAGES: list[tuple[str, int, int, float, int, float, str]] = [
    ("canary", 1, 14, 0.08, 212, 24, "Canary is healthy: 0.08 % errors, p95 212 ms. Going to 5 %."),
    ("eu-west-5", 5, 22, 0.11, 238, 31, "5 % in eu-west looks the same as before. Going to 25 %."),
    (
        "eu-west-25",
        25,
        30,
        0.31,
        391,
        27,
        "p95 rose to 391 ms, just under the limit. Waiting once more before 50 %.",
    ),
    (
        "eu-west-25-again",
        25,
        30,
        0.12,
        244,
        34,
        "It was the cold cache: p95 is back at 244 ms. Going to 50 %.",
    ),
    ("global-50", 50, 36, 0.10, 229, 29, "50 % healthy in all three regions. Going to 100 %."),
    ("global-100", 100, 36, 0.09, 221, 14, "Release 2026.11.1 is at 100 %: 0.09 % errors, p95 221 ms. Done."),
]
REGIONS = ("eu-west", "us-east", "ap-south")


def record() -> dict[str, Any]:
    """The document of this story. The agent sends the model the task and the last four messages."""
    recording = Recording(
        "release",
        Scope("opentelemetry.instrumentation.genai.openai", "1.3b0"),
        python_resource("release-captain", "5.0.3"),
        ended_before_s=52 * 60,
    )
    messages: list[dict[str, Any]] = [
        {
            "role": "user",
            "parts": [{"type": "text", "content": "Roll out release 2026.11.1 of checkout-api."}],
        }
    ]

    def chat(parts: list[dict[str, Any]], finish_reason: str) -> None:
        window = messages[:1] + messages[1:][-4:]
        usage = usage_of([SYSTEM, window], parts)
        with recording.span(
            "chat gpt-4o-mini",
            {
                "gen_ai.operation.name": "chat",
                "gen_ai.provider.name": "openai",
                "gen_ai.request.model": GPT_4O_MINI.requested,
                "gen_ai.system_instructions": json_text([{"type": "text", "content": SYSTEM}]),
                "gen_ai.input.messages": json_text(window),
            },
            kind=CLIENT,
        ) as span:
            think(recording, GPT_4O_MINI, usage)
            span["gen_ai.response.model"] = GPT_4O_MINI.responded
            span["gen_ai.response.id"] = recording.identifier("chatcmpl-", 24)
            span["gen_ai.response.finish_reasons"] = [finish_reason]
            span["gen_ai.usage.input_tokens"] = usage.input
            span["gen_ai.usage.output_tokens"] = usage.output
            span["gen_ai.output.messages"] = json_text(
                [{"role": "assistant", "parts": parts, "finish_reason": finish_reason}]
            )
        messages.append({"role": "assistant", "parts": parts})

    def check_host(stage: str, number: int) -> None:
        host = f"checkout-{REGIONS[number % 3]}-{number:02d}"
        with recording.span(
            "GET",
            {
                "http.request.method": "GET",
                "url.full": f"https://{host}.internal/healthz",
                "http.response.status_code": 200,
            },
            kind=CLIENT,
            scope=HTTP,
        ) as span:
            # One host in the middle of the rollout is slow: the cold cache that the agent later names.
            recording.wait(2900 if stage == "eu-west-25" and number == 17 else 38, spread=0.5)
            if stage == "eu-west-25" and number == 17:
                span["http.request.resend_count"] = 2

    with recording.span(
        "invoke_agent release-captain",
        {
            "gen_ai.operation.name": "invoke_agent",
            "gen_ai.agent.name": "release-captain",
            "gen_ai.conversation.id": "release-2026.11.1",
            "user.id": "ci",
        },
    ) as root:
        recording.wait(25)
        for stage, share, hosts, error_rate, p95_ms, wait_s, says in STAGES:
            call_id = recording.identifier("call_", 20)
            is_again = stage.endswith("again")
            name = "check_health" if is_again else "deploy_stage"
            arguments = {"stage": stage.removesuffix("-again"), "percent": share}
            chat([{"type": "tool_call", "id": call_id, "name": name, "arguments": arguments}], "tool_call")
            health = {"error_rate_percent": error_rate, "p95_ms": p95_ms, "hosts": hosts}
            with recording.span(
                f"execute_tool {name}",
                {
                    "gen_ai.operation.name": "execute_tool",
                    "gen_ai.tool.name": name,
                    "gen_ai.tool.call.id": call_id,
                    "gen_ai.tool.call.arguments": json_text(arguments),
                },
            ) as tool:
                recording.wait(120)
                if not is_again:
                    with recording.span(
                        "INSERT rollout_steps",
                        {
                            "db.system.name": "postgresql",
                            "db.namespace": "releases",
                            "db.operation.name": "INSERT",
                            "db.query.text": "INSERT INTO rollout_steps (release, stage, percent) VALUES ($1, $2, $3)",
                        },
                        kind=CLIENT,
                        scope=DATABASE,
                    ):
                        recording.wait(4)
                recording.wait(wait_s * 1000, spread=0.04)  # traffic has to flow before health means anything
                with recording.parallel() as lanes:
                    for lane in range(6):
                        with lanes.lane():
                            for number in range(lane, hosts, 6):
                                check_host(stage, number)
                                recording.wait(2)
                tool["gen_ai.tool.call.result"] = json_text(health)
            messages.append(
                {"role": "tool", "parts": [{"type": "tool_call_response", "id": call_id, "response": health}]}
            )
            chat([{"type": "text", "content": says}], "stop")
        root["gen_ai.input.messages"] = json_text(messages[:1])
        root["gen_ai.output.messages"] = json_text([{"role": "assistant", "parts": messages[-1]["parts"]}])
    return document(recording)

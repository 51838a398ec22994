"""OpenLLMetry: a workflow of tasks with indexed prompts (`gen_ai.prompt.N`), a tool, and JSON from a small model."""

from __future__ import annotations

from typing import Any

from llm_tracer_service.demo.authoring.models import GPT_4O_MINI, think, usage_of
from llm_tracer_service.demo.authoring.recorder import (
    CLIENT,
    RecordedSpan,
    Recording,
    Scope,
    document,
    json_text,
    python_resource,
)

OPENAI = Scope("opentelemetry.instrumentation.openai.v1", "0.44.1")

TICKET = """Subject: Double charge AND locked out

Hi, I upgraded to the Team plan yesterday and was charged twice (2 x 348.00 EUR, see the two lines on my card). Since
then I can't log in either: "SSO configuration missing (err_4207)". We have a board demo on Thursday at 9:00 CET, so
this is really urgent for us.

Ingrid Solberg, Nordlys Analytics"""

LABELS = {
    "topics": ["billing.double_charge", "auth.sso"],
    "urgency": "high",
    "deadline": "2026-11-05T09:00:00+01:00",
    "sentiment": "frustrated, polite",
    "language": "en",
    "needs_human": True,
}

CHARGES = [
    {
        "id": "ch_58210",
        "amount": 348.00,
        "currency": "EUR",
        "status": "captured",
        "at": "2026-11-01T08:14:02Z",
    },
    {
        "id": "ch_58211",
        "amount": 348.00,
        "currency": "EUR",
        "status": "captured",
        "at": "2026-11-01T08:14:03Z",
    },
]

DRAFT = """Hi Ingrid,

You're right on both counts, and I'm sorry about the timing.

1. **The charge.** Two payments of 348.00 EUR went through one second apart (ch_58210 and ch_58211). I've asked billing to refund ch_58211; you should see it on the card in 3 to 5 working days.
2. **The login.** Upgrading to Team created a new workspace, and your SSO settings stayed with the old one: that is err_4207. An engineer can copy them over today. Until then you can sign in with a link by e-mail: open the login page and choose "E-mail me a link".

I've marked this for Thursday, 9:00 CET, and a colleague will confirm by tonight that SSO works again.

Best regards,
Support at Kettle"""


def _chat(
    recording: Recording, path: str, messages: list[tuple[str, str]], answer: str, finish_reason: str = "stop"
) -> None:
    usage = usage_of([list(message) for message in messages], answer)
    with recording.span(
        "openai.chat",
        {
            "llm.request.type": "chat",
            "gen_ai.system": "OpenAI",
            "traceloop.workflow.name": "ticket_triage",
            "traceloop.entity.path": path,
            "traceloop.association.properties.user_id": "nordlys-analytics",
            "traceloop.association.properties.session_id": "ticket-88213",
            "gen_ai.request.model": GPT_4O_MINI.requested,
            "gen_ai.request.temperature": 0.2,
            "llm.headers": "None",
            "llm.is_streaming": False,
            "gen_ai.openai.api_base": "https://api.openai.com/v1/",
        },
        kind=CLIENT,
        scope=OPENAI,
    ) as span:
        for index, (role, content) in enumerate(messages):
            span[f"gen_ai.prompt.{index}.role"] = role
            span[f"gen_ai.prompt.{index}.content"] = content
        think(recording, GPT_4O_MINI, usage)
        span["gen_ai.response.model"] = GPT_4O_MINI.responded
        span["gen_ai.response.id"] = recording.identifier("chatcmpl-", 29)
        span["gen_ai.completion.0.role"] = "assistant"
        span["gen_ai.completion.0.content"] = answer
        span["gen_ai.completion.0.finish_reason"] = finish_reason
        span["llm.usage.total_tokens"] = usage.total
        span["gen_ai.usage.prompt_tokens"] = usage.input
        span["gen_ai.usage.completion_tokens"] = usage.output
        span["gen_ai.usage.cache_read_input_tokens"] = 0
        span.ok()


def record() -> dict[str, Any]:
    """The document of this story."""
    recording = Recording(
        "tickets",
        Scope("traceloop.tracer"),
        python_resource("ticket-triage", "0.31.4"),
        ended_before_s=68 * 60,
    )

    def entity(kind: str, name: str, path: str, input_: object) -> dict[str, Any]:
        return {
            "traceloop.span.kind": kind,
            "traceloop.workflow.name": "ticket_triage",
            "traceloop.entity.name": name,
            **({"traceloop.entity.path": path} if path else {}),
            "traceloop.association.properties.user_id": "nordlys-analytics",
            "traceloop.association.properties.session_id": "ticket-88213",
            "traceloop.association.properties.plan": "team",
            "traceloop.entity.input": json_text({"args": [], "kwargs": input_}),
        }

    def done(span: RecordedSpan, output: object) -> None:
        span["traceloop.entity.output"] = json_text(output)

    with recording.span(
        "ticket_triage.workflow", entity("workflow", "ticket_triage", "", {"ticket": TICKET})
    ) as root:
        recording.wait(2)
        with recording.span(
            "classify.task", entity("task", "classify", "classify", {"ticket": TICKET})
        ) as span:
            recording.wait(1)
            _chat(
                recording,
                "classify",
                [
                    (
                        "system",
                        "Classify the support ticket. Answer with JSON only: topics (dotted, from the taxonomy), urgency "
                        "(low|normal|high), deadline (ISO 8601 or null), sentiment, language, needs_human.",
                    ),
                    ("user", TICKET),
                ],
                json_text(LABELS),
            )
            done(span, LABELS)
        recording.wait(1)
        lookup = {"customer": "Nordlys Analytics", "since": "2026-10-26"}
        with recording.span(
            "list_charges.tool", entity("tool", "list_charges", "list_charges", lookup)
        ) as span:
            recording.wait(212)
            done(span, CHARGES)
        with recording.span(
            "draft_reply.task",
            entity("task", "draft_reply", "draft_reply", {"labels": LABELS, "charges": CHARGES}),
        ) as span:
            recording.wait(2)
            _chat(
                recording,
                "draft_reply",
                [
                    (
                        "system",
                        "You write replies for the support team of Kettle. Say what happened, what we did and what happens "
                        "next, in plain words. Never promise a date that is not in the data.",
                    ),
                    ("user", TICKET),
                    ("user", f"Labels: {json_text(LABELS)}\nCharges: {json_text(CHARGES)}"),
                ],
                DRAFT,
            )
            done(span, DRAFT)
        recording.wait(1)
        done(root, {"labels": LABELS, "draft": DRAFT, "queue": "billing-escalation"})
    return document(recording)

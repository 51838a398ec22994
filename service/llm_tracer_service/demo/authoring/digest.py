"""A failed run: the provider answers 429 three times, the last attempt ends the run. OpenInference."""

from __future__ import annotations

from typing import Any

from llm_tracer_service.demo.authoring.models import GPT_4O_MINI, think, usage_of
from llm_tracer_service.demo.authoring.recorder import (
    Recording,
    Scope,
    document,
    json_text,
    python_resource,
)

NEWS = [
    (
        "Port of Rotterdam reports shorter waiting times",
        "Average waiting time for deep-sea vessels fell from 31 to 19 hours in October after the second shift at the "
        "Maasvlakte terminals became permanent. Barge operators say the gain has not reached inland terminals yet.",
        "Waiting times in Rotterdam fell from 31 to 19 hours; barges do not feel it yet.",
    ),
    (
        "Timber prices steady for the third month",
        "Spruce battens traded at 262 EUR a cubic metre, unchanged since August. Traders expect no movement before the "
        "Nordic sawmills publish their winter plans at the end of the month.",
        "Spruce has cost 262 EUR a cubic metre since August; the mills' winter plans come at the end of November.",
    ),
]
LAST = (
    "Hotel refurbishments pick up in the Benelux",
    "Permits for interior refurbishment of hotels rose by 14 percent against the previous quarter, led by Antwerp and "
    "The Hague. Fire-safety rules that apply from next July are named as the main reason.",
)

MESSAGE = (
    "Error code: 429 - {'error': {'message': 'Rate limit reached for gpt-4o-mini in organization org-halden on tokens per "
    "min (TPM): Limit 200000, Used 199412, Requested 1024. Please try again in 130ms.', 'type': 'tokens', 'param': None, "
    "'code': 'rate_limit_exceeded'}}"
)

STACK = f"""Traceback (most recent call last):
  File "/app/digest/run.py", line 61, in main
    digest = asyncio.run(build_digest(load_news(day)))
             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  File "/app/digest/build.py", line 38, in build_digest
    summaries.append(await summarise(article))
                     ^^^^^^^^^^^^^^^^^^^^^^^^
  File "/app/digest/build.py", line 22, in summarise
    reply = await client.chat.completions.create(model=MODEL, messages=prompt(article))
            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  File "/app/.venv/lib/python3.12/site-packages/openai/_base_client.py", line 1594, in request
    raise self._make_status_error_from_response(err.response) from None
openai.RateLimitError: {MESSAGE}
"""


def record() -> dict[str, Any]:
    """The document of this story."""
    recording = Recording(
        "digest",
        Scope("openinference.instrumentation.openai", "0.1.40"),
        {**python_resource("nightly-digest", "1.1.0"), "openinference.project.name": "digest"},
        ended_before_s=9 * 60,
    )
    system = "Summarise the article in one sentence of at most 25 words. Keep every number. No opinion."

    def request(title: str, text: str) -> dict[str, Any]:
        return {
            "openinference.span.kind": "LLM",
            "llm.system": "openai",
            "llm.provider": "openai",
            "llm.model_name": GPT_4O_MINI.requested,
            "llm.invocation_parameters": json_text({"model": GPT_4O_MINI.requested, "temperature": 0}),
            "llm.input_messages.0.message.role": "system",
            "llm.input_messages.0.message.content": system,
            "llm.input_messages.1.message.role": "user",
            "llm.input_messages.1.message.content": f"{title}\n\n{text}",
        }

    with recording.span(
        "build_digest",
        {
            "openinference.span.kind": "CHAIN",
            "input.value": json_text(
                {"day": "2026-11-01", "articles": [*(title for title, _, _ in NEWS), LAST[0]]}
            ),
            "input.mime_type": "application/json",
            "tag.tags": ["nightly"],
        },
    ) as root:
        recording.wait(11)
        for title, text, summary in NEWS:
            usage = usage_of(system + title + text, summary)
            with recording.span("ChatCompletion", request(title, text)) as llm:
                think(recording, GPT_4O_MINI, usage)
                llm["llm.model_name"] = GPT_4O_MINI.responded
                llm["llm.output_messages.0.message.role"] = "assistant"
                llm["llm.output_messages.0.message.content"] = summary
                llm["llm.token_count.prompt"] = usage.input
                llm["llm.token_count.completion"] = usage.output
                llm["llm.token_count.total"] = usage.total
                llm["llm.finish_reason"] = "stop"
                llm.ok()
            recording.wait(3)
        for attempt, pause_ms in ((1, 500), (2, 1000), (3, 0)):
            with recording.span("ChatCompletion", request(*LAST)) as llm:
                llm["metadata"] = json_text({"attempt": attempt, "of": 3})
                recording.wait(148)
                stack = STACK if attempt == 3 else f"openai.RateLimitError: {MESSAGE}\n"
                recording.fail(llm, "openai.RateLimitError", MESSAGE, stack, escaped=attempt == 3)
            if pause_ms:
                recording.wait(pause_ms, spread=0.05)
        recording.fail(root, "openai.RateLimitError", MESSAGE, STACK)
    return document(recording)

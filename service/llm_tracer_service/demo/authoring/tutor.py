"""Langfuse: a session of three turns with one user; generations with usage and cost details."""

from __future__ import annotations

from typing import Any

from llm_tracer_service.demo.authoring.models import HAIKU, Usage, count_tokens, think
from llm_tracer_service.demo.authoring.recorder import (
    Recording,
    Scope,
    document,
    json_text,
    python_resource,
)

SYSTEM = """You are Marta, a patient Spanish tutor. The learner's level is A2. Reply in Spanish that an A2 learner can read, at most 60 words, then one line in English after "—". Correct at most one mistake for each message, by repeating the sentence correctly. End with one short question. Never switch the topic on your own."""

TURNS = [
    (
        "Hola Marta! Ayer yo fue al mercado con mi hermana.",
        "¡Hola! Ayer **fui** al mercado con mi hermana. ¡Qué bien! A mí me gustan mucho los mercados: hay fruta, flores "
        "y gente que habla en voz alta. ¿Qué compraste?\n\n— *fue* is for él/ella; for yo it is *fui*.",
        0.0,
    ),
    (
        "Compré naranjas, pan y un sombrero muy grande. El sombrero costó solo ocho euros!",
        "¡Compraste un sombrero por solo ocho euros! Es un buen precio. Yo también tengo un sombrero grande, para la "
        "playa. ¿De qué color es tu sombrero?\n\n— No mistakes: note that Spanish opens an exclamation with ¡.",
        96.0,
    ),
    (
        "Es azul. How do I say 'it does not fit in my suitcase'?",
        "¡Azul, qué bonito! Se dice: «**No cabe en mi maleta**». El verbo es *caber*: yo quepo, tú cabes, él cabe. "
        "Es un verbo un poco raro, pero muy útil. ¿Adónde vas con la maleta?\n\n— *caber* = to fit; *quepo* is irregular.",
        181.0,
    ),
]

# USD a million tokens of claude-haiku-4-5: input, cached input, written cache, output.
_PRICE = {"input": 1.0, "input_cache_read": 0.1, "input_cache_creation": 1.25, "output": 5.0}


def record() -> dict[str, Any]:
    """The document of this story: three traces of one session."""
    scope = Scope("langfuse-sdk", "5.0.4")
    resource = {
        **python_resource("spanish-tutor", "3.2.0"),
        "langfuse.environment": "production",
        "langfuse.release": "3.2.0",
    }
    history: list[dict[str, str]] = [{"role": "system", "content": SYSTEM}]
    recordings = []
    prefix_tokens = 0
    for number, (question, answer, asked_after_s) in enumerate(TURNS, 1):
        recording = Recording(f"tutor-{number}", scope, resource, ended_before_s=26 * 60 - asked_after_s)
        trace = {
            "user.id": "ines.duarte",
            "session.id": "lesson-7f3a",
            "langfuse.trace.name": "tutor-turn",
            "langfuse.trace.tags": ["spanish", "a2"],
            "langfuse.trace.metadata.lesson": "pretérito indefinido",
            "langfuse.environment": "production",
            "langfuse.release": "3.2.0",
        }
        history.append({"role": "user", "content": question})
        with recording.span(
            "tutor-turn",
            {
                **trace,
                "langfuse.observation.type": "span",
                "langfuse.observation.input": json_text({"message": question}),
            },
        ) as root:
            recording.wait(4)
            if number == 3:
                with recording.span(
                    "language-guard",
                    {
                        **trace,
                        "langfuse.observation.type": "guardrail",
                        "langfuse.observation.input": json_text({"message": question}),
                    },
                ) as guard:
                    recording.wait(12)
                    guard["langfuse.observation.output"] = json_text(
                        {"languages": ["es", "en"], "allowed": True, "reason": "asks for a translation"}
                    )
            recording.wait(1)
            prompt_tokens = count_tokens(history) + 10
            # The lesson plan (1,950 tokens) is pinned before the history and cached by the provider.
            prompt_tokens += 1950
            buckets = {
                "input": prompt_tokens - prefix_tokens if number > 1 else 14,
                "input_cache_read": prefix_tokens,
                "input_cache_creation": prompt_tokens - 14 if number == 1 else 0,
                "output": count_tokens(answer) + 4,
            }
            costs = {name: round(tokens * _PRICE[name] / 1e6, 8) for name, tokens in buckets.items()}
            with recording.span(
                "generate-reply",
                {
                    **trace,
                    "langfuse.observation.type": "generation",
                    "langfuse.observation.model.name": HAIKU.responded,
                    "langfuse.observation.model.parameters": json_text(
                        {"max_tokens": 300, "temperature": 0.7}
                    ),
                    "langfuse.observation.prompt.name": "marta-tutor",
                    "langfuse.observation.prompt.version": 14,
                    "langfuse.observation.input": json_text(history),
                },
            ) as generation:
                prompt = sum(tokens for name, tokens in buckets.items() if name != "output")
                usage = Usage(prompt, buckets["output"], buckets["input_cache_read"])
                first_ms = think(recording, HAIKU, usage)
                recording.note_time(
                    generation,
                    "langfuse.observation.completion_start_time",
                    generation.start_us + round(first_ms * 1000),
                )
                generation["langfuse.observation.output"] = json_text(
                    {"role": "assistant", "content": answer}
                )
                generation["langfuse.observation.usage_details"] = json_text(
                    {**buckets, "total": sum(buckets.values())}
                )
                generation["langfuse.observation.cost_details"] = json_text(
                    {**costs, "total": round(sum(costs.values()), 8)}
                )
            recording.wait(2)
            root["langfuse.observation.output"] = json_text({"reply": answer})
        history.append({"role": "assistant", "content": answer})
        prefix_tokens = prompt_tokens - 14
        recordings.append(recording)
    return document(*recordings)

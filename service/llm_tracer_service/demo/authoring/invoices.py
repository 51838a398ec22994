"""MLflow: every attribute is JSON text. A chain that reads an invoice: parser → chat model → tool → JSON."""

from __future__ import annotations

from typing import Any

from llm_tracer_service.demo.authoring.models import GPT_4_1_MINI, think, usage_of
from llm_tracer_service.demo.authoring.recorder import (
    Recording,
    Scope,
    document,
    json_text,
)

INVOICE = """FACTUUR 2026-1187                         Van der Meer Drukwerk BV
Datum: 28-10-2026   Vervaldatum: 27-11-2026    BTW NL859012345B01
                                               IBAN NL91 ABNA 0417 1643 00
Aan: Halden Interiors, Maasboulevard 100, 3063 NS Rotterdam

 aantal  omschrijving                         prijs       totaal
    500  Catalogus herfst, 64 p., geniet       1,84       920,00
    500  Verzending per stuk                   0,42       210,00
      1  Spoedtoeslag                         75,00        75,00
                                   subtotaal             1.205,00
                                   btw 21 %                253,05
                                   TOTAAL EUR            1.458,05"""

EXTRACTED = {
    "invoice_number": "2026-1187",
    "issued": "2026-10-28",
    "due": "2026-11-27",
    "supplier": {
        "name": "Van der Meer Drukwerk BV",
        "vat_id": "NL859012345B01",
        "iban": "NL91ABNA0417164300",
    },
    "currency": "EUR",
    "lines": [
        {
            "description": "Catalogus herfst, 64 p., geniet",
            "quantity": 500,
            "unit_price": 1.84,
            "total": 920.0,
        },
        {"description": "Verzending per stuk", "quantity": 500, "unit_price": 0.42, "total": 210.0},
        {"description": "Spoedtoeslag", "quantity": 1, "unit_price": 75.0, "total": 75.0},
    ],
    "net": 1205.0,
    "vat": 253.05,
    "gross": 1458.05,
}

PROMPT = (
    "Extract the invoice as JSON with exactly these keys: invoice_number, issued, due (ISO dates), supplier {name, "
    "vat_id, iban}, currency, lines [{description, quantity, unit_price, total}], net, vat, gross. Keep descriptions as "
    "written. Use null for what is not there. Check that the lines add up to net."
)


def record() -> dict[str, Any]:
    """The document of this story."""
    recording = Recording(
        "invoices",
        Scope("mlflow.tracing.provider"),
        {
            "telemetry.sdk.language": "python",
            "telemetry.sdk.name": "mlflow",
            "telemetry.sdk.version": "3.17.2",
            "service.name": "invoice-reader",
            "service.version": "0.9.2",
            "deployment.environment.name": "staging",
        },
        ended_before_s=112 * 60,
    )

    def typed(span_type: str, inputs: object, **more: object) -> dict[str, Any]:
        return {
            "mlflow.traceRequestId": json_text("tr-" + recording.trace_id),
            "mlflow.spanType": json_text(span_type),
            "mlflow.spanInputs": json_text(inputs),
            **{key.replace("__", "."): json_text(value) for key, value in more.items()},
        }

    with recording.span(
        "extract_invoice",
        typed(
            "CHAIN",
            {"path": "inbox/2026-1187.pdf"},
            mlflow__spanFunctionName="extract_invoice",
            mlflow__trace__session="inbox-2026-44",
            mlflow__trace__user="ap-robot",
        ),
    ) as root:
        recording.wait(5)
        with recording.span("pdf_to_text", typed("PARSER", {"path": "inbox/2026-1187.pdf"})) as parser:
            recording.wait(164)
            parser["mlflow.spanOutputs"] = json_text({"pages": 1, "text": INVOICE})
            parser.ok()
        recording.wait(2)
        messages = [{"role": "system", "content": PROMPT}, {"role": "user", "content": INVOICE}]
        answer = json_text(EXTRACTED)
        usage = usage_of(messages, answer)
        response_id = recording.identifier("chatcmpl-", 24)
        with recording.span(
            "Completions",
            typed(
                "CHAT_MODEL",
                {
                    "model": GPT_4_1_MINI.requested,
                    "temperature": 0.0,
                    "response_format": {"type": "json_object"},
                    "messages": messages,
                },
                model=GPT_4_1_MINI.requested,
                temperature=0.0,
                mlflow__message__format="openai",
            ),
        ) as chat:
            think(recording, GPT_4_1_MINI, usage)
            chat["mlflow.llm.model"] = json_text(GPT_4_1_MINI.responded)
            chat["mlflow.llm.provider"] = json_text("openai")
            chat["mlflow.chat.tokenUsage"] = json_text(
                {
                    "input_tokens": usage.input,
                    "output_tokens": usage.output,
                    "total_tokens": usage.total,
                    "cache_read_input_tokens": 0,
                }
            )
            chat["mlflow.spanOutputs"] = json_text(
                {
                    "id": response_id,
                    "object": "chat.completion",
                    "model": GPT_4_1_MINI.responded,
                    "choices": [
                        {
                            "index": 0,
                            "finish_reason": "stop",
                            "message": {"role": "assistant", "content": answer, "refusal": None},
                        }
                    ],
                    "usage": {
                        "prompt_tokens": usage.input,
                        "completion_tokens": usage.output,
                        "total_tokens": usage.total,
                    },
                }
            )
            chat.ok()
        recording.wait(1)
        with recording.span("check_iban", typed("TOOL", {"iban": "NL91ABNA0417164300"})) as tool:
            recording.wait(3)
            tool["mlflow.spanOutputs"] = json_text({"valid": True, "bank": "ABN AMRO", "country": "NL"})
            tool.ok()
        recording.wait(1)
        root["mlflow.spanOutputs"] = json_text(EXTRACTED)
        root.ok()
    return document(recording)

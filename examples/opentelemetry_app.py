"""Plain OpenTelemetry: nothing of ours is imported. A tool-using agent with GenAI attributes.

    pip install opentelemetry-sdk opentelemetry-exporter-otlp-proto-http
    python examples/opentelemetry_app.py

It sends to http://localhost:8001 unless OTEL_EXPORTER_OTLP_ENDPOINT says otherwise. A key goes into
OTEL_EXPORTER_OTLP_HEADERS="authorization=Bearer project-shop.SECRET".

In a real program an instrumentation sets the attributes, for example `opentelemetry-instrumentation-genai-openai`;
then only the lines that make the provider are needed, or none with `opentelemetry-instrument`.
"""

import json
import os

from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

os.environ.setdefault("OTEL_EXPORTER_OTLP_ENDPOINT", "http://localhost:8001")

provider = TracerProvider(resource=Resource.create({"service.name": "weather-agent"}))
provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))  # posts to ENDPOINT/v1/traces
trace.set_tracer_provider(provider)
tracer = trace.get_tracer("weather-agent")


def message(role: str, **part: object) -> dict[str, object]:
    return {"role": role, "parts": [part]}


def chat(messages: list[dict[str, object]], reply: dict[str, object], tokens: tuple[int, int]) -> None:
    """A call of a model; here the reply is known beforehand."""
    with tracer.start_as_current_span("chat gpt-4o-mini", kind=trace.SpanKind.CLIENT) as span:
        span.set_attributes(
            {
                "gen_ai.operation.name": "chat",
                "gen_ai.provider.name": "openai",
                "gen_ai.request.model": "gpt-4o-mini",
                "gen_ai.response.model": "gpt-4o-mini-2024-07-18",
                "gen_ai.usage.input_tokens": tokens[0],
                "gen_ai.usage.output_tokens": tokens[1],
                "gen_ai.input.messages": json.dumps(messages),
                "gen_ai.output.messages": json.dumps([reply]),
            }
        )
    messages.append(reply)


def main() -> None:
    question = message("user", type="text", content="Do I need an umbrella in Bergen today?")
    messages: list[dict[str, object]] = [question]
    with tracer.start_as_current_span(
        "invoke_agent weather",
        attributes={
            "gen_ai.operation.name": "invoke_agent",
            "gen_ai.agent.name": "weather",
            "gen_ai.conversation.id": "bergen-1",
            "user.id": "alice",
        },
    ) as agent:
        arguments = {"city": "Bergen"}
        call = message("assistant", type="tool_call", id="call_1", name="forecast", arguments=arguments)
        chat(messages, call, (74, 15))
        with tracer.start_as_current_span("execute_tool forecast") as tool:
            result = {"rain_mm": 11.4, "wind": "fresh breeze"}
            tool.set_attributes(
                {
                    "gen_ai.operation.name": "execute_tool",
                    "gen_ai.tool.name": "forecast",
                    "gen_ai.tool.call.id": "call_1",
                    "gen_ai.tool.call.arguments": json.dumps(arguments),
                    "gen_ai.tool.call.result": json.dumps(result),
                }
            )
        messages.append(message("tool", type="tool_call_response", id="call_1", response=result))
        answer = message("assistant", type="text", content="Yes: 11 mm of rain and a fresh breeze.")
        chat(messages, answer, (118, 13))
        agent.set_attribute("gen_ai.input.messages", json.dumps([question]))
        agent.set_attribute("gen_ai.output.messages", json.dumps([answer]))
    print("Yes: 11 mm of rain and a fresh breeze.")


if __name__ == "__main__":
    main()
    provider.shutdown()

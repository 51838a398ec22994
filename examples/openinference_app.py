"""OpenInference attributes, set by hand through plain OpenTelemetry so that it runs offline.

    pip install opentelemetry-sdk opentelemetry-exporter-otlp-proto-http
    python examples/openinference_app.py

It sends to http://localhost:8001 unless OTEL_EXPORTER_OTLP_ENDPOINT says otherwise.

In a real program the instrumentation of your library sets these attributes:

    pip install openinference-instrumentation-openai        # or -langchain, -llama-index, -anthropic, …
    from openinference.instrumentation.openai import OpenAIInstrumentor
    OpenAIInstrumentor().instrument(tracer_provider=provider)
"""

import json
import os

from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

os.environ.setdefault("OTEL_EXPORTER_OTLP_ENDPOINT", "http://localhost:8001")

provider = TracerProvider(resource=Resource.create({"service.name": "handbook-search"}))
provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
trace.set_tracer_provider(provider)
tracer = trace.get_tracer("handbook-search")

DOCUMENTS = [
    ("remote-2", "Staff may work remotely up to three days a week.", 0.91),
    ("remote-5", "Remote days are agreed with the lead two days ahead.", 0.78),
]


def retrieve(question: str) -> str:
    """A retriever span with its documents and their scores."""
    with tracer.start_as_current_span("search_handbook") as span:
        span.set_attribute("openinference.span.kind", "RETRIEVER")
        span.set_attribute("input.value", question)
        for index, (id_, text, score) in enumerate(DOCUMENTS):
            document = f"retrieval.documents.{index}.document"
            span.set_attribute(f"{document}.id", id_)
            span.set_attribute(f"{document}.content", text)
            span.set_attribute(f"{document}.score", score)
            span.set_attribute(f"{document}.metadata", json.dumps({"source": "handbook.md"}))
    return "\n".join(text for _, text, _ in DOCUMENTS)


def generate(question: str, context: str) -> str:
    """A model call; the flattened, numbered keys are OpenInference's way to write messages."""
    answer = "Up to three days a week, agreed with your lead two days ahead."
    with tracer.start_as_current_span("ChatCompletion") as span:
        span.set_attributes(
            {
                "openinference.span.kind": "LLM",
                "llm.provider": "anthropic",
                "llm.system": "anthropic",
                "llm.model_name": "claude-sonnet-4-5",
                "llm.invocation_parameters": json.dumps({"max_tokens": 300}),
                "llm.input_messages.0.message.role": "system",
                "llm.input_messages.0.message.content": f"Answer from this context only:\n{context}",
                "llm.input_messages.1.message.role": "user",
                "llm.input_messages.1.message.content": question,
                "llm.output_messages.0.message.role": "assistant",
                "llm.output_messages.0.message.content": answer,
                "llm.token_count.prompt": 58,
                "llm.token_count.completion": 17,
                "llm.token_count.total": 75,
            }
        )
    return answer


def main() -> None:
    question = "How many days may I work remotely?"
    with tracer.start_as_current_span("answer") as span:
        span.set_attribute("openinference.span.kind", "CHAIN")
        span.set_attribute("input.value", question)
        span.set_attribute("session.id", "handbook-7")
        span.set_attribute("tag.tags", ["example"])
        answer = generate(question, retrieve(question))
        span.set_attribute("output.value", answer)
    print(answer)


if __name__ == "__main__":
    main()
    provider.shutdown()

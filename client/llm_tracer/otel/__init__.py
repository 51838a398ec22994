"""OpenTelemetry together with the SDK: its spans are sent through our queue, with the same guarantees, in one tree
with ours.

    from opentelemetry.sdk.trace import TracerProvider
    from llm_tracer.otel import LLMTracerSpanProcessor

    provider = TracerProvider()
    provider.add_span_processor(LLMTracerSpanProcessor())

`llm_tracer.instrument()` does this and switches the instrumentations on. Importing this package imports
opentelemetry-sdk, which the SDK itself neither needs nor installs.
"""

from .export import LLMTracerSpanExporter, LLMTracerSpanProcessor

__all__ = ["LLMTracerSpanExporter", "LLMTracerSpanProcessor"]

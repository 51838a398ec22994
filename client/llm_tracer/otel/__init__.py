"""OpenTelemetry beside the SDK: spans that it makes, sent by our queue under our laws, and one tree for both.

    from opentelemetry.sdk.trace import TracerProvider
    from llm_tracer.otel import LLMTracerSpanProcessor

    provider = TracerProvider()
    provider.add_span_processor(LLMTracerSpanProcessor())

`llm_tracer.instrument()` does this and switches the instrumentations on. Importing this package imports
opentelemetry-sdk, which the SDK itself neither needs nor installs.
"""

from .export import LLMTracerSpanExporter, LLMTracerSpanProcessor

__all__ = ["LLMTracerSpanExporter", "LLMTracerSpanProcessor"]

"""The LLM Tracer dashboard: a read-only window on the Tracer API, installed as `llm_tracer_dashboard`."""

__version__ = "0.1.0"

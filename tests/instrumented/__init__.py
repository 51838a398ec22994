"""Real programs with real libraries, instrumented by `llm_tracer.instrument()` alone, against a provider of ours."""

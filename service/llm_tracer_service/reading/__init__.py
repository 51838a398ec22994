"""What telemetry means: from a span as it was sent to its Reading and Content. Pure; the tables are in dialects.toml.

Read from `reader` down: `facts` finds the values that the table names, `kinds` and `status` decide, `tokens` and
`costs` calculate, `messages` reads conversations, `content` gathers what a person sees.
"""

from llm_tracer_service.reading.reader import DialectReader, load_reader

__all__ = ["DialectReader", "load_reader"]

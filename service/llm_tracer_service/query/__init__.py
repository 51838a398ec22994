"""The query text (docs/query.md): from the line that a person types to the TraceQuery that says what it means.

    parse         text to TraceQuery; QueryError names the character, what was expected there, and a way out
    to_text       TraceQuery to text, for links and chips
    known_fields  every field with its type, values and an example, for the documentation and for completion

    parser       how the text is split: terms, groups, quotes
    conditions   what one `field:value` means
    numbers      numbers and their units, both ways
    quotes       quoted text, both ways
    writer       the way back to text
    fields       the table of fields, and the fields closest to an unknown one
    error        QueryError

Pure: no store, no clock, no I/O.
"""

from llm_tracer_service.query.error import QueryError
from llm_tracer_service.query.fields import FieldDoc, known_fields
from llm_tracer_service.query.parser import DEPTH_MAX, LENGTH_MAX, parse
from llm_tracer_service.query.writer import to_text

__all__ = ["DEPTH_MAX", "LENGTH_MAX", "FieldDoc", "QueryError", "known_fields", "parse", "to_text"]

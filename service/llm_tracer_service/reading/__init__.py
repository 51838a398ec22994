"""What telemetry means: from a span as it was sent to its Reading and Content. Pure; the tables are in dialects.toml.

The table and what it names
  dialects         the table, parsed and compiled; `known_keys` are the attributes in it
  lookup           finds what it asks for in the attributes of a span
  facts            the kind of a span, and the values of all fields
  fields           the canonical fields: the type of each, and how several candidates become one; `values` converts them
  bodies           what a provider's whole answer says of the call

What they mean
  reader           the Reading of a span: all of it together
  kinds            what a span is
  status           whether it failed
  tokens           counts made comparable
  costs            what the sender says a call cost
  pricing          what it cost by the lists: `price_file` the user's, `price_list` the public one
  providers        one name for each provider
  finish_reasons   why a model stopped, in one spelling
  scores           judgements that arrive with spans

What was said
  content          the Content of a span, for the person who opens it
  messages         conversations
  tools            tools that were offered, given and answered
  documents        what was searched for and found
  uploaded_media   media that were uploaded apart from their spans
  redacted         marks in place of what was not sent
  search_text      the texts in which full text search looks
"""

from llm_tracer_service.reading.reader import DialectReader, load_reader

__all__ = ["DialectReader", "load_reader"]

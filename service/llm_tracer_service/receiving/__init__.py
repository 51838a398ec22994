"""From a request to spans on the disk: every way in, decoded to the one form of a span.

Every way in
  ingest         from a body to spans on the disk, in one step
  body           a request body, within limits
  decoded        what a body says: spans, and what was refused
  formats        which format a JSON object is in
  spooled        what programs could not deliver
  importing      files of spans as requests

The formats
  otlp           OpenTelemetry's, protobuf and JSON
  native         our own; `native_values` for what JSON cannot say, `native_writer` for the way back
  lifecycle      traces by hand, in four requests
  scoring        scores by hand
  peers          the own protocols of other products

What senders do
  json_text      JSON as programs really send it
  depth          how deep values may be nested
  objects        how many objects a body may have
  trace_ids      ids of 8 bytes
  time_units     times in another unit than nanoseconds
  pending        running spans of Logfire's convention
"""

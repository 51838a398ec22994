"""The protocols that the SDKs of other products speak by themselves, one module or package each.

A program that has such an SDK, often deep inside a framework, sends here after its address was changed; nothing else is
installed. A record becomes the SpanData that the product's own OpenTelemetry exporter would have sent, with the same
attributes, so that what it means stands in one place, the table of dialects. A record that only changes an earlier one
becomes a fragment.

langsmith      LangSmith: runs and feedback
langfuse       Langfuse before OpenTelemetry: batches of events; scores and media to this day
opik           Opik: traces, spans, changes and scores
openai_agents  the OpenAI Agents SDK: traces and spans, once they have ended
ids            ids of other products as ids of OpenTelemetry
form           the parts of a form
raw_json       records whose members stay as they were written
"""

"""The Tracer API: receives, understands, stores, finds and serves traces. docs/architecture.md describes the folders.

Beside them is what several of them need.

settings       what the environment says
errors         a refused request, whatever refused it
malformed      a body that cannot be read
misfit         what does not fit its type, in words
notes          what people should know about how a span was read
waiting        content that names a response instead of a span
rollup         what a span and all below it used and cost
span_context   what the answer about a span says of its place in the trace
span_text      a span as text, for terminals and coding agents; `incomplete` says what a stopped search left out
score_figures  figures of scores
steering       characters that steer a terminal
json_values    any value as valid JSON
times          times as people and programs write them
media          content types
templates      HTML, and the hashes of its styles and scripts
file_lock      a lock between processes
"""

__version__ = "0.1.0"

#!/bin/sh
# A trace with nothing but curl: open a trace, open a span in it, complete both.
#     sh examples/curl.sh
# It sends to http://localhost:8001 unless TRACER_API_URL says otherwise; with keys, set TRACER_API_KEY.
set -eu
api="${TRACER_API_URL:-http://localhost:8001}/api"
send() { curl -fsS -X "$1" "$api$2" -H 'Content-Type: application/json' ${TRACER_API_KEY:+-H "X-API-Key: $TRACER_API_KEY"} -d "$3"; }
id() { sed -E "s/.*\"$1\": *\"([0-9a-f]+)\".*/\1/"; }

trace=$(send POST /traces '{"name": "nightly-summary", "input": "Summarise 3 reports", "tags": ["cron"]}' | id trace_id)
span=$(send POST "/traces/$trace/spans" '{"name": "chat", "kind": "llm", "model": "gpt-4o-mini", "input": "Summarise: …"}' | id span_id)
send PATCH "/spans/$span/complete" '{"output": "Sales rose, returns fell.", "tokens_input": 912, "tokens_output": 7}' && echo
send PATCH "/traces/$trace/complete" '{"output": "Sales rose, returns fell."}' && echo

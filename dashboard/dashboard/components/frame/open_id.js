// Any id that somebody pastes: of a trace, a span, a session or a response. Finds what it names.
import { getJson } from "../shared/data.js";
import { listPath } from "../question/list_url.js";
import { idKind } from "./palette.js";
import { fieldTerm } from "../question/query_text.js";

/** The address of what an id names: the trace, at the span if it is one; the list where it is several or none. */
export async function pathOfId(text) {
  const kind = idKind(text);
  const id = kind === "id" ? text : text.toLowerCase();
  const q = fieldTerm("id", id);
  const { data } = await getJson(`/ui-api/traces?${new URLSearchParams({ q, limit: "2" })}`);
  if (data.traces.length !== 1) return listPath({ q });
  return `/trace/${data.traces[0].trace_id}${kind === "span" ? `?span=${id}` : ""}`;
}

// Addresses of the list of spans, and what its query says of kinds. Pure functions.
import { ALL, listSearch, readList } from "../question/list_url.js";
import { fieldTerm, standing, withTerm, without } from "../question/query_text.js";

const SORTS = ["-start_time", "-duration_ms", "-cost", "-tokens"];

/** What identifies a span among those of all traces. */
export const spanKey = ({ trace_id: trace, span_id: span }) => `${trace}/${span}`;

/** The question of the list: that of the list of traces, but `peek` names a span, as `spanKey` does. */
export function readSpans(search) {
  const list = readList(search);
  const peek = new URLSearchParams(search).get("peek") || "";
  return {
    ...list,
    sort: SORTS.includes(list.sort) ? list.sort : ALL.sort,
    peek: /^[0-9a-f]{32}\/[0-9a-f]{16}$/.test(peek) ? peek : null,
  };
}

export const spansPath = (list) => `/spans${listSearch(list)}`;

/** The spans of all traces that are of a kind and have a name. */
export const spansLike = (kind, name) => spansPath({ q: `${fieldTerm("kind", kind)} ${fieldTerm("name", name)}` });

/** Where a span is seen in its trace. */
export const spanPath = ({ trace_id: trace, span_id: span }) => `/trace/${trace}?span=${span}`;

/** [term, label]: what the list is narrowed to by a click. Of kinds one at a time. */
export const KINDS = [["kind:llm", "Model calls"], ["kind:tool", "Tool calls"], ["kind:retriever", "Retrievals"], ["kind:agent", "Agents"]];
export const FAILED = ["status:error", "Failed"];

/** The text with one of the kinds and none of the others, or without it when it stands there. */
export function turnedKind(q, term) {
  const bare = KINDS.reduce((text, [kind]) => (standing(text, kind) ? without(text, kind) : text), q);
  return standing(q, term) === "with" ? bare : withTerm(bare, term);
}

/** The text with a term, or without it when it stands there. */
export const turned = (q, term) => (standing(q, term) === "with" ? without(q, term) : withTerm(q, term));

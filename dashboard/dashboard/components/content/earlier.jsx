// The messages that the previous call of the thread had too, in one line: what is new is what a person looks for.
import { useContext, useEffect, useState } from "react";
import { Link } from "react-router";
import { comparePath } from "../compare/compare_url.js";
import { exact, plural } from "../shared/format.js";
import { useSought } from "../shared/sought.js";
import { Linking } from "./tool_links.jsx";

const FOLDED_FROM = 9;

/** What became of the earlier messages, in words; empty when nothing did. */
function changes(delta) {
  const found = [];
  if (delta.changed.length) found.push(`${exact(delta.changed.length)} changed`);
  if (delta.removed) found.push(`${exact(delta.removed)} removed`);
  if (delta.system_changed) found.push("system instructions changed");
  return found.join(", ");
}

/**
 * The input messages of a model call. `draw(message, index, changed)` draws one; `aimed` is the index of one that must
 * be seen. Folded at first when there are more than 8 and the previous call is known; changed ones are never folded.
 */
export function InputMessages({ span, draw, aimed }) {
  const { go } = useContext(Linking);
  const messages = span.input_messages || [];
  const delta = span.delta;
  const known = delta ? Math.min(delta.first_new, messages.length) : 0;
  const [folded, setFolded] = useState(messages.length >= FOLDED_FROM && known > 0 && !(aimed < known));
  useEffect(() => { if (aimed < known) setFolded(false); }, [aimed, known]);
  const isSought = useSought()(folded ? messages.slice(0, known) : null);
  useEffect(() => { if (isSought) setFolded(false); }, [isSought]);
  if (!known) return messages.map((message, i) => draw(message, i, false));
  const changed = new Set(delta.changed);
  const altered = changes(delta);
  return (
    <>
      <div className={`earlier${altered ? " altered" : ""}`}>
        <button type="button" aria-expanded={!folded} onClick={() => setFolded(!folded)} title={folded ? "Show earlier messages" : "Show only what is new"}>
          <span className="chevron" aria-hidden="true">{folded ? "▸" : "▾"}</span>
          {plural(known, "earlier message")}
        </button>
        <span>
          {altered ? <b>⚠ {altered}</b> : "unchanged"} since the <button type="button" className="way" onClick={() => go({ span_id: delta.previous_span_id })}>previous call ↗</button>
          {" "}<Link className="way" to={comparePath(`${span.trace_id}/${delta.previous_span_id}`, `${span.trace_id}/${span.span_id}`)} title="Compare with the previous call, word by word">compare</Link>
        </span>
      </div>
      {messages.map((message, i) => (i >= known || !folded || changed.has(i) ? draw(message, i, changed.has(i)) : null))}
      {known === messages.length && <p className="dim">Nothing new in the input.</p>}
    </>
  );
}

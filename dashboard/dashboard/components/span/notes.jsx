// What a person should know about how the span was understood.
import { useContext } from "react";
import { Link } from "react-router";
import { Linking } from "../content/tool_links.jsx";

const TRACE_ID = /\b([0-9a-f]{32})\b/;

/** A text in which the id of a trace, if there is one, leads to it. */
const linked = (text) => text.split(TRACE_ID).map((part, i) => (i % 2 ? <Link key={i} className="way" to={`/trace/${part}`} title={part}>{part.slice(0, 8)} ↗</Link> : part));

/** The notes with one of the codes, or all but those of `except`. */
export function Notes({ notes, only, except }) {
  const { go } = useContext(Linking);
  const shown = (notes || []).filter((note) => (only ? note.code === only : note.code !== except));
  if (shown.length === 0) return null;
  return (
    <ul className="notes">
      {shown.map((note, i) => (
        <li key={i}>{linked(note.text)}{note.span_id && <> <button type="button" className="way" onClick={() => go({ span_id: note.span_id })}>that span ↗</button></>}</li>
      ))}
    </ul>
  );
}

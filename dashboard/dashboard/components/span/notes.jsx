// What a person should know about how the span was understood.
import { useContext } from "react";
import { Linking } from "../content/tool_links.jsx";

/** The notes with one of the codes, or all but those of `except`. */
export function Notes({ notes, only, except }) {
  const { go } = useContext(Linking);
  const shown = (notes || []).filter((note) => (only ? note.code === only : note.code !== except));
  if (shown.length === 0) return null;
  return (
    <ul className="notes">
      {shown.map((note, i) => (
        <li key={i}>{note.text}{note.span_id && <> <button type="button" className="way" onClick={() => go({ span_id: note.span_id })}>that span ↗</button></>}</li>
      ))}
    </ul>
  );
}

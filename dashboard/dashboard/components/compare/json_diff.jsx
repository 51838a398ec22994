// What changed in a structure: one line a place.
import { useState } from "react";
import { exact } from "../shared/format.js";
import { jsonText } from "../shared/value_model.js";

const SHOWN = 100;
const CHARS = 2_000;
const MARK = { added: "+", removed: "−", changed: "≠" };

/** `changes`: [{path, change, a, b}, …]. */
export function JsonDiff({ changes }) {
  const [all, setAll] = useState(false);
  const shown = all ? changes : changes.slice(0, SHOWN);
  return (
    <ul className="json-diff">
      {shown.map(({ path, change, a, b }, n) => (
        <li key={n} className={`d-${change}`}>
          <span className="diff-mark" title={change}>{MARK[change]}</span>
          <code>{path}</code>
          <span className="json-values">
            {change !== "added" && <del>{written(a)}</del>}
            {change === "changed" && " → "}
            {change !== "removed" && <ins>{written(b)}</ins>}
          </span>
        </li>
      ))}
      {shown.length < changes.length && <li className="more"><button type="button" onClick={() => setAll(true)}>Show all <i>{exact(changes.length)} differences</i></button></li>}
    </ul>
  );
}

function written(value) {
  const text = value === undefined ? "" : jsonText(value);
  return text.length > CHARS ? `${text.slice(0, CHARS)}… (${exact(text.length)} characters)` : text;
}

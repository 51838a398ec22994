// Any value: text as text, flat objects as pairs, the rest as a tree. Text that is JSON can be opened in place.
import { useState } from "react";
import { JsonTree } from "./json_tree.jsx";
import { LongText } from "./parts.jsx";

/** The object or list that a text holds, or undefined. */
function embedded(text) {
  if (typeof text !== "string" || text.length > 5_000_000 || !/^\s*[[{]/.test(text)) return undefined;
  try {
    const value = JSON.parse(text);
    return typeof value === "object" && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

const isFlat = (value) => {
  if (value === null || typeof value !== "object" || Array.isArray(value)) return false;
  const all = Object.values(value);
  return all.length > 0 && all.length <= 12 && all.every((one) => one === null || typeof one !== "object");
};

export function Value({ value }) {
  if (value === null || value === undefined || value === "") return <p className="dim">{value === "" ? "empty text" : "nothing"}</p>;
  if (typeof value === "string") return <TextValue text={value} />;
  if (isFlat(value)) return <Pairs value={value} />;
  if (typeof value === "object") return <JsonTree value={value} />;
  return <div className="text mono">{String(value)}</div>;
}

function TextValue({ text }) {
  const inside = embedded(text);
  const [plain, setPlain] = useState(false);
  if (inside === undefined) return <LongText text={text} />;
  return (
    <div className="embedded">
      <button type="button" className="mode" onClick={() => setPlain(!plain)} title="This text holds JSON">{plain ? "as JSON" : "JSON in text · as text"}</button>
      {plain ? <LongText text={text} mono /> : isFlat(inside) ? <Pairs value={inside} /> : <JsonTree value={inside} />}
    </div>
  );
}

function Pairs({ value }) {
  return (
    <dl className="pairs">
      {Object.entries(value).map(([name, one]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd className={`j-${one === null ? "null" : typeof one}`}>{typeof one === "string" ? <LongText text={one} /> : String(one)}</dd>
        </div>
      ))}
    </dl>
  );
}

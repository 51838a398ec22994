// Any value: text as text, flat objects as pairs, the rest as a tree. Text that is JSON can be opened in place.
import { useEffect, useMemo, useState } from "react";
import { BlobValue } from "./blob_value.jsx";
import { count } from "../shared/format.js";
import { JsonTree } from "./json_tree.jsx";
import { Markdown, looksMarked } from "./markdown.jsx";
import { LongText } from "../shared/parts.jsx";
import { useSought } from "../shared/sought.js";
import { jsonInside } from "../shared/value_model.js";
import { pageSource } from "./value_source.js";
import { ValueView } from "./value_view.jsx";

const EMBEDDED_MAX = 5_000_000; // characters
const LARGE = 400; // entries
const FOLDED_CHARS = 3_000; // a longer text is folded to its beginning

/** The object or list that a text holds, or undefined; of a very long one not asked for. */
const embedded = (text) => (text.length > EMBEDDED_MAX ? undefined : jsonInside(text));

/** What stands in place of a value that was set aside (docs/api.md), or null. */
function blobOf(value) {
  if (typeof value?.$blob !== "string") return null;
  return { sha256: value.$blob, mime: value.mime_type, size: value.bytes, preview: value.preview };
}

/** Whether a value has more than LARGE entries in all: it is then drawn in rows that scroll. */
function isLarge(value) {
  let left = LARGE;
  const stack = [value];
  while (stack.length && left > 0) {
    const one = stack.pop();
    left -= 1;
    if (one !== null && typeof one === "object") for (const inner of Object.values(one)) stack.push(inner);
    if (stack.length > LARGE) return true;
  }
  return left <= 0;
}

const isFlat = (value) => {
  if (value === null || typeof value !== "object" || Array.isArray(value)) return false;
  const all = Object.values(value);
  return all.length > 0 && all.length <= 12 && all.every((one) => one === null || typeof one !== "object");
};

export function Value({ value }) {
  if (value === null || value === undefined || value === "") return <p className="dim">{value === "" ? "empty text" : "nothing"}</p>;
  if (typeof value === "string") return <TextValue text={value} />;
  const blob = blobOf(value);
  if (blob) return <BlobValue blob={blob} />;
  if (isFlat(value)) return <Pairs value={value} />;
  if (typeof value === "object") return <Structure value={value} />;
  return <div className="text mono">{String(value)}</div>;
}

/** An object or a list: a small one as a tree, a large one in rows. */
function Structure({ value, name }) {
  const large = useMemo(() => isLarge(value), [value]);
  return large ? <LargeStructure value={value} label={name} /> : <JsonTree value={value} name={name} />;
}

function LargeStructure({ value, label }) {
  const source = useMemo(() => pageSource(value), [value]);
  return <ValueView source={source} label={label} />;
}

function TextValue({ text }) {
  const inside = embedded(text);
  const [plain, setPlain] = useState(false);
  if (inside === undefined) return looksMarked(text) ? <MarkedText text={text} /> : <LongText text={text} />;
  return (
    <div className="embedded">
      <button type="button" className="mode" onClick={() => setPlain(!plain)} title="This text contains JSON">{plain ? "as JSON" : "JSON in text · as text"}</button>
      {plain ? <LongText text={text} mono /> : isFlat(inside) ? <Pairs value={inside} /> : <Structure value={inside} />}
    </div>
  );
}

/** Markdown as it is meant, or as it was written: what was chosen last holds for all that is opened next. */
function MarkedText({ text }) {
  const [drawn, setDrawn] = useState(drawsMarkdown);
  const flip = () => {
    keepDrawsMarkdown(!drawn);
    setDrawn(!drawn);
  };
  const isLong = text.length > FOLDED_CHARS;
  const [open, setOpen] = useState(!isLong);
  const isSought = useSought()(text);
  useEffect(() => { if (isSought) setOpen(true); }, [isSought]);
  return (
    <div className="embedded">
      <button type="button" className="mode" onClick={flip} title="This text is Markdown">{drawn ? "as text" : "as Markdown"}</button>
      {!drawn ? <LongText text={text} /> : open ? <Markdown text={text} /> : (
        <>
          <Markdown text={text.slice(0, text.lastIndexOf("\n", FOLDED_CHARS) > 0 ? text.lastIndexOf("\n", FOLDED_CHARS) : FOLDED_CHARS)} />
          <div className="more"><button type="button" onClick={() => setOpen(true)}>Show all<i>{count(text.length)} characters</i></button></div>
        </>
      )}
    </div>
  );
}

const DRAWS_KEY = "llm-tracer-markdown";

function drawsMarkdown() {
  try {
    return localStorage.getItem(DRAWS_KEY) !== "off";
  } catch {
    return true; // a browser that keeps nothing
  }
}

function keepDrawsMarkdown(on) {
  try {
    localStorage.setItem(DRAWS_KEY, on ? "on" : "off");
  } catch {
    // it holds for this text
  }
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

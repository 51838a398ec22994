// A JSON value as a tree that opens where it is asked to. Only open branches are in the document, long lists in steps.
import { useState } from "react";
import { count, plural } from "../shared/format.js";
import { Copy } from "../shared/parts.jsx";
import { jsonText } from "../shared/value_model.js";

const STEP = 100;
const CUT = 300;

const entriesOf = (value) => (Array.isArray(value) ? value.map((one, i) => [i, one]) : Object.entries(value));

/** `depth`: levels that are open at first. */
export function JsonTree({ value, name, depth = 2 }) {
  if (value === null || typeof value !== "object") return <div className="json"><Leaf value={value} /></div>;
  return (
    <div className="json">
      <Copy text={() => jsonText(value)} label="Copy as JSON" />
      <Branch name={name} value={value} open={depth} top />
    </div>
  );
}

function Branch({ name, value, open, top = false }) {
  const all = entriesOf(value);
  if (!all.length) return <div className="leaf">{name != null && <span className="j-name">{name}</span>}<span className="j-note">{Array.isArray(value) ? "[]" : "{}"}</span></div>;
  return <Filled name={name} all={all} list={Array.isArray(value)} open={open} top={top} />;
}

function Filled({ name, all, list, open, top }) {
  const [isOpen, setOpen] = useState(open > 0 && (top || all.length <= 40));
  const [shown, setShown] = useState(STEP);
  return (
    <div>
      <button type="button" className="json-key" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
        <span className="chevron" aria-hidden="true">{isOpen ? "▾" : "▸"}</span>
        {name != null && <span className="j-name">{name}</span>}
        <span className="j-note" title={plural(all.length, list ? "item" : "key")}>{isOpen ? (list ? "[" : "{") : list ? "[…]" : "{…}"} <i>{count(all.length)}</i></span>
      </button>
      {isOpen && (
        <div className="children">
          {all.slice(0, shown).map(([key, one]) =>
            one !== null && typeof one === "object" ? (
              <Branch key={key} name={key} value={one} open={open - 1} />
            ) : (
              <div key={key} className="leaf"><span className="j-name">{key}</span><Leaf value={one} /></div>
            ),
          )}
          {all.length > shown && (
            <button type="button" className="json-more" onClick={() => setShown(shown + STEP)}>{count(all.length - shown)} more</button>
          )}
        </div>
      )}
    </div>
  );
}

function Leaf({ value }) {
  const [open, setOpen] = useState(false);
  const type = value === null ? "null" : typeof value;
  if (type !== "string") return <span className={`j-${type}`}>{String(value)}</span>;
  if (value.length <= CUT) return <span className="j-string" dir="auto">{value === "" ? '""' : value}</span>;
  return (
    <span className="j-string" dir="auto">
      {open ? value.slice(0, 200_000) : `${value.slice(0, CUT)}…`}
      <button type="button" className="json-more" onClick={() => setOpen(!open)}>{open ? "fold" : `${count(value.length)} characters`}</button>
      <Copy text={value} label="Copy this text" />
    </span>
  );
}

// Parts that several panels use: waiting, failing, copying, folding.
import { useEffect, useRef, useState } from "react";
import { copyText } from "./copying.js";
import { share } from "./data.js";
import { Icon } from "./icons.jsx";
import { count, exact } from "./format.js";
import { useSought } from "./sought.js";

/** Grey lines in place of content that takes longer than a blink. */
export function Waiting({ lines = 6, label = "Loading" }) {
  return (
    <div className="waiting" role="status" aria-label={label}>
      {Array.from({ length: lines }, (_, i) => (
        <div key={i} style={{ width: `${92 - ((i * 37) % 55)}%` }} />
      ))}
    </div>
  );
}

/** What failed, why, what to do, and a way to try again. `error` is a Problem; `other` stands beside that way. */
export function Failed({ error, retry, what, other }) {
  const connection = [0, 401, 403].includes(error.status) || error.status >= 500;
  useEffect(() => {
    if (!connection) return undefined;
    share({ toldByPage: true });
    return () => share({ toldByPage: false });
  }, [connection]);
  const title = what || error.title;
  const detail = error.detail || error.message;
  const saysAll = detail.startsWith(title.replace(/\.$/, "")); // as in "There is no such trace" and "… in this project."
  return (
    <div className="failed" role="alert">
      <h2>{saysAll ? detail.replace(/\.$/, "") : title}</h2>
      {!saysAll && <p><Ticked text={detail} /></p>}
      {error.hint && <p className="hint"><Ticked text={error.hint} /></p>}
      {(retry || other) && (
        <div className="note-actions">
          {retry && <button type="button" className="button" onClick={retry}>Try again</button>}
          {other}
        </div>
      )}
    </div>
  );
}

/** Text in which `backticks` mark code. */
export function Ticked({ text }) {
  return text.split("`").map((piece, i) => (i % 2 ? <code key={i}>{piece}</code> : <span key={i}>{piece}</span>));
}

/** A button that copies `text` (a string, or a function that makes it) and says for a moment whether it did. */
export function Copy({ text, label = "Copy", quiet = true }) {
  const [told, setTold] = useState("");
  const timer = useRef(0);
  useEffect(() => () => clearTimeout(timer.current), []);
  const copy = async (event) => {
    event.preventDefault();
    event.stopPropagation();
    setTold((await copyText(typeof text === "function" ? text() : text)) ? "Copied" : "Not copied");
    clearTimeout(timer.current);
    timer.current = setTimeout(() => setTold(""), 1200);
  };
  return (
    <button type="button" className={`copy${quiet ? " quiet" : ""}`} onClick={copy} title={label} aria-label={label}>
      {told || (quiet ? <Icon name="copy" /> : label)}
    </button>
  );
}

const FOLD_LINES = 20;
const FOLD_CHARS = 1500;
const STEP = 200_000;
const SOUGHT_MAX = 1_000_000; // characters of a text that is opened for what is searched for in it

/** Where to cut a long text: at 20 lines or 1 500 characters, whichever comes first; its length when it is short. */
function foldAt(text) {
  let at = -1;
  for (let line = 0; line < FOLD_LINES; line += 1) {
    at = text.indexOf("\n", at + 1);
    if (at < 0 || at > FOLD_CHARS) break;
  }
  const cut = at >= 0 && at <= FOLD_CHARS ? at : FOLD_CHARS;
  return text.length <= cut + 200 ? text.length : cut;
}

/** Text as it is, long text folded with its size said. Never interpreted. What is `mono` is code, which runs from left to right in any language. */
export function LongText({ text, mono = false, open = false }) {
  const cut = foldAt(text);
  const [shown, setShown] = useState(open ? STEP : cut);
  const short = text.length <= cut;
  const has = useSought();
  const isHidden = !short && text.length <= SOUGHT_MAX && !has(text.slice(0, cut)) && has(text);
  useEffect(() => { if (isHidden) setShown(text.length); }, [isHidden, text]);
  const visible = short ? text.length : Math.min(shown, text.length);
  return (
    <div className={`text${mono ? " mono" : ""}`} dir={mono ? "ltr" : "auto"}>
      {visible < text.length ? `${text.slice(0, visible)}…` : text}
      {!short && (
        <div className="more" dir="ltr">
          {visible < text.length ? (
            <button type="button" onClick={() => setShown(visible === cut ? STEP : visible + STEP)}>
              Show {visible === cut && text.length <= STEP ? "all" : "more"}
              <i>{count(text.length)} characters, {count(text.split("\n").length)} lines</i>
            </button>
          ) : (
            <button type="button" onClick={() => setShown(cut)}>Fold <i>{exact(text.length)} characters</i></button>
          )}
        </div>
      )}
    </div>
  );
}

/** A section that opens and closes; `note` stands beside the title, and so does what it `begins` with while it is closed. */
export function Fold({ title, note, begins, open = false, children, className = "" }) {
  const [isOpen, setOpen] = useState(open);
  useEffect(() => { if (open) setOpen(true); }, [open]);
  return (
    <section className={`fold ${className}`}>
      <button type="button" className="fold-head" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
        <span className="chevron" aria-hidden="true">{isOpen ? "▾" : "▸"}</span>
        <span>{title}</span>
        {note && <i>{note}{begins && !isOpen && <bdi>{begins}</bdi>}</i>}
      </button>
      {isOpen && <div className="fold-body">{children}</div>}
    </section>
  );
}

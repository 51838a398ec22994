// What is worth a look in a trace, found by rules: each with its evidence, and a way to the spans that show it.
import { useState } from "react";
import { plural } from "../shared/format.js";
import { Fold, Ticked } from "../shared/parts.jsx";

/** `told` is the `hints` of useTrace. `marks(ids)` makes these spans stand out and selects the first; `marked` are the ids that do now. */
export function Hints({ told, marked, marks }) {
  const { hints, complete, unchecked } = told;
  const [open, setOpen] = useState(false);
  if (!hints.length) return null;
  return (
    <section className="hints" aria-label="Hints">
      <div className="hints-line">
        <button type="button" className="hints-head" aria-expanded={open} onClick={() => setOpen(!open)} title="Found in this trace by fixed rules, without asking a model">
          <span className="chevron" aria-hidden="true">{open ? "▾" : "▸"}</span>
          <b>{plural(hints.length, "hint")}</b>
          {!open && <span className="hints-titles">{hints.length === 1 ? <><b>{hints[0].title}.</b> <Ticked text={hints[0].detail} /></> : hints.map(({ title }) => title).join(" · ")}</span>}
        </button>
        {!open && hints.length === 1 && <Marks ids={hints[0].span_ids} marked={marked} marks={marks} />}
      </div>
      {open && (
        <ul>
          {complete === false && <li className="dim">In this very large trace, only the first model and tool spans were checked.</li>}
          {hints.map((hint, n) => <Hint key={n} hint={hint} marked={marked} marks={marks} />)}
          {unchecked.length > 0 && <li className="dim" dir="auto">Not checked: {unchecked.map(({ reason }) => reason).join(" ")}</li>}
        </ul>
      )}
    </section>
  );
}

/** The hints that a span is evidence of, with the span itself: whoever came to it another way is told too. */
export function SpanHints({ hints }) {
  return hints.map(({ title, detail, span_ids: ids }, n) => (
    <Fold key={n} className="span-hint" title={`⚠ ${title}`} open={ids.length === 1}><p dir="auto"><Ticked text={detail} /></p></Fold>
  ));
}

function Hint({ hint, marked, marks }) {
  return (
    <li>
      <b dir="auto">{hint.title}</b>
      <span dir="auto"><Ticked text={hint.detail} /></span>
      <Marks ids={hint.span_ids} marked={marked} marks={marks} />
    </li>
  );
}

/** Lets the spans of a hint stand out, and no longer. */
function Marks({ ids, marked, marks }) {
  if (!ids.length) return null;
  const isMarked = ids.join() === marked.join();
  return (
    <button type="button" className="pick" aria-pressed={isMarked} onClick={() => marks(isMarked ? [] : ids)} title={isMarked ? "Show all again" : "Select these and dim the rest"}>
      {ids.length === 1 ? "the span" : plural(ids.length, "span")}
    </button>
  );
}

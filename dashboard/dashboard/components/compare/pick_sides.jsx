// Which two are compared: what is missing, what does not go together, two fields to say it, and the latest traces to pick from.
import { useState } from "react";
import { isSpan, sideOf } from "./compare_url.js";
import { useNow } from "../shared/data.js";
import { ago, duration, moment } from "../shared/format.js";
import { StatusMark, stateText, traceState } from "../shared/icons.jsx";
import { rowPreview } from "../content/row_preview.js";
import { useAnswer } from "../shared/use_answer.js";

/** `a` and `b` are sides or null; `problem` is drawn above the fields. */
export function PickSides({ a, b, go, problem }) {
  const [texts, setTexts] = useState([a || "", b || ""]);
  const sides = texts.map(sideOf);
  const told = problem ? "" : whyNot(a, b);
  const wrong = texts.map((text, n) => (text.trim() && !sides[n] ? "This is not a trace id or the address of a trace." : ""));
  const fault = sides[0] && sides[1] ? whyNot(...sides) : "";
  const pick = (id) => {
    const at = sides.indexOf(id);
    if (at >= 0) return setTexts(texts.with(at, ""));
    const free = sides[0] ? 1 : 0;
    const next = sides.with(free, id);
    return next[0] && next[1] && !whyNot(...next) ? go({ a: next[0], b: next[1], at: null }) : setTexts(texts.with(free, id));
  };
  const submit = (event) => {
    event.preventDefault();
    if (sides[0] && sides[1] && !fault) go({ a: sides[0], b: sides[1], at: null });
  };
  return (
    <div className="empty">
      <form className="empty-inner narrow pick-sides" onSubmit={submit}>
        {problem || <h1>{a === b && a ? "Both sides are the same" : a && b ? "These two cannot be compared" : "Compare two traces"}</h1>}
        {told && <p>{told}</p>}
        {["A", "B"].map((label, n) => (
          <label key={label}>
            <b className={`side-name side-${label.toLowerCase()}`}>{label}</b>
            <input value={texts[n]} onChange={(event) => setTexts(texts.map((text, i) => (i === n ? event.target.value : text)))} placeholder="Trace id, TRACE/SPAN, or the address of its page"
              aria-label={`Side ${label}`} aria-invalid={wrong[n] ? true : undefined} spellCheck={false} autoComplete="off" />
            {wrong[n] && <span className="s-error">{wrong[n]}</span>}
          </label>
        ))}
        {fault && fault !== told && <p className="s-error">{fault}</p>}
        <div className="note-actions"><button type="submit" className="button" disabled={!sides[0] || !sides[1] || Boolean(fault)}>Compare</button></div>
        <p className="dim">In the trace list, press <kbd>x</kbd> to mark two traces and <kbd>=</kbd> to compare them. On a trace's page, <kbd>=</kbd> picks the trace and <kbd>+</kbd> the selected span; picking a second one opens this page.</p>
        <Latest sides={sides} pick={pick} />
      </form>
    </div>
  );
}

const LATEST = "/ui-api/traces?limit=8";

/** The latest traces: the first one picked is A, the second B. `sides`: what is picked already. */
function Latest({ sides, pick }) {
  const { data } = useAnswer(LATEST, 0, false);
  const now = useNow(10_000);
  if (!data?.traces.length) return null;
  return (
    <section className="latest" aria-label="Latest traces">
      <h2>Or pick two of the latest traces</h2>
      <ul>
        {data.traces.map((trace) => {
          const side = "AB"[sides.indexOf(trace.trace_id)];
          const state = traceState(trace);
          return (
            <li key={trace.trace_id}>
              <button type="button" aria-pressed={Boolean(side)} onClick={() => pick(trace.trace_id)}>
                {side ? <b className={`side-name side-${side.toLowerCase()}`}>{side}</b> : <StatusMark state={state} title={stateText(state)} />}
                <b dir="auto">{trace.name || "unnamed"}</b>
                <span className="dim" dir="auto">{rowPreview(trace.input_preview || "")}</span>
                <span className="num">{duration(trace.duration_ms)}</span>
                <time className="num dim" dateTime={trace.start_time} title={moment(trace.start_time)}>{ago(trace.start_time, now)}</time>
              </button>
            </li>
          );
        })}
      </ul>
    </section>
  );
}

/** Why two sides are not compared, in words; "" when they are. */
function whyNot(a, b) {
  if (!a && !b) return "";
  if (!a || !b) return `Side ${a ? "B" : "A"} is missing.`;
  if (a === b) return "A and B are the same, so there is nothing to compare. Change one of them.";
  return isSpan(a) === isSpan(b) ? "" : "One is a trace and the other a span. Choose two traces or two spans.";
}

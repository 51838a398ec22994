// One trace as one line: did it work, what is it, what went in and out, then the chosen columns. Where a text of the query
// was found stands below.
import { memo } from "react";
import { Link } from "react-router";
import { Cell } from "./cells.jsx";
import { errorLine, plural } from "../shared/format.js";
import { StatusMark, stateText, traceState } from "../shared/icons.jsx";
import { HitLine, Preview } from "./row_texts.jsx";

export const elementId = (trace) => `t-${trace.trace_id}`;

/** Where a trace opens: at the span in which the text of the query was found. */
export const tracePath = (trace) => `/trace/${trace.trace_id}${trace.hit ? `?span=${trace.hit.span_id}` : ""}`;

/** `columns` are the ids of the shown ones; `longest` and `foot` (ms) are those of DurationCell; `isPeeking`: some trace is. */
export const TraceRow = memo(function TraceRow({ trace, index, selected, marked, isPeeking, peeked, columns, longest, foot, onPick, onPeek }) {
  const state = traceState(trace);
  const inside = state === "mixed" ? `: ${plural(trace.error_count, "error")}${trace.error ? `\n${errorLine(trace.error)}` : ""}` : "";
  // While one is looked at beside the list, a click looks at another; else it opens. Links of all kinds stay links.
  const onClick = (event) => {
    if (!isPeeking || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    onPeek(trace);
  };
  const className = `row${trace.hit ? " has-hit" : ""}${marked ? " marked" : ""}${peeked ? " peeked" : ""}`;
  return (
    <Link to={tracePath(trace)} className={className} role="row" id={elementId(trace)} data-index={index}
      aria-selected={selected} tabIndex={-1} onMouseDown={() => onPick(index)} onClick={onClick}>
      <span role="gridcell"><StatusMark state={state} title={stateText(state) + inside} /></span>
      <span role="gridcell" className="c-name" dir="auto" title={trace.name}>{trace.name || "unnamed"}</span>
      <span role="gridcell" className="c-preview">
        <Preview input={trace.input_preview} output={trace.output_preview} error={trace.status === "error" ? trace.error : null} inside={state === "mixed" ? trace.error : null} isCut={trace.answer_cut} isRunning={trace.status === "running"} />
      </span>
      {columns.map((id) => <Cell key={id} id={id} trace={trace} list={{ longest, foot }} />)}
      <HitLine hit={trace.hit} />
    </Link>
  );
});

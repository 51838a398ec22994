// One span of any trace as one line: did it work, what is it, what went in and out, what it took.
import { memo } from "react";
import { Link } from "react-router";
import { CostCell, DurationCell, TokensCell, WhenCell } from "./cells.jsx";
import { KindIcon, StatusMark, spanState, stateText } from "../shared/icons.jsx";
import { HitLine, Preview } from "./row_texts.jsx";
import { isCounted, whatOf } from "./span_columns.js";
import { spanPath } from "./spans_url.js";

export const elementId = (span) => `span-${span.trace_id}-${span.span_id}`;

/** `longest` and `foot` (ms) are those of DurationCell; `isPeeking`: some span is looked at beside the list. */
export const SpanListRow = memo(function SpanListRow({ span, index, selected, isPeeking, peeked, longest, foot, onPick, onPeek }) {
  const state = spanState(span);
  const what = whatOf(span);
  const counted = isCounted(span);
  const onClick = (event) => {
    if (!isPeeking || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    onPeek(span);
  };
  return (
    <Link to={spanPath(span)} className={`row${span.hit ? " has-hit" : ""}${peeked ? " peeked" : ""}`} role="row" id={elementId(span)} data-index={index}
      aria-selected={selected} tabIndex={-1} onMouseDown={() => onPick(index)} onClick={onClick}>
      <span role="gridcell"><StatusMark state={state} title={stateText(state)} /></span>
      <span role="gridcell" className="c-name c-kind" title={`${span.name} (${span.kind})`}><KindIcon kind={span.kind} /><span dir="auto">{span.name || "unnamed"}</span></span>
      <span role="gridcell" className="c-plain c-trace" dir="auto" title={span.trace_name}>{span.trace_name}</span>
      <span role="gridcell" className="c-preview">
        <Preview input={span.input_preview} output={span.output_preview} isCut={span.answer_cut} isRunning={state === "running"}
          error={state === "error" ? span.error || { type: "Error" } : null} />
      </span>
      <span role="gridcell" className="c-model c-what" title={what}>{what}</span>
      <DurationCell row={span} state={state} longest={longest} foot={foot} />
      {counted ? <TokensCell row={span} /> : <span role="gridcell" />}
      {counted ? <CostCell row={{ ...span, cost: span.cost && { total: span.cost.total, complete: true } }} /> : <span role="gridcell" />}
      <WhenCell time={span.start_time} />
      <HitLine hit={span.hit} />
    </Link>
  );
});

// One trace as one line: did it work, what is it, what went in and out, how long, how much, when.
import { memo } from "react";
import { Link } from "react-router";
import { ago, clock, costTitle, count, duration, errorLine, exact, moment, plural, traceCost } from "./format.js";
import { StatusMark, stateText, traceState } from "./icons.jsx";

const oneLine = (text) => (text || "").replace(/\s+/g, " ").trim();

function tokensTitle(usage) {
  if (!usage || usage.total == null) return "Token counts unknown";
  const parts = [`in ${exact(usage.input)}`];
  if (usage.cache_read) parts.push(`of it cached ${exact(usage.cache_read)}`);
  parts.push(`out ${exact(usage.output)}`);
  if (usage.reasoning) parts.push(`of it reasoning ${exact(usage.reasoning)}`);
  return `${exact(usage.total)} tokens: ${parts.join(", ")}`;
}

function Preview({ trace }) {
  const input = oneLine(trace.input_preview);
  const output = oneLine(trace.output_preview);
  const failed = trace.error && trace.status === "error";
  return (
    <>
      {input && <span className="in" dir="auto" title={trace.input_preview}>{input}</span>}
      {(output || failed) && <span className="arrow" aria-hidden="true">→</span>}
      {failed ? (
        <span className="out bad" title={trace.error.message}>{errorLine(trace.error)}</span>
      ) : (
        output && <span className="out" dir="auto" title={trace.output_preview}>{output}</span>
      )}
      {trace.status === "running" && !output && <span className="out dim">{input && "→ "}running</span>}
    </>
  );
}

/** `now` in ms; `longest` the longest visible duration in ms, the length of a full bar. */
export const TraceRow = memo(function TraceRow({ trace, index, selected, now, longest, onSelect }) {
  const state = traceState(trace);
  const models = trace.models || [];
  const ms = trace.duration_ms;
  const inside = state === "mixed" ? `: ${plural(trace.error_count, "error")}` : "";
  return (
    <Link to={`/trace/${trace.trace_id}`} className="row" role="row" id={`t-${trace.trace_id}`} data-index={index}
      aria-selected={selected} tabIndex={-1} onMouseDown={() => onSelect(index)}>
      <span role="cell"><StatusMark state={state} title={stateText(state) + inside} /></span>
      <span role="cell" className="c-name" title={trace.name}>{trace.name || "unnamed"}</span>
      <span role="cell" className="c-preview"><Preview trace={trace} /></span>
      <span role="cell" className="c-model" title={models.join(", ")}>
        {models[0] || ""}{models.length > 1 && <i> +{models.length - 1}</i>}
      </span>
      <span role="cell" className="c-dur num" title={ms == null ? undefined : `${ms} ms`}>
        <b>{duration(ms)}</b>
        <span className="dur-bar" aria-hidden="true"><i className={`s-${state}`} style={{ width: ms == null ? 0 : `max(2px, ${(100 * ms) / (longest || 1)}%)` }} /></span>
      </span>
      <span role="cell" className="num" title={tokensTitle(trace.usage)}>{count(trace.usage?.total)}</span>
      <span role="cell" className="num" title={costTitle(trace.cost)}>{traceCost(trace.cost)}</span>
      <span role="cell" className="num c-spans" title={plural(trace.span_count, "span")}>{count(trace.span_count)}</span>
      <time role="cell" className="c-when num" dateTime={trace.start_time} title={moment(trace.start_time)}>
        {ago(trace.start_time, now)} <i>{clock(trace.start_time, now)}</i>
      </time>
    </Link>
  );
});

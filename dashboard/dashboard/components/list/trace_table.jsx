// The rows of the list with their heads.
import { useCallback, useMemo, useRef } from "react";
import { template } from "./columns.js";
import { End, Heads, WaitingRows } from "./list_parts.jsx";
import { RowGroups } from "./row_groups.jsx";
import { footOf } from "../figures/series.js";
import { TraceRow, elementId } from "./trace_row.jsx";

/** `body`: ref of the scrolling element; `pick(index)` selects, `peek(trace)` looks beside the list. */
export function TraceTable({ traces, columns, list, go, body, selected, marked, pick, peek, onScroll }) {
  const { rows, ready } = traces;
  return (
    <div className="rows trace-rows" ref={body} tabIndex={0} role="grid" aria-label="Traces" aria-rowcount={rows.length} aria-busy={!ready}
      aria-activedescendant={rows[selected] && elementId(rows[selected])} style={{ "--columns": template(columns) }} onScroll={(event) => onScroll(event.currentTarget.scrollTop)}>
      <Heads columns={columns} list={list} go={go} />
      {ready ? <Rows rows={rows} columns={columns} selected={selected} marked={marked} peeked={list.peek} pick={pick} peek={peek} /> : traces.slow && <WaitingRows label="Loading traces" />}
      {ready && <End {...traces} />}
    </div>
  );
}

function Rows({ rows, columns, selected, marked, peeked, pick, peek }) {
  const longest = useMemo(() => rows.reduce((max, trace) => Math.max(max, trace.duration_ms || 0), 0), [rows]);
  const foot = useMemo(() => footOf(rows.map(({ duration_ms: ms }) => ms)), [rows]);
  const latest = useRef(null);
  latest.current = { pick, peek };
  const onPick = useCallback((index) => latest.current.pick(index), []);
  const onPeek = useCallback((trace) => latest.current.peek(trace), []);
  const draw = (trace, index) => (
    <TraceRow key={trace.trace_id} trace={trace} index={index} selected={index === selected} marked={marked.includes(trace.trace_id)}
      isPeeking={peeked !== null} peeked={peeked === trace.trace_id} columns={columns} longest={longest} foot={foot} onPick={onPick} onPeek={onPeek} />
  );
  return <RowGroups rows={rows} draw={draw} />;
}

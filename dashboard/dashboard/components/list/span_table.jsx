// The rows of the list of spans with their heads.
import { useCallback, useMemo, useRef } from "react";
import { End, Head, WaitingRows } from "./list_parts.jsx";
import { ALL } from "../question/list_url.js";
import { RowGroups } from "./row_groups.jsx";
import { footOf } from "../figures/series.js";
import { emptyColumns } from "./span_columns.js";
import { SpanListRow, elementId } from "./span_list_row.jsx";
import { spanKey } from "./spans_url.js";

/** [title, sort or null, class]. */
const HEADS = [
  ["Name", null, ""], ["Trace", null, "c-trace"], ["Input → output", null, ""], ["Model or tool", null, "c-what"],
  ["Duration", "-duration_ms", "c-dur num"], ["Tokens", "-tokens", "num"], ["Cost", "-cost", "num"], ["When", "-start_time", "num c-began"],
];

/** `body`: ref of the scrolling element; `pick(index)` selects, `peek(span)` looks beside the list. */
export function SpanTable({ spans, list, go, body, selected, pick, peek, onScroll }) {
  const { rows, ready, slow } = spans;
  return (
    <div className={`rows span-rows ${emptyColumns(rows, list.sort)}`} ref={body} tabIndex={0} role="grid" aria-label="Spans" aria-rowcount={rows.length} aria-busy={!ready}
      aria-activedescendant={rows[selected] && elementId(rows[selected])} onScroll={(event) => onScroll(event.currentTarget.scrollTop)}>
      <div className="row head" role="row">
        <span role="columnheader"><span className="away">Status</span></span>
        {HEADS.map(([title, sort, className]) => <Head key={title} text={title} sort={sort} className={className || undefined} list={list} go={go} />)}
      </div>
      {ready ? <Rows rows={rows} selected={selected} peeked={list.peek} pick={pick} peek={peek} /> : slow && <WaitingRows label="Loading spans" />}
      {ready && <End what="span" {...spans} stopped={list.sort === ALL.sort ? spans.stopped : null} />}
    </div>
  );
}

function Rows({ rows, selected, peeked, pick, peek }) {
  const longest = useMemo(() => rows.reduce((max, span) => Math.max(max, span.duration_ms || 0), 0), [rows]);
  const foot = useMemo(() => footOf(rows.map(({ duration_ms: ms }) => ms)), [rows]);
  const latest = useRef(null);
  latest.current = { pick, peek };
  const onPick = useCallback((index) => latest.current.pick(index), []);
  const onPeek = useCallback((span) => latest.current.peek(span), []);
  const draw = (span, index) => (
    <SpanListRow key={spanKey(span)} span={span} index={index} selected={index === selected} isPeeking={peeked !== null} peeked={peeked === spanKey(span)}
      longest={longest} foot={foot} onPick={onPick} onPeek={onPeek} />
  );
  return <RowGroups rows={rows} draw={draw} />;
}

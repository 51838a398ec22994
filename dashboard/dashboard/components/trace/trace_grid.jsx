// Tree and timeline in one grid with one scroll container. Only the rows in sight are in the document.
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "react";
import { inWindow, ticks } from "./axis.js";
import { duration, plural, tick } from "../shared/format.js";
import { isRun, spanOf } from "./groups.js";
import { Minimap } from "./minimap.jsx";
import { listed } from "./picks.js";
import { RunRow, SpanRow, indentOf } from "./span_row.jsx";
import { segmentsBySpan } from "./critical_path.js";
import { spanId } from "./tree.js";
import { useVisibleRows } from "../shared/use_visible_rows.js";
import { useTimelineMouse } from "./use_timeline_mouse.js";
import { useNameWidth } from "./use_name_width.jsx";

const ROW = 28;
const HEAD = 30;
const EDGE_PX = 46; // a label this near to the right end stands left of its line

/** `flags` (or null) mark what a search found, the rest is dimmed; `sought` names the search, null while it is asked. `zoom` is the window of the axis that is drawn. */
export function TraceGrid({ trace, rows, axis, zoom, setZoom, area, change, showPath, flags, sought, hitOf, selected, select }) {
  const { tree } = trace;
  const box = useRef(null);
  const ruler = useRef(null);
  const [barWidth, setBarWidth] = useState(300);
  const seen = useVisibleRows(box, ROW, rows.rows.length);
  const nameWidth = useNameWidth(box);

  useLayoutEffect(() => {
    const measure = () => setBarWidth(ruler.current?.clientWidth || 300);
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(ruler.current);
    return () => observer.disconnect();
  }, []);

  const mouse = useTimelineMouse({ box, ruler, axis, zoom, setZoom, tree, change });
  const at = rows.at(selected);
  useInSight(box, at, tree);
  const isFound = (row) => (isRun(row) ? flags.subarray(~row, trace.runs.runs.get(~row).end).includes(1) : flags[row] === 1);
  useFoundInSight(box, sought, () => flags && listed(Uint8Array.from(rows.rows, isFound)));
  const marks = useMemo(() => ticks(axis, zoom, barWidth), [axis, zoom, barWidth]);
  const paths = useMemo(() => (showPath ? segmentsBySpan(trace.path) : null), [trace, showPath]);

  const { first, last } = seen;
  const drawn = seen.places.map((row, place) => {
    if (row < 0) return null;
    const i = spanOf(rows.rows[row]);
    const shared = { tree, row, axis, zoom, select, dim: Boolean(flags) && !isFound(rows.rows[row]), isSelected: row === at };
    if (isRun(rows.rows[row])) {
      const run = trace.runs.runs.get(i);
      return <RunRow key={place} {...shared} run={run} open={rows.opened.has(i)} toggle={rows.openRun} />;
    }
    return (
      <SpanRow key={place} {...shared} i={i} folded={rows.folded.has(i)} fold={rows.fold} indent={rows.isFlat ? 0 : tree.depth[i]}
        inRun={trace.runs.first[i] >= 0 && !rows.isFlat} path={paths?.get(i)} hit={hitOf.get(spanId(tree, i))} />
    );
  });
  const spans = plural(tree.n, "span");
  const has = useMemo(() => ["tokens", "cost"].filter((column) => tree[column].some((figure) => figure != null)).map((column) => `has-${column}`).join(" "), [tree]);
  return (
    <div className="grid-box">
      <Minimap tree={tree} axis={axis} zoom={zoom} setZoom={setZoom} selected={selected} />
      <div className={`grid ${has}${showPath ? " with-path" : ""}`} ref={box} onScroll={seen.onScroll} role="treegrid" tabIndex={0} aria-label="Spans"
        aria-rowcount={rows.rows.length} aria-activedescendant={at >= first && at < last ? `s-${spanId(tree, selected)}` : undefined}
        style={{ ...nameWidth.style, "--indent": `${indentOf(tree)}px` }} {...mouse.onGrid}>
        <div className="span-row grid-head" role="row">
          <span role="columnheader" className="g-name">
            {spans}
            {rows.rows.length < tree.n && <i title="Fold and unfold: [ ] { }">{plural(tree.n - rows.rows.length, "row")} folded</i>}
            {nameWidth.handle}
          </span>
          <span role="columnheader" className="g-num g-tokens">Tokens</span>
          <span role="columnheader" className="g-num g-cost">Cost</span>
          <span role="columnheader" className="g-num g-time">Duration</span>
          <span role="columnheader" className="g-bar g-ruler" aria-label="Timeline; drag to zoom" ref={ruler} {...mouse.onRuler}>
            <Times marks={marks} pixels={barWidth} />
            {mouse.drag && <i className={`range-drag ${mouse.drag.what}`} style={between(mouse.drag.from, mouse.drag.to)} />}
          </span>
        </div>
        <div className="grid-body" style={{ height: rows.rows.length * ROW }} role="rowgroup">
          <div className="span-row grid-lines" aria-hidden="true">
            <span className="g-name" /><span className="g-tokens" /><span className="g-cost" /><span className="g-time" />
            <span className="g-bar">
              {marks.map(([us, share]) => <i key={us} style={{ left: `${100 * share}%` }} />)}
              {axis.cuts.map(([place, us]) => <Cut key={place} at={inWindow(zoom, place)} us={us} />)}
              {area && <b className="area" style={between(inWindow(zoom, axis.place(area[0])), inWindow(zoom, axis.place(area[1])))} />}
              {mouse.drag && <b className={`range-drag ${mouse.drag.what}`} style={between(mouse.drag.from, mouse.drag.to)} />}
              {mouse.needle != null && (
                <b className="needle" style={{ left: `${100 * mouse.needle}%` }}>
                  <span style={{ top: seen.top + 2 }} className={mouse.needle > 0.85 ? "late" : ""}>{tick(Math.round(axis.time(zoom[0] + (zoom[1] - zoom[0]) * mouse.needle)))}</span>
                </b>
              )}
            </span>
          </div>
          {drawn}
        </div>
        {rows.rows.length === 0 && <p className="grid-nothing dim">No spans match.</p>}
      </div>
    </div>
  );
}

const between = (from, to) => ({ left: `${100 * Math.max(0, Math.min(from, to))}%`, width: `${100 * Math.abs(Math.min(1, Math.max(from, to)) - Math.max(0, Math.min(from, to)))}%` });

/** Keep the selected row in sight, with a row of context above and below. */
function useInSight(box, at, tree) {
  useEffect(() => {
    const element = box.current;
    if (at < 0) return;
    const y = at * ROW;
    const room = element.clientHeight - HEAD;
    if (y < element.scrollTop + ROW) element.scrollTop = Math.max(0, y - ROW);
    else if (y + 2 * ROW > element.scrollTop + room) element.scrollTop = y + 2 * ROW - room;
  }, [at, tree]);
}

/**
 * A new search of which nothing is in sight moves its first match there. One that the address came with does not: there the
 * selected span is in sight. `find()` gives the rows that match, null where nothing is sought.
 */
function useFoundInSight(box, sought, find) {
  const seen = useRef(sought ?? undefined);
  useEffect(() => {
    if (sought === null || sought === seen.current) return;
    const isFirst = seen.current === undefined;
    seen.current = sought;
    const found = isFirst ? null : find();
    const element = box.current;
    const [from, to] = [element.scrollTop, element.scrollTop + element.clientHeight - HEAD - ROW].map((y) => y / ROW);
    if (found?.length && !found.some((row) => row >= from && row <= to)) element.scrollTop = Math.max(0, (found[0] - 1) * ROW);
  }, [sought]);
}

/** The times of the ruler. A late one stands left of its line; where it would run into the one before, the line says enough. */
function Times({ marks, pixels }) {
  const isLate = (share) => (1 - share) * pixels < EDGE_PX;
  return marks
    .filter(([, share], n) => !isLate(share) || n === 0 || (share - marks[n - 1][1]) * pixels >= 96)
    .map(([us, share]) => (
      <span key={us} className={isLate(share) ? "tick late" : "tick"} style={{ left: `${100 * share}%` }}>{tick(us)}</span>
    ));
}

/** Where idle time was cut out. */
function Cut({ at, us }) {
  if (at < -0.01 || at > 1.01) return null;
  return <b className="cut" style={{ left: `${100 * at}%` }} title={`${duration(us / 1000)} idle, cut out`} />;
}

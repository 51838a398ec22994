// Tree and timeline in one grid with one scroll container. Only the rows in sight are in the document.
import { memo, useEffect, useLayoutEffect, useMemo, useRef, useState } from "react";
import { count, dollars, duration, plural, tick } from "./format.js";
import { KindIcon, kindClass } from "./icons.jsx";
import { ERROR, FLAG, hasChildren, kindOf, modelOf, nameOf, rowOf, spanId, ticks } from "./tree.js";

const ROW = 28;
const HEAD = 30;
const BEYOND = 8;

export function TraceGrid({ tree, rows, folded, selected, select, fold }) {
  const box = useRef(null);
  const [view, setView] = useState({ top: 0, height: 800, width: 700 });

  useLayoutEffect(() => {
    const element = box.current;
    const measure = () => setView({ top: element.scrollTop, height: element.clientHeight, width: element.clientWidth });
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    return () => observer.disconnect();
  }, []);

  // Keep the selected row in sight, with a row of context above and below.
  const at = rowOf(rows, selected);
  useEffect(() => {
    const element = box.current;
    if (at < 0) return;
    const y = at * ROW;
    const room = element.clientHeight - HEAD;
    if (y < element.scrollTop + ROW) element.scrollTop = Math.max(0, y - ROW);
    else if (y + 2 * ROW > element.scrollTop + room) element.scrollTop = y + 2 * ROW - room;
  }, [at, tree]);

  const onScroll = (event) => {
    const { scrollTop } = event.currentTarget;
    setView((before) => (before.top === scrollTop ? before : { ...before, top: scrollTop }));
  };
  const first = Math.max(0, Math.floor(view.top / ROW) - BEYOND);
  const last = Math.min(rows.length, Math.ceil((view.top + view.height) / ROW) + BEYOND);
  const drawn = [];
  for (let row = first; row < last; row += 1) {
    const i = rows[row];
    drawn.push(
      <Row key={spanId(tree, i)} tree={tree} i={i} row={row} folded={folded.has(i)} selected={i === selected}
        select={select} fold={fold} />,
    );
  }
  return (
    <div className="grid" ref={box} onScroll={onScroll} role="treegrid" tabIndex={0} aria-label="Spans"
      aria-rowcount={rows.length} aria-activedescendant={at >= first && at < last ? `s-${spanId(tree, selected)}` : undefined}>
      <Ruler tree={tree} width={view.width} shown={rows.length} />
      <div className="grid-body" style={{ height: rows.length * ROW }} role="rowgroup">
        <Lines tree={tree} width={view.width} />
        {drawn}
      </div>
    </div>
  );
}

function useTicks(tree, width) {
  return useMemo(() => ticks(tree.total, width * 0.45), [tree, width]);
}

/** The head: column names and the times of the ruler. */
function Ruler({ tree, width, shown }) {
  const marks = useTicks(tree, width);
  const pixels = (us) => (us / tree.total) * width * 0.36;
  const isLate = (us) => pixels(tree.total - us) < 46;
  // A late one stands left of its line; where it would run into the one before, the line says enough.
  const hasRoom = (us) => !isLate(us) || pixels(marks[1] ?? tree.total) >= 96;
  return (
    <div className="span-row grid-head" role="row">
      <span role="columnheader" className="g-name">
        {plural(tree.n, "span")}
        {shown < tree.n && <i title="Fold and unfold all: [ and ]">{plural(tree.n - shown, "row")} folded</i>}
      </span>
      <span role="columnheader" className="g-num g-tokens">Tokens</span>
      <span role="columnheader" className="g-num g-cost">Cost</span>
      <span role="columnheader" className="g-num">Duration</span>
      <span role="columnheader" className="g-bar" aria-label="Timeline">
        {marks.filter(hasRoom).map((us) => (
          <span key={us} className={isLate(us) ? "tick late" : "tick"} style={{ left: `${(100 * us) / tree.total}%` }}>{tick(us)}</span>
        ))}
      </span>
    </div>
  );
}

/** The lines of the ruler through all rows; drawn once, not once a row. */
function Lines({ tree, width }) {
  const marks = useTicks(tree, width);
  return (
    <div className="span-row grid-lines" aria-hidden="true">
      <span className="g-name" /><span className="g-tokens" /><span className="g-cost" /><span />
      <span className="g-bar">
        {marks.map((us) => <i key={us} style={{ left: `${(100 * us) / tree.total}%` }} />)}
      </span>
    </div>
  );
}

const Row = memo(function Row({ tree, i, row, folded, selected, select, fold }) {
  const parent = hasChildren(tree, i);
  const flags = tree.flags[i];
  const failed = tree.status[i] === ERROR;
  const hidden = folded ? tree.errors[i] - (failed ? 1 : 0) : 0;
  const open = (flags & FLAG.open) !== 0;
  const length = tree.duration_us[i];
  const tokens = folded ? tree.sumTokens[i] || null : tree.tokens[i];
  const cost = folded ? (tree.hasCost[i] ? tree.sumCost[i] : null) : tree.cost[i];
  const sum = folded ? "In all of it: " : "";
  const name = nameOf(tree, i);
  const model = modelOf(tree, i);
  const toggle = (event) => {
    event.stopPropagation();
    fold(i);
  };
  return (
    <div className={`span-row${selected ? " selected" : ""}${failed ? " failed-row" : ""}`} style={{ top: row * 28 }} role="row"
      id={`s-${spanId(tree, i)}`} aria-level={tree.depth[i] + 1} aria-expanded={parent ? !folded : undefined}
      aria-selected={selected} aria-rowindex={row + 1} onMouseDown={(event) => event.button === 0 && select(i)}
      onDoubleClick={parent ? () => fold(i) : undefined}>
      <span role="gridcell" className="g-name" style={{ paddingLeft: 6 + Math.min(tree.depth[i], 24) * 14 }}>
        {tree.depth[i] > 0 && <span className="guides" aria-hidden="true" style={{ width: Math.min(tree.depth[i], 24) * 14 }} />}
        {parent ? (
          <span className="chevron" onMouseDown={toggle} onDoubleClick={(event) => event.stopPropagation()} aria-hidden="true">{folded ? "▸" : "▾"}</span>
        ) : (
          <span className="chevron" aria-hidden="true" />
        )}
        <KindIcon kind={kindOf(tree, i)} />
        <span className="s-name" title={model && !name.includes(model) ? `${name} · ${model}` : name}>{name}</span>
        {folded && <i className="count" title={plural(tree.end[i] - i - 1, "folded span")}>{count(tree.end[i] - i - 1)}</i>}
        {failed && <b className="s-error" title="Error">✕</b>}
        {hidden > 0 && <b className="inner-errors" title={`${plural(hidden, "error")} in folded spans`}>✕ {hidden}</b>}
        {open && <b className="s-running" title="Running">◐</b>}
        {(flags & FLAG.abandoned) !== 0 && <b className="s-abandoned" title="It began and was never heard of again">◌</b>}
        {(flags & FLAG.finish) !== 0 && <b className="s-warn" title="The model stopped early: length or content filter">⚠</b>}
        {(flags & FLAG.orphan) !== 0 && <em title="Its parent span was never received">parent not received</em>}
        {(flags & FLAG.cycle) !== 0 && <em title="Its parent is one of its descendants; cut here">cycle cut</em>}
        {(flags & FLAG.skew) !== 0 && <em title="It begins before its parent: the clocks of two machines differ">⇤ skew</em>}
      </span>
      <span role="gridcell" className="g-num g-tokens" title={tokens == null ? undefined : `${sum}${plural(tokens, "token")}`}>{tokens == null ? "" : count(tokens)}</span>
      <span role="gridcell" className="g-num g-cost" title={cost == null ? undefined : `${sum}$${cost}`}>{cost == null ? "" : dollars(cost)}</span>
      <span role="gridcell" className="g-num">{length < 0 ? (open ? "running" : "–") : duration(length / 1000)}</span>
      <span role="gridcell" className="g-bar">
        <span className={`bar ${kindClass(kindOf(tree, i))}${failed ? (tree.errors[i] > 1 ? " bar-failed-below" : " bar-error") : ""}${length < 0 ? " bar-open" : ""}`}
          style={{ left: `min(${(100 * tree.start_us[i]) / tree.total}%, 100% - 3px)`, width: length < 0 ? undefined : `${(100 * length) / tree.total}%` }} />
      </span>
    </div>
  );
});

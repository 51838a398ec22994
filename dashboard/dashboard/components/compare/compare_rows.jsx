// The spans of both sides, aligned: A, B, and how far they are apart. Only the rows in sight are in the document.
import { useEffect, useRef } from "react";
import { signed } from "./deltas.js";
import { count, dollars, duration, plural } from "../shared/format.js";
import { KindIcon } from "../shared/icons.jsx";
import { useVisibleRows } from "../shared/use_visible_rows.js";

const ROW = 28;
const MARKS = { same: ["=", "The same on both sides"], changed: ["≠", "Differs"], only_a: ["−", "Only in A"], only_b: ["+", "Only in B"] };

/** `shown` are indexes of `rows`; `divergence` is the index of the one where the sides first part, or -1. */
export function CompareRows({ rows, shown, selected, divergence, select }) {
  const box = useRef(null);
  const seen = useVisibleRows(box, ROW, shown.length);
  const at = shown.indexOf(selected);
  useEffect(() => {
    const element = box.current;
    if (at < 0) return;
    const y = at * ROW;
    const room = element.clientHeight - ROW; // without the heads
    if (y < element.scrollTop + ROW) element.scrollTop = Math.max(0, y - 4 * ROW);
    else if (y + 2 * ROW > element.scrollTop + room) element.scrollTop = y + 4 * ROW - room;
  }, [at]);
  const drawn = [];
  for (let n = seen.first; n < seen.last; n += 1) {
    const index = shown[n];
    drawn.push(<Row key={index} row={rows[index]} index={index} place={n} here={index === selected} isDivergence={index === divergence} select={select} />);
  }
  return (
    <div className="compare-grid" ref={box} onScroll={seen.onScroll} role="grid" tabIndex={0} aria-label="Aligned spans" aria-rowcount={shown.length}
      aria-activedescendant={at >= seen.first && at < seen.last ? `pair-${selected}` : undefined}>
      <div className="pair head" role="row">
        <span role="columnheader"><span className="away">Change</span></span>
        <span role="columnheader">A</span><span role="columnheader" className="num">Duration</span>
        <span role="columnheader">B</span><span role="columnheader" className="num">Duration</span>
        <span role="columnheader" className="num">Δ time</span><span role="columnheader" className="num p-tokens">Δ tokens</span><span role="columnheader" className="num p-cost">Δ cost</span>
      </div>
      <div className="grid-body" style={{ height: shown.length * ROW }} role="rowgroup">{drawn}</div>
      {shown.length === 0 && <p className="grid-nothing dim">No rows differ.</p>}
    </div>
  );
}

function Row({ row, index, place, here, isDivergence, select }) {
  const [mark, title] = MARKS[row.change];
  const differs = row.change === "changed" ? row.differs.join(", ") : "";
  return (
    <div className={`pair c-${row.change}${here ? " here" : ""}${isDivergence ? " parts" : ""}`} id={`pair-${index}`} role="row" aria-rowindex={place + 2} aria-selected={here}
      style={{ top: place * ROW }} onMouseDown={() => select(index)}>
      <span role="gridcell" className="p-mark" title={differs ? `${title}: ${differs}` : title}><span aria-hidden="true">{mark}</span><span className="away">{title}</span></span>
      <Span of={row.a} depth={row.depth} />
      <span role="gridcell" className="num">{row.a ? duration(row.a.duration_ms) : ""}</span>
      <Span of={row.b} depth={row.depth} note={differs} />
      <span role="gridcell" className="num">{row.b ? duration(row.b.duration_ms) : ""}</span>
      <Delta value={row.duration_ms_delta} text={duration} />
      <Delta value={row.tokens_delta} text={count} className="p-tokens" />
      <Delta value={row.cost_delta} text={(value) => dollars(value)} className="p-cost" />
    </div>
  );
}

/** A span of one side, or its absence. */
function Span({ of, depth, note }) {
  if (!of) return <span role="gridcell" className="p-name p-none" aria-label="none" />;
  const failed = of.status === "error";
  const about = [of.name, of.kind, of.model, of.tokens != null && plural(of.tokens, "token"), of.error && (of.error.message || of.error.type || "error"), note && `differs: ${note}`];
  return (
    <span role="gridcell" className={`p-name${failed ? " failed-row" : ""}`} style={{ paddingLeft: Math.min(depth, 24) * 14 }} title={about.filter(Boolean).join("\n")}>
      <KindIcon kind={of.kind} /><span className="s-name" dir="auto">{of.name || "unnamed"}</span>{failed && <b className="s-error">✕</b>}
      {note && <em>{note}</em>}
    </span>
  );
}

function Delta({ value, text, className = "" }) {
  return <span role="gridcell" className={`num ${className}${value ? "" : " dim"}`}>{value == null ? "" : signed(value, text)}</span>;
}

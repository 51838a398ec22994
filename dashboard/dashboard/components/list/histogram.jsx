// When the traces of the list began, stacked by how they ended. Drag to look closer, click a bar for its stretch. A bar far
// beyond all others is broken, and its number stands beside it.
import { useRef, useState } from "react";
import { follow } from "../shared/drag.js";
import { exact, plural, stretch } from "../shared/format.js";
import { barsOf, between, stack } from "./histogram.js";
import { BreakMark } from "../figures/break_mark.jsx";
import { timeMarks } from "../figures/time_marks.js";

const DRAG_PX = 4;

/** `stats`: the answer of GET /api/stats with buckets, or null; `zoom(range)` takes the fields of a list. */
export function Histogram({ stats, stale, zoom }) {
  const box = useRef(null);
  const [pointed, setPointed] = useState(-1);
  const [mark, setMark] = useState(null);
  if (!stats?.series.length) return <div className="histogram" aria-hidden="true" />;
  const { bars, most, top } = barsOf(stats);
  const at = Math.min(pointed, bars.length - 1); // another question may have fewer bars
  const place = (clientX) => {
    const area = box.current.getBoundingClientRect();
    return Math.max(0, Math.min(bars.length - 1, Math.floor((bars.length * (clientX - area.left)) / area.width)));
  };
  const begin = (event) => {
    if (event.button !== 0) return;
    event.preventDefault();
    const first = place(event.clientX);
    const isDrag = (now) => Math.abs(now.clientX - event.clientX) > DRAG_PX;
    const move = (now) => setMark(isDrag(now) ? [first, place(now.clientX)] : null);
    const end = (now) => {
      setMark(null);
      if (!now) return;
      const last = isDrag(now) ? place(now.clientX) : first;
      if (isDrag(now) || bars[first].traces > 0) zoom(between(bars, first, last));
    };
    follow(move, end);
  };
  const share = (i) => `${(100 * i) / bars.length}%`;
  return (
    <div className={`histogram${stale ? " stale" : ""}`}>
      <div className="histogram-bars" ref={box} onPointerDown={begin} onPointerMove={(event) => setPointed(place(event.clientX))} onPointerLeave={() => setPointed(-1)}
        role="img" aria-label={`${plural(stats.totals.traces, "trace")} over time, at most ${exact(most)} in a bar of ${stretch(bars[0].from, bars[0].to)}`}>
        <svg viewBox={`0 0 ${bars.length} 1`} preserveAspectRatio="none" aria-hidden="true">
          {bars.map((bar, i) => bar.traces > 0 && <Bar key={bar.from} bar={bar} top={top} i={i} />)}
        </svg>
        {most > top && <Beyond count={most} i={bars.findIndex(({ traces }) => traces === most)} n={bars.length} />}
        {mark && <i className="histogram-mark" style={{ left: share(Math.min(...mark)), width: share(Math.abs(mark[0] - mark[1]) + 1) }} />}
        {at >= 0 && <i className="histogram-at" style={{ left: share(at), width: share(1) }} />}
        {at >= 0 && <Told bar={bars[at]} left={(at + 0.5) / bars.length} />}
      </div>
      <div className="histogram-times" aria-hidden="true">
        {timeMarks(bars, 8, Date.now()).map((mark) => <time key={mark.share} style={{ left: `${100 * mark.share}%` }}>{mark.text}</time>)}
      </div>
    </div>
  );
}

const HEIGHT_PX = 46; // of .histogram-bars
const LEAST = 0.05; // a bar of one among thousands is seen still

function Bar({ bar, top, i }) {
  let foot = 1;
  const parts = stack(bar, top).map(([state, height]) => {
    const shown = Math.max(LEAST, height);
    foot -= shown;
    return <rect key={state} className={`b-${state}`} x={i + 0.08} width={0.84} y={foot} height={shown} />;
  });
  return <>{parts}{bar.traces > top && <BreakMark i={i} heightPx={HEIGHT_PX} />}</>;
}

/** Beside the highest of the broken bars, which is the `i`th of `n`: how many traces it counts. */
function Beyond({ count, i, n }) {
  return <b className="histogram-beyond" aria-hidden="true" style={i < n / 2 ? { left: `${(100 * (i + 1)) / n}%` } : { right: `${(100 * (n - i)) / n}%` }}>{exact(count)}</b>;
}

function Told({ bar, left }) {
  return (
    <p className="histogram-told" style={left < 0.5 ? { left: `${100 * left}%` } : { right: `${100 - 100 * left}%` }}>
      <b>{stretch(bar.from, bar.to)}</b>
      <span>{plural(bar.traces, "trace")}</span>
      {bar.errors > 0 && <span className="s-error">✕ {plural(bar.errors, "error")}</span>}
      {bar.running > 0 && <span className="s-running">◐ {exact(bar.running)} running</span>}
    </p>
  );
}

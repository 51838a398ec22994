// A figure over time, too small to be read off: it shows which way things go. A bar far beyond all others is broken.
import { niceTop, ordinary } from "./series.js";

/** `values` in order of time; null is a gap. */
export function Sparkline({ values, tone = "" }) {
  const top = niceTop(ordinary(values));
  return (
    <svg className={`sparkline ${tone}`} viewBox={`0 0 ${Math.max(1, values.length)} 1`} preserveAspectRatio="none" aria-hidden="true">
      {values.map((value, i) => value > 0 && <path key={i} d={bar(i + 0.1, value / top)} />)}
    </svg>
  );
}

const LEAST = 0.06; // of the height

/** A bar whose foot begins at `x`, as a path; `share` of the height, above 1 in two pieces. */
function bar(x, share) {
  return share > 1 ? `M${x} 1V.34h.8V1zM${x} .18V0h.8v.18z` : `M${x} 1v-${Math.max(LEAST, share)}h.8V1z`;
}

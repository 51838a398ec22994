// A figure over time, too small to be read off: it shows which way things go.
import { niceTop } from "./series.js";

/** `values` in order of time; null is a gap. */
export function Sparkline({ values, tone = "" }) {
  const top = niceTop(Math.max(0, ...values.map((value) => value || 0)));
  return (
    <svg className={`sparkline ${tone}`} viewBox={`0 0 ${Math.max(1, values.length)} 1`} preserveAspectRatio="none" aria-hidden="true">
      {values.map((value, i) => value > 0 && <rect key={i} x={i + 0.1} width={0.8} y={1 - Math.max(0.06, value / top)} height={Math.max(0.06, value / top)} />)}
    </svg>
  );
}

// The traces of a list over time, as bars. Pure functions; times in ms.
import { stretchesOf } from "../figures/figure_links.js";
import { ordinary } from "../figures/series.js";
import { absolute } from "../question/time_range.js";

/**
 * Bars [{from, to, traces, ok, errors, running}] of an answer of GET /api/stats with buckets, each over the stretch that
 * it counts; `most`, the traces of the highest, and `top`, those that fill the height: higher bars are broken (`ordinary`).
 */
export function barsOf(stats) {
  const bars = stretchesOf(stats).map(({ from, to, point: { traces, errors, running } }) => (
    { from, to, traces, errors, running, ok: traces - errors - running }
  ));
  const counts = bars.map(({ traces }) => traces);
  return { bars, most: Math.max(0, ...counts), top: ordinary(counts) };
}

/** The parts of a bar from its foot up: [class, height], heights as shares of `top`; of a higher bar as shares of itself. */
export function stack(bar, top) {
  return [["error", bar.errors], ["running", bar.running], ["ok", bar.ok]]
    .filter(([, n]) => n > 0)
    .map(([state, n]) => [state, n / Math.max(top, bar.traces)]);
}

/** The range of time from one bar to another, as the fields of a list; either may be the first. */
export function between(bars, a, b) {
  const last = bars.length - 1;
  const [first, end] = [a, b].map((i) => Math.max(0, Math.min(last, i))).sort((x, y) => x - y);
  return absolute(bars[first].from, bars[end].to);
}

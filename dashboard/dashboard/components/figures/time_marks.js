// Where times stand below bars: at round moments of the chosen zone. Pure functions; times in ms.
import { clock, dated } from "../shared/format.js";
import { partsOf } from "../shared/zone.js";

const [SECOND, MINUTE, HOUR, DAY] = [1000, 60_000, 3_600_000, 86_400_000];
const STEPS = [
  ...[1, 2, 5, 10, 15, 30].map((n) => n * SECOND), ...[1, 2, 5, 10, 15, 30].map((n) => n * MINUTE),
  ...[1, 2, 3, 6, 12].map((n) => n * HOUR), ...[1, 2, 4, 7, 14, 28, 91, 364].map((n) => n * DAY),
];
const MARKED_TO = 0.92; // of the width: the end would cut what is written further on

const offsetOf = (ms) => partsOf(ms).offset * MINUTE;

/**
 * Marks [{share, text}] for bars [{from, to}] that follow each other, at most `most`: midnight is written as its day, the first
 * other moment with its day unless that is the one of `now`; where years go by, days have theirs. A time within a bar stands within it, as bars at the ends may be shorter.
 */
export function timeMarks(bars, most, now) {
  if (!bars.length) return [];
  const [from, to] = [bars[0].from, bars.at(-1).to];
  const step = STEPS.find((one) => (to - from) / one <= most) ?? STEPS.at(-1) * Math.ceil((to - from) / STEPS.at(-1) / most);
  const marks = [];
  for (let local = Math.ceil((from + offsetOf(from)) / step) * step; ; local += step) {
    const guess = local - offsetOf(from);
    const at = local - offsetOf(guess); // where clocks change on the way
    if (at >= to) return marks;
    const i = bars.findIndex((bar) => bar.to > at);
    const share = (i + (at - bars[i].from) / (bars[i].to - bars[i].from)) / bars.length;
    if (share >= 0 && share <= MARKED_TO) marks.push({ share, text: written(at, step, now, marks.length === 0) });
  }
}

function written(at, step, now, isFirst) {
  if (step >= 91 * DAY) return dated(at).slice(0, 10);
  const { hour, minute, second } = partsOf(at);
  if (hour + minute + second === 0) return clock(at, at - 2 * DAY).replace(/ \d\d:\d\d$/, "");
  const text = clock(at, isFirst ? now : at);
  return step < MINUTE ? text : text.replace(/^(\d\d:\d\d):\d\d$/, "$1");
}

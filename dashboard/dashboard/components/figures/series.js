// Figures over time as shapes: heights, lines, the top of an axis. Pure functions.
import { count } from "../shared/format.js";

/** The least round number that holds a value: 1, 1.5, 2, 2.5, 3, 4, 5, 6 or 8 times a power of ten. */
export function niceTop(value) {
  if (!(value > 0)) return 1;
  const unit = 10 ** Math.floor(Math.log10(value));
  return [1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10].map((step) => step * unit).find((top) => top >= value * (1 - 1e-9));
}

const FAR_BEYOND = 6; // times: under a bar so much higher than all others, they could not be told apart
const FEW = 0.1; // of the bars after the first four: more than these are no exception

/**
 * The greatest of `values` that an axis of bars has to hold. A few that are far beyond all others are not among them: their bars
 * are broken, so that the others can be read.
 */
export function ordinary(values) {
  const falling = values.filter((value) => value > 0).sort((a, b) => b - a);
  const few = Math.ceil(FEW * (falling.length - 4));
  const after = falling.slice(1, few + 1).findLastIndex((value, i) => falling[i] > FAR_BEYOND * value);
  return falling[after + 1] ?? 0;
}

/** The least round duration (ms) that holds one: round in the unit in which it is written. */
export function niceDuration(ms) {
  const unit = [3_600_000, 60_000].find((one) => ms > one) ?? 1;
  return unit * niceTop(ms / unit);
}

/** Segments [{key, value, …}] from the foot up, with `low` and `high` as shares of `top`. What is nothing is left out. */
export function stacked(segments, top) {
  let foot = 0;
  return segments.filter(({ value }) => value > 0).map((segment) => {
    const low = foot;
    foot += segment.value;
    return { ...segment, low: low / top, high: foot / top };
  });
}

const FAR_APART = 30; // times: where the greatest value is so much more than the least, a linear axis shows the greatest alone

/** From where an axis of lines goes: 0, or where values are far apart a power of ten, from which it is logarithmic. */
export function footOf(values) {
  const some = values.filter((value) => value > 0);
  const least = Math.min(...some);
  return some.length && Math.max(...some) > FAR_APART * least ? 10 ** Math.floor(Math.log10(least) + 1e-9) : 0;
}

/** Where a value stands between the foot of an axis (`footOf`) and its top, as a share of the height from 0 to 1. */
export function heightOf(value, top, foot = 0) {
  const share = foot > 0 ? Math.log(Math.max(value, foot) / foot) / Math.log(top / foot) : value / top;
  return Math.min(1, Math.max(0, share));
}

const ROUND_MS = [0.01, 0.1, 1, 10, 100, 1000, 10_000, 60_000, 600_000, 3_600_000, 36_000_000, 864_000_000];
const LEVELS = 3; // between foot and top, which have room for them

/** Which values are written at an axis: its foot and top, and on a logarithmic one round durations (ms) between, none near to either. */
export function levelsOf(foot, top) {
  if (!foot) return [0, top];
  const between = ROUND_MS.filter((ms) => ms >= 5 * foot && ms * 3 <= top);
  const every = Math.ceil(between.length / LEVELS);
  return [foot, ...between.filter((_, i) => i % every === 0), top];
}

/** {line, dots}: paths through values over slots of width 1 and height 1; nulls interrupt the line, lone values are dots. */
export function linePaths(values, top, foot = 0) {
  const at = (i) => `${i + 0.5} ${(1 - heightOf(values[i], top, foot)).toFixed(4)}`;
  const isLone = (i) => values[i - 1] == null && values[i + 1] == null;
  const path = (step) => values.map((value, i) => (value == null ? "" : step(i))).join("");
  return {
    line: path((i) => (isLone(i) ? "" : `${values[i - 1] == null ? "M" : "L"}${at(i)}`)),
    dots: path((i) => (isLone(i) ? `M${at(i)}h0` : "")),
  };
}

/** How a figure moved against the one before: "+40 %", "−3 %", "×12" from eleven times on, "" where there is nothing to compare with. */
export function change(now, before) {
  if (!(before > 0) || now == null) return "";
  const percent = Math.round((100 * (now - before)) / before);
  if (percent === 0) return "±0 %";
  return percent > 999 ? `×${count(Math.round(now / before))}` : `${percent > 0 ? "+" : "−"}${Math.abs(percent)} %`;
}

/** How a share (0 to 1) moved against the one before, in percentage points: "+1.2 pt"; "" where it was and is 0, or not known. */
export function shareChange(now, before) {
  if (now == null || before == null || (now === 0 && before === 0)) return "";
  const points = Math.round(1000 * (now - before)) / 10;
  return `${points > 0 ? "+" : points < 0 ? "−" : "±"}${Math.abs(points)} pt`;
}

/** Tokens by what they are, no token twice: cached input, fresh input, output and reasoning. */
export function tokenParts(usage) {
  if (!usage) return { fresh: 0, cached: 0, output: 0, reasoning: 0 };
  const cached = usage.cache_read || 0;
  const reasoning = usage.reasoning || 0;
  return {
    fresh: Math.max(0, (usage.input || 0) - cached), cached, output: Math.max(0, (usage.output || 0) - reasoning), reasoning,
  };
}

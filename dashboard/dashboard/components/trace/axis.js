// The time axis of a trace: from microseconds to a place between 0 and 1, idle gaps cut out where wanted. Pure functions.
import { hasChildren, isEndless } from "./tree.js";

const LEAST_GAP = 0.02; // of the whole time: a shorter pause is not worth a cut
const CUT_WIDTH = 0.012; // of the axis: how wide a pause is drawn that was cut

/** The end of span `i` in µs; one that has none lasts as long as the trace does. */
export const endOf = (tree, i) => (isEndless(tree, i) ? tree.total : tree.start_us[i] + Math.max(0, tree.duration_us[i]));

/** The pauses of a trace, [[from, to], …] in µs: while no innermost span ran. What only waits for others is not at work. */
export function idleGaps(tree) {
  const busy = [];
  for (let i = 0; i < tree.n; i += 1) if (!hasChildren(tree, i)) busy.push(i);
  busy.sort((a, b) => tree.start_us[a] - tree.start_us[b]);
  const gaps = [];
  let until = 0;
  for (const i of busy) {
    if (tree.start_us[i] - until > LEAST_GAP * tree.total) gaps.push([until, tree.start_us[i]]);
    until = Math.max(until, endOf(tree, i));
  }
  if (tree.total - until > LEAST_GAP * tree.total) gaps.push([until, tree.total]);
  return gaps;
}

/** The share of the whole time that is idle, 0 to 1. */
export const idleShare = (tree, gaps) => gaps.reduce((sum, [from, to]) => sum + to - from, 0) / tree.total;

/**
 * An axis over [0, total]: `place(us)` in 0…1 and back by `time(place)`; `cuts` are [place, µs left out].
 * Without gaps it is linear.
 */
export function makeAxis(total, gaps = []) {
  const shown = total - gaps.reduce((sum, [from, to]) => sum + to - from, 0);
  const cutWidth = gaps.length ? Math.min(CUT_WIDTH, 0.3 / gaps.length) : 0;
  const rate = (1 - gaps.length * cutWidth) / Math.max(1, shown);
  // Knots of a line made of straight pieces: µs and places, both rising.
  const times = [0];
  const places = [0];
  const knot = (time, place) => {
    times.push(time);
    places.push(place);
  };
  const cuts = [];
  for (const [from, to] of gaps) {
    const before = places.at(-1) + (from - times.at(-1)) * rate;
    knot(from, before);
    knot(to, before + cutWidth);
    cuts.push([before + cutWidth / 2, to - from]);
  }
  knot(total, 1);
  return { total, cuts, place: (us) => along(us, times, places), time: (place) => along(place, places, times) };
}

/** The value on the line through (from[i], to[i]) at `x`, held at both ends. */
function along(x, from, to) {
  if (x <= from[0]) return to[0];
  let low = 1;
  let high = from.length - 1;
  while (low < high) {
    const mid = (low + high) >> 1;
    if (from[mid] < x) low = mid + 1;
    else high = mid;
  }
  const width = from[low] - from[low - 1];
  if (x >= from[low] || width <= 0) return to[low];
  return to[low - 1] + ((x - from[low - 1]) / width) * (to[low] - to[low - 1]);
}

// A window is the part of the axis that is drawn: [left, right], 0 ≤ left < right ≤ 1.
export const WHOLE = [0, 1];
const NARROWEST = 1e-7;

/** Where a place of the axis is drawn, as a share of the window's width; outside of 0…1 when it is out of sight. */
export const inWindow = ([left, right], place) => (place - left) / (right - left);

/** A window held inside the axis, its width kept where it fits. */
export function held(left, right) {
  const width = Math.min(1, Math.max(NARROWEST, right - left));
  const start = Math.min(Math.max(0, left), 1 - width);
  return width >= 1 ? WHOLE : [start, start + width];
}

/** Zoom by `factor` (under 1 is closer) with the point at share `at` of the window fixed. */
export function zoomed([left, right], factor, at) {
  const width = Math.min(1, Math.max(NARROWEST, (right - left) * factor));
  const anchor = left + (right - left) * at;
  return held(anchor - width * at, anchor - width * at + width);
}

/** Move by a share of the window's own width. */
export const panned = ([left, right], by) => held(left + (right - left) * by, right + (right - left) * by);

/** The window that shows span `i` with some air around it. */
export function fitting(tree, axis, i) {
  const left = axis.place(tree.start_us[i]);
  const right = axis.place(endOf(tree, i));
  const air = Math.max((right - left) * 0.06, NARROWEST);
  return held(left - air, right + air);
}

const CLOCK_S = [15, 20, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 14400, 43_200];

/** The least round distance, in µs, that is no shorter: 1, 2 or 5 times a power of ten; over ten seconds those of a clock; of days. */
function roundStep(wanted) {
  const byTens = (unit) => {
    const power = 10 ** Math.floor(Math.log10(Math.max(1, wanted / unit)));
    return [1, 2, 5, 10].map((f) => f * power * unit).find((step) => step >= wanted) || 10 * power * unit;
  };
  if (wanted <= 10e6) return byTens(1);
  return CLOCK_S.map((s) => s * 1e6).find((step) => step >= wanted) || byTens(86_400e6);
}

/** Round distances for a ruler of the window: places as [µs, share of the window], about one every 60 pixels. */
export function ticks(axis, window, pixels) {
  const from = axis.time(window[0]);
  const to = axis.time(window[1]);
  const wanted = (to - from) / Math.max(2, Math.floor(pixels / 60));
  const step = roundStep(wanted);
  const marks = [];
  for (let us = Math.ceil(from / step) * step; us <= to; us += step) {
    const share = inWindow(window, axis.place(us));
    // Inside of a cut several round times fall on one place; the first of them stands for all.
    if (!marks.length || (share - marks.at(-1)[1]) * pixels > 36) marks.push([us, share]);
  }
  return marks;
}

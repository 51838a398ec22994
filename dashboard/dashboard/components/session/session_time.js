// When the turns of a session were, as places on an axis. Pure functions.
import { makeAxis } from "../trace/axis.js";
import { lasted } from "../shared/format.js";

const LEAST_PAUSE = 0.05; // of the time that turns took: a shorter pause is not worth a cut

/** [{from, to}] of traces (summaries) in µs after the first of them began. One that runs lasts until `now` (ms); of one that was abandoned nobody knows. */
export function turnTimes(traces, now) {
  const began = Math.min(...traces.map((trace) => Date.parse(trace.start_time)));
  return traces.map((trace) => {
    const from = (Date.parse(trace.start_time) - began) * 1000;
    return { from, to: from + Math.max(0, lasted(trace, now) ?? 0) * 1000 };
  });
}

/** The pauses between turns, [[from, to], …] in µs. */
export function pausesOf(times) {
  const rising = [...times].sort((a, b) => a.from - b.from);
  const stretches = []; // of pauses, all
  let until = 0;
  let busy = 0;
  for (const { from, to } of rising) {
    if (from > until) stretches.push([until, from]);
    busy += Math.max(0, to - Math.max(from, until));
    until = Math.max(until, to);
  }
  return stretches.filter(([from, to]) => to - from > LEAST_PAUSE * busy);
}

/** By turn: how long the pause before it was in µs, 0 where there was none. */
export function pausesBefore(times, pauses) {
  const byEnd = new Map(pauses.map(([from, to]) => [to, to - from]));
  return times.map(({ from }) => byEnd.get(from) ?? 0);
}

/** The axis over all turns, with or without its pauses. */
export function sessionAxis(times, pauses) {
  const total = Math.max(1, ...times.map(({ to }) => to));
  return makeAxis(total, pauses);
}

/** The index of the turn whose middle is drawn nearest to a place of the axis. */
export function nearestTurn(times, axis, place) {
  const away = ({ from, to }) => Math.abs((axis.place(from) + axis.place(to)) / 2 - place);
  return times.reduce((best, time, i) => (away(time) < away(times[best]) ? i : best), 0);
}

// The range of time of a list: relative ones stay relative, moved ones are two moments. Pure functions; times in ms.

export const RANGES = [
  ["15m", "Last 15 minutes", 15 * 60_000],
  ["1h", "Last hour", 3_600_000],
  ["24h", "Last 24 hours", 86_400_000],
  ["7d", "Last 7 days", 7 * 86_400_000],
  ["30d", "Last 30 days", 30 * 86_400_000],
  ["all", "All time", null],
];

export const isRange = (id) => RANGES.some(([known]) => known === id);
const lengthOf = (id) => RANGES.find(([known]) => known === id)?.[2] ?? null;

/** The two moments of a list's range at the time `now`; from is null for all time. */
export function momentsOf({ range, from, to }, now) {
  if (from != null && to != null) return [from, to];
  const length = lengthOf(range);
  return [length == null ? null : now - length, now];
}

const LEAST_MS = 1000;

/** The range moved by a share of its length; null for all time, which cannot be moved. */
export function moved(list, by, now) {
  const [from, to] = momentsOf(list, now);
  if (from == null) return null;
  const step = (to - from) * by;
  return absolute(from + step, to + step);
}

/** The range longer or shorter by a factor, around its middle; one that ends now still does. */
export function scaled(list, factor, now) {
  const [from, to] = momentsOf(list, now);
  if (from == null) return null;
  const length = Math.max(LEAST_MS, (to - from) * factor);
  if (list.from == null) return absolute(to - length, to);
  const middle = (from + to) / 2;
  return absolute(middle - length / 2, middle + length / 2);
}

/** Two moments as the fields of a list. */
export const absolute = (from, to) => ({ range: "all", from: Math.round(Math.min(from, to)), to: Math.round(Math.max(from, to, Math.min(from, to) + LEAST_MS)) });

/** The parameters `from` and `to` of a request, as pairs. */
export function rangeParams({ range, from, to }) {
  if (from != null && to != null) return [["from", new Date(from).toISOString()], ["to", new Date(to).toISOString()]];
  return range === "all" ? [] : [["from", `-${range}`]];
}

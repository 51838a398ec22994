// The list's question as the address holds it: query, time range, sort. Relative ranges stay relative in links.

export const RANGES = [
  ["15m", "Last 15 minutes"],
  ["1h", "Last hour"],
  ["24h", "Last 24 hours"],
  ["7d", "Last 7 days"],
  ["30d", "Last 30 days"],
  ["all", "All time"],
];
const SORTS = ["-start_time", "start_time", "-duration_ms", "-cost", "-tokens"];

/** {q, range, sort} of an address's search part; what is missing or unknown has its default. */
export function readList(search) {
  const given = new URLSearchParams(search);
  const range = given.get("range");
  const sort = given.get("sort");
  return {
    q: given.get("q") || "",
    range: RANGES.some(([id]) => id === range) ? range : "all",
    sort: SORTS.includes(sort) ? sort : "-start_time",
  };
}

/** The search part of an address, "" when all is default. */
export function listSearch({ q, range, sort }) {
  const search = new URLSearchParams();
  if (q) search.set("q", q);
  if (range !== "all") search.set("range", range);
  if (sort !== "-start_time") search.set("sort", sort);
  const text = search.toString();
  return text && `?${text}`;
}

export const listPath = (list) => `/${listSearch(list)}`;

/** The request of the dashboard's proxy for one page of the list. */
export function listRequest({ q, range, sort }, cursor, limit = 50) {
  const search = new URLSearchParams({ limit: String(limit), sort });
  if (q) search.set("q", q);
  if (range !== "all") search.set("from", `-${range}`);
  if (cursor) search.set("cursor", cursor);
  return `/ui-api/traces?${search}`;
}

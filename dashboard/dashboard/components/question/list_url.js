// The list's question as the address holds it: query, time range, sort, and what is looked at beside it. Pure functions.
import { isRange, rangeParams } from "./time_range.js";

const SORTS = ["-start_time", "start_time", "-duration_ms", "-cost", "-tokens"];

export const ALL = { q: "", range: "all", from: null, to: null, sort: "-start_time", peek: null, live: true };

/** {q, range, from, to, sort, peek, live} of an address's search part; what is missing or unknown has its default. */
export function readList(search) {
  const given = new URLSearchParams(search);
  const [from, to] = ["from", "to"].map((name) => Date.parse(given.get(name) || ""));
  const isAbsolute = from < to;
  const range = given.get("range");
  return {
    q: given.get("q") || "",
    range: !isAbsolute && isRange(range) ? range : "all",
    from: isAbsolute ? from : null,
    to: isAbsolute ? to : null,
    sort: SORTS.includes(given.get("sort")) ? given.get("sort") : "-start_time",
    peek: /^[0-9a-f]{32}$/.test(given.get("peek") || "") ? given.get("peek") : null,
    live: given.get("live") !== "off",
  };
}

/** The search part of an address, "" when all is default. */
export function listSearch(list) {
  const { q, range, from, to, sort, peek, live } = { ...ALL, ...list };
  const search = new URLSearchParams();
  if (q) search.set("q", q);
  if (from != null) {
    search.set("from", new Date(from).toISOString());
    search.set("to", new Date(to).toISOString());
  } else if (range !== "all") search.set("range", range);
  if (sort !== "-start_time") search.set("sort", sort);
  if (peek) search.set("peek", peek);
  if (!live) search.set("live", "off");
  const text = search.toString();
  return text && `?${text}`;
}

const OF_LIST = ["q", "range", "from", "to", "sort", "peek", "live"];

/** The search part of a new question with what the address before it says besides: what a page is by, and its order. */
export function withOwn(search, before) {
  const kept = [...new URLSearchParams(before)].filter(([name]) => !OF_LIST.includes(name));
  const joined = String(new URLSearchParams([...new URLSearchParams(search), ...kept]));
  return joined && `?${joined}`;
}

export const listPath = (list) => `/${listSearch(list)}`;

/** What the rows depend on: two addresses with the same key have the same rows. */
export const listKey = (list) => listSearch({ ...list, peek: null, live: true });

/** The parameters that say which traces: for the list and for all that is counted beside it. */
export function selection(list) {
  const search = new URLSearchParams(rangeParams(list));
  if (list.q) search.set("q", list.q);
  return search;
}

/** The request of the dashboard's proxy for one page of a list, of "traces", "spans" or "sessions", in the order of `sort`. */
export function listRequest(resource, list, cursor, limit = 50) {
  const search = selection(list);
  search.set("limit", String(limit));
  search.set("sort", list.sort);
  if (cursor) search.set("cursor", cursor);
  return `/ui-api/${resource}?${search}`;
}

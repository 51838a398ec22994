// Addresses of the pages of sessions. Pure functions.
import { listSearch, readList } from "../question/list_url.js";
import { orderOf } from "../question/order.js";

/** The orders of sessions, as the API calls them. */
export const SORTS = ["-last_activity", "-turns", "-duration_ms", "-tokens", "-cost", "-errors"];

/** The orders of users: [id of the API, head of its column]. */
export const ORDERS = [["-traces", "Traces"], ["-errors", "Errors"], ["-duration_ms", "p95"], ["-tokens", "Tokens"], ["-cost", "Cost"], ["-last", "Last trace started"]];

/**
 * The question of the list of sessions: that of the list of traces, but `sort` is one of theirs; `by`: "session" or "user",
 * and the `order` of users.
 */
export function readSessions(search) {
  const given = new URLSearchParams(search);
  const by = given.get("by") === "user" ? "user" : "session";
  const sort = SORTS.includes(given.get("sort")) ? given.get("sort") : SORTS[0];
  return { ...readList(search), sort, peek: null, by, order: orderOf(search, ORDERS) };
}

export function sessionsPath({ by, order, sort, ...list }) {
  const search = new URLSearchParams(listSearch(list));
  if (by !== "user" && SORTS.indexOf(sort) > 0) search.set("sort", sort);
  if (by === "user") search.set("by", by);
  if (by === "user" && order && order !== ORDERS[0][0]) search.set("order", order);
  const text = search.toString();
  return `/sessions${text && `?${text}`}`;
}

/** The page of a session. Its id is any text of a sender. */
export const sessionPath = (id, search = "") => `/session/${encodeURIComponent(id)}${search}`;

/** The id in such an address' path, as it was sent. */
export function sessionOf(pathname) {
  const coded = /^\/session\/(.+?)\/?$/.exec(pathname)?.[1] ?? "";
  try {
    return decodeURIComponent(coded);
  } catch {
    return coded; // written by hand, with a % of its own
  }
}

/**
 * What of the page of a session stands in its address: turn (the trace of the selected one, or null), steps (they are
 * shown), gaps ("cut" out of the timeline, or "shown").
 */
export function readSession(search) {
  const given = new URLSearchParams(search);
  return {
    turn: /^[0-9a-f]{32}$/.test(given.get("turn") || "") ? given.get("turn") : null,
    steps: given.get("steps") === "on",
    gaps: given.get("gaps") === "shown" ? "shown" : "cut",
  };
}

/** The search part for a state, "" when all is default. */
export function sessionSearch({ turn, steps, gaps }) {
  const search = new URLSearchParams();
  if (turn) search.set("turn", turn);
  if (steps) search.set("steps", "on");
  if (gaps === "shown") search.set("gaps", "shown");
  const text = search.toString();
  return text && `?${text}`;
}

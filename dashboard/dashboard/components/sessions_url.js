// Addresses of the pages of sessions. Pure functions.
import { listSearch, readList } from "./list_url.js";

/** The question of the list of sessions: that of the list of traces, and `by`: "session" or "user". */
export function readSessions(search) {
  const by = new URLSearchParams(search).get("by") === "user" ? "user" : "session";
  return { ...readList(search), sort: "-start_time", peek: null, by };
}

export function sessionsPath({ by, ...list }) {
  const search = new URLSearchParams(listSearch(list));
  if (by === "user") search.set("by", by);
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

// Addresses of the page that compares. A side is a trace, "TRACE", or a span of one, "TRACE/SPAN". Pure functions.

const SIDE = /^[0-9a-f]{32}(\/[0-9a-f]{16})?$/;

/** {a, b, at, only} of an address: two sides or null, the selected row by a span of it or null, and whether the rows that are the same are left out. */
export function readCompare(search) {
  const given = new URLSearchParams(search);
  const at = given.get("at") || "";
  return {
    a: sideOf(given.get("a") || ""),
    b: sideOf(given.get("b") || ""),
    at: /^[0-9a-f]{16}$/.test(at) ? at : null,
    only: given.get("only") === "differences",
  };
}

export function compareSearch({ a, b, at, only }) {
  const parts = [a && `a=${a}`, b && `b=${b}`, at && `at=${at}`, only && "only=differences"].filter(Boolean);
  return parts.length ? `?${parts.join("&")}` : "";
}

export const comparePath = (a, b) => `/compare${compareSearch({ a, b })}`;

/** A side out of what somebody pastes: an id, TRACE/SPAN, or an address of a trace; null when it names none. */
export function sideOf(text) {
  const given = text.trim();
  if (SIDE.test(given.toLowerCase())) return given.toLowerCase();
  return /\/trace\/([0-9a-f]{32})(?![0-9a-f])/i.exec(given)?.[1].toLowerCase() ?? null;
}

export const isSpan = (side) => side.includes("/");

/** The address at which a side is looked at by itself. */
export function sidePath(side) {
  const [trace, span] = side.split("/");
  return `/trace/${trace}${span ? `?span=${span}` : ""}`;
}

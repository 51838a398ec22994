// Where j and k stop in a view of a trace: at what is drawn there, one after the other. Pure functions.
import { callPlace } from "./calls.js";
import { spanOf } from "./groups.js";

/** Stops {count, at, span}: `at` is the selected one (-1 for none), `span(n)` the span that the stop n selects. */
export const rowStops = (rows, selected) => ({ count: rows.rows.length, at: rows.at(selected), span: (n) => spanOf(rows.rows[n]) });

/** The model calls of a conversation. */
export const callStops = (calls, selected, tree) => ({ count: calls.length, at: callPlace(calls, selected, tree), span: (n) => calls[n] });

/** The rows of a table, each by its first span. */
export const groupStops = (groups, selected) => ({
  count: groups.length, at: groups.findIndex(({ spans }) => spans.includes(selected)), span: (n) => groups[n].spans[0],
});

/** All spans, folded or not. */
export const spanStops = (tree, selected) => ({ count: tree.n, at: selected, span: (n) => n });

/** The span `by` stops away from the selected one, at most at an end; -1 when there is no stop. */
export function spanAt({ count, at, span }, by) {
  return count ? span(Math.max(0, Math.min(count - 1, (at < 0 && by < 0 ? count : at) + by))) : -1;
}

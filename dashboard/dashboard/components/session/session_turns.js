// The turns of a session: all of them in outline, with what a page of them says besides. Pure functions.

const UNTOLD = {
  name: "", root_span_id: "not told", usage: null, cost: null, scores: [], error: null, span_count: 0, input_preview: null, output_preview: null,
};

/** The outline of an answer of GET /api/sessions/ID as [{trace_id, start_time, duration_ms, status, error_count, tokens, spent, received_us}, …]; `spent` in US dollars. */
export function outlined({ trace_id: ids, start_us: starts, duration_ms: durations, status, error_count: errors, tokens, cost, received_us: received }) {
  return ids.map((id, i) => ({
    trace_id: id, start_time: new Date(starts[i] / 1000).toISOString(), duration_ms: durations[i],
    status: status[i], error_count: errors[i], tokens: tokens[i], spent: cost[i], received_us: received[i],
  }));
}

/** Outlined turns with the summaries that have come, a Map by trace id; of the others nothing more is known yet. */
export const told = (turns, summaries) => turns.map((turn) => ({ ...UNTOLD, ...summaries.get(turn.trace_id), ...turn }));

/** By turn: its share of the dearest one, 0 to 1; of the one with most tokens where no cost is known. Null where nothing is. */
export function sharesOf(turns) {
  const spent = turns.some((turn) => turn.spent > 0) ? turns.map((turn) => turn.spent) : turns.map((turn) => turn.tokens);
  const most = spent.reduce((max, one) => Math.max(max, one ?? 0), 0);
  return spent.map((one) => (one == null || !most ? null : one / most));
}

/** The pages, of `size` turns, in which something moved between two outlines. */
export function movedPages(before, after, size) {
  const received = new Map(before.map((turn) => [turn.trace_id, turn.received_us]));
  return [...new Set(after.flatMap((turn, i) => (received.get(turn.trace_id) === turn.received_us ? [] : [Math.floor(i / size)])))];
}

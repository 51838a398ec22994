// One trace, or a stretch of its time, summed up by what its spans are. Pure functions.
import { endOf } from "./axis.js";
import { ERROR, FLAG, isEndless, kindOf, modelOf, nameOf } from "./tree.js";

/** What a table can group by: [id, title, the value of a span or null where it has none]. */
export const GROUPINGS = [
  ["name", "Name", (tree, i) => nameOf(tree, i)],
  ["kind", "Kind", (tree, i) => kindOf(tree, i)],
  ["model", "Model", (tree, i) => modelOf(tree, i)],
  ["tool", "Tool", (tree, i) => (kindOf(tree, i) === "tool" ? nameOf(tree, i) : null)],
  ["agent", "Agent", (tree, i) => (kindOf(tree, i) === "agent" ? nameOf(tree, i) : null)],
];

/**
 * Rows {value, calls, errors, us, p50, max, tokens, cost, spans} of the spans that touch `area` ([from, to] in µs, null
 * for all). `us` sums durations; `tokens` and `cost` count each call once, and are null where nothing is known.
 */
export function aggregate(tree, by, area) {
  const valueOf = GROUPINGS.find(([id]) => id === by)[2];
  const groups = new Map();
  for (let i = 0; i < tree.n; i += 1) {
    const value = valueOf(tree, i);
    if (value == null || (area && (tree.start_us[i] > area[1] || endOf(tree, i) < area[0]))) continue;
    const key = `${kindOf(tree, i)} ${value}`;
    let group = groups.get(by === "model" || by === "kind" ? value : key);
    if (!group) {
      group = { value, kind: kindOf(tree, i), calls: 0, errors: 0, us: 0, durations: [], tokens: null, cost: null, spans: [] };
      groups.set(by === "model" || by === "kind" ? value : key, group);
    }
    group.calls += 1;
    group.spans.push(i);
    if (tree.status[i] === ERROR) group.errors += 1;
    if (!isEndless(tree, i)) group.durations.push(tree.duration_us[i]);
    if (tree.flags[i] & FLAG.counted) {
      if (tree.tokens[i] != null) group.tokens = (group.tokens || 0) + tree.tokens[i];
      if (tree.cost[i] != null) group.cost = (group.cost || 0) + tree.cost[i];
    }
  }
  return [...groups.values()].map(({ durations, ...group }) => {
    durations.sort((a, b) => a - b);
    const last = durations.length - 1;
    return {
      ...group,
      us: durations.reduce((sum, us) => sum + us, 0),
      p50: last < 0 ? null : durations[last >> 1],
      max: last < 0 ? null : durations[last],
    };
  });
}

/** Rows ordered by a column, largest first, what is unknown last; `value` by the alphabet. */
export function sorted(rows, column) {
  if (column === "value") return [...rows].sort((a, b) => a.value.localeCompare(b.value));
  return [...rows].sort((a, b) => (b[column] ?? -1) - (a[column] ?? -1) || a.value.localeCompare(b.value));
}

// Which spans of a trace stand out: what failed, was slow, was waited for, cost much, is of one kind or name, or was named.
import { plural } from "../shared/format.js";
import { ERROR, FLAG, kindOf, nameOf, spanId } from "./tree.js";

const SLOW_SHARE = 0.1; // of the whole time, own work only
const COSTLY_SHARE = 0.1; // of the whole cost

/** The standing choices: [id, label, title]. */
export const PICKS = [
  ["errors", "errors", "Spans that failed"],
  ["slow", "slow", "Spans whose own work took more than a tenth of the time"],
  ["critical", "critical path", "Spans the trace waited for"],
  ["costly", "costly", "Calls that caused more than a tenth of the cost"],
];

/** A flag a span for the choice `pick`, null for none. `path` is the critical path. */
export function picked(tree, path, pick) {
  const fits = test(tree, path, pick);
  if (!fits) return null;
  const flags = new Uint8Array(tree.n);
  for (let i = 0; i < tree.n; i += 1) flags[i] = fits(i) ? 1 : 0;
  return flags;
}

function test(tree, path, pick) {
  if (pick === "errors") return (i) => tree.status[i] === ERROR;
  if (pick === "slow") return (i) => path.own[i] > SLOW_SHARE * tree.total;
  if (pick === "critical") return (i) => path.onPath[i] === 1;
  if (pick === "costly") {
    const all = tree.trace.cost?.total || 0;
    return (i) => all > 0 && (tree.flags[i] & FLAG.counted) !== 0 && tree.cost[i] > COSTLY_SHARE * all;
  }
  const [what, value] = [pick.slice(0, 5), pick.slice(5)];
  if (what === "kind:") {
    const kinds = value.split(",");
    return (i) => kinds.includes(kindOf(tree, i));
  }
  if (what === "name:") return (i) => nameOf(tree, i) === value;
  if (what === "span:") {
    const ids = new Set(value.split(","));
    return (i) => ids.has(spanId(tree, i));
  }
  return null;
}

/** What a choice is called. */
export function pickLabel(pick) {
  const standing = PICKS.find(([id]) => id === pick);
  if (pick.startsWith("span:")) return plural(pick.split(",").length, "marked span");
  return standing ? standing[1] : pick.slice(5).replaceAll(",", ", ");
}

/** Flags of the spans in the set of ids, and their number. */
export function foundFlags(tree, ids) {
  const flags = new Uint8Array(tree.n);
  for (let i = 0; i < tree.n; i += 1) if (ids.has(spanId(tree, i))) flags[i] = 1;
  return flags;
}

/** Both must hold, where both are given. */
export function both(a, b) {
  if (!a || !b) return a || b;
  return a.map((flag, i) => flag & b[i]);
}

/** The flagged spans and all their ancestors. */
export function withAncestors(tree, flags) {
  const kept = flags.slice();
  for (let i = tree.n - 1; i >= 0; i -= 1) if (kept[i] && tree.parent[i] >= 0) kept[tree.parent[i]] = 1;
  return kept;
}

/** The flagged spans in order. */
export function listed(flags) {
  const found = [];
  if (flags) for (let i = 0; i < flags.length; i += 1) if (flags[i]) found.push(i);
  return found;
}

// The skeleton of a trace as a tree over columns: one number array a fact, no object a span. Pure functions.

import { usedNothing } from "../shared/format.js";

export const FLAG = { orphan: 1, open: 2, abandoned: 4, cycle: 8, skew: 16, counted: 32, finish: 64 };
export const ERROR = 2;

/**
 * Prepare the columns of GET …/skeleton (tree order: depth first, parents before children).
 * Adds per span: depth, end (index after its last descendant), errors (in its subtree, itself included),
 * sumTokens and sumCost (of the counted spans of its subtree; NaN cost: nothing known), and of all: deepest, the greatest
 * depth, and total (µs): until its last end; of a trace that runs until `now` (ms; 0: not known), of an abandoned one until
 * something was last received. The tokens and the cost of a call that used nothing are unknown.
 */
export function buildTree(skeleton, now = 0) {
  const n = skeleton.parent.length;
  const { parent, start_us: start, duration_us: length, flags, status } = skeleton;
  const known = (column) => column.map((value, i) => (usedNothing(skeleton.tokens[i], skeleton.cost[i]) ? null : value));
  const [tokens, cost] = [known(skeleton.tokens), known(skeleton.cost)];
  const depth = new Uint16Array(n);
  const end = new Int32Array(n);
  const errors = new Int32Array(n);
  const sumTokens = new Float64Array(n);
  const sumCost = new Float64Array(n);
  const hasCost = new Uint8Array(n);
  let total = Math.max(1, openFor(skeleton.trace, now));
  let deepest = 0;
  for (let i = 0; i < n; i += 1) {
    depth[i] = parent[i] < 0 ? 0 : depth[parent[i]] + 1;
    deepest = Math.max(deepest, depth[i]);
    end[i] = i + 1;
    errors[i] = status[i] === ERROR ? 1 : 0;
    if (flags[i] & FLAG.counted) {
      sumTokens[i] = tokens[i] || 0;
      sumCost[i] = cost[i] || 0;
      hasCost[i] = cost[i] == null ? 0 : 1;
    }
    total = Math.max(total, start[i] + Math.max(0, length[i]));
  }
  for (let i = n - 1; i >= 0; i -= 1) {
    const p = parent[i];
    if (p < 0) continue;
    end[p] = Math.max(end[p], end[i]);
    errors[p] += errors[i];
    sumTokens[p] += sumTokens[i];
    sumCost[p] += sumCost[i];
    hasCost[p] |= hasCost[i];
  }
  return { ...skeleton, tokens, cost, n, depth, deepest, end, errors, sumTokens, sumCost, hasCost, total };
}

/** How long a trace without an end has been open, in µs; 0 of one that has ended. */
function openFor(trace, now) {
  const until = { running: now, abandoned: Date.parse(trace?.last_received) }[trace?.status];
  return 1000 * (until - Date.parse(trace?.start_time)) || 0;
}

export const spanId = (tree, i) => tree.id.slice(i * 16, i * 16 + 16);

/** The index of a span id, -1 when the trace has none such. */
export function indexOf(tree, id) {
  if (!id || id.length !== 16) return -1;
  for (let at = tree.id.indexOf(id); at >= 0; at = tree.id.indexOf(id, at + 1)) {
    if (at % 16 === 0) return at / 16;
  }
  return -1;
}

/** Whether a span has no end: it runs, or was never heard of again. (A negative length is a clock that was set back.) */
export const isEndless = (tree, i) => (tree.flags[i] & (FLAG.open | FLAG.abandoned)) !== 0;
export const hasChildren = (tree, i) => tree.end[i] > i + 1;
export const kindOf = (tree, i) => tree.kinds[tree.kind[i]] || "other";
export const nameOf = (tree, i) => tree.names[tree.name[i]] || "unnamed";

const LONG = 16; // characters that a name begins with like its parent's: more than this is worth leaving out

/**
 * The name of a span as it is read below its parent, where its end would be cut off: "…doStream" of "ai.streamText.doStream"
 * in "ai.streamText", "…Second.run" of "com.example.steps.Second.run" in "com.example.steps.First.run".
 */
export function nameBelow(tree, i) {
  const name = nameOf(tree, i);
  const above = tree.parent[i] < 0 ? "" : nameOf(tree, tree.parent[i]);
  let same = 0;
  while (same < name.length && name[same] === above[same]) same += 1;
  const isLonger = above && same === above.length && /^[.:/] ?\S/.test(name.slice(same));
  if (isLonger) return `…${name.slice(same).replace(/^[.:/] ?/, "")}`;
  const path = /^.*[.:/]/.exec(name.slice(0, same))?.[0] ?? "";
  return path.length > LONG && same < name.length ? `…${name.slice(path.length)}` : name;
}

export const modelOf = (tree, i) => (tree.model[i] < 0 ? null : tree.models[tree.model[i]]);

/** The span that broke first, as the summary of the trace says; -1 when none failed. */
export const brokenAt = (tree) => indexOf(tree, tree.trace.error?.span_id);

const SMALL = 60; // spans that are taken in at a glance
const LEVELS = 3; // that are open at least

/**
 * The first look: all of a small trace; of a larger one three levels, and more while they are few rows, without what
 * sub-agents did; and the first error.
 */
export function defaultFold(tree) {
  const folded = new Set();
  if (tree.n <= SMALL) return folded;
  const last = lastLevelWithin(tree, SMALL);
  for (let i = 0; i < tree.n; i += 1) {
    const isSubAgent = tree.depth[i] >= 1 && kindOf(tree, i) === "agent";
    if ((tree.depth[i] >= last || isSubAgent) && hasChildren(tree, i)) folded.add(i);
  }
  reveal(tree, folded, brokenAt(tree));
  return folded;
}

/** The deepest level down to which a tree has at most so many spans; of the LEVELS that are open in any case the last. */
function lastLevelWithin(tree, most) {
  const spansAt = new Int32Array(tree.deepest + 2);
  for (let i = 0; i < tree.n; i += 1) spansAt[tree.depth[i]] += 1;
  let rows = spansAt.subarray(0, LEVELS).reduce((sum, spans) => sum + spans, 0);
  let last = LEVELS - 1;
  while (last < tree.deepest && rows + spansAt[last + 1] <= most) {
    last += 1;
    rows += spansAt[last];
  }
  return last;
}

/** Open all ancestors of `i` in the set. Returns whether anything changed. */
export function reveal(tree, folded, i) {
  let changed = false;
  for (let p = i < 0 ? -1 : tree.parent[i]; p >= 0; p = tree.parent[p]) changed = folded.delete(p) || changed;
  return changed;
}

/** The next span from `from` in direction `step` for which `fits`, without wrapping; -1 when there is none. */
export function find(tree, from, step, fits) {
  for (let i = from + step; i >= 0 && i < tree.n; i += step) if (fits(i)) return i;
  return -1;
}

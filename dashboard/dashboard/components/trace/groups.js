// Runs of like siblings as one row: "search ×37". Pure functions over the columns of a tree.
import { endOf } from "./axis.js";
import { hasChildren } from "./tree.js";

const LEAST = 4; // shorter runs are read as quickly as their sum

/**
 * The runs of a tree: neighbouring leaves with the same parent, kind and name. Returns `first`, for each span the first
 * of its run (-1: in none), and `runs`, from the first span to {first, end, count, errors, from, to, tokens, cost, us}.
 */
export function findRuns(tree) {
  const first = new Int32Array(tree.n).fill(-1);
  const runs = new Map();
  let begin = 0;
  for (let i = 1; i <= tree.n; i += 1) {
    if (i < tree.n && alike(tree, begin, i)) continue;
    if (i - begin >= LEAST && !hasChildren(tree, begin)) {
      first.fill(begin, begin, i);
      runs.set(begin, sumOf(tree, begin, i));
    }
    begin = i;
  }
  return { first, runs };
}

const alike = (tree, a, b) =>
  tree.parent[a] === tree.parent[b] && tree.kind[a] === tree.kind[b] && tree.name[a] === tree.name[b] &&
  tree.parent[a] >= 0 && !hasChildren(tree, a) && !hasChildren(tree, b);

function sumOf(tree, first, end) {
  const run = { first, end, count: end - first, errors: 0, from: Infinity, to: 0, us: 0, tokens: 0, cost: 0, hasCost: false };
  for (let i = first; i < end; i += 1) {
    run.errors += tree.errors[i];
    run.from = Math.min(run.from, tree.start_us[i]);
    run.to = Math.max(run.to, endOf(tree, i));
    run.us += Math.max(0, tree.duration_us[i]);
    run.tokens += tree.sumTokens[i];
    run.cost += tree.sumCost[i];
    run.hasCost = run.hasCost || tree.hasCost[i] === 1;
  }
  return run;
}

/** A row that stands for a run is written as the complement of its first span. */
export const isRun = (row) => row < 0;
export const spanOf = (row) => (row < 0 ? ~row : row);

/**
 * The rows to draw, in order: spans, and ~first for a run. `folded` holds spans, `opened` the first spans of runs that
 * are shown one by one; `keep` (optional) says which spans stay, where a search leaves some out.
 */
export function rowsOf(tree, { first, runs }, folded, opened, keep) {
  const rows = new Int32Array(tree.n + runs.size);
  let count = 0;
  for (let i = 0; i < tree.n; ) {
    if (keep && !keep[i]) {
      i += 1;
      continue;
    }
    const run = keep ? undefined : runs.get(i);
    if (run) {
      rows[count] = ~i;
      count += 1;
      if (!opened.has(i)) {
        i = run.end;
        continue;
      }
    }
    rows[count] = i;
    count += 1;
    i = folded.has(i) && !keep ? tree.end[i] : i + 1;
  }
  return rows.subarray(0, count);
}

/** Where span `i` stands among the rows: its own row, else that of its closed run; -1 when it is folded away. */
export function placeOf(rows, groups, i) {
  if (i < 0) return -1;
  const own = search(rows, i, false);
  if (own >= 0) return own;
  return groups.first[i] < 0 ? -1 : search(rows, groups.first[i], true);
}

function search(rows, i, asRun) {
  let low = 0;
  let high = rows.length - 1;
  while (low <= high) {
    const mid = (low + high) >> 1;
    const span = spanOf(rows[mid]);
    // The row of a run stands before the row of its first span.
    const order = span - i || Number(asRun) - Number(isRun(rows[mid]));
    if (order === 0) return mid;
    if (order < 0) low = mid + 1;
    else high = mid - 1;
  }
  return -1;
}

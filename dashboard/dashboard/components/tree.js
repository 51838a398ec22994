// The skeleton of a trace as a tree over columns: one number array a fact, no object a span. Pure functions.

export const FLAG = { orphan: 1, open: 2, abandoned: 4, cycle: 8, skew: 16, counted: 32, finish: 64 };
export const ERROR = 2;

/**
 * Prepare the columns of GET …/skeleton (tree order: depth first, parents before children).
 * Adds per span: depth, end (index after its last descendant), errors (in its subtree, itself included),
 * sumTokens and sumCost (of the counted spans of its subtree; NaN cost: nothing known), and total (µs).
 */
export function buildTree(skeleton) {
  const n = skeleton.parent.length;
  const { parent, start_us: start, duration_us: length, flags, status, tokens, cost } = skeleton;
  const depth = new Uint16Array(n);
  const end = new Int32Array(n);
  const errors = new Int32Array(n);
  const sumTokens = new Float64Array(n);
  const sumCost = new Float64Array(n);
  const hasCost = new Uint8Array(n);
  let total = 1;
  for (let i = 0; i < n; i += 1) {
    depth[i] = parent[i] < 0 ? 0 : depth[parent[i]] + 1;
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
  return { ...skeleton, n, depth, end, errors, sumTokens, sumCost, hasCost, total };
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

export const hasChildren = (tree, i) => tree.end[i] > i + 1;
export const kindOf = (tree, i) => tree.kinds[tree.kind[i]] || "other";
export const nameOf = (tree, i) => tree.names[tree.name[i]] || "unnamed";
export const modelOf = (tree, i) => (tree.model[i] < 0 ? null : tree.models[tree.model[i]]);

/** The first span that failed by itself: an error without a failed descendant. -1 when none failed. */
export function firstError(tree) {
  for (let i = 0; i < tree.n; i += 1) if (tree.status[i] === ERROR && tree.errors[i] === 1) return i;
  return -1;
}

/** The first look: everything open in small traces, three levels in big ones, and the way to the first error. */
export function defaultFold(tree) {
  const folded = new Set();
  if (tree.n <= 300) return folded;
  for (let i = 0; i < tree.n; i += 1) if (tree.depth[i] >= 2 && hasChildren(tree, i)) folded.add(i);
  reveal(tree, folded, firstError(tree));
  return folded;
}

/** Open all ancestors of `i` in the set. Returns whether anything changed. */
export function reveal(tree, folded, i) {
  let changed = false;
  for (let p = i < 0 ? -1 : tree.parent[i]; p >= 0; p = tree.parent[p]) changed = folded.delete(p) || changed;
  return changed;
}

/** The indices of the rows to draw, in order. */
export function visibleRows(tree, folded) {
  if (folded.size === 0) return Int32Array.from({ length: tree.n }, (_, i) => i);
  const rows = new Int32Array(tree.n);
  let count = 0;
  for (let i = 0; i < tree.n; i = folded.has(i) ? tree.end[i] : i + 1) {
    rows[count] = i;
    count += 1;
  }
  return rows.subarray(0, count);
}

/** The position of span `i` among sorted visible rows, -1 when it is folded away. */
export function rowOf(rows, i) {
  let low = 0;
  let high = rows.length - 1;
  while (low <= high) {
    const mid = (low + high) >> 1;
    if (rows[mid] === i) return mid;
    if (rows[mid] < i) low = mid + 1;
    else high = mid - 1;
  }
  return -1;
}

/** The next span from `from` in direction `step` for which `fits`, without wrapping; -1 when there is none. */
export function find(tree, from, step, fits) {
  for (let i = from + step; i >= 0 && i < tree.n; i += step) if (fits(i)) return i;
  return -1;
}

/** Round distances for a ruler: about one every 75 pixels, as [µs, …] within the total. */
export function ticks(total, pixels) {
  const wanted = total / Math.max(2, Math.floor(pixels / 75));
  const power = 10 ** Math.floor(Math.log10(Math.max(1, wanted)));
  const step = [1, 2, 5, 10].map((f) => f * power).find((s) => s >= wanted) || power * 10;
  return Array.from({ length: Math.floor(total / step) + 1 }, (_, i) => i * step);
}

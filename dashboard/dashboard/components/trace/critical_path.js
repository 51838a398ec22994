// What the person waited for: the critical path through a trace, and how it divides among the kinds. Pure functions.
import { endOf } from "./axis.js";
import { hasChildren, kindOf } from "./tree.js";

/**
 * Walk backwards from the end of the trace. At each moment the span that ended last before it is what was waited for;
 * what no child accounts for is a span's own time. Each moment of the trace belongs to one span at the most.
 *
 * Returns segments [{span, from, to}] in µs, latest first; onPath, a flag a span; own, a span's µs on the path.
 */
export function criticalPath(tree) {
  const children = childrenByEnd(tree);
  const onPath = new Uint8Array(tree.n);
  const own = new Float64Array(tree.n);
  const segments = [];
  const claim = (span, from, to) => {
    if (to <= from) return;
    segments.push({ span, from, to });
    own[span] += to - from;
  };
  // A stack of our own: a trace may be deeper than a browser recurses. An entry is a span (-1: above the roots), the
  // moment until which it is explained, the moment before which it is not asked, and its next child to look at.
  const stack = [{ span: -1, until: tree.total, since: 0, next: 0 }];
  while (stack.length) {
    const at = stack.at(-1);
    const below = children[at.span + 1];
    let child = -1;
    while (child < 0 && at.next < below.length) {
      const candidate = below[at.next];
      at.next += 1;
      if (tree.start_us[candidate] < at.until && endOf(tree, candidate) > at.since) child = candidate;
    }
    if (child < 0) {
      if (at.span >= 0) claim(at.span, at.since, at.until);
      stack.pop();
      continue;
    }
    const end = Math.min(at.until, endOf(tree, child));
    const start = Math.max(at.since, tree.start_us[child]);
    if (at.span >= 0) claim(at.span, end, at.until);
    onPath[child] = 1;
    at.until = start;
    stack.push({ span: child, until: end, since: start, next: 0 });
  }
  return { segments, onPath, own };
}

/** Children of each span (at its index + 1; the roots at 0), those that end last first. */
function childrenByEnd(tree) {
  const children = Array.from({ length: tree.n + 1 }, () => []);
  for (let i = 0; i < tree.n; i += 1) children[tree.parent[i] + 1].push(i);
  for (const below of children) below.sort((a, b) => endOf(tree, b) - endOf(tree, a) || tree.start_us[b] - tree.start_us[a]);
  return children;
}

const GROUPS = { llm: "LLM", tool: "tools", mcp: "tools", retriever: "retrieval", embedding: "retrieval", reranker: "retrieval", http: "HTTP and databases", db: "HTTP and databases" };

/**
 * Where the time went: [{name, us, share, kinds, first_us}], the longest first; `first_us` of it passed before first tokens. What belongs to no span at all is "idle"; the own
 * time of agents and chains, in which none of their steps ran, is "between steps".
 */
export function waits(tree, path) {
  const sums = new Map();
  const add = (name, us, kind, first_us = 0) => {
    const sum = sums.get(name) || { name, us: 0, kinds: new Set(), first_us: 0 };
    sum.us += us;
    sum.first_us += first_us;
    if (kind) sum.kinds.add(kind);
    sums.set(name, sum);
  };
  const firsts = beforeFirstToken(tree, path);
  let told = 0;
  for (let i = 0; i < tree.n; i += 1) {
    if (!path.own[i]) continue;
    told += path.own[i];
    add(GROUPS[kindOf(tree, i)] || (hasChildren(tree, i) ? "between steps" : "other steps"), path.own[i], kindOf(tree, i), firsts.get(i));
  }
  if (tree.total - told > 0.001 * tree.total) add("idle", tree.total - told);
  return [...sums.values()]
    .map((sum) => ({ ...sum, kinds: [...sum.kinds], share: sum.us / tree.total }))
    .sort((a, b) => b.us - a.us);
}

/** The µs on the path that passed before the first token of a span, by its index. */
function beforeFirstToken(tree, path) {
  const sums = new Map();
  if (!tree.ttft_us) return sums;
  for (const { span, from, to } of path.segments) {
    const first = tree.ttft_us[span];
    if (first) sums.set(span, (sums.get(span) || 0) + Math.max(0, Math.min(to, tree.start_us[span] + first) - from));
  }
  return sums;
}

/** The segments by span: index to [[from, to], …] in µs. */
export function segmentsBySpan(path) {
  const bySpan = new Map();
  for (const { span, from, to } of path.segments) {
    if (!bySpan.has(span)) bySpan.set(span, []);
    bySpan.get(span).push([from, to]);
  }
  return bySpan;
}

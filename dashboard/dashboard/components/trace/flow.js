// How a trace flows from step to step, derived only from what is certain: who is whose parent, and who ended before whom
// began. Pure functions.
import { endOf } from "./axis.js";
import { ERROR, isEndless, kindOf, nameOf } from "./tree.js";

const PREDECESSORS_MAX = 64; // of one span: a wide fan-in says no more with a thousand edges

/**
 * Nodes {key, kind, name, order, spans, errors, us} and edges {from, to, count, type, back} between their keys.
 *
 * A node is all spans of one kind and name; `expanded` keeps those apart that stand below different nodes. An edge "next"
 * leads from a step to those that began directly after its end below the same parent, an edge "calls" from a parent to
 * the children that had no step before them. `back`: it leads to a node that was met earlier, so there is a loop.
 */
export function flow(tree, expanded) {
  const nodes = new Map();
  const nodeOf = new Array(tree.n);
  const order = Array.from({ length: tree.n }, (_, i) => i).sort((a, b) => depthFirst(tree, a, b));
  for (const i of order) {
    const above = expanded && tree.parent[i] >= 0 ? `${nodeOf[tree.parent[i]].order} › ` : "";
    const key = `${above}${kindOf(tree, i)} ${nameOf(tree, i)}`;
    let node = nodes.get(key);
    if (!node) {
      node = { key, kind: kindOf(tree, i), name: nameOf(tree, i), order: nodes.size, spans: [], errors: 0, us: 0 };
      nodes.set(key, node);
    }
    node.spans.push(i);
    node.us += Math.max(0, tree.duration_us[i]);
    if (tree.status[i] === ERROR) node.errors += 1;
    nodeOf[i] = node;
  }
  const edges = new Map();
  const edge = (from, to, type) => {
    const key = `${from.key}\n${to.key}\n${type}`;
    const known = edges.get(key);
    if (known) known.count += 1;
    else edges.set(key, { from: from.key, to: to.key, type, count: 1, back: to.order <= from.order });
  };
  for (const siblings of families(tree).values()) {
    for (const [i, before] of predecessors(tree, siblings)) {
      if (before.length) new Set(before.map((p) => nodeOf[p])).forEach((node) => edge(node, nodeOf[i], "next"));
      else if (tree.parent[i] >= 0) edge(nodeOf[tree.parent[i]], nodeOf[i], "calls");
    }
  }
  return { nodes: [...nodes.values()], edges: [...edges.values()] };
}

// Parents come before children in the columns; among themselves, spans are met in the order of their start.
const depthFirst = (tree, a, b) => tree.depth[a] - tree.depth[b] || tree.start_us[a] - tree.start_us[b] || a - b;

function families(tree) {
  const found = new Map();
  for (let i = 0; i < tree.n; i += 1) {
    if (!found.has(tree.parent[i])) found.set(tree.parent[i], []);
    found.get(tree.parent[i]).push(i);
  }
  return found;
}

/** For each sibling those that ended before it began, with no other one wholly in between. */
function predecessors(tree, siblings) {
  const byEnd = siblings.filter((i) => !isEndless(tree, i)).sort((a, b) => endOf(tree, a) - endOf(tree, b));
  // The latest start among the first n of them, to know what lies in between.
  const latestStart = [];
  for (const i of byEnd) latestStart.push(Math.max(latestStart.at(-1) ?? -1, tree.start_us[i]));
  return siblings.map((i) => {
    let count = upperBound(byEnd, tree.start_us[i], (other) => endOf(tree, other));
    while (count > 0 && byEnd[count - 1] === i) count -= 1; // a span without length ends as it begins
    if (count === 0) return [i, []];
    const before = [];
    for (let at = count - 1; at >= 0 && before.length < PREDECESSORS_MAX; at -= 1) {
      if (endOf(tree, byEnd[at]) <= latestStart[count - 1] && before.length) break;
      if (byEnd[at] !== i) before.push(byEnd[at]);
    }
    return [i, before];
  });
}

function upperBound(sorted, limit, valueOf) {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const mid = (low + high) >> 1;
    if (valueOf(sorted[mid]) <= limit) low = mid + 1;
    else high = mid;
  }
  return low;
}

/** Ranks for a drawing from left to right: nodes get `rank` and `place` in it; edges that lead back are left out. */
export function ranked({ nodes, edges }) {
  const byKey = new Map(nodes.map((node) => [node.key, { ...node, rank: 0, place: 0 }]));
  const forward = edges.filter((edge) => !edge.back);
  // Every forward edge leads to a node that was met later, so one pass in that order settles all ranks.
  const into = new Map(nodes.map((node) => [node.key, []]));
  for (const edge of forward) into.get(edge.to).push(edge.from);
  const perRank = new Map();
  for (const node of [...byKey.values()].sort((a, b) => a.order - b.order)) {
    node.rank = Math.max(0, ...into.get(node.key).map((from) => byKey.get(from).rank + 1));
    node.place = perRank.get(node.rank) || 0;
    perRank.set(node.rank, node.place + 1);
  }
  return [...byKey.values()];
}

const NODE = [120, 250]; // px, the width of a node at least and at most
const AROUND_NAME = 44; // px of a node: its icon, borders and padding
const CHARACTER = 8; // px
const GAP = [40, 64]; // px from a rank to the next, at least and at most

const within = ([least, most], value) => Math.max(least, Math.min(most, value));

/**
 * {widths, gap} in px: how wide the nodes of each rank are, and how far the ranks are apart. As wide as their longest name
 * where all fit into the room; else the widest give way, down to a least width, where the drawing is wider than its room.
 */
export function wideAs(room, nodes) {
  const wanted = [];
  for (const { rank, name } of nodes) wanted[rank] = Math.max(wanted[rank] ?? 0, within(NODE, AROUND_NAME + CHARACTER * name.length));
  const sum = (widths) => widths.reduce((one, other) => one + other, 0);
  const gaps = wanted.length - 1;
  const gap = within(GAP, Math.floor((room - sum(wanted)) / Math.max(1, gaps)));
  let most = NODE[1];
  while (most > NODE[0] && sum(wanted.map((width) => Math.min(width, most))) + gaps * gap > room) most -= 1;
  return { widths: wanted.map((width) => Math.min(width, most)), gap };
}

/** Edges for a drawing: one that leads straight back is not drawn by itself but as `returns`, the count of the way back. */
export function paired(edges) {
  const back = new Map(edges.filter((edge) => edge.back && edge.from !== edge.to).map((edge) => [`${edge.to}\n${edge.from}`, edge]));
  const forward = new Set(edges.filter((edge) => !edge.back).map((edge) => `${edge.from}\n${edge.to}`));
  return edges
    .filter((edge) => !edge.back || edge.from === edge.to || !forward.has(`${edge.to}\n${edge.from}`))
    .map((edge) => ({ ...edge, returns: edge.back ? 0 : back.get(`${edge.from}\n${edge.to}`)?.count || 0 }));
}

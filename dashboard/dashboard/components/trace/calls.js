// The model calls of a trace. Pure functions.
import { kindOf } from "./tree.js";

/** The model calls of a tree, each as the span that has what was said in it: itself, or one that only wraps it where it has nothing. */
export function callsOf(tree) {
  const calls = [];
  for (let i = 0; i < tree.n; i += 1) {
    if (kindOf(tree, i) === "llm" && !holds(tree, i, 1)) calls.push(told(tree, i));
  }
  return calls;
}

/** The last of the model calls below span `i` that is known to have answered; -1 for none, and below a model call. */
export function lastCallBelow(tree, i) {
  if (kindOf(tree, i) === "llm") return -1;
  return callsOf(tree).findLast((call) => call > i && call < tree.end[i] && tree.previews[call]) ?? -1;
}

/** For each of the calls the agent that made it, by the index of its span, -1 for none; an empty list where one made all. */
export function agentsOf(tree, calls) {
  const agents = calls.map((call) => {
    let i = tree.parent[call];
    while (i >= 0 && kindOf(tree, i) !== "agent") i = tree.parent[i];
    return i;
  });
  return new Set(agents).size > 1 ? agents : [];
}

/** Whether there are so many model spans below a span. */
function holds(tree, i, least) {
  let count = 0;
  for (let j = i + 1; j < tree.end[i] && count < least; j += 1) count += kindOf(tree, j) === "llm";
  return count === least;
}

/** A library that traces itself without messages stands inside the span of an instrumentation that has them. */
function told(tree, i) {
  const above = tree.parent[i];
  const isSilent = !tree.previews[i] && above >= 0 && tree.previews[above];
  return isSilent && kindOf(tree, above) === "llm" && !holds(tree, above, 2) ? above : i;
}

/** The place among the calls of the one that stands for the selected span: itself or one around it, else the next, else the last. */
export function callPlace(calls, selected, tree) {
  const at = calls.findIndex((i) => selected < tree.end[i]);
  return at < 0 ? calls.length - 1 : at;
}

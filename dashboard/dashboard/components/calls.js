// The model calls of a trace. Pure functions.
import { kindOf } from "./tree.js";

/** The model calls of a tree that do not only wrap another one. */
export function callsOf(tree) {
  const calls = [];
  for (let i = 0; i < tree.n; i += 1) {
    if (kindOf(tree, i) !== "llm") continue;
    let wraps = false;
    for (let j = i + 1; j < tree.end[i] && !wraps; j += 1) wraps = kindOf(tree, j) === "llm";
    if (!wraps) calls.push(i);
  }
  return calls;
}

/** The place among the calls of the one that stands for the selected span: itself, else the next, else the last. */
export function callPlace(calls, selected) {
  const at = calls.findIndex((i) => i >= selected);
  return at < 0 ? calls.length - 1 : at;
}

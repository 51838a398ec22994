// Which rows of the tree are drawn: what is folded, which runs are open, and what a search leaves.
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { placeOf, rowsOf } from "./groups.js";
import { withAncestors } from "./picks.js";
import { defaultFold, hasChildren, indexOf, reveal, spanId } from "./tree.js";

const NOTHING = new Set();
const A_SCREEN = 24; // rows

/** Where all rows are seen at once, a run that hides some would hide the reason: which attempt failed, which call was dear. */
const openAtFirst = (tree, runs) => (tree.n + runs.runs.size <= A_SCREEN ? new Set(runs.runs.keys()) : NOTHING);

/**
 * The rows of `trace` (of use_trace.js). `flags` and `mode` are those of the search; `selected` is kept in sight: what hides
 * it opens. Returns {rows, folded, opened, fold, foldAll, unfoldAll, level, at}.
 */
export function useRows(trace, flags, mode, selected) {
  const { tree, runs } = trace;
  const [folded, setFolded] = useState(() => defaultFold(tree));
  const [opened, setOpened] = useState(() => openAtFirst(tree, runs));

  // A newer skeleton numbers the spans anew: what was folded stays folded, by id.
  const before = useRef(tree);
  if (before.current !== tree) {
    const old = before.current;
    before.current = tree;
    const keep = (i) => indexOf(tree, spanId(old, i));
    setFolded(new Set([...folded].map(keep).filter((i) => i >= 0 && hasChildren(tree, i))));
    setOpened(new Set([...opened].map(keep).filter((i) => i >= 0).map((i) => (runs.first[i] < 0 ? i : runs.first[i]))));
  }

  useEffect(() => {
    if (selected < 0) return;
    const next = new Set(folded);
    if (reveal(tree, next, selected)) setFolded(next);
    const run = runs.first[selected];
    if (run >= 0 && run !== selected && !opened.has(run)) setOpened(new Set([...opened, run]));
  }, [tree, selected]);

  const keep = useMemo(() => {
    if (!flags || mode === "dim") return undefined;
    return mode === "hide" ? withAncestors(tree, flags) : flags;
  }, [tree, flags, mode]);
  const rows = useMemo(() => rowsOf(tree, runs, folded, opened, keep), [tree, runs, folded, opened, keep]);

  const toggled = (set, i, on) => {
    const after = new Set(set);
    if (on ?? !after.has(i)) after.add(i);
    else after.delete(i);
    return after;
  };
  const fold = useCallback((i, closed) => setFolded((set) => toggled(set, i, closed)), []);
  const openRun = useCallback((i, open) => setOpened((set) => toggled(set, i, open)), []);
  const foldFrom = useCallback((depth) => {
    const all = new Set();
    for (let i = 0; i < tree.n; i += 1) if (hasChildren(tree, i) && tree.depth[i] >= depth) all.add(i);
    setFolded(all);
    setOpened(NOTHING);
  }, [tree]);
  const unfoldAll = useCallback(() => {
    setFolded(NOTHING);
    setOpened(new Set(runs.runs.keys()));
  }, [runs]);
  return { rows, folded, opened, fold, openRun, foldFrom, unfoldAll, at: (i) => placeOf(rows, runs, i), isFlat: mode === "only" && Boolean(keep) };
}

/** The depth from which on everything is folded now: 0 when nothing is open below the top. */
export function openDepth(tree, folded) {
  let deepest = 0;
  for (let i = 0; i < tree.n; i = folded.has(i) ? tree.end[i] : i + 1) deepest = Math.max(deepest, tree.depth[i]);
  return deepest;
}

// What the keys of the page of a trace do, and the buttons that do the same.
import { useEffect, useMemo, useRef } from "react";
import { useNavigate } from "react-router";
import { WHOLE, endOf, fitting, inWindow, panned, zoomed } from "./axis.js";
import { useCompare } from "../compare/compare_button.jsx";
import { share, sharedNow } from "../shared/data.js";
import { useKeys } from "../shared/keys.js";
import { spanAt } from "./stops.js";
import { VIEWS } from "./trace_url.js";
import { usualView, viewsOf } from "./view_tabs.jsx";
import { ERROR, find, hasChildren, kindOf, nameOf, spanId } from "./tree.js";
import { openDepth } from "./use_rows.js";

const ZOOM = 0.7;
const PAN = 0.2;
const OF_THE_TREE = {
  h: "left", ArrowLeft: "left", l: "right", ArrowRight: "right", Space: "toggle", "[": "foldAll", "]": "unfoldAll", "{": "less", "}": "more",
  w: "zoomIn", s: "zoomOut", a: "panLeft", d: "panRight", f: "fit", z: "gaps", c: "path",
};

/**
 * Binds the keys and returns the actions by name, for buttons: each a function without arguments. `stops()` says where j and k
 * stop in `view`; what folds, zooms and draws has keys in the tree only.
 */
export function useTraceKeys({ trace, view, stops, rows, matches, selected, select, url, change, go, axis, live, copyLink }) {
  const { tree } = trace;
  const navigate = useNavigate();
  const compare = useCompare();
  const fitted = useRef(null);
  const actions = useMemo(() => {
    const step = (by) => select(spanAt(stops(), by));
    const seek = (by, fits) => select(find(tree, selected, by, fits));
    const isError = (i) => tree.status[i] === ERROR;
    const isCall = (i) => kindOf(tree, i) === "llm";
    const isPeer = (i) => tree.name[i] === tree.name[selected] && tree.kind[i] === tree.kind[selected];
    const isSibling = (i) => tree.parent[i] === tree.parent[selected];
    const match = (by) => {
      if (!matches.length) return;
      const ahead = by > 0 ? matches.find((i) => i > selected) : matches.findLast((i) => i < selected);
      select(ahead ?? (by > 0 ? matches[0] : matches.at(-1)));
    };
    const zoom = url.zoom || WHOLE;
    const setZoom = (next) => change({ zoom: next });
    /** By keys, the selected span stays where it is, if it is in sight. */
    const anchor = () => {
      const share = inWindow(zoom, axis.place((tree.start_us[selected] + endOf(tree, selected)) / 2));
      return share > 0 && share < 1 ? share : 0.5;
    };
    const run = trace.runs.first[selected];
    const left = () => {
      if (hasChildren(tree, selected) && !rows.folded.has(selected)) rows.fold(selected, true);
      else if (run >= 0 && rows.opened.has(run)) {
        rows.openRun(run, false);
        select(run);
      } else if (tree.parent[selected] >= 0) select(tree.parent[selected]);
    };
    const right = () => {
      if (rows.folded.has(selected)) rows.fold(selected, false);
      else if (run >= 0 && !rows.opened.has(run)) rows.openRun(run, true);
      else if (hasChildren(tree, selected)) select(selected + 1);
    };
    const neighbour = (by) => {
      const list = sharedNow("listRows");
      const id = list?.[list.indexOf(tree.trace.trace_id) + by];
      if (id && list.includes(tree.trace.trace_id)) navigate(`/trace/${id}`);
    };
    return {
      next: () => step(1),
      previous: () => step(-1),
      pageDown: () => step(20),
      pageUp: () => step(-20),
      first: () => step(-Infinity),
      last: () => step(Infinity),
      left,
      right,
      toggle: () => {
        if (run >= 0) rows.openRun(run);
        else if (hasChildren(tree, selected)) rows.fold(selected);
      },
      foldAll: () => {
        let top = selected;
        while (tree.depth[top] > 1) top = tree.parent[top];
        rows.foldFrom(1);
        select(top);
      },
      unfoldAll: rows.unfoldAll,
      less: () => {
        const depth = Math.max(1, openDepth(tree, rows.folded) - 1);
        rows.foldFrom(depth);
        let top = selected;
        while (tree.depth[top] > depth) top = tree.parent[top];
        select(top);
      },
      more: () => rows.foldFrom(openDepth(tree, rows.folded) + 1),
      nextError: () => seek(1, isError),
      previousError: () => seek(-1, isError),
      nextCall: () => seek(1, isCall),
      previousCall: () => seek(-1, isCall),
      nextPeer: () => seek(1, isPeer),
      previousPeer: () => seek(-1, isPeer),
      nextSibling: () => seek(1, isSibling),
      previousSibling: () => seek(-1, isSibling),
      nextMatch: () => match(1),
      previousMatch: () => match(-1),
      zoomIn: () => setZoom(zoomed(zoom, ZOOM, anchor())),
      zoomOut: () => setZoom(zoomed(zoom, 1 / ZOOM, anchor())),
      panLeft: () => setZoom(panned(zoom, -PAN)),
      panRight: () => setZoom(panned(zoom, PAN)),
      fit: () => {
        const again = fitted.current === selected && url.zoom;
        fitted.current = again ? null : selected;
        setZoom(again ? null : fitting(tree, axis, selected));
      },
      gaps: () => change({ gaps: !url.gaps, zoom: null }),
      path: () => change({ path: !url.path }),
      nextTrace: () => neighbour(1),
      previousTrace: () => neighbour(-1),
      compareTrace: () => compare(tree.trace.trace_id, tree.trace.name || "unnamed"),
      compareSpan: () => compare(`${tree.trace.trace_id}/${spanId(tree, selected)}`, nameOf(tree, selected)),
      pause: () => live.setHeld(!live.held),
      back: () => navigate(sharedNow("origin") || `/${sharedNow("listSearch") || ""}`),
    };
  }, [trace, view, rows, matches, selected, select, url, change, axis, live, navigate]);

  const latest = useRef(actions);
  latest.current = actions;
  useEffect(() => {
    const command = (title, note, name) => ({ title, note, does: () => latest.current[name]() });
    share({ pageCommands: [command("Compare this trace", "=", "compareTrace"), command("Compare the selected span", "+", "compareSpan")] });
    return () => share({ pageCommands: [] });
  }, []);

  const clear = () => {
    if (url.find || url.pick) change({ find: "", pick: "" });
    else if (url.area || url.zoom) change({ area: null, zoom: null });
    else actions.back();
  };
  const bound = {
    j: "next", ArrowDown: "next", k: "previous", ArrowUp: "previous", PageDown: "pageDown", PageUp: "pageUp", Home: "first", End: "last",
    e: "nextError", E: "previousError", ".": "nextCall", ",": "previousCall", t: "nextPeer", T: "previousPeer", n: "nextMatch", N: "previousMatch",
    J: "nextTrace", K: "previousTrace", p: "pause", "=": "compareTrace", "+": "compareSpan", ...(view === "tree" && OF_THE_TREE),
  };
  const map = Object.fromEntries(Object.entries(bound).map(([key, name]) => [key, () => actions[name]()]));
  VIEWS.forEach((view, i) => {
    if (viewsOf(tree).includes(view)) map[String(i + 1)] = () => go({ view: view === usualView(tree) ? "" : view });
  });
  map.y = copyLink;
  map.Escape = clear;
  map["/"] = () => { document.getElementById("find-in-trace")?.focus(); };
  useKeys(map);
  return actions;
}

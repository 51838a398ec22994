// One trace: answers above, tree and timeline at the left, the content of the selected span at the right.
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { useLocation, useNavigate } from "react-router";
import { getJson, sharedNow } from "./data.js";
import { useKeys } from "./keys.js";
import { Failed, Waiting, copyText } from "./parts.jsx";
import { SpanPane } from "./span_pane.jsx";
import { forget } from "./spans.js";
import { Splitter } from "./splitter.jsx";
import { TraceGrid } from "./trace_grid.jsx";
import { TraceHeader } from "./trace_header.jsx";
import { ERROR, buildTree, defaultFold, find, firstError, hasChildren, indexOf, kindOf, reveal, rowOf, spanId, visibleRows } from "./tree.js";

export function TraceView({ version, changed }) {
  const location = useLocation();
  const traceId = /^\/trace\/([^/]+)/.exec(location.pathname)?.[1] || "";
  return <OneTrace key={traceId} traceId={traceId} version={version} changed={changed} />;
}

function OneTrace({ traceId, version, changed }) {
  const navigate = useNavigate();
  const [tree, setTree] = useState(null);
  const [error, setError] = useState(null);
  const [slow, setSlow] = useState(false);
  const [folded, setFolded] = useState(() => new Set());
  const [selected, setSelected] = useState(-1);
  const etag = useRef(null);
  const latest = useRef({});
  latest.current = { tree, folded, selected };

  /** Fetch the skeleton. What is folded and selected stays, by span id, when a newer one arrives. */
  const load = useCallback(async (signal) => {
    try {
      const { data, etag: tag } = await getJson(`/ui-api/traces/${traceId}/skeleton`, { signal });
      if (tag && tag === etag.current) return;
      etag.current = tag;
      const next = buildTree(data);
      const { tree: old, folded: oldFolded, selected: oldSelected } = latest.current;
      const keep = (i) => indexOf(next, spanId(old, i));
      let fold;
      let pick;
      if (old) {
        fold = new Set([...oldFolded].map(keep).filter((i) => i >= 0 && hasChildren(next, i)));
        pick = oldSelected >= 0 ? keep(oldSelected) : -1;
      } else {
        fold = defaultFold(next);
        pick = indexOf(next, new URLSearchParams(window.location.search).get("span"));
        reveal(next, fold, pick);
      }
      if (pick < 0 && next.n > 0) pick = firstPick(next);
      setFolded(fold);
      setSelected(pick);
      setTree(next);
      setError(null);
      document.title = `${data.trace.name || "Trace"} · LLM Tracer`;
    } catch (problem) {
      if (problem.name !== "AbortError" && !(latest.current.tree && problem.status !== 404)) setError(problem);
    }
  }, [traceId]);

  useEffect(() => {
    const abort = new AbortController();
    const timer = setTimeout(() => setSlow(true), 150);
    load(abort.signal).finally(() => clearTimeout(timer));
    return () => {
      clearTimeout(timer);
      abort.abort();
    };
  }, [load]);

  const seen = useRef(version);
  useEffect(() => {
    const skipped = version !== seen.current + 1;
    const first = seen.current === 0;
    if (version === seen.current) return;
    seen.current = version;
    if (first && latest.current.tree) return;
    if (skipped || changed === "*" || changed.includes(traceId)) {
      forget(traceId);
      load();
    }
  }, [version]);

  /** Select a span: rows that hide it open, the address follows without a navigation. */
  const select = useCallback((i) => {
    const { tree: now, folded: hidden } = latest.current;
    if (!now || i < 0 || i >= now.n) return;
    const opened = new Set(hidden);
    if (reveal(now, opened, i)) setFolded(opened);
    setSelected(i);
  }, []);
  useEffect(() => {
    if (!tree || selected < 0) return undefined;
    // Browsers count calls of replaceState; a held key must not use them up.
    const timer = setTimeout(() => {
      const url = `${window.location.pathname}?span=${spanId(tree, selected)}`;
      window.history.replaceState(window.history.state, "", url);
    }, 120);
    return () => clearTimeout(timer);
  }, [tree, selected]);

  const rows = useMemo(() => (tree ? visibleRows(tree, folded) : new Int32Array(0)), [tree, folded]);
  const fold = useCallback((i, closed) => {
    setFolded((before) => {
      const after = new Set(before);
      if (closed ?? !after.has(i)) after.add(i);
      else after.delete(i);
      return after;
    });
  }, []);

  const step = (by) => {
    const at = rowOf(rows, selected);
    select(rows[Math.max(0, Math.min(rows.length - 1, at + by))]);
  };
  const seek = (by, fits) => {
    const i = find(tree, selected, by, fits);
    if (i >= 0) select(i);
  };
  const isError = (i) => tree.status[i] === ERROR;
  const isCall = (i) => kindOf(tree, i) === "llm";
  const guarded = (run) => (event) => (tree ? run(event) : false);
  const left = guarded(() => {
    if (hasChildren(tree, selected) && !folded.has(selected)) fold(selected, true);
    else if (tree.parent[selected] >= 0) select(tree.parent[selected]);
  });
  const right = guarded(() => {
    if (folded.has(selected)) fold(selected, false);
    else if (hasChildren(tree, selected)) select(selected + 1);
  });
  const back = () => navigate(`/${sharedNow("listSearch") || ""}`);
  useKeys({
    j: guarded(() => step(1)),
    ArrowDown: guarded(() => step(1)),
    k: guarded(() => step(-1)),
    ArrowUp: guarded(() => step(-1)),
    PageDown: guarded(() => step(20)),
    PageUp: guarded(() => step(-20)),
    Home: guarded(() => select(rows[0])),
    End: guarded(() => select(rows[rows.length - 1])),
    h: left,
    ArrowLeft: left,
    l: right,
    ArrowRight: right,
    "[": guarded(() => {
      const all = new Set();
      for (let i = 0; i < tree.n; i += 1) if (hasChildren(tree, i) && tree.depth[i] > 0) all.add(i);
      let top = selected;
      while (tree.depth[top] > 1) top = tree.parent[top];
      setFolded(all);
      setSelected(top);
    }),
    "]": guarded(() => setFolded(new Set())),
    e: guarded(() => seek(1, isError)),
    E: guarded(() => seek(-1, isError)),
    ".": guarded(() => seek(1, isCall)),
    ",": guarded(() => seek(-1, isCall)),
    y: () => { copyText(window.location.href); },
    Escape: back,
  });

  if (error) {
    return (
      <Failed error={error} what={error.status === 404 ? "There is no such trace" : undefined}
        retry={() => { setError(null); load(); }} />
    );
  }
  if (!tree) return <div className="trace-page">{slow && <Waiting lines={16} label="Loading the trace" />}</div>;
  const failed = firstError(tree);
  return (
    <div className="trace-page">
      <TraceHeader trace={tree.trace} back={back}
        jump={failed >= 0 ? () => select(failedSpan(tree, failed)) : null} />
      {tree.n === 0 ? (
        <Failed error={{ title: "No spans yet", detail: "This trace has been opened, but none of its spans has arrived." }} />
      ) : (
        <Splitter name="trace" start={0.56} min={320}
          first={<TraceGrid tree={tree} rows={rows} folded={folded} selected={selected} select={select} fold={fold} />}
          second={<SpanPane traceId={traceId} tree={tree} selected={selected} select={select} />} />
      )}
    </div>
  );
}

/** Where the eye should be at first: at what failed, else at the only model call, else at the root. */
function firstPick(tree) {
  const failed = firstError(tree);
  if (failed >= 0 && tree.trace.status === "error") return failedSpan(tree, failed);
  let call = -1;
  for (let i = 0; i < tree.n; i += 1) {
    if (kindOf(tree, i) !== "llm") continue;
    if (call >= 0) return 0;
    call = i;
  }
  return call >= 0 ? call : 0;
}

/** The span that the summary names as the failing one, else the first error. */
function failedSpan(tree, fallback) {
  const named = indexOf(tree, tree.trace.error?.span_id);
  return named >= 0 && tree.errors[named] === 1 ? named : fallback;
}

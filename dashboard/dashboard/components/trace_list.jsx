// The list of traces. The address holds the question, use_traces.js fetches the answer, this draws it and moves in it.
import { useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from "react";
import { useLocation, useNavigate } from "react-router";
import { share, useNow } from "./data.js";
import { EmptyState, NoResults } from "./empty_state.jsx";
import { useKeys } from "./keys.js";
import { COLUMNS, End, Figures, Head, Unreadable } from "./list_parts.jsx";
import { RANGES, listPath, readList } from "./list_url.js";
import { Failed, Waiting } from "./parts.jsx";
import { TraceRow } from "./trace_row.jsx";
import { useTraces } from "./use_traces.js";

// Where the eye was in the last list, so that Back finds the same place: {key, selected, top}.
let place = null;

export function TraceList({ version, health }) {
  const location = useLocation();
  const navigate = useNavigate();
  const list = useMemo(() => readList(location.search), [location.search]);
  const key = listPath(list);
  const traces = useTraces(list, key, version, health.state === "connected");
  const { rows, ready, error, load } = traces;
  const [selected, setSelected] = useState(() => (place?.key === key ? place.selected : -1));
  const body = useRef(null);
  const here = useRef({ key, selected, top: place?.key === key ? place.top : 0 });
  here.current = { ...here.current, key, selected };

  useEffect(() => {
    document.title = "Traces · LLM Tracer";
    share({ listSearch: location.search, queryError: null });
  }, [location.search]);
  useLayoutEffect(() => {
    // Before the first paint after Back; another question begins at its top.
    if (body.current) body.current.scrollTop = place?.key === key ? place.top : 0;
    if (place?.key !== key) setSelected(-1);
    place = null;
  }, [key]);
  // The page of a trace goes on to the next one of this list.
  useEffect(() => share({ listRows: rows.map((trace) => trace.trace_id) }), [rows]);
  useEffect(() => () => { place = here.current; }, []);

  const go = (change) => navigate(listPath({ ...list, ...change }));
  const showNew = () => {
    load();
    setSelected(-1);
    if (body.current) body.current.scrollTop = 0;
  };
  useListKeys({ rows, selected, setSelected, showNew, open: (trace) => navigate(`/trace/${trace.trace_id}`) });

  if (ready && !error && rows.length === 0 && !list.q && list.range === "all") return <EmptyState health={health} />;
  let content;
  if (error?.position != null) content = <Unreadable q={list.q} error={error} clear={() => go({ q: "" })} />;
  else if (error && rows.length === 0) content = <Failed error={error} retry={load} />;
  else if (ready && rows.length === 0) {
    const rangeText = RANGES.find(([id]) => id === list.range)[1];
    content = <NoResults list={list} clearQuery={() => go({ q: "" })} clearRange={() => go({ range: "all" })} rangeText={rangeText} />;
  } else {
    content = (
      <div className="rows" ref={body} role="table" aria-label="Traces" aria-rowcount={rows.length} aria-busy={!ready}
        onScroll={(event) => { here.current.top = event.currentTarget.scrollTop; }}>
        <div className="row head" role="row">
          {COLUMNS.map(([sort, text, name], i) => <Head key={i} sort={sort} text={text} name={name} list={list} go={go} />)}
        </div>
        {ready ? <Rows rows={rows} selected={selected} select={setSelected} /> : traces.slow && <Waiting lines={14} label="Loading traces" />}
        {ready && <End {...traces} />}
      </div>
    );
  }
  return (
    <div className="list-page">
      <div className="list-bar">
        <h1>Traces</h1>
        <label className="select">
          <span className="away">Time range</span>
          <select value={list.range} onChange={(event) => go({ range: event.target.value })}>
            {RANGES.map(([id, text]) => <option key={id} value={id}>{text}</option>)}
          </select>
        </label>
        {traces.fresh > 0 && (
          <button type="button" className="pill" onClick={showNew} title="Show them (r)">
            ↑ {traces.fresh >= 50 ? "50+" : traces.fresh} new
          </button>
        )}
        {rows.length > 0 && <Figures rows={rows} more={traces.more} />}
      </div>
      {content}
    </div>
  );
}

function Rows({ rows, selected, select }) {
  const now = useNow(10_000);
  const longest = useMemo(() => rows.reduce((max, trace) => Math.max(max, trace.duration_ms || 0), 0), [rows]);
  const onSelect = useCallback((index) => select(index), [select]);
  return rows.map((trace, index) => (
    <TraceRow key={trace.trace_id} trace={trace} index={index} selected={index === selected} now={now} longest={longest} onSelect={onSelect} />
  ));
}

/** Moving and opening by keys. */
function useListKeys({ rows, selected, setSelected, showNew, open }) {
  const move = (index) => {
    if (!rows.length) return;
    const to = Math.max(0, Math.min(rows.length - 1, index));
    setSelected(to);
    document.getElementById(`t-${rows[to].trace_id}`)?.scrollIntoView({ block: "nearest" });
  };
  const jump = (step) => {
    for (let i = selected + step; i >= 0 && i < rows.length; i += step) {
      if (rows[i].status === "error" || rows[i].error_count > 0) {
        move(i);
        return;
      }
    }
  };
  const next = () => move(selected + 1);
  const previous = () => move(selected < 0 ? 0 : selected - 1);
  useKeys({
    j: next,
    ArrowDown: next,
    k: previous,
    ArrowUp: previous,
    Home: () => move(0),
    End: () => move(rows.length - 1),
    PageDown: () => move(selected + 15),
    PageUp: () => move(selected - 15),
    e: () => jump(1),
    E: () => jump(-1),
    r: showNew,
    Enter: () => (rows[selected] ? open(rows[selected]) : false),
    Escape: () => (selected >= 0 ? setSelected(-1) : false),
  });
}

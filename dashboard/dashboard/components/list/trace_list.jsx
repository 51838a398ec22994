// The list of traces. The address holds the question; rows, figures and facets are fetched for it; this puts them together.
import { useEffect, useMemo, useRef, useState } from "react";
import { useLocation, useNavigate } from "react-router";
import { fitting, keepColumns, keptColumns } from "./columns.js";
import { ColumnsMenu } from "./columns_menu.jsx";
import { comparePath } from "../compare/compare_url.js";
import { share } from "../shared/data.js";
import { EmptyState } from "./empty_state.jsx";
import { Facets } from "./facets.jsx";
import { Histogram } from "./histogram.jsx";
import { MarkedBar, NewPill, Notice, Unreadable } from "./list_parts.jsx";
import { listKey, listPath, readList } from "../question/list_url.js";
import { NoResults } from "../question/no_results.jsx";
import { Failed } from "../shared/parts.jsx";
import { Peek } from "./peek.jsx";
import { withTerm } from "../question/query_text.js";
import { RangeControl } from "../question/range_control.jsx";
import { searchNow } from "../shared/search_now.js";
import { Totals } from "./totals.jsx";
import { tracePath } from "./trace_row.jsx";
import { TraceTable } from "./trace_table.jsx";
import { useCounts } from "./use_counts.js";
import { useFacetsOpen, useHeard, useNotice, usePlace, useWidth } from "../shared/use_list_page.js";
import { useListKeys } from "./use_list_keys.js";
import { TRACES, usePaged } from "./use_paged.js";
import { ViewsMenu } from "../question/views_menu.jsx";

export function TraceList({ version, health }) {
  const location = useLocation();
  const navigate = useNavigate();
  const list = useMemo(() => readList(location.search), [location.search]);
  const key = listKey(list);
  const heard = useHeard(version, list.live);
  const traces = usePaged(TRACES, list, key, heard, health.state === "connected");
  const { rows, ready, error, load } = traces;
  const body = useRef(null);
  const [selected, setSelected, onScroll] = usePlace("traces", key, body);
  const [marked, setMarked] = useState([]);
  const [notice, tell] = useNotice();
  const [facetsOpen, turnFacets] = useFacetsOpen();
  const counts = useCounts(list, heard, facetsOpen);
  const [columns, setColumns] = useState(keptColumns);
  const [measured, width] = useWidth();
  const shown = useMemo(() => fitting(columns, width), [columns, width]);

  useEffect(() => {
    document.title = "Traces · LLM Tracer";
    share({ listSearch: location.search, queryError: null });
  }, [location.search]);
  // The page of a trace goes on to the next one of this list; the palette offers the first ones.
  useEffect(() => share({ listRows: rows.map((trace) => trace.trace_id), listTraces: rows.slice(0, 30) }), [rows]);

  const go = (change, options) => navigate(listPath({ ...readList(searchNow()), ...change }), options);
  /** `turn(q)` gives the next query. */
  const ask = (turn) => go({ q: turn(readList(searchNow()).q) });
  const peek = (trace) => go({ peek: trace?.trace_id ?? null }, { replace: Boolean(list.peek && trace) });
  const showNew = () => {
    load();
    setSelected(-1);
    if (body.current) body.current.scrollTop = 0;
  };
  const mark = ({ trace_id: id }) => setMarked((ids) => (ids.includes(id) ? ids.filter((one) => one !== id) : [...ids, id]));
  /** The two that are marked, or the marked and the selected one; the older is A. */
  const compare = () => {
    const ids = marked.length === 1 && rows[selected] && rows[selected].trace_id !== marked[0] ? [...marked, rows[selected].trace_id] : marked;
    if (ids.length !== 2) {
      tell("Mark two traces with x to compare them");
      return;
    }
    const began = (id) => rows.find((trace) => trace.trace_id === id)?.start_time ?? "";
    const [a, b] = began(ids[0]) <= began(ids[1]) ? ids : [ids[1], ids[0]];
    navigate(comparePath(a, b));
  };
  const clear = () => {
    if (list.peek) peek(null);
    else if (marked.length) setMarked([]);
    else if (selected >= 0) setSelected(-1);
    else return false;
    return undefined;
  };
  const actions = {
    select: setSelected, open: (trace) => navigate(tracePath(trace)), peek, mark, compare, showNew, turnFacets, tell, clear,
    more: () => traces.more && !traces.busy && traces.loadMore(),
  };
  useListKeys({ rows, selected, peeked: list.peek, marked, actions });
  const peeked = rows.find(({ trace_id: id }) => id === list.peek);

  const isWhole = !list.q && list.range === "all" && list.from == null;
  if (ready && !error && rows.length === 0 && isWhole) return <EmptyState health={health} />;
  const isFailed = error && rows.length === 0; // which then says all there is to say
  let content;
  if (error?.position != null) content = <Unreadable q={list.q} error={error} clear={() => go({ q: "" })} />;
  else if (isFailed) content = <Failed error={error} retry={load} />;
  else if (ready && rows.length === 0 && !traces.more) content = <NoResults list={list} go={go} />;
  else {
    content = (
      <TraceTable traces={traces} columns={shown} list={list} go={go} body={body} selected={selected} marked={marked} pick={setSelected}
        peek={peek} onScroll={onScroll} />
    );
  }
  return (
    <div className="list-page">
      <div className="list-bar">
        <h1>Traces</h1>
        <button type="button" className="drop-button" aria-expanded={facetsOpen} onClick={turnFacets} title="Values of these traces, to narrow down (f)">Facets</button>
        <RangeControl list={list} go={go} error={traces.behind || counts.behind} />
        <NewPill count={traces.fresh} show={showNew} />
        <span className="grow" />
        <Totals stats={counts.stats} stale={counts.stale} go={(term) => ask((q) => withTerm(q, term))} order={(sort) => go({ sort })} />
        <ViewsMenu list={list} />
        <ColumnsMenu chosen={columns} shown={shown} choose={(ids) => { setColumns(ids); keepColumns(ids); }} />
      </div>
      <Histogram stats={counts.stats} stale={counts.stale} zoom={(range) => go(range)} />
      <div className="list-parts">
        {facetsOpen && !isFailed && <Facets latest={counts.facets} error={counts.error} stale={counts.facetsStale} list={list} ask={ask} />}
        <div className="list-body" ref={measured}>{content}<MarkedBar ids={marked} compare={compare} clear={() => setMarked([])} /><Notice text={notice} /></div>
        {list.peek && (
          <Peek id={list.peek} trace={peeked} path={peeked ? tracePath(peeked) : `/trace/${list.peek}`} version={heard} close={() => peek(null)} />
        )}
      </div>
    </div>
  );
}

// The list of spans over all traces: calls rather than runs. The address holds the question, as for traces.
import { useEffect, useMemo, useRef } from "react";
import { Link, useLocation, useNavigate } from "react-router";
import { copied } from "../shared/copying.js";
import { share } from "../shared/data.js";
import { EmptyState } from "./empty_state.jsx";
import { clock, exact, moment } from "../shared/format.js";
import { useKeys } from "../shared/keys.js";
import { NewPill, Notice, Unreadable } from "./list_parts.jsx";
import { ALL, listKey, listPath, listSearch } from "../question/list_url.js";
import { NoResults } from "../question/no_results.jsx";
import { Failed } from "../shared/parts.jsx";
import { RangeControl } from "../question/range_control.jsx";
import { standing } from "../question/query_text.js";
import { searchNow } from "../shared/search_now.js";
import { rowMoves } from "./row_moves.js";
import { elementId } from "./span_list_row.jsx";
import { SpanPeek } from "./span_peek.jsx";
import { SpanTable } from "./span_table.jsx";
import { FAILED, KINDS, readSpans, spanKey, spanPath, spansPath, turned, turnedKind } from "./spans_url.js";
import { useHeard, useNotice, usePlace } from "../shared/use_list_page.js";
import { useOrigin } from "../frame/use_origin.js";
import { SPANS, usePaged } from "./use_paged.js";

export function SpanList({ version, health }) {
  const { search } = useLocation();
  const navigate = useNavigate();
  const list = useMemo(() => readSpans(search), [search]);
  const key = listKey(list);
  const spans = usePaged(SPANS, list, key, useHeard(version, list.live), health.state === "connected");
  const { rows, ready, error, load } = spans;
  const body = useRef(null);
  const [selected, setSelected, onScroll] = usePlace("spans", key, body);
  const [notice, tell] = useNotice();

  useOrigin(spansPath(list));
  useEffect(() => {
    document.title = "Spans · LLM Tracer";
    share({ listSearch: listSearch({ ...list, sort: ALL.sort, peek: null }), queryError: null });
  }, [list]);
  // The page of a trace goes on to the next one of this list.
  useEffect(() => share({ listRows: [...new Set(rows.map((span) => span.trace_id))] }), [rows]);

  const go = (change, options) => navigate(spansPath({ ...readSpans(searchNow()), ...change }), options);
  const peek = (span) => go({ peek: span ? spanKey(span) : null }, { replace: Boolean(list.peek && span) });
  const showNew = () => {
    load();
    setSelected(-1);
    if (body.current) body.current.scrollTop = 0;
  };
  const current = rows[selected];
  useKeys({
    ...rowMoves({
      rows, selected, elementId, isFailed: (span) => span.status === "error",
      select: (index) => {
        setSelected(index);
        if (list.peek) peek(rows[index]);
      },
      more: () => spans.more && !spans.busy && spans.loadMore(),
    }),
    r: showNew,
    y: () => (current ? copied(current.span_id, `Id ${current.span_id}`).then(tell) : false),
    Y: () => { copied(window.location.href, "Link to this list").then(tell); },
    Space: () => (current ? peek(list.peek === spanKey(current) ? null : current) : false),
    Enter: () => (current ? navigate(spanPath(current)) : false),
    Escape: () => {
      if (list.peek) peek(null);
      else if (selected >= 0) setSelected(-1);
      else return false;
      return undefined;
    },
  });

  const isWhole = !list.q && list.range === "all" && list.from == null;
  if (ready && !error && !rows.length && isWhole) return <EmptyState health={health} />;
  let content;
  if (error?.position != null) content = <Unreadable q={list.q} error={error} clear={() => go({ q: "" })} />;
  else if (error && !rows.length) content = <Failed error={error} retry={load} />;
  else if (ready && !rows.length && !spans.more) content = <NoSpans list={list} go={go} />;
  else {
    content = (
      <SpanTable spans={spans} list={list} go={go} body={body} selected={selected} pick={setSelected} peek={peek} onScroll={onScroll} />
    );
  }
  return (
    <div className="list-page">
      <div className="list-bar">
        <h1>Spans</h1>
        <RangeControl list={list} go={go} error={spans.behind} />
        <NewPill count={spans.fresh} show={showNew} />
        <span className="grow" />
        {list.sort !== ALL.sort && spans.stopped && <Ranked {...spans.stopped} />}
        <Narrowing q={list.q} ask={(turn) => go({ q: turn(readSpans(searchNow()).q) })} />
      </div>
      <div className="list-parts">
        <div className="list-body span-list">{content}<Notice text={notice} /></div>
        {list.peek && <SpanPeek id={list.peek} row={rows.find((span) => spanKey(span) === list.peek)} close={() => peek(null)} />}
      </div>
    </div>
  );
}

/** What calls people look for most, by a click; `ask` takes what the next query is made by. */
function Narrowing({ q, ask }) {
  const isOn = (term) => standing(q, term) === "with";
  const [failed, title] = FAILED;
  return (
    <>
      <div className="segments" role="group" aria-label="Kind">
        {KINDS.map(([term, label]) => (
          <button key={term} type="button" aria-pressed={isOn(term)} onClick={() => ask((now) => turnedKind(now, term))} title={term}>{label}</button>
        ))}
      </div>
      <div className="segments" role="group" aria-label="Outcome">
        <button type="button" aria-pressed={isOn(failed)} onClick={() => ask((now) => turned(now, failed))} title={failed}>{title}</button>
      </div>
    </>
  );
}

/** Not all spans of the time stand in the order: since when they do. */
function Ranked({ since, scanned }) {
  return (
    <span className="dim ranked" title={`Ranks the newest ${exact(scanned)} spans in this time range, those since ${moment(since)}. To rank others, choose a shorter range or one that ends earlier.`}>
      ranked since <b>{clock(since, Date.now())}</b>
    </span>
  );
}

/** None that the question finds, and the ways out. */
function NoSpans({ list, go }) {
  const note = list.q && <p className="dim">Here, each term applies to the span itself: <code>status:error</code> finds failed spans, <code>dur&gt;2s</code> checks the span's own duration. In the trace list, terms apply to all spans of a trace together.</p>;
  const other = list.q && <Link className="button plain" to={listPath({ ...list, sort: ALL.sort, peek: null })}>Search traces instead</Link>;
  return <NoResults what="span" list={list} go={go} note={note} other={other} />;
}

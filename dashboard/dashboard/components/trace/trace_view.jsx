// One trace: answers above, then one selection in several views, and the content of the selected span beside them.
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { Link, useLocation } from "react-router";
import { WHOLE, idleGaps, makeAxis } from "./axis.js";
import { callsOf } from "./calls.js";
import { useCopiedLink } from "../frame/copied_link.jsx";
import { sharedNow } from "../shared/data.js";
import { Failed, Waiting } from "../shared/parts.jsx";
import { ChatView } from "./chat_view.jsx";
import { FlowView } from "./flow_view.jsx";
import { Hints } from "./hints.jsx";
import { listed } from "./picks.js";
import { RawView } from "./raw_view.jsx";
import { Scrubber } from "./scrubber.jsx";
import { SpanPane } from "../span/span_pane.jsx";
import { Splitter } from "../shared/splitter.jsx";
import { TableView, useGroups } from "./table_view.jsx";
import { callStops, groupStops, rowStops, spanStops } from "./stops.js";
import { TranscriptView } from "./transcript_view.jsx";
import { TraceGrid } from "./trace_grid.jsx";
import { TraceHeader } from "./trace_header.jsx";
import { TraceTools } from "./trace_tools.jsx";
import { readTraceUrl, traceSearch } from "./trace_url.js";
import { FLAG, brokenAt, find, indexOf, kindOf, spanId } from "./tree.js";
import { useFind } from "./use_find.js";
import { useRows } from "./use_rows.js";
import { useTrace } from "./use_trace.js";
import { useTraceKeys } from "./use_trace_keys.js";
import { useUrlState } from "../shared/use_url_state.js";
import { ViewTabs, usualView, viewsOf } from "./view_tabs.jsx";

const OFTEN = ["span", "zoom", "find"]; // of the address
const MARKED_MAX = 100; // ids that an address carries

export function TraceView({ version, changed }) {
  const location = useLocation();
  const traceId = /^\/trace\/([^/]+)/.exec(location.pathname)?.[1] || "";
  return <OneTrace key={traceId} traceId={traceId} version={version} changed={changed} />;
}

function OneTrace({ traceId, version, changed }) {
  const [held, setHeld] = useState(false);
  const { trace, hints, error, slow, reload, waiting, refresh } = useTrace(traceId, version, changed, held);
  if (error) {
    const isMissing = error.status === 404;
    return <Failed error={error} what={isMissing ? "There is no such trace" : undefined} retry={reload} other={isMissing && <Link className="button plain" to="/">All traces</Link>} />;
  }
  if (!trace) return <div className="trace-page">{slow && <Waiting lines={16} label="Loading the trace" />}</div>;
  if (trace.tree.n === 0) {
    return <Failed error={{ title: "No spans yet", detail: "This trace has been started, but none of its spans has arrived yet." }} />;
  }
  return <Views traceId={traceId} trace={trace} hints={hints} live={{ held, setHeld, waiting, refresh }} />;
}

function Views({ traceId, trace, hints, live }) {
  const { tree, path } = trace;
  const [url, change, go] = useUrlState(readTraceUrl, traceSearch, OFTEN);
  const { view } = url;
  const shown = viewsOf(tree).includes(view) ? view : usualView(tree);

  // The selection is an id, so that it outlives a newer skeleton.
  const chosen = indexOf(tree, url.span);
  const start = useRef(-1);
  if (start.current < 0 || start.current >= tree.n) start.current = firstPick(tree);
  const selected = chosen >= 0 ? chosen : start.current;
  const select = useCallback((i) => {
    if (i >= 0 && i < tree.n) change({ span: spanId(tree, i) });
  }, [tree, change]);

  // The address names what is seen from the start, so that it can be sent on.
  // A span that a link names and that has not come is shown when it comes, unless another was chosen meanwhile.
  const [absent, setAbsent] = useState(null); // {id, instead}, both ids
  useEffect(() => {
    if (chosen < 0) {
      setAbsent(url.span ? { id: url.span, instead: spanId(tree, selected) } : null);
      select(selected);
    } else if (absent) {
      if (url.span !== absent.instead) setAbsent(null);
      else select(indexOf(tree, absent.id));
    }
  }, [tree, chosen, url.span, absent, selected, select]);

  const found = useFind(traceId, trace, url.find, url.pick);
  const rows = useRows(trace, found.flags, url.mode, selected);
  const matches = useMemo(() => listed(found.flags), [found.flags]);

  const gaps = useMemo(() => idleGaps(tree), [tree]);
  const axis = useMemo(() => makeAxis(tree.total, url.gaps ? gaps : []), [tree, gaps, url.gaps]);
  const zoom = url.zoom || WHOLE;
  const setZoom = useCallback((next) => change({ zoom: next }), [change]);

  /** Let spans stand out in the tree, and select the first of them; without ids, all as before. */
  const mark = (ids) => {
    if (!ids.length) change({ pick: "" });
    else go({ pick: `span:${ids.slice(0, MARKED_MAX).join(",")}`, span: ids[0], view: usualView(tree) === "tree" ? "" : "tree" });
  };

  const groups = useGroups(tree, url, shown === "table");
  const calls = useMemo(() => callsOf(tree), [tree]);
  const stops = {
    tree: () => rowStops(rows, selected), chat: () => callStops(calls, selected, tree), table: () => groupStops(groups.rows, selected),
  }[shown] || (() => spanStops(tree, selected));
  const [copyLink, copied] = useCopiedLink();
  const keys = useTraceKeys({ trace, view: shown, stops, rows, matches, selected, select, url, change, go, axis, live, copyLink });
  const broken = brokenAt(tree);
  useEffect(() => { document.title = `${tree.trace.name || "Trace"} · LLM Tracer`; }, [tree]);

  const common = { trace, hints, selected, select, url, change, go };
  const views = {
    tree: () => (
      <TraceGrid trace={trace} rows={rows} axis={axis} zoom={zoom} setZoom={setZoom} area={url.area} change={change} showPath={url.path}
        flags={url.mode === "dim" ? found.flags : null} sought={found.asking ? null : `${url.find} ${url.pick}`} hitOf={found.hitOf} selected={selected} select={select} />
    ),
    transcript: () => <TranscriptView traceId={traceId} {...common} />,
    graph: () => <FlowView {...common} />,
    table: () => <TableView groups={groups} {...common} />,
    raw: () => <RawView traceId={traceId} tree={tree} selected={selected} select={select} />,
  };
  const content = shown === "chat" ? <ChatView traceId={traceId} {...common} /> : (
    <Splitter name="trace" start={0.58} min={320}
      first={
        <div className="trace-left">
          <TraceTools {...common} find={found} matches={matches} gaps={gaps} keys={keys} view={shown} />
          {views[shown]()}
          <Scrubber tree={tree} selected={selected} keys={keys} />
        </div>
      }
      second={<SpanPane traceId={traceId} tree={tree} hints={hints} selected={selected} select={select} find={url.find} tab={url.tab} setTab={(tab) => change({ tab })} />} />
  );
  return (
    <div className="trace-page">
      <TraceHeader trace={tree.trace} waits={tree.n > 1 ? trace.waits : []} isSaid={shown === "chat" && calls.length === 1} back={keys.back} listed={sharedNow("listRows")} keys={keys} live={live}
        pick={url.pick} choose={(pick) => change({ pick: url.pick === pick ? "" : pick })}
        underline={shown === "tree" ? { on: url.path, flip: keys.path } : null}
        jump={broken >= 0 ? () => select(broken) : null}
        tabs={<ViewTabs tree={tree} view={shown} go={go} />} />
      <Hints told={hints} marked={url.pick.startsWith("span:") ? url.pick.slice(5).split(",") : []} marks={mark} />
      {absent && <p className="absent" role="status">The link names the span <code>{absent.id}</code>, which has not arrived. If it does, it is shown.</p>}
      {content}
      {copied}
    </div>
  );
}

/** Where the eye should be at first: at what failed, at what runs now, else at the only model call, else at the root. */
function firstPick(tree) {
  const broken = brokenAt(tree);
  if (broken >= 0 && tree.trace.status === "error") return broken;
  if (tree.trace.status === "running") return Math.max(0, find(tree, tree.n, -1, (i) => (tree.flags[i] & FLAG.open) !== 0));
  let call = -1;
  for (let i = 0; i < tree.n; i += 1) {
    if (kindOf(tree, i) !== "llm") continue;
    if (call >= 0) return 0;
    call = i;
  }
  return call >= 0 ? call : 0;
}

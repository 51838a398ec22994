// The content of the selected span: its head at once from the skeleton, the rest when it has come.
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { Attributes } from "./attributes.jsx";
import { callsOf, lastCallBelow } from "../trace/calls.js";
import { Documents } from "../content/documents.jsx";
import { Events } from "./events.jsx";
import { errorType, withoutBody } from "../shared/format.js";
import { SpanHints } from "../trace/hints.jsx";
import { useKeys } from "../shared/keys.js";
import { JsonTree } from "../content/json_tree.jsx";
import { Messages } from "../content/messages.jsx";
import { Notes } from "./notes.jsx";
import { Failed, Fold, LongText, Waiting } from "../shared/parts.jsx";
import { Scores } from "../shared/scores.jsx";
import { SpanHeader } from "./span_header.jsx";
import { Sought, useLit, useSought } from "../shared/sought.js";
import { loadSpan } from "./spans.js";
import { firstCause } from "../content/stack.js";
import { StackText } from "../content/stack_text.jsx";
import { Linking, linksByPlace } from "../content/tool_links.jsx";
import { indexOf, kindOf, spanId } from "../trace/tree.js";
import { InputOutput, hasInputOutput } from "./input_output.jsx";
import { LastCall } from "./last_call.jsx";
import { useSpan } from "./use_span.js";
import { useStill } from "../shared/use_still.js";

/** Fetch the neighbours when the eye rests, so that the next key press shows content at once. */
function usePrefetch(traceId, tree, selected, ready) {
  useEffect(() => {
    if (!ready) return undefined;
    const abort = new AbortController();
    const timer = setTimeout(() => {
      for (const i of [selected + 1, selected - 1]) {
        if (i >= 0 && i < tree.n) loadSpan(traceId, spanId(tree, i), abort.signal).catch(() => {});
      }
    }, 150);
    return () => {
      clearTimeout(timer);
      abort.abort();
    };
  }, [traceId, tree, selected, ready]);
}

const BODY_MAX = 20_000; // characters: what is longer is no answer of an API

const rememberedTab = new Map(); // by kind of span

/** `hints` are those of useTrace; `find` is what is searched for; `tab` is the one in the address, null for the one that is usual for the kind. */
export function SpanPane({ traceId, tree, hints, selected, select, find, tab, setTab }) {
  const id = selected < 0 ? null : spanId(tree, selected);
  const { span, error, slow, retry } = useSpan(traceId, id, tree);
  usePrefetch(traceId, tree, selected, Boolean(span));
  const body = useRef(null);
  useEffect(() => { if (body.current) body.current.scrollTop = 0; }, [id]);
  const [aim, setAim] = useState(null);
  /** Go to a span, and in it to a message or a tool definition when the place names one. */
  const go = useCallback((place) => {
    const i = indexOf(tree, place.span_id);
    if (i < 0) return;
    if (place.side || place.index !== undefined) {
      rememberedTab.set(kindOf(tree, i), "messages");
      setTab(null);
    }
    setAim({ ...place });
    select(i);
  }, [tree, select, setTab]);
  useEffect(() => { setAim((old) => (old && old.span_id !== id ? null : old)); }, [id]);
  const linking = useMemo(() => ({ links: span ? linksByPlace(span) : new Map(), spanId: id, go }), [span, id, go]);
  const growth = useMemo(
    () => callsOf(tree).filter((i) => tree.tokens[i] != null).map((i) => ({ tokens: tree.tokens[i], here: i === selected })), [tree, selected],
  );
  const ofSpan = useMemo(() => hints.hints.filter((hint) => hint.span_ids.includes(id)), [hints, id]);
  const call = useMemo(() => (selected < 0 ? -1 : lastCallBelow(tree, selected)), [tree, selected]);
  const below = call < 0 ? null : () => <LastCall traceId={traceId} tree={tree} call={call} go={go} />;
  if (selected < 0) return <section className="pane" aria-label="Span" />;
  return (
    <section className="pane" aria-label="Span">
      <SpanHeader traceId={traceId} tree={tree} i={selected} span={span} />
      {error && !span ? <Failed error={error} retry={retry} /> : span ? (
        <Linking.Provider value={linking}>
          <Sought.Provider value={find.trim().toLowerCase()}>
            <Content key={id} span={span} hints={ofSpan} body={body} growth={growth} below={below} aim={aim?.span_id === id ? aim : null} asked={tab} setAsked={setTab} />
          </Sought.Provider>
        </Linking.Provider>
      ) : slow ? <Waiting lines={9} label="Loading the span" /> : null}
    </section>
  );
}

/** The tabs that have data, in the order of reading. `below` draws the last call below the span, null where there is none. */
function tabsOf(span, aim, growth, below) {
  const tabs = [];
  const talks = span.input_messages?.length || span.output_messages?.length || span.system?.length;
  if (talks) tabs.push(["messages", "Messages", () => <Messages span={span} aim={aim} growth={growth} />]);
  if (span.documents?.length || span.rerank) {
    tabs.push(["documents", "Documents", () => <Documents span={span} />, span.documents?.length]);
  }
  // The address of a request says nothing of what was asked.
  if (below && (tabs.length === 0 && !hasInputOutput(span) || span.kind === "http")) tabs.push(["call", "Last call", below]);
  if (hasInputOutput(span)) tabs.push(["io", "Input / Output", () => <InputOutput span={span} />]);
  const attributes = Object.keys(span.attributes || {}).length;
  tabs.push(["attributes", "Attributes", () => <Attributes span={span} />, attributes]);
  if (span.events?.length || span.links?.length) {
    tabs.push(["events", "Events", () => <Events span={span} />, (span.events?.length || 0) + (span.links?.length || 0)]);
  }
  tabs.push(["raw", "Raw", () => <Raw span={span} />]);
  return tabs;
}

function Content({ span, hints, body, growth, aim, below, asked, setAsked }) {
  const tabs = tabsOf(span, aim, growth, below);
  const has = (id) => tabs.some(([one]) => one === id);
  const remembered = rememberedTab.get(span.kind);
  const current = tabs.find(([id]) => id === (has(asked) ? asked : has(remembered) ? remembered : tabs[0][0]));
  const choose = (id) => {
    rememberedTab.set(span.kind, id);
    setAsked(id);
    if (body.current) body.current.scrollTop = 0;
  };
  const unraw = useRef(tabs[0][0]); // what `r` leads back to
  const beside = (by) => tabs[(tabs.indexOf(current) + by + tabs.length) % tabs.length][0];
  const flipRaw = () => {
    if (current[0] !== "raw") unraw.current = current[0];
    choose(current[0] === "raw" ? unraw.current : "raw");
  };
  useStill(body, ".message");
  useLit(body, current[0]);
  useKeys({ r: flipRaw, v: () => choose(beside(1)), V: () => choose(beside(-1)) });
  const onKeyDown = (event) => {
    const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!by) return;
    event.preventDefault();
    event.stopPropagation();
    const next = beside(by);
    choose(next);
    document.getElementById(`tab-${next}`)?.focus();
  };
  return (
    <>
      <div className="tabs" role="tablist" aria-label="Content of the span" onKeyDown={onKeyDown}>
        {tabs.map(([id, text, , n]) => (
          <button key={id} type="button" role="tab" id={`tab-${id}`} aria-selected={id === current[0]} aria-controls="tab-panel"
            tabIndex={id === current[0] ? 0 : -1} onClick={() => choose(id)} title={`${text} (v and V: next and previous)`}>
            {text}{n > 0 && <i>{n}</i>}
          </button>
        ))}
      </div>
      <div className="pane-body" data-own-keys ref={body} role="tabpanel" id="tab-panel" aria-labelledby={`tab-${current[0]}`} tabIndex={0}>
        <SpanError span={span} />
        {current === tabs[0] && <SpanHints hints={hints} />}
        {current === tabs[0] && <Scores scores={span.scores} />}
        {current === tabs[0] && <Notes notes={span.notes} except="reading" />}
        {current[0] === "attributes" && <Notes notes={span.notes} only="reading" />}
        {current[2]()}
      </div>
    </>
  );
}

/** What failed, first of all things. */
function SpanError({ span }) {
  if (!span.error && span.status !== "error") return null;
  const { type, message, stack: told } = span.error || {};
  const stack = told && told.trim().includes("\n") ? told : null; // one line only repeats the message
  const cause = stack && firstCause(stack);
  const sent = message || span.status_message;
  return (
    <section className="span-error" aria-label="Error">
      <h3><span aria-hidden="true">✕ </span>{errorType({ type })}</h3>
      {sent ? <Reason sent={sent} /> : <p className="dim">The sender gave no reason.</p>}
      {cause && <p dir="auto"><b>Caused by</b> {cause}</p>}
      {stack && (
        // What was said until it broke is not to be pushed out of sight.
        <StackText stack={stack} open={!span.output_messages?.length} />
      )}
    </section>
  );
}

/** A message. Where it ends with the body of an API's answer, what the body says comes first, and all of it as it was sent is a click away. */
function Reason({ sent }) {
  const said = sent.length > BODY_MAX ? sent : withoutBody(sent);
  const hides = useSought();
  if (said === sent) return <LongText text={sent} />;
  return <><LongText text={said} /><Fold title="As sent" open={hides(sent) && !hides(said)}><LongText text={sent} mono /></Fold></>;
}

function Raw({ span }) {
  return <JsonTree value={span} name="span" />;
}

// A look beside the list: at a trace, what happened, where the time went, what went in and came out.
import { useEffect, useMemo, useState } from "react";
import { Link } from "react-router";
import { makeAxis } from "../trace/axis.js";
import { getJson } from "../shared/data.js";
import { ago, clock, costTitle, count, duration, errorLine, exact, lasted, middle, moment, plural, traceCost, usedNothing } from "../shared/format.js";
import { StatusMark, stateText, traceState } from "../shared/icons.jsx";
import { Strip } from "../trace/minimap.jsx";
import { Copy, Failed, Waiting } from "../shared/parts.jsx";
import { said } from "./said.js";
import { loadSpan } from "../span/spans.js";
import { buildTree, brokenAt, nameOf, spanId } from "../trace/tree.js";
import { useWidth } from "../shared/use_list_page.js";
import { Value } from "../content/value.jsx";
import { jsonText } from "../shared/value_model.js";

const REST_MS = 80; // a held key passes many rows

/**
 * Asks for what is looked at, by `load(signal)`, when a key rests on it; again when `version` moves. Returns {found, error}, empty
 * while what `id` names is not there.
 */
export function useRested(id, version, load) {
  const [state, setState] = useState({ id: null });
  useEffect(() => {
    const abort = new AbortController();
    const timer = setTimeout(() => {
      load(abort.signal).then((found) => setState({ id, found }), (error) => {
        if (error.name !== "AbortError") setState({ id, error });
      });
    }, REST_MS);
    return () => {
      clearTimeout(timer);
      abort.abort();
    };
  }, [id, version]);
  return state.id === id ? state : {};
}

/** The frame of what is looked at: its head, and below it what is known. */
export function PeekFrame({ label, state, icon, name, path, close, children }) {
  return (
    <section className="peek" aria-label={label}>
      <header className="peek-top">
        {state && <StatusMark state={state} />}
        {icon}
        <h2 dir="auto" title={name ?? undefined}>{name ?? "…"}</h2>
        {state && <span className={`state s-${state}`}>{stateText(state)}</span>}
        <span className="grow" />
        <Link className="button" to={path} title="Open (Enter)">Open</Link>
        <button type="button" className="tool-button" onClick={close} aria-label="Close" title="Close (Esc)">✕</button>
      </header>
      <div className="peek-body">{children}</div>
    </section>
  );
}

async function loadTrace(id, signal) {
  const { data: skeleton } = await getJson(`/ui-api/traces/${id}/skeleton`, { signal });
  const tree = buildTree(skeleton, Date.now());
  return { tree, root: tree.n ? await loadSpan(id, spanId(tree, 0), signal) : null };
}

/** `trace`: its row where the list has it; `path`: the address of its page. */
export function Peek({ id, trace, path, version, close }) {
  const { found, error } = useRested(id, version, (signal) => loadTrace(id, signal));
  const { tree, root } = found || {};
  const shown = trace || tree?.trace;
  const words = root && said(root, shown);
  return (
    <PeekFrame label="Peek at a trace" state={shown && traceState(shown)} name={shown && (shown.name || "unnamed")} path={path} close={close}>
      {shown && <Facts trace={shown} />}
      {error && <Failed error={error} />}
      {!tree && !error && <Waiting lines={8} label="Loading the trace" />}
      {tree && <Timeline tree={tree} />}
      {tree && shown?.error && <Broken error={shown.error} tree={tree} id={id} />}
      {words && <Said title="Input" value={words.input} />}
      {words && <Said title="Output" value={words.output} />}
    </PeekFrame>
  );
}

function Facts({ trace }) {
  const { usage } = trace;
  const usesNothing = usedNothing(usage?.total, trace.cost?.total);
  const soFar = lasted(trace, Date.now());
  const facts = [
    ["Started", `${ago(trace.start_time, Date.now())}, ${clock(trace.start_time, Date.now())}`, moment(trace.start_time)],
    ["Duration", trace.duration_ms == null && soFar != null ? `${duration(soFar)} so far` : duration(trace.duration_ms), trace.duration_ms == null ? "Not finished yet" : `${trace.duration_ms} ms`],
    ["Tokens", usage && !usesNothing && `${count(usage.input)} → ${count(usage.output)}`, usage && `${exact(usage.total)} tokens`],
    ["Cost", trace.cost && !usesNothing && traceCost(trace.cost), costTitle(trace.cost)],
    ["Spans", exact(trace.span_count), plural(trace.span_count, "span")],
    ["Errors", trace.error_count > 0 && exact(trace.error_count), "Spans in error"],
    ["Answer", trace.answer_cut && "cut off", "A model's answer ended at its token limit (has:cut)"],
    ["Model", trace.models?.join(", "), trace.models?.join(", ")],
    ["Session", trace.session_id && middle(trace.session_id, 24), trace.session_id],
    ["User", trace.user_id && middle(trace.user_id, 24), trace.user_id],
    ["Tags", trace.tags?.concat(trace.shortened?.includes("tags") ? "…" : []).join(", "), trace.tags?.join(", ")],
  ];
  return <FactList facts={facts} id={trace.trace_id} />;
}

/** `facts`: [name, text, title]; those without a text are left out. */
export function FactList({ facts, id }) {
  return (
    <dl className="peek-facts">
      {facts.filter(([, text]) => text).map(([name, text, title]) => <div key={name}><dt>{name}</dt><dd title={title} dir="auto">{text}</dd></div>)}
      <div><dt>Id</dt><dd className="mono" title={id}>{middle(id, 13)}<Copy text={id} label="Copy the id" /></dd></div>
    </dl>
  );
}

function Timeline({ tree }) {
  const [box, width] = useWidth();
  const axis = useMemo(() => makeAxis(tree.total), [tree]);
  return (
    <div className="peek-timeline" ref={box} role="img" aria-label={`${plural(tree.n, "span")} over ${duration(tree.total / 1000)}`}>
      <Strip tree={tree} axis={axis} width={width} />
    </div>
  );
}

function Broken({ error, tree, id }) {
  const at = brokenAt(tree);
  return (
    <p className="peek-error">
      {at >= 0 && <Link className="jump" to={`/trace/${id}?span=${spanId(tree, at)}`}>{nameOf(tree, at)}</Link>}
      {errorLine(error)}
    </p>
  );
}

export function Said({ title, value }) {
  if (value == null || value === "") return null;
  return (
    <section className="block">
      <header><h3>{title}</h3><Copy text={() => (typeof value === "string" ? value : jsonText(value))} label={`Copy: ${title}`} /></header>
      <Value value={value} />
    </section>
  );
}

// A look at a trace beside the list: what happened, where the time went, what went in and came out.
import { useEffect, useMemo, useState } from "react";
import { Link } from "react-router";
import { makeAxis } from "./axis.js";
import { getJson } from "./data.js";
import { ago, clock, costTitle, count, duration, errorLine, exact, middle, moment, plural, traceCost } from "./format.js";
import { StatusMark, stateText, traceState } from "./icons.jsx";
import { Strip } from "./minimap.jsx";
import { Copy, Failed, Waiting } from "./parts.jsx";
import { said } from "./said.js";
import { loadSpan } from "./spans.js";
import { buildTree, firstError, nameOf, spanId } from "./tree.js";
import { useWidth } from "./use_list_page.js";
import { Value } from "./value.jsx";
import { jsonText } from "./value_model.js";

const REST_MS = 80; // a held key passes many rows

/** Follows `id`; `version` moves when any trace changed. Returns {tree, root (its content), error}, empty while not there. */
function usePeek(id, version) {
  const [found, setFound] = useState({ id: null });
  useEffect(() => {
    const abort = new AbortController();
    const { signal } = abort;
    const timer = setTimeout(async () => {
      try {
        const { data: skeleton } = await getJson(`/ui-api/traces/${id}/skeleton`, { signal });
        const tree = buildTree(skeleton);
        const root = tree.n ? await loadSpan(id, spanId(tree, 0), signal) : null;
        setFound({ id, tree, root });
      } catch (error) {
        if (error.name !== "AbortError") setFound({ id, error });
      }
    }, REST_MS);
    return () => {
      clearTimeout(timer);
      abort.abort();
    };
  }, [id, version]);
  return found.id === id ? found : {};
}

/** `trace`: its row where the list has it; `path`: the address of its page. */
export function Peek({ id, trace, path, version, close }) {
  const { tree, root, error } = usePeek(id, version);
  const shown = trace || tree?.trace;
  const words = root && said(root, shown);
  return (
    <section className="peek" aria-label="Peek at a trace">
      <header className="peek-top">
        {shown && <StatusMark state={traceState(shown)} />}
        <h2 title={shown?.name}>{shown?.name || (shown ? "unnamed" : "…")}</h2>
        {shown && <span className={`state s-${traceState(shown)}`}>{stateText(traceState(shown))}</span>}
        <span className="grow" />
        <Link className="button" to={path} title="Open (Enter)">Open</Link>
        <button type="button" className="tool-button" onClick={close} aria-label="Close" title="Close (Esc)">✕</button>
      </header>
      <div className="peek-body">
        {shown && <Facts trace={shown} />}
        {error && <Failed error={error} />}
        {!tree && !error && <Waiting lines={8} label="Loading the trace" />}
        {tree && <Timeline tree={tree} />}
        {tree && shown?.error && <Broken error={shown.error} tree={tree} id={id} />}
        {words && <Said title="Input" value={words.input} />}
        {words && <Said title="Output" value={words.output} />}
      </div>
    </section>
  );
}

function Facts({ trace }) {
  const { usage } = trace;
  const facts = [
    ["Began", `${ago(trace.start_time, Date.now())}, ${clock(trace.start_time, Date.now())}`, moment(trace.start_time)],
    ["Duration", duration(trace.duration_ms), `${trace.duration_ms} ms`],
    ["Tokens", usage && `${count(usage.input)} → ${count(usage.output)}`, usage && `${exact(usage.total)} tokens`],
    ["Cost", trace.cost && traceCost(trace.cost), costTitle(trace.cost)],
    ["Spans", exact(trace.span_count), plural(trace.span_count, "span")],
    ["Errors", trace.error_count > 0 && exact(trace.error_count), "Spans in error"],
    ["Model", trace.models?.join(", "), trace.models?.join(", ")],
    ["Session", trace.session_id && middle(trace.session_id, 24), trace.session_id],
    ["User", trace.user_id && middle(trace.user_id, 24), trace.user_id],
  ].filter(([, text]) => text);
  return (
    <dl className="peek-facts">
      {facts.map(([name, text, title]) => <div key={name}><dt>{name}</dt><dd title={title} dir="auto">{text}</dd></div>)}
      <div><dt>Id</dt><dd className="mono" title={trace.trace_id}>{middle(trace.trace_id, 13)}<Copy text={trace.trace_id} label="Copy the id" /></dd></div>
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
  const at = firstError(tree);
  return (
    <p className="peek-error">
      {at >= 0 && <Link className="jump" to={`/trace/${id}?span=${spanId(tree, at)}`}>{nameOf(tree, at)}</Link>}
      {errorLine(error)}
    </p>
  );
}

function Said({ title, value }) {
  if (value == null || value === "") return null;
  return (
    <section className="block">
      <header><h3>{title}</h3><Copy text={() => (typeof value === "string" ? value : jsonText(value))} label={`Copy: ${title}`} /></header>
      <Value value={value} />
    </section>
  );
}

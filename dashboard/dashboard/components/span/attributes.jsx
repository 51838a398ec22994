// Every attribute as it was sent, and which field of ours it gave.
import { useMemo, useState } from "react";
import { Link } from "react-router";
import { attributePath } from "../question/attribute_query.js";
import { sharedNow } from "../shared/data.js";
import { plural } from "../shared/format.js";
import { jsonText } from "../shared/value_model.js";
import { Copy } from "../shared/parts.jsx";
import { Value } from "../content/value.jsx";

// SpanKind of OTLP, by its number; a number of a later version is shown as it is.
const OTEL_KINDS = ["unspecified", "internal", "server", "client", "producer", "consumer"];

export function Attributes({ span }) {
  const [filter, setFilter] = useState("");
  const gave = useMemo(() => {
    const fields = new Map();
    for (const [field, key] of Object.entries(span.provenance || {})) {
      for (const one of Array.isArray(key) ? key : [key]) fields.set(String(one), [...(fields.get(String(one)) || []), field]);
    }
    return fields;
  }, [span]);
  const groups = [
    ["Span", span.attributes, "attr"],
    ["Resource", span.resource, "attr"],
    [`Scope ${[span.scope?.name, span.scope?.version].filter(Boolean).join(" ")}`, span.scope?.attributes],
    ["Metadata", span.metadata, "meta"],
  ];
  const wanted = filter.toLowerCase();
  const shown = groups.map(([title, all, field]) => [
    title,
    Object.entries(all || {})
      .filter(([key, value]) => !wanted || key.toLowerCase().includes(wanted) || (gave.get(key) || []).join(" ").includes(wanted) || String(typeof value === "object" ? jsonText(value) : value).toLowerCase().includes(wanted))
      .sort(([a], [b]) => (a < b ? -1 : 1)),
    Object.keys(all || {}).length,
    field,
  ]);
  const found = shown.reduce((sum, [, rows]) => sum + rows.length, 0);
  return (
    <div className="attributes">
      <div className="attribute-bar">
        <input type="text" value={filter} onChange={(event) => setFilter(event.target.value)} placeholder="Filter keys and values" aria-label="Filter attributes"
          onKeyDown={(event) => { if (event.key === "Escape") { event.preventDefault(); if (filter) setFilter(""); else event.target.blur(); } }} spellCheck={false} />
        {wanted && <span className="dim">{plural(found, "match").replace("matchs", "matches")}</span>}
      </div>
      <dl className="ids">
        <div><dt>span id</dt><dd className="mono">{span.span_id} <Copy text={span.span_id} label="Copy the span id" /></dd></div>
        {span.parent_span_id && <div><dt>parent</dt><dd className="mono">{span.parent_span_id}</dd></div>}
        {span.otel_name && span.otel_name !== span.name && <div><dt>sent as</dt><dd className="mono">{span.otel_name}</dd></div>}
        {span.otel_kind > 0 && <div><dt>span kind</dt><dd className="mono">{OTEL_KINDS[span.otel_kind] ?? span.otel_kind}</dd></div>}
      </dl>
      {shown.map(([title, rows, total, field]) => total > 0 && (rows.length > 0 || !wanted) && (
        <section key={title}>
          <h3>{title} <i>{wanted ? `${rows.length} of ${total}` : total}</i></h3>
          <table>
            <tbody>
              {rows.map(([key, value]) => (
                <tr key={key}>
                  <th scope="row">{key}{gave.has(key) && <i title="The field this attribute was read into">→ {gave.get(key).join(", ")}</i>}</th>
                  <td><Value value={value} /></td>
                  <td className="asks">{field && <Asks field={field} name={key} value={value} />}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      ))}
    </div>
  );
}

/** Two links to the list: the traces that have this too, and those that have not. */
function Asks({ field, name, value }) {
  const search = sharedNow("listSearch");
  const same = attributePath(search, field, name, value);
  if (!same) return null;
  return (
    <>
      <Link to={same} title="Traces with this value" aria-label={`Traces with this ${name}`}>+</Link>
      <Link to={attributePath(search, field, name, value, true)} title="Traces without this value" aria-label={`Traces without this ${name}`}>−</Link>
    </>
  );
}

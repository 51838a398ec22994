// The sections of the settings. Each says what is so, and with what it is changed.
import { useState } from "react";
import { Link } from "react-router";
import { bytes, dated, exact, moment, plural, tokensOf } from "../shared/format.js";
import { listPath } from "../question/list_url.js";
import { Copy, Ticked } from "../shared/parts.jsx";
import { fieldTerm } from "../question/query_text.js";
import { priceStub } from "./stubs.js";

const Note = ({ text }) => <p className="dim panel-empty"><Ticked text={text} /></p>;

/** Facts side by side: [label, what is written, exactly]. */
function Facts({ facts }) {
  return <dl className="sums">{facts.filter(Boolean).map(([label, value, says]) => <div key={label} title={says}><dt>{label}</dt><dd>{value}</dd></div>)}</dl>;
}

const KINDS = [
  ["bodies", "spans as they were sent"], ["rows", "the data behind lists and trees"], ["blobs", "payloads and long texts, each stored once"],
];

export function Storage({ storage }) {
  const { bytes: by, max_store_bytes: max, store_live_bytes: live, store_bytes: size, problem } = storage;
  const all = Math.max(1, by.total);
  return (
    <>
      {problem && <p className="s-error panel-empty" role="alert">{problem}</p>}
      <Facts facts={[
        ["Traces", exact(storage.traces)], ["Spans", exact(storage.spans)], ["Pinned", exact(storage.pinned), "Kept regardless of age and store size"],
        ["This project", bytes(by.total), `${exact(by.total)} bytes, without indexes`],
        size != null && ["Whole store", bytes(size), `${exact(size)} bytes on disk, ${bytes(live)} in use`],
        storage.text_index_bytes != null && ["Text index", bytes(storage.text_index_bytes)],
        storage.oldest && ["Oldest trace", dated(storage.oldest), moment(storage.oldest)],
        ["Traces are kept", plural(storage.retention_days, "day"), "After their last span arrived"],
        ["Size limit", max == null ? "none" : bytes(max), max == null ? "TRACER_MAX_STORE_BYTES is not set" : `${exact(max)} bytes`],
      ]} />
      <div className="kinds-bar" role="img" aria-label={KINDS.map(([kind]) => `${kind} ${bytes(by[kind])}`).join(", ")}>
        {KINDS.map(([kind]) => <i key={kind} className={`kind-${kind}`} style={{ width: `${(100 * by[kind]) / all}%` }} />)}
      </div>
      <ul className="legend panel-empty">{KINDS.map(([kind, says]) => <li key={kind}><i className={`kind-${kind}`} />{bytes(by[kind])} {kind}: {says}</li>)}</ul>
      {max != null && live != null && <p className="panel-empty"><progress max={max} value={live} aria-label="Share of the size limit in use" /> {Math.round((100 * live) / max)} % of the size limit</p>}
      <Note text="Set with `TRACER_RETENTION_DAYS` and `TRACER_MAX_STORE_BYTES`. Use the API or the command line to delete and pin traces." />
    </>
  );
}

const RIGHTS = { all: "reads and writes", read: "reads only", write: "writes only" };

export function Keys({ keys, is_keyless: isKeyless }) {
  return (
    <>
      {isKeyless && <p className="panel-empty">No keys: anyone on this machine can read and write every project.</p>}
      {keys.length > 0 && (
        <table className="figures-list key-list">
          <thead><tr><th scope="col">Key</th><th scope="col">Access</th><th scope="col">Created by</th><th scope="col">Created</th><th scope="col">Note</th></tr></thead>
          <tbody>
            {keys.map((key, i) => (
              <tr key={`${key.id} ${i}`} data-row="" tabIndex={-1}>
                <th scope="row"><code>{key.id}</code></th><td>{RIGHTS[key.access]}</td>
                <td>{key.made_by === "command" ? "command line" : "TRACER_API_KEYS"}</td><td title={key.created_at ? moment(key.created_at) : undefined}>{key.created_at ? dated(key.created_at) : "–"}</td>
                <td dir="auto">{key.note || ""}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      <Note text="Create and revoke keys on the command line: `llm-tracer keys create PROJECT`, `llm-tracer keys list`, `llm-tracer keys revoke ID`. A key is shown only once, when it is created." />
    </>
  );
}

const SOURCES = { user: "Your price file", computed: "Public price list" };

export function Prices({ prices }) {
  const { sources, models_without_price: models, complete, calls_seen: seen } = prices;
  return (
    <>
      <Facts facts={[
        ...sources.map(({ source, version, entries }) => [SOURCES[source], version, entries == null ? undefined : plural(entries, "entry").replace("entrys", "entries")]),
        ["Model calls checked", `${exact(seen)}${complete ? "" : "+"}`, complete ? "All of them" : "The newest ones"],
      ]} />
      {models.length === 0 && <p className="panel-empty s-ok">Every model with tokens has a price.</p>}
      {models.length > 0 && (
        <>
          <table className="figures-list prices">
            <thead><tr><th scope="col">Model without a price</th><th scope="col">Provider</th><th scope="col" className="num">Calls</th><th scope="col" className="num">Tokens</th><th scope="col" className="num">Last call</th></tr></thead>
            <tbody>
              {models.map((one) => (
                <tr key={`${one.model} ${one.provider}`} data-row="" tabIndex={-1}>
                  <th scope="row"><Link to={listPath({ q: fieldTerm("model", one.model) })} data-opens="" dir="auto">{one.model}</Link></th>
                  <td dir="auto">{one.provider || "–"}</td><td className="num">{exact(one.calls)}</td>
                  <td className="num" title={one.usage ? `${exact(one.usage.total)} tokens` : undefined}>{tokensOf(one)}</td>
                  <td className="num"><Link to={`/trace/${one.last_trace_id}`} title={moment(one.last_call)}>{dated(one.last_call)}</Link></td>
                </tr>
              ))}
            </tbody>
          </table>
          <Stub text={priceStub(models)} what="price file" />
        </>
      )}
      <Note text="A cost stated by the sender comes first, then `TRACER_PRICES`, then the public price list. A model that none of them covers has an unknown cost, never $0." />
    </>
  );
}

/** The beginning of a file, to be read and copied. */
function Stub({ text, what }) {
  const [shown, setShown] = useState(false);
  return (
    <div className="panel-empty">
      <div className="stub-actions">
        <button type="button" className="button small" aria-expanded={shown} onClick={() => setShown(!shown)}>{shown ? "Hide" : "Show"} a {what} for them</button>
        <Copy text={text} quiet={false} label={`Copy the ${what}`} />
      </div>
      {shown && <pre className="stub" tabIndex={0}>{text}</pre>}
    </div>
  );
}

export function Mapping({ configuration: { mapping } }) {
  return (
    <>
      <Facts facts={[["Version", <code key="version">{mapping.version}</code>, "Covers the table, the code that applies it, and the prices"], ["Your own table", mapping.own_file || "none", "TRACER_DIALECTS"]]} />
      <Note text="A changed table applies to new spans; `llm-tracer remap` applies it to old ones too." />
    </>
  );
}

export function Redaction({ marks }) {
  return (
    <>
      <p className="panel-empty">The Tracer API removes nothing: secrets are removed in your program, before they reach a disk or the network.</p>
      <ul className="keys">{marks.map((mark) => <li key={mark}><code>{mark}</code></li>)}</ul>
      <Note text="It recognises these markers, in upper or lower case, and shows values that contain one as redacted by the sender. The SDK redacts with `TRACER_REDACT=true` or `Tracer(redact=…)`, and records on each span what it removed." />
      <p className="panel-empty"><Link className="button small" to={listPath({ q: "attr.llm_tracer.redacted:*" })}>Traces from which the SDK removed something</Link></p>
    </>
  );
}

export function Variables({ settings, version }) {
  return (
    <>
      <table className="figures-list variables">
        <thead><tr><th scope="col">Variable</th><th scope="col">Current value</th><th scope="col">What it does</th></tr></thead>
        <tbody>
          {settings.map((one) => (
            <tr key={one.variable} data-row="" tabIndex={-1}>
              <th scope="row"><code>{one.variable}</code></th>
              <td>{one.is_default ? <span className="dim"><Ticked text={one.value || "none"} /></span> : <b>{one.value}</b>}</td><td className="t-says"><Ticked text={one.description} /></td>
            </tr>
          ))}
        </tbody>
      </table>
      <Note text={`Tracer API ${version}. Keys and paths on its disk are not shown.`} />
    </>
  );
}

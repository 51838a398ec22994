// The page of trust: what arrived, from whom, what was refused and why, what never left its sender, what no table knows.
import { useEffect, useMemo, useRef, useState } from "react";
import { Link, useLocation, useNavigate } from "react-router";
import { havingPath } from "../question/attribute_query.js";
import { useAbout } from "../shared/data.js";
import { bytes, count, exact, plural } from "../shared/format.js";
import { Requests } from "./ingest_requests.jsx";
import { Senders } from "./ingest_senders.jsx";
import { LiveButton } from "../question/live_button.jsx";
import { Copy, Failed, Ticked, Waiting } from "../shared/parts.jsx";
import { searchNow } from "../shared/search_now.js";
import { mappingStub } from "./stubs.js";
import { usePoll } from "./use_poll.js";
import { useRowKeys } from "../shared/use_row_keys.js";
import { useStill } from "../shared/use_still.js";

const LOOK_MS = 2000;
const LIMIT = "500";

export function IngestPage() {
  const { search } = useLocation();
  const navigate = useNavigate();
  const asked = useMemo(() => new URLSearchParams(search), [search]);
  const refused = asked.get("refused") === "true";
  const sender = asked.get("sender") || "";
  const [live, setLive] = useState(true);
  const [open, setOpen] = useState(null);
  const body = useRef(null);
  useStill(body, "[data-request]");
  const request = new URLSearchParams({ limit: LIMIT });
  if (refused) request.set("refused", "true");
  if (sender) request.set("sender", sender);
  const answer = usePoll(`/ui-api/ingest?${request}`, LOOK_MS, live);
  const change = (name, value) => {
    const next = new URLSearchParams(searchNow());
    if (value) next.set(name, value);
    else next.delete(name);
    navigate({ search: String(next) }, { replace: true });
  };
  useEffect(() => { document.title = "Ingest · LLM Tracer"; }, []);
  const turn = (key) => setOpen(open === key ? null : key);
  const opened = () => {
    const key = document.activeElement?.closest("[data-request]")?.dataset.request;
    return key ? turn(key) : false;
  };
  useRowKeys({ p: () => setLive(!live), e: () => change("refused", refused ? "" : "true"), Space: opened });
  const { data, error } = answer;
  return (
    <div className="list-page wide-page">
      <div className="list-bar">
        <h1>Ingest</h1>
        <div className="segments" role="group" aria-label="Which requests">
          <button type="button" aria-pressed={!refused} onClick={() => change("refused", "")}>All requests</button>
          <button type="button" aria-pressed={refused} onClick={() => change("refused", "true")} title="Only requests with something refused (e)">Refused</button>
        </div>
        <LiveButton live={live} pause={() => setLive(!live)} error={error} />
        {sender && <span className="chip"><span>from {sender}</span><button type="button" onClick={() => change("sender", "")} aria-label="From all senders" title="From all senders">✕</button></span>}
      </div>
      <div className="wide-body" ref={body}>
        {!data && !error && <Waiting lines={12} />}
        {!data && error && <Failed error={error} retry={answer.again} />}
        {data && (
          <>
            {error && <p className="s-warn panel-empty" role="alert">Not up to date: {error.detail || error.message}</p>}
            <Sums log={data} />
            <Senders senders={data.senders} chosen={sender} choose={(name) => change("sender", name === sender ? "" : name)} />
            <Unmapped keys={data.unmapped} />
            <Requests requests={data.requests} open={open} turn={turn} isFiltered={refused || Boolean(sender)} />
          </>
        )}
      </div>
    </div>
  );
}

/** What came of everything that was sent to the project, ever. */
function Sums({ log }) {
  const sum = (name) => log.senders.reduce((all, one) => all + one[name], 0);
  const spooled = log.requests.filter((request) => request.spooled).length;
  const figures = [
    ["Requests", exact(sum("requests")), "Requests that carried spans, or tried to", ""],
    ["Spans accepted", exact(sum("accepted")), "Saved to disk; a span that was sent again counts again", sum("accepted") ? "s-ok" : ""],
    ["Spans refused", exact(sum("refused")), "The reason for each is below", sum("refused") ? "s-error" : ""],
    ["Requests failed", exact(sum("failed")), "Answered with a status of 400 or more", sum("failed") ? "s-error" : ""],
    ["Lost before sending", exact(sum("lost")), "As counted by the sender: no room left, refused for good, or lost when a process was killed", sum("lost") ? "s-warn" : ""],
    ["Records ignored", count(sum("dropped")), "Metrics, and log records without model call content", ""],
    ["From a spool", exact(spooled), `Of the ${plural(log.requests.length, "request")} listed, those that waited on the sender's disk while the Tracer API was away`, ""],
    ["Received", bytes(sum("bytes")), "Request bodies as they were sent", ""],
  ];
  return (
    <dl className="sums">
      {figures.map(([label, value, says, tone]) => <div key={label} title={says}><dt>{label}</dt><dd className={tone}>{value}</dd></div>)}
    </dl>
  );
}

/** An attribute's key, as a link to the spans that have it. */
function Key({ name }) {
  const path = havingPath(name);
  const key = <code dir="auto">{name}</code>;
  return path ? <Link to={path}>{key}</Link> : key;
}

/** Keys that no table knows, and the beginning of a table for them. */
function Unmapped({ keys }) {
  const about = useAbout();
  const [shown, setShown] = useState(false);
  if (!keys.length) return null;
  const stub = mappingStub(keys.map(({ key }) => key));
  return (
    <section className="panel" aria-label="Unknown attributes">
      <header>
        <h2>{plural(keys.length, "unknown attribute")}</h2>
        <span className="grow" />
        <button type="button" className="button small" aria-expanded={shown} onClick={() => setShown(!shown)}>{shown ? "Hide" : "Show"} the mapping stub</button>
        <Copy text={stub} quiet={false} label="Copy the mapping stub" />
      </header>
      <ul className="keys">{keys.slice(0, shown ? keys.length : 24).map(({ key, requests }) => <li key={key} title={`In ${plural(requests, "request")}`}><Key name={key} /> <i>{exact(requests)}</i></li>)}</ul>
      {shown && <pre className="stub" tabIndex={0}>{stub}</pre>}
      <p className="dim panel-empty"><Ticked text={`No convention table maps them. They are kept as they were sent, and a query finds them as \`attr.KEY\`; each links to its spans. ${about ? "Map them with a table of your own; it applies to old spans too once they are reread." : ""}`} /></p>
    </section>
  );
}

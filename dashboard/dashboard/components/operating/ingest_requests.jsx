// The last requests, newest first; one opens to say which of its spans were refused and why.
import { Link } from "react-router";
import { useNow } from "../shared/data.js";
import { bytes, duration, exact, plural } from "../shared/format.js";
import { When } from "../shared/when.jsx";

/** A request as one key; two of the same nanosecond would be the same program's. */
const keyOf = ({ time, source, user_agent: agent }) => `${time} ${source} ${agent}`;

export function Requests({ requests, open, turn, isFiltered }) {
  const now = useNow(10_000);
  return (
    <section className="panel" aria-label="Requests">
      <header><h2>Last requests</h2><span className="dim">{exact(requests.length)}</span></header>
      {requests.length === 0 && isFiltered && <p className="dim panel-empty">None of the last requests match.</p>}
      {requests.length === 0 && !isFiltered && (
        <p className="dim panel-empty">
          Nothing has arrived yet. The <Link className="link" to="/">trace list</Link> shows ways to send your first trace. If it doesn't show up, run <code>llm-tracer doctor</code> where your program runs to find out why.
        </p>
      )}
      {requests.length > 0 && (
        <table className="figures-list requests">
          <thead>
            <tr>
              <th scope="col" className="t-when">When</th><th scope="col">Status</th><th scope="col">Source</th><th scope="col">User agent</th><th scope="col">Convention</th>
              <th scope="col" className="num">Accepted</th><th scope="col">Refused, and why</th><th scope="col" className="num">Bytes</th><th scope="col" className="num">Took</th>
            </tr>
          </thead>
          {requests.map((one) => {
            const key = keyOf(one);
            return <Request key={key} id={key} request={one} now={now} open={open === key} turn={() => turn(key)} />;
          })}
        </table>
      )}
    </section>
  );
}

function Request({ id, request, now, open, turn }) {
  const { status, refused } = request;
  const isBad = status >= 400 || refused.length > 0;
  const reasons = refused.map(({ reason, count }) => `${exact(count)} × ${reason}`).join("; ");
  return (
    <tbody className={isBad ? "bad" : undefined}>
      <tr data-row="" data-request={id} tabIndex={-1}>
        <td className="t-when"><When time={request.time} now={now} /></td>
        <td className={isBad ? "s-error" : "s-ok"}><span aria-hidden="true">{isBad ? "✕" : "✓"}</span> {status}</td>
        <td>{request.source}{request.spooled && <i className="badge" title="It waited on the sender's disk">spooled</i>}</td>
        <td className="t-cut" title={request.user_agent || undefined} dir="auto">{request.user_agent || "–"}</td>
        <td>{request.convention || "–"}</td>
        <td className="num">{exact(request.accepted)}</td>
        <td className="t-reason">
          {isBad || request.lost || request.unmapped.length ? (
            <button type="button" className="link" data-opens="" aria-expanded={open} onClick={turn} title="Which spans, and why (Space)">
              <span className={isBad ? "s-error" : request.lost ? "s-warn" : "dim"} dir="auto">
                {reasons || (status >= 400 ? "the whole request" : request.lost ? `${plural(request.lost, "span")} lost before sending` : `${plural(request.unmapped.length, "unknown attribute")}`)}
              </span>
            </button>
          ) : <span className="dim">–</span>}
        </td>
        <td className="num">{bytes(request.bytes)}</td>
        <td className="num">{duration(request.duration_ms)}</td>
      </tr>
      {open && <tr className="row-detail"><td colSpan={9}><Detail request={request} /></td></tr>}
    </tbody>
  );
}

function Detail({ request }) {
  const { refused, examples, unmapped, lost, dropped } = request;
  return (
    <div className="request-detail">
      {refused.map(({ reason, count }) => <p key={reason}><b className="s-error">{exact(count)} refused:</b> <span dir="auto">{reason}</span></p>)}
      {examples.length > 0 && (
        <ul>
          {examples.map(({ index, where, reason }) => <li key={`${index} ${where}`}>Span {exact(index)}{where && <> at <code>{where}</code></>}: <span dir="auto">{reason}</span></li>)}
        </ul>
      )}
      {lost > 0 && <p><b className="s-warn">{plural(lost, "span")} lost before sending</b>, as counted by the sender.</p>}
      {dropped > 0 && <p>{plural(dropped, "record")} ignored: metrics, or logs without model call content. Only traces are shown; turn them on where your program sets up its telemetry.</p>}
      {unmapped.length > 0 && <p>Unknown attributes: {unmapped.map((key) => <code key={key} dir="auto">{key}</code>)}</p>}
    </div>
  );
}

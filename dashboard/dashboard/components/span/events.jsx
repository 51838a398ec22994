// What happened during a span, at its time from the span's start; and its links to other spans.
import { Link } from "react-router";
import { duration, moment } from "../shared/format.js";
import { JsonTree } from "../content/json_tree.jsx";

export function Events({ span }) {
  const start = Date.parse(span.start_time);
  return (
    <div className="events">
      {(span.events || []).map((event, i) => (
        <article key={i} className="document">
          <header>
            <b title={moment(event.time)}>+{duration(Math.max(0, Date.parse(event.time) - start))}</b>
            <span className="grow">{event.name}</span>
          </header>
          {event.attributes && Object.keys(event.attributes).length > 0 && <JsonTree value={event.attributes} />}
        </article>
      ))}
      {(span.links || []).map((link, i) => (
        <article key={`l${i}`} className="document">
          <header><b>link</b><Link className="mono" to={`/trace/${link.trace_id}?span=${link.span_id}`}>{link.trace_id.slice(0, 12)}… / {link.span_id}</Link></header>
          {link.attributes && Object.keys(link.attributes).length > 0 && <JsonTree value={link.attributes} />}
        </article>
      ))}
    </div>
  );
}

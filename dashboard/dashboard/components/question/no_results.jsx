// Nothing fits the question: says which condition removes everything, and offers to take it away.
import { useEffect, useState } from "react";
import { getJson } from "../shared/data.js";
import { exact, plural, stretch } from "../shared/format.js";
import { selection } from "./list_url.js";
import { withCapitals } from "./query_text.js";
import { RANGES } from "./time_range.js";

const EXPLAINS = { trace: "/ui-api/explain", span: "/ui-api/explain/spans" };
const SPANS_MAX = 1000; // where the API stops to count spans

/**
 * `list`: the question as the address holds it; `go(change)` changes it. `what` it asks for: "trace" or "span". `note` stands
 * below the ways out, `other` beside what clears the query.
 */
export function NoResults({ list, go, what = "trace", note, other }) {
  const [told, setTold] = useState(null);
  const asked = String(selection(list));
  useEffect(() => {
    setTold(null);
    const abort = new AbortController();
    getJson(`${EXPLAINS[what]}?${asked}`, { signal: abort.signal }).then(({ data }) => setTold(data), () => {});
    return () => abort.abort();
  }, [what, asked]);
  const isAllTime = list.from == null && list.range === "all";
  const anyTime = { range: "all", from: null, to: null };
  const within = list.from == null ? `the ${RANGES.find(([id]) => id === list.range)[1].toLowerCase()}` : stretch(list.from, list.to);
  const ways = told?.conditions.map(({ text, q, [`${what}s`]: count }) => ({ text, q, count })).filter(({ count }) => count > 0).sort((a, b) => b.count - a.count) || [];
  const counted = (n) => (what === "span" && n >= SPANS_MAX ? `${exact(n)} spans or more` : `${told.complete ? "" : "at least "}${plural(n, what)}`);
  const meant = withCapitals(list.q);
  const hopeless = told && !ways.length && !told.all_time;
  return (
    <div className="empty">
      <div className="empty-inner narrow">
        <h1>No {what}s match</h1>
        <p>
          {list.q ? <>Nothing matches <code className="asked">{list.q}</code></> : "Nothing started"}
          {!isAllTime && <> within <b>{within}</b></>}.
        </p>
        {meant && (
          <p>
            In small letters, <code>or</code> and <code>not</code> are words to be searched for.{" "}
            <button type="button" className="link" onClick={() => go({ q: meant })}>Search for <code className="asked">{meant}</code></button>
          </p>
        )}
        {(ways.length > 0 || told?.all_time > 0) && <ul className="ways-out">
          {ways.map(({ text, q, count }) => (
            <li key={text}>
              <span>Without <code className="asked">{text}</code> there would be <b>{counted(count)}</b>.</span>
              <button type="button" className="button" onClick={() => go({ q })} aria-label={`Remove it: ${text}`}>Remove it</button>
            </li>
          ))}
          {told?.all_time > 0 && (
            <li>
              <span>Across all time there are <b>{counted(told.all_time)}</b>.</span>
              <button type="button" className="button" onClick={() => go(anyTime)}>Show all time</button>
            </li>
          )}
        </ul>}
        {hopeless && <p className="dim">{!list.q ? `There are no ${what}s at any other time either.` : told.conditions.length > 1 || !isAllTime ? "No single condition is to blame: removing any one of them still finds nothing." : `No ${what} matches this condition.`}</p>}
        {note}
        <div className="note-actions">
          {list.q && <button type="button" className="button" onClick={() => go({ q: "" })}>Clear the query</button>}
          {list.q && !isAllTime && <button type="button" className="button plain" onClick={() => go({ q: "", ...anyTime })}>Clear all</button>}
          {other}
        </div>
      </div>
    </div>
  );
}

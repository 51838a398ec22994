// Nothing fits the question: says which condition removes everything, and offers to take it away.
import { useEffect, useState } from "react";
import { getJson } from "./data.js";
import { plural, stretch } from "./format.js";
import { selection } from "./list_url.js";
import { RANGES } from "./time_range.js";

/** `list`: the question as the address holds it; `go(change)` changes it. */
export function NoResults({ list, go }) {
  const [told, setTold] = useState(null);
  const asked = String(selection(list));
  useEffect(() => {
    setTold(null);
    const abort = new AbortController();
    getJson(`/ui-api/explain?${asked}`, { signal: abort.signal }).then(({ data }) => setTold(data), () => {});
    return () => abort.abort();
  }, [asked]);
  const isAllTime = list.from == null && list.range === "all";
  const anyTime = { range: "all", from: null, to: null };
  const within = list.from == null ? RANGES.find(([id]) => id === list.range)[1].toLowerCase() : stretch(list.from, list.to);
  const ways = told?.conditions.filter(({ traces }) => traces > 0).sort((a, b) => b.traces - a.traces) || [];
  const more = told && !told.complete ? "at least " : "";
  const hopeless = told && !ways.length && !told.all_time;
  return (
    <div className="empty">
      <div className="empty-inner narrow">
        <h1>No traces match</h1>
        <p>
          {list.q ? <>Nothing fits <code className="asked">{list.q}</code></> : "Nothing began"}
          {!isAllTime && <> within <b>{within}</b></>}.
        </p>
        <ul className="ways-out">
          {ways.map(({ text, q, traces }) => (
            <li key={text}>
              <span>Without <code className="asked">{text}</code> there would be <b>{more}{plural(traces, "trace")}</b>.</span>
              <button type="button" className="button" onClick={() => go({ q })}>Take it away</button>
            </li>
          ))}
          {told?.all_time > 0 && (
            <li>
              <span>At any time there are <b>{more}{plural(told.all_time, "trace")}</b>.</span>
              <button type="button" className="button" onClick={() => go(anyTime)}>Look at all time</button>
            </li>
          )}
        </ul>
        {hopeless && <p className="dim">{told.conditions.length > 1 || !isAllTime ? "No single condition is to blame; more than one of them removes everything." : "This condition fits no trace at all."}</p>}
        <div className="note-actions">
          {list.q && <button type="button" className="button" onClick={() => go({ q: "" })}>Clear the query</button>}
          {list.q && !isAllTime && <button type="button" className="button plain" onClick={() => go({ q: "", ...anyTime })}>Clear all</button>}
        </div>
      </div>
    </div>
  );
}

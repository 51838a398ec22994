// Before the first trace: what has arrived so far, and ways to the first one, to be copied. The list replaces this by itself.
import { useEffect, useState } from "react";
import { getJson, useAbout } from "../shared/data.js";
import { exact, plural } from "../shared/format.js";
import { Copy, Ticked, Waiting } from "../shared/parts.jsx";

const LOOK_MS = 2000;

export function EmptyState({ health }) {
  const about = useAbout();
  const [chosen, choose] = useState(0);
  const snippet = about?.snippets[chosen];
  return (
    <div className="empty">
      <div className="empty-inner">
        <div className="pulse" aria-hidden="true"><i /><i /><i /></div>
        <h1>Waiting for the first trace</h1>
        <p className="dim">
          {health?.state === "connected" ? `Listening at ${health.detail}. ` : ""}
          Run one of these, and your trace will appear here.
        </p>
        {!about && <Waiting />}
        {about && (
          <div className="segments" role="group" aria-label="Ways to send your first trace">
            {about.snippets.map(({ id, title }, n) => <button key={id} type="button" aria-pressed={n === chosen} onClick={() => choose(n)}>{title}</button>)}
          </div>
        )}
        {snippet && (
          <section className="snippet" aria-label={snippet.title}>
            <p className="dim">{snippet.note}</p>
            {snippet.blocks.map((block) => (
              <div key={block} className="code-block">
                <pre tabIndex={0}>{block}</pre>
                <Copy text={block} label={`Copy: ${snippet.title}`} />
              </div>
            ))}
          </section>
        )}
        {health?.state === "connected" && <Arrived />}
      </div>
    </div>
  );
}

/** The requests that brought spans, or tried to. */
function Arrived() {
  const [log, setLog] = useState(null);
  useEffect(() => {
    const look = () => getJson("/ui-api/ingest").then(({ data }) => setLog(data), () => {});
    look();
    const timer = setInterval(look, LOOK_MS);
    return () => clearInterval(timer);
  }, []);
  if (!log) return null;
  const refused = log.requests.find(({ status, refused: refusals }) => status >= 400 || refusals.length > 0);
  const why = refused?.refused[0]?.reason;
  return (
    <div className={`arrived${refused ? " s-warn" : ""}`}>
      <p>
        <b>{plural(log.count, "request")}</b> with spans received so far
        {refused && <>; the last one refused was from {refused.user_agent || "an unknown sender"} with HTTP {exact(refused.status)}{why ? `: ${why}` : ""}</>}.
      </p>
      <p className="dim"><Ticked text="Already sent something? Run `llm-tracer doctor` where your program runs to find out why it isn't here." /></p>
    </div>
  );
}

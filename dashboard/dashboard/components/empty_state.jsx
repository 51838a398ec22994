// Before the first trace: three ways to it, to be copied. The list replaces this by itself.
import { useAbout } from "./data.js";
import { Copy, Waiting } from "./parts.jsx";

export function EmptyState({ health }) {
  const about = useAbout();
  return (
    <div className="empty">
      <div className="empty-inner">
        <div className="pulse" aria-hidden="true"><i /><i /><i /></div>
        <h1>Waiting for the first trace</h1>
        <p className="dim">
          {health?.state === "connected" ? `Listening at ${health.detail}. ` : ""}
          Run one of these, and this page changes by itself.
        </p>
        {!about && <Waiting />}
        {about?.snippets.map((snippet) => (
          <section key={snippet.id} className="snippet">
            <header>
              <h2>{snippet.title}</h2>
              <span className="dim">{snippet.note}</span>
            </header>
            {snippet.blocks.map((block) => (
              <div key={block} className="code-block">
                <pre tabIndex={0}>{block}</pre>
                <Copy text={block} label={`Copy: ${snippet.title}`} />
              </div>
            ))}
          </section>
        ))}
      </div>
    </div>
  );
}

/** Nothing fits the question; says so and offers to take conditions away. */
export function NoResults({ list, clearQuery, clearRange, rangeText }) {
  return (
    <div className="empty">
      <div className="empty-inner narrow">
        <h1>No traces match</h1>
        <p>
          {list.q && <>Nothing fits <code className="asked">{list.q}</code></>}
          {list.q && list.range !== "all" ? " in the " : list.range !== "all" ? "There is nothing in the " : ""}
          {list.range !== "all" && rangeText.toLowerCase()}
          {"."}
        </p>
        <div className="note-actions">
          {list.q && <button type="button" className="button" onClick={clearQuery}>Clear the query</button>}
          {list.range !== "all" && <button type="button" className="button" onClick={clearRange}>Look at all time</button>}
        </div>
      </div>
    </div>
  );
}

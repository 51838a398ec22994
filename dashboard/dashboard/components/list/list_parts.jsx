// Small parts of the list: column heads, what is marked, a query that cannot be read, the end.
import { useEffect, useRef, useState } from "react";
import { CHOICES } from "./columns.js";
import { clock, exact, moment, plural } from "../shared/format.js";
import { Copy, Waiting } from "../shared/parts.jsx";

const RIGHT = ["duration", "tokens", "cost", "spans", "when"];

/** The heads of a row: the three that are always there, and those of the chosen columns. */
export function Heads({ columns, list, go }) {
  return (
    <div className="row head" role="row">
      <span role="columnheader"><span className="away">Status</span></span>
      <span role="columnheader">Name</span>
      <span role="columnheader">Input → output</span>
      {CHOICES.filter(([id]) => columns.includes(id)).map(([id, title, , sort]) => (
        <Head key={id} sort={sort} text={title} className={id === "duration" ? "c-dur num" : RIGHT.includes(id) ? "num" : undefined} isTwoWay={id === "when"} list={list} go={go} />
      ))}
    </div>
  );
}

/**
 * A column's head; those that can sort are buttons. `isTwoWay`: the time, where the oldest may come first too. `usual`: the
 * order that a second press returns to.
 */
export function Head({ sort, text, className, isTwoWay, usual = "-start_time", list, go }) {
  const active = sort && (list.sort === sort || (isTwoWay && list.sort === "start_time"));
  const up = active && list.sort === "start_time";
  const next = isTwoWay && active && !up ? "start_time" : sort === list.sort ? usual : sort;
  return (
    <span role="columnheader" className={className} aria-sort={active ? (up ? "ascending" : "descending") : undefined}>
      {sort ? (
        <button type="button" onClick={() => go({ sort: next })} title={`Sort by ${sort.endsWith("start_time") ? "start time" : text.toLowerCase()}`}>
          {text}<i aria-hidden="true">{active ? (up ? " ↑" : " ↓") : ""}</i>
        </button>
      ) : text}
    </span>
  );
}

/** In place of the rows of a table that are on their way. */
export function WaitingRows({ label }) {
  return <div role="row"><div role="gridcell"><Waiting lines={14} label={label} /></div></div>;
}

/** What can be done with the marked rows. */
export function MarkedBar({ ids, compare, clear }) {
  if (!ids.length) return null;
  const links = () => ids.map((id) => `${window.location.origin}/trace/${id}`).join("\n");
  return (
    <div className="marked-bar" role="status">
      <span>{exact(ids.length)} marked</span>
      {ids.length === 2 && <button type="button" className="button" onClick={compare} title="Compare the two (=)">Compare</button>}
      <Copy text={() => ids.join("\n")} quiet={false} label="Copy ids" />
      <Copy text={links} quiet={false} label="Copy links" />
      <button type="button" className="button plain" onClick={clear}>Clear</button>
    </div>
  );
}

/** How many rows have arrived that are not shown; of more than a page the API tells no number. */
export function NewPill({ count, show }) {
  if (!count) return null;
  return <button type="button" className="pill" onClick={show} title="Show them (r)">↑ {count >= 50 ? "50+" : count} new</button>;
}

/** A few words on what a key just did. */
export function Notice({ text }) {
  return <p className="notice" role="status">{text}</p>;
}

/** The query with the character at which it stops to make sense, and the way out. */
export function Unreadable({ q, error, clear }) {
  const at = error.position;
  return (
    <div className="empty">
      <div className="empty-inner narrow">
        <h1>This query is not valid</h1>
        <p><code className="asked">{q.slice(0, at)}<mark>{q.slice(at, at + 1) || " "}</mark>{q.slice(at + 1)}</code></p>
        <p>{error.detail}</p>
        {error.hint && <p className="dim">{error.hint}</p>}
        <div className="note-actions"><button type="button" className="button" onClick={clear}>Clear the query</button></div>
      </div>
    </div>
  );
}

/**
 * The end of the loaded rows: more, which come as soon as this is seen, or that this is all. `stopped`: {since, scanned} of a
 * search that stopped before its end; it goes on when asked to, and then until it finds something.
 */
export function End({ what = "trace", rows, more, stopped, busy, error, loadMore }) {
  const end = useRef(null);
  const [goesOn, setGoesOn] = useState(-1); // how many rows there were when it was asked to
  const isHeld = stopped && goesOn !== rows.length;
  const wanted = more && !busy && !error && !isHeld;
  useEffect(() => {
    if (!wanted) return undefined;
    const observer = new IntersectionObserver(([entry]) => entry.isIntersecting && loadMore(), { rootMargin: "400px" });
    observer.observe(end.current);
    return () => observer.disconnect();
  }, [wanted, rows.length]);
  const act = () => {
    setGoesOn(rows.length);
    loadMore();
  };
  return (
    <div className="list-end" role="row" ref={end}>
      <div role="gridcell">
        {error && <p className="s-error" role="alert">{error.detail || error.message}</p>}
        {more && stopped && <p className="dim" title={moment(stopped.since)}>{rows.length ? "Searched" : "Nothing yet; searched"} back to <b>{clock(stopped.since, Date.now())}</b></p>}
        {more ? (
          <button type="button" className="button" onClick={act} disabled={busy}>
            {busy ? "Loading …" : error ? "Try again" : stopped ? "Keep searching" : "Load more"}
          </button>
        ) : (
          <span className="dim">{plural(rows.length, what)} · end of list</span>
        )}
      </div>
    </div>
  );
}

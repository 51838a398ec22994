// The values of the current result at the left of the list, one Tab stop. A click adds the condition to the query or takes it away.
import { useEffect, useRef, useState } from "react";
import { CountedSince } from "../question/counted_since.jsx";
import { getJson } from "../shared/data.js";
import { exact } from "../shared/format.js";
import { selection } from "../question/list_url.js";
import { Waiting } from "../shared/parts.jsx";
import { standing, termsOf, withTerm, without } from "../question/query_text.js";
import { useRoving } from "../shared/use_roving.js";

const FOLDED_KEY = "llm-tracer-facets";
const OPEN_AT_FIRST = ["status", "has", "name", "model", "tool", "kind", "user"];
const FEW = 6;
const ALL = "200";

function keptOpen() {
  try {
    const kept = JSON.parse(localStorage.getItem(FOLDED_KEY));
    return Array.isArray(kept) ? kept : OPEN_AT_FIRST;
  } catch {
    return OPEN_AT_FIRST;
  }
}

/** `latest`: the answer of GET /api/facets, null until it is there; `ask(turn)` changes the query `q` to turn(q). */
export function Facets({ latest, error, stale, list, ask }) {
  const [open, setOpen] = useState(keptOpen);
  // News of the same question wait while the pointer is among the values: nothing moves under it.
  const isPointed = useRef(false);
  const shown = useRef({ q: list.q, answer: latest });
  if (!isPointed.current || shown.current.q !== list.q || !shown.current.answer) shown.current = { q: stale ? null : list.q, answer: latest };
  const { answer } = shown.current;
  const roving = useRoving();
  const turn = (field) => {
    const changed = open.includes(field) ? open.filter((one) => one !== field) : [...open, field];
    setOpen(changed);
    try {
      localStorage.setItem(FOLDED_KEY, JSON.stringify(changed));
    } catch {
      // it holds as long as the page
    }
  };
  return (
    <aside className={`facets${stale ? " stale" : ""}`} aria-label="Values of these traces"
      onPointerEnter={() => { isPointed.current = true; }} onPointerLeave={() => { isPointed.current = false; }}>
      <Conditions q={list.q} ask={ask} />
      {error && <p className="not-counted dim">Could not count: {error.detail}</p>}
      {!answer && !error && <Waiting lines={12} label="Counting" />}
      {answer?.complete === false && <p className="not-counted"><CountedSince answer={answer} /></p>}
      <div role="toolbar" aria-orientation="vertical" aria-label="Facets" {...roving}>
        {answer?.facets.filter(({ distinct }) => distinct > 0).map((facet) => (
          <Facet key={facet.field} facet={facet} list={list} ask={ask} open={open.includes(facet.field)} turn={() => turn(facet.field)} />
        ))}
      </div>
    </aside>
  );
}

/** The terms of the query, each to be turned around or taken away. */
function Conditions({ q, ask }) {
  const list = useRef(null);
  const taken = useRef(-1); // the place of the chip that a key has just taken away
  useEffect(() => {
    const [at, buttons] = [taken.current, list.current?.querySelectorAll("button") ?? []];
    taken.current = -1;
    if (at >= 0) (buttons[Math.min(at, buttons.length - 1)] ?? document.getElementById("query")).focus();
  }, [q]);
  const terms = termsOf(q);
  if (!terms.length) return null;
  const take = (event, at, text) => {
    if (event.detail === 0) taken.current = at; // of a key: the focus goes on to the next one, else to the query box
    ask((now) => (joined ? "" : without(now, text)));
  };
  const joined = terms.some(({ text }) => text === "OR" || text === "->");
  const shown = joined ? [{ text: q.trim(), start: 0 }] : terms;
  return (
    <ul className="chips" aria-label="Conditions" ref={list}>
      {shown.map(({ text, start }, at) => (
        <li key={start} className={/^(-|NOT )/.test(text) ? "chip without" : "chip"}>
          <span title={text}>{text}</span>
          <button type="button" onClick={(event) => take(event, at, text)} aria-label={`Remove ${text}`} title="Remove">✕</button>
        </li>
      ))}
    </ul>
  );
}

function Facet({ facet, list, ask, open, turn }) {
  const [all, setAll] = useState(null);
  const [more, setMore] = useState(false);
  useEffect(() => {
    if (!more || facet.distinct <= facet.values.length) return undefined;
    const abort = new AbortController();
    const search = selection(list);
    search.set("fields", facet.field);
    search.set("limit", ALL);
    getJson(`/ui-api/facets?${search}`, { signal: abort.signal }).then(({ data }) => setAll(data.facets[0].values), () => {});
    return () => abort.abort();
  }, [more, facet]);
  const values = more ? all || facet.values : facet.values.slice(0, FEW);
  const most = facet.values[0]?.count || 1;
  return (
    <section className="facet" role="group" aria-label={facet.field}>
      <button type="button" className="facet-head" data-stop="head" tabIndex={-1} aria-expanded={open} onClick={turn}>
        <span className="chevron" aria-hidden="true">{open ? "▾" : "▸"}</span>{facet.field}<i>{exact(facet.distinct)}</i>
      </button>
      {open && (
        <ul>
          {values.map((value) => <Value key={value.q} value={value} share={value.count / most} q={list.q} ask={ask} />)}
        </ul>
      )}
      {open && facet.distinct > FEW && (
        <button type="button" className="facet-more" data-stop="" tabIndex={-1} onClick={() => setMore(!more)}>
          {more ? "Fewer" : `${exact(facet.distinct - FEW)} more`}
        </button>
      )}
      {open && more && facet.distinct > Number(ALL) && <p className="dim">Showing the {ALL} most frequent.</p>}
    </section>
  );
}

function Value({ value, share, q, ask }) {
  const way = standing(q, value.q);
  const change = (wanted) => ask((now) => (standing(now, value.q) === wanted ? without(now, value.q) : withTerm(now, value.q, wanted)));
  const onKeyDown = (event) => {
    if (event.key !== "Enter" || !event.altKey) return;
    event.preventDefault(); // which a browser may or may not take for a click
    change("without");
  };
  return (
    <li className={`value ${way}`}>
      <button type="button" data-stop="" tabIndex={-1} aria-pressed={way === "with"} aria-keyshortcuts="Alt+Enter" onKeyDown={onKeyDown}
        onClick={(event) => change(event.altKey ? "without" : "with")}
        title={`${value.q}\n${way === "with" ? "Click to remove it" : "Click to show only these"}, Alt+click or Alt+Enter to exclude them`}>
        <span className="value-name" dir="auto">{value.value}</span>
        <i className="value-share" style={{ width: `${100 * share}%` }} aria-hidden="true" />
        <b>{exact(value.count)}</b>
      </button>
      <button type="button" className="value-not" tabIndex={-1} onClick={() => change("without")} aria-label={`Exclude ${value.q}`} title="Exclude these">≠</button>
    </li>
  );
}

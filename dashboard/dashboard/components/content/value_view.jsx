// A large value in rows: only those in sight are in the document, and it can be searched. For JSON and for text.
import { useEffect, useRef, useState } from "react";
import { count, exact } from "../shared/format.js";
import { copyText } from "../shared/copying.js";
import { Copy, Waiting } from "../shared/parts.jsx";
import { pathText } from "../shared/value_model.js";

const ROW = 20;
const BEYOND = 20;
const HEIGHT_MAX = 520;

/** `source` is one of value_source.js; it is closed with the view. */
export function ValueView({ source, label = "Value" }) {
  const [state, setState] = useState({ total: 0, isJson: false, error: null, ready: false });
  const [page, setPage] = useState({ from: 0, rows: [] });
  const [round, setRound] = useState(0);
  const [here, setHere] = useState(-1);
  const box = useRef(null);
  useEffect(() => {
    let gone = false;
    source.loaded.then(
      ({ count: total, isJson }) => !gone && setState({ total, isJson, error: null, ready: true }),
      (error) => !gone && setState((old) => ({ ...old, error })),
    );
    return () => {
      gone = true;
      source.close();
    };
  }, [source]);

  const [top, setTop] = useState(0);
  const from = Math.max(0, Math.floor(top / ROW) - BEYOND);
  const to = Math.min(state.total, Math.ceil((top + HEIGHT_MAX) / ROW) + BEYOND);
  useEffect(() => {
    if (!state.ready) return undefined;
    let gone = false;
    source.slice(from, to).then((rows) => !gone && setPage({ from, rows }));
    return () => { gone = true; };
  }, [source, from, to, round, state.ready]);

  const toggle = async (at) => {
    const total = await source.toggle(at);
    setState((old) => ({ ...old, total }));
    setRound((n) => n + 1);
  };
  const goTo = async (path) => {
    const { at, count: total } = await source.reveal(path);
    setState((old) => ({ ...old, total }));
    setRound((n) => n + 1);
    setHere(at);
    requestAnimationFrame(() => { if (box.current) box.current.scrollTop = Math.max(0, at * ROW - 100); });
  };
  if (state.error) return <p className="dim">This value cannot be shown: {state.error.message}</p>;
  if (!state.ready) return <Waiting lines={6} label={`Reading: ${label}`} />;
  return (
    <div className="value-view">
      <Search source={source} goTo={goTo} label={label} />
      <div className="value-rows" ref={box} style={{ height: Math.min(HEIGHT_MAX, state.total * ROW + 4) }} onScroll={(event) => setTop(event.currentTarget.scrollTop)}
        tabIndex={0} role={state.isJson ? "tree" : "region"} aria-label={label} data-own-keys>
        <div style={{ height: state.total * ROW, position: "relative" }}>
          {page.rows.map((row, n) => (
            <Row key={page.from + n} row={row} at={page.from + n} here={page.from + n === here} toggle={toggle} source={source} />
          ))}
        </div>
      </div>
    </div>
  );
}

function Row({ row, at, here, toggle, source }) {
  const { key, depth, type, text, opens, open, path, inText } = row;
  const brackets = { object: "{}", array: "[]" }[type];
  return (
    <div className={`value-row${here ? " here" : ""}`} style={{ top: at * ROW, paddingLeft: 4 + depth * 14 }} role={type === "line" ? undefined : "treeitem"} aria-level={depth + 1} aria-expanded={opens ? open : undefined} aria-selected={here}>
      {opens ? (
        <button type="button" className="chevron" onClick={() => toggle(at)} aria-label={`${open ? "Close" : "Open"} ${key ?? "value"}`}>{open ? "▾" : "▸"}</button>
      ) : <span className="chevron" />}
      {key != null && <span className="j-name">{key}</span>}
      {inText && <i className="j-note">JSON in text</i>}
      {brackets ? <span className="j-note">{open ? brackets[0] : brackets} {count(row.count)}</span> : <span className={type === "line" ? "j-line" : `j-${type}`} dir="auto">{text}{opens && !open && <i className="j-note"> … {exact(row.count)} characters</i>}</span>}
      <span className="value-actions">
        {path.length > 0 && type !== "line" && <button type="button" onClick={() => copyText(pathText(path))} title={`Copy the path: ${pathText(path)}`}>path</button>}
        <button type="button" onClick={() => copyText(source.textOf(at))} title="Copy the value">copy</button>
      </span>
    </div>
  );
}

function Search({ source, goTo, label }) {
  const [hits, setHits] = useState(null);
  const [at, setAt] = useState(0);
  const timer = useRef(0);
  useEffect(() => () => clearTimeout(timer.current), []);
  const ask = (text) => {
    clearTimeout(timer.current);
    timer.current = setTimeout(async () => {
      const found = text ? await source.search(text) : null;
      setHits(found);
      setAt(0);
      if (found?.length) goTo(found[0]);
    }, 150);
  };
  const step = (by) => {
    if (!hits?.length) return;
    const next = (at + by + hits.length) % hits.length;
    setAt(next);
    goTo(hits[next]);
  };
  const onKeyDown = (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    step(event.shiftKey ? -1 : 1);
  };
  return (
    <div className="value-search">
      <input type="search" placeholder="Search in this value" aria-label={`Search in: ${label}`} onChange={(event) => ask(event.target.value.trim())} onKeyDown={onKeyDown} spellCheck={false} />
      {hits && <span className="find-count" role="status">{hits.length ? `${at + 1} of ${hits.length}${hits.length >= 1000 ? "+" : ""}` : "not found"}</span>}
    </div>
  );
}

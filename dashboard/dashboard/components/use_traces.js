// The rows of the list: asked for when the question changes, kept fresh without moving, kept for the way back.
import { useCallback, useEffect, useRef, useState } from "react";
import { getJson, share } from "./data.js";
import { listRequest } from "./list_url.js";

// The last answer, so that Back from a trace shows it at once: {key, rows, next}.
let kept = null;

/** The shown rows brought up to date by a new first page: changed in place, deleted ones out, unseen ones counted. */
function merge(shown, data, sort) {
  const byId = new Map(data.traces.map((trace) => [trace.trace_id, trace]));
  const known = new Set(shown.rows.map((trace) => trace.trace_id));
  // A trace that the answer should hold and does not was deleted, or no longer fits the query.
  const last = data.traces.at(-1)?.start_time;
  const covered = (trace) => !data.has_more || (sort === "-start_time" && trace.start_time > last);
  const rows = shown.rows
    .filter((trace) => byId.has(trace.trace_id) || !covered(trace))
    .map((trace) => byId.get(trace.trace_id) || trace);
  const unseen = data.traces.filter((trace) => !known.has(trace.trace_id)).length;
  return { pages: { ...shown, rows, next: rows.length ? shown.next : data.next_cursor }, unseen };
}

/**
 * Follow a question `list`, named by `key`. `version` moves when any trace changed; `well` says the API can be asked.
 * Returns rows, ready (they answer this question), more (there are further ones), error (a Problem), slow, busy,
 * fresh (how many new ones are not shown), and the functions load (ask anew) and loadMore.
 */
export function useTraces(list, key, version, well) {
  const [pages, setPages] = useState(() => (kept?.key === key ? kept : { key: null, rows: [], next: null }));
  const [error, setError] = useState(null);
  const [slow, setSlow] = useState(false);
  const [busy, setBusy] = useState(false);
  const [fresh, setFresh] = useState(0);
  const asking = useRef(null);
  const latest = useRef(null);
  latest.current = { pages, key, list };

  const load = useCallback(() => {
    const { key: askedKey, list: asked } = latest.current;
    asking.current?.abort();
    const abort = new AbortController();
    asking.current = abort;
    const timer = setTimeout(() => setSlow(true), 150);
    getJson(listRequest(asked), { signal: abort.signal })
      .then(({ data }) => {
        setPages({ key: askedKey, rows: data.traces, next: data.next_cursor });
        setError(null);
        setFresh(0);
        share({ queryError: null });
      })
      .catch((problem) => {
        if (problem.name === "AbortError") return;
        setError(problem);
        if (problem.position != null) share({ queryError: { ...problem, detail: problem.detail, q: asked.q } });
      })
      .finally(() => {
        clearTimeout(timer);
        if (asking.current === abort) setSlow(false);
      });
    return abort;
  }, []);

  const refresh = useCallback(async () => {
    const { list: asked, key: askedKey } = latest.current;
    try {
      const { data } = await getJson(listRequest(asked));
      const { pages: shown, key: stillKey } = latest.current;
      if (stillKey !== askedKey) return;
      setError(null);
      if (shown.key !== askedKey || shown.rows.length === 0) {
        setPages({ key: askedKey, rows: data.traces, next: data.next_cursor });
        return;
      }
      const merged = merge(shown, data, asked.sort);
      setPages(merged.pages);
      setFresh(merged.unseen);
    } catch (problem) {
      if (latest.current.pages.rows.length === 0) setError(problem);
    }
  }, []);

  const loadMore = useCallback(async () => {
    const { list: asked, key: askedKey, pages: shown } = latest.current;
    setBusy(true);
    setError(null);
    try {
      const { data } = await getJson(listRequest(asked, shown.next));
      setPages((now) => {
        if (now.key !== askedKey) return now;
        const known = new Set(now.rows.map((trace) => trace.trace_id));
        return { ...now, rows: [...now.rows, ...data.traces.filter((one) => !known.has(one.trace_id))], next: data.next_cursor };
      });
    } catch (problem) {
      setError(problem);
    }
    setBusy(false);
  }, []);

  useEffect(() => {
    if (latest.current.pages.key === key && latest.current.pages === kept) {
      refresh();
      return undefined;
    }
    const abort = load();
    return () => abort.abort();
  }, [key]);

  const seen = useRef(version);
  useEffect(() => {
    if (version === seen.current) return;
    seen.current = version; // also its first word: what came between the first rows and it is said by no other
    refresh();
  }, [version, refresh]);

  useEffect(() => {
    if (well && error && error.position == null) load();
  }, [well]);

  useEffect(() => () => {
    const last = latest.current;
    kept = last.pages.key === last.key ? last.pages : null;
  }, []);

  const ready = pages.key === key;
  return { rows: ready ? pages.rows : [], ready, more: pages.next != null, error, slow, busy, fresh, load, loadMore };
}

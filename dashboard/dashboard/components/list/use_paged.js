// The rows of a list: asked for when the question changes, kept fresh without moving, kept for the way back.
import { useCallback, useEffect, useRef, useState } from "react";
import { getJson, share } from "../shared/data.js";
import { listRequest } from "../question/list_url.js";
import { covers } from "../shared/news.js";
import { useRetry } from "../shared/use_retry.js";
import { spanKey } from "./spans_url.js";

// The last answers by resource, so that Back shows them at once: {key, rows, next, stopped}.
const kept = new Map();

/**
 * What a list is of: its resource below /ui-api, which also names the rows in the answer, what identifies a row, the field by
 * which the newest come first, and the sort of the list that says they do.
 */
export const TRACES = { resource: "traces", id: (row) => row.trace_id, time: "start_time", newest: "-start_time" };
export const SESSIONS = { resource: "sessions", id: (row) => row.session_id, time: "last_activity", newest: "-last_activity" };
export const SPANS = { resource: "spans", id: spanKey, time: "start_time", newest: "-start_time" };

/** Where the search for a page stopped before its end, null where it did not. */
const stoppedAt = ({ complete, scanned, scanned_until: since }) => (complete || !since ? null : { since, scanned });

const firstPage = (of, key, data) => ({ key, rows: data[of.resource], next: data.next_cursor, stopped: stoppedAt(data) });

/** The shown rows brought up to date by a new first page: changed in place, deleted ones out, unseen ones counted. */
function merge(of, shown, data, sort) {
  const newRows = data[of.resource];
  const byId = new Map(newRows.map((row) => [of.id(row), row]));
  const known = new Set(shown.rows.map((row) => of.id(row)));
  // A row that the answer should hold and does not was deleted, or no longer fits the query.
  const last = newRows.at(-1)?.[of.time];
  const covered = (row) => !data.has_more || (sort === of.newest && row[of.time] > last);
  const rows = shown.rows
    .filter((row) => byId.has(of.id(row)) || !covered(row))
    .map((row) => byId.get(of.id(row)) || row);
  const unseen = newRows.filter((row) => !known.has(of.id(row))).length;
  return { pages: { ...shown, rows, next: rows.length || shown.stopped ? shown.next : data.next_cursor }, unseen };
}

/**
 * Follow a question `list` about `of`, named by `key`. `version` moves when any trace changed; `well` says the API can be
 * asked. Returns rows, ready (they answer this question), more (there are further ones), stopped ({since, scanned} of a search
 * that stopped before its end, or null), error (a Problem of what was asked for), behind (one of bringing it up to date, which is
 * tried again by itself), slow, busy, fresh (how many new ones are not shown), and the
 * functions load (ask anew) and loadMore.
 */
export function usePaged(of, list, key, version, well) {
  const [pages, setPages] = useState(() => (kept.get(of)?.key === key ? kept.get(of) : { key: null, rows: [], next: null, stopped: null }));
  const [error, setError] = useState(null);
  const [behind, setBehind] = useState(null);
  const [slow, setSlow] = useState(false);
  const [busy, setBusy] = useState(false);
  const [fresh, setFresh] = useState(0);
  const asking = useRef(null);
  const answered = useRef(null); // gives the word that the first page knows, once it is there
  const latest = useRef(null);
  latest.current = { pages, key, list };

  const load = useCallback(() => {
    const { key: askedKey, list: asked } = latest.current;
    asking.current?.abort();
    const abort = new AbortController();
    asking.current = abort;
    const timer = setTimeout(() => setSlow(true), 150);
    answered.current = getJson(listRequest(of.resource, asked), { signal: abort.signal })
      .then(({ data, live }) => {
        setPages(firstPage(of, askedKey, data));
        setError(null);
        setBehind(null);
        setFresh(0);
        share({ queryError: null });
        return live;
      })
      .catch((problem) => {
        if (problem.name === "AbortError") return;
        setError(problem);
        if (problem.position != null) share({ queryError: { ...problem, detail: problem.detail, q: asked.q } });
      });
    answered.current.finally(() => {
      clearTimeout(timer);
      if (asking.current === abort) setSlow(false);
    });
    return abort;
  }, []);

  const refresh = useCallback(async () => {
    const { list: asked, key: askedKey } = latest.current;
    try {
      const { data } = await getJson(listRequest(of.resource, asked));
      const { pages: shown, key: stillKey } = latest.current;
      if (stillKey !== askedKey) return;
      setError(null);
      setBehind(null);
      // A search that has found nothing, so far or at all, does not begin anew for what begins with nothing.
      const isNothing = shown.rows.length === 0 && data[of.resource].length === 0;
      if (shown.key === askedKey && isNothing && stoppedAt(data)) return;
      if (shown.key !== askedKey || (shown.rows.length === 0 && !shown.stopped)) {
        setPages(firstPage(of, askedKey, data));
        return;
      }
      const merged = merge(of, shown, data, asked.sort);
      setPages(merged.pages);
      setFresh(merged.unseen);
    } catch (problem) {
      if (latest.current.pages.rows.length === 0) setError(problem);
      setBehind(problem);
    }
  }, []);

  const loadMore = useCallback(async () => {
    const { list: asked, key: askedKey, pages: shown } = latest.current;
    setBusy(true);
    setError(null);
    try {
      const { data } = await getJson(listRequest(of.resource, asked, shown.next));
      setPages((now) => {
        if (now.key !== askedKey) return now;
        const known = new Set(now.rows.map((row) => of.id(row)));
        const rows = [...now.rows, ...data[of.resource].filter((row) => !known.has(of.id(row)))];
        return { ...now, rows, next: data.next_cursor, stopped: stoppedAt(data) };
      });
    } catch (problem) {
      setError(problem);
    }
    setBusy(false);
  }, []);

  useEffect(() => {
    if (latest.current.pages.key === key && latest.current.pages === kept.get(of)) {
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
    Promise.resolve(answered.current).then((known) => covers(known, version) || refresh());
  }, [version, refresh]);

  const ready = pages.key === key;
  const isShown = ready && pages.rows.length > 0;
  useRetry(isShown ? behind : error, isShown ? refresh : load);
  useEffect(() => {
    if (well && error && error.position == null && !isShown) load();
  }, [well]);

  useEffect(() => () => {
    const last = latest.current;
    kept.set(of, last.pages.key === last.key ? last.pages : null);
  }, []);

  return { rows: ready ? pages.rows : [], ready, more: pages.next != null, stopped: ready ? pages.stopped : null, error, behind: behind || error, slow, busy, fresh, load, loadMore };
}

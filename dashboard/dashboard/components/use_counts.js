// What is counted of a list: figures over time, and how many traces have each value. Follows the question and the news.
import { useEffect, useRef, useState } from "react";
import { getJson } from "./data.js";
import { selection } from "./list_url.js";

const CALM_MS = 1000; // between two counts while traces arrive

/**
 * {stats, facets, error, stale, facetsStale}: the answers of GET /api/stats and /api/facets for `list`, null until they are
 * there. `version` moves when any trace changed. Stale: they are those of the question before.
 */
export function useCounts(list, version, withFacets) {
  const stats = useAnswer(`/ui-api/stats?${counted(list)}`, version, list.live);
  const facets = useAnswer(withFacets ? `/ui-api/facets?${selection(list)}` : null, version, list.live);
  return {
    stats: stats.data, facets: facets.data?.facets || null, error: facets.error,
    stale: stats.isStale, facetsStale: facets.isStale,
  };
}

function counted(list) {
  const search = selection(list);
  search.set("bucket", "auto");
  return search;
}

/** {data, error, isStale, retry} of a path, asked at once when the path changes, and calmly, while `live`, when the version does. */
export function useAnswer(path, version, live) {
  const [round, setRound] = useState(0);
  const [answer, setAnswer] = useState({ data: null, path: null, at: 0 });
  const asked = useRef({ path: null, at: 0 });
  const abort = useRef(null);
  useEffect(() => {
    abort.current = new AbortController();
    return () => abort.current.abort();
  }, [path]);
  useEffect(() => {
    const isNew = asked.current.path !== path;
    if (!path || !(isNew || live)) return undefined; // what is paused stands still
    const { signal } = abort.current;
    const timer = setTimeout(() => {
      const at = Date.now();
      asked.current = { path, at };
      // News do not stop a question that is on its way: while they never end, nothing would be answered.
      const take = (next) => setAnswer((now) => (now.path === path && now.at > at ? now : { path, at, ...next }));
      getJson(path, { signal }).then(({ data }) => take({ data }), (error) => {
        if (error.name !== "AbortError") take({ data: null, error });
      });
    }, isNew ? 0 : Math.max(0, asked.current.at + CALM_MS - Date.now()));
    return () => clearTimeout(timer);
  }, [path, version, live, round]);
  const retry = () => {
    asked.current = { path: null, at: 0 };
    setRound((n) => n + 1);
  };
  return { ...answer, isStale: answer.path !== path, retry };
}

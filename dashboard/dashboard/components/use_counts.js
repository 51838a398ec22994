// What is counted of a list: figures over time, and how many traces have each value. Follows the question and the news.
import { useEffect, useRef, useState } from "react";
import { getJson } from "./data.js";
import { selection } from "./list_url.js";

const CALM_MS = 1000; // between two counts while traces arrive

/**
 * {stats, facets, error, stale, facetsStale}: the answers of GET /api/stats and /api/facets for the question `list` named by `key`, null until
 * they are there. `version` moves when any trace changed. Stale: they are those of the question before.
 */
export function useCounts(list, key, version, withFacets) {
  const stats = useAnswer(`/ui-api/stats?${counted(list)}`, key, version);
  const facets = useAnswer(withFacets ? `/ui-api/facets?${selection(list)}` : null, key, version);
  return {
    stats: stats.data, facets: facets.data?.facets || null, error: facets.error,
    stale: stats.key !== key, facetsStale: facets.key !== key,
  };
}

function counted(list) {
  const search = selection(list);
  search.set("bucket", "auto");
  return search;
}

/** {data, key} of a path, asked anew at once when the path changes, and calmly when the version does. */
function useAnswer(path, key, version) {
  const [answer, setAnswer] = useState({ data: null, key: null });
  const asked = useRef({ path: null, at: 0 });
  useEffect(() => {
    if (!path) return undefined;
    const isNew = asked.current.path !== path;
    const abort = new AbortController();
    const wait = isNew ? 0 : Math.max(0, asked.current.at + CALM_MS - Date.now());
    const timer = setTimeout(() => {
      asked.current = { path, at: Date.now() };
      getJson(path, { signal: abort.signal }).then(({ data }) => setAnswer({ data, key }), (error) => {
        if (error.name !== "AbortError") setAnswer({ data: null, key, error });
      });
    }, wait);
    return () => {
      clearTimeout(timer);
      abort.abort();
    };
  }, [path, key, version]);
  return answer;
}

// What the service says of two sides: their rows, or what was said in them.
import { useCallback, useEffect, useState } from "react";
import { getJson } from "../shared/data.js";
import { useRetry } from "../shared/use_retry.js";

/** `resource` is "compare" or "compare/content"; nothing is asked while `a` is null. `options` are those of getJson. Returns {data, error, slow, reload}. */
export function useCompared(resource, a, b, options) {
  const path = a && b ? `/ui-api/${resource}?a=${a}&b=${b}` : null;
  const [state, setState] = useState({ path: null, data: null, error: null });
  const [slow, setSlow] = useState(false);
  const [round, setRound] = useState(0);
  useEffect(() => {
    if (!path) return undefined;
    const abort = new AbortController();
    const timer = setTimeout(() => setSlow(true), 150);
    getJson(path, { ...options, signal: abort.signal })
      .then(({ data }) => setState({ path, data, error: null }))
      .catch((error) => error.name !== "AbortError" && setState({ path, data: null, error }))
      .finally(() => {
        clearTimeout(timer);
        setSlow(false);
      });
    return () => {
      clearTimeout(timer);
      abort.abort();
    };
  }, [path, round]);
  const reload = useCallback(() => setRound((n) => n + 1), []);
  const { data, error } = state.path === path ? state : { data: null, error: null };
  useRetry(error, reload);
  return { data, error, slow, reload };
}

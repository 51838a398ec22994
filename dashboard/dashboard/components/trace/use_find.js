// Find in a trace: the service looks through names, inputs, outputs and errors; here its hits become flags.
import { useEffect, useMemo, useState } from "react";
import { getJson } from "../shared/data.js";
import { fromFound } from "../shared/format.js";
import { both, foundFlags, picked } from "./picks.js";

const PAUSE_MS = 150;
const NONE = { text: "", ids: null, hits: [], cut: false, error: null };

/**
 * The spans that `find` (a text) and `pick` (of picks.js) single out: {flags, hitOf, asking, error, cut}. `flags` is null when
 * nothing is asked for, `hitOf` gives {where, snippet, brief} by span id, `cut` says that there are more hits than were told.
 */
export function useFind(traceId, trace, find, pick) {
  const [found, setFound] = useState(NONE);
  const { tree, path } = trace;
  const text = find.trim();
  useEffect(() => {
    if (!text) {
      setFound(NONE);
      return undefined;
    }
    const abort = new AbortController();
    const timer = setTimeout(() => {
      getJson(`/ui-api/traces/${traceId}/find?${new URLSearchParams({ text })}`, { signal: abort.signal })
        .then(({ data }) => setFound({ text, ids: new Set(data.hits.map((hit) => hit.span_id)), hits: data.hits, cut: data.hits.length >= 1000, error: null }))
        .catch((error) => error.name !== "AbortError" && setFound({ ...NONE, text, ids: new Set(), error }));
    }, PAUSE_MS);
    return () => {
      clearTimeout(timer);
      abort.abort();
    };
  }, [traceId, tree, text]);

  const flags = useMemo(() => {
    const byText = text && found.ids ? foundFlags(tree, found.ids) : null;
    return both(byText, pick ? picked(tree, path, pick) : null);
  }, [tree, path, text, found, pick]);
  const hitOf = useMemo(() => {
    const first = new Map();
    for (const hit of found.hits) if (!first.has(hit.span_id)) first.set(hit.span_id, { ...hit, brief: fromFound(hit.snippet, found.text) });
    return first;
  }, [found]);
  return { flags, hitOf, asking: Boolean(text) && found.text !== text, error: found.error, cut: found.cut };
}

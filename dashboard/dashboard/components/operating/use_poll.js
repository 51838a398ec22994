// An answer that is asked for again and again while somebody can see it: for what no live counter tells of.
import { useCallback, useEffect, useState } from "react";
import { getJson } from "../shared/data.js";

/** {data, error, again}: the last answer of a path; asked every `every` ms while `live`. */
export function usePoll(path, every, live) {
  const [answer, setAnswer] = useState({ path: null, data: null, error: null });
  const look = useCallback((signal) => getJson(path, { signal }).then(
    ({ data }) => setAnswer({ path, data, error: null }),
    (error) => error.name !== "AbortError" && setAnswer((now) => ({ path, data: now.path === path ? now.data : null, error })),
  ), [path]);
  useEffect(() => {
    const abort = new AbortController();
    let timer = 0;
    const next = () => look(abort.signal).finally(() => {
      if (live && !abort.signal.aborted) timer = setTimeout(() => (document.hidden ? (timer = setTimeout(next, every)) : next()), every);
    });
    next();
    return () => {
      abort.abort();
      clearTimeout(timer);
    };
  }, [look, every, live]);
  return { ...answer, isStale: answer.path !== path, again: () => look() };
}

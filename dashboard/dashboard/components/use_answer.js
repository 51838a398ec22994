// One answer of the API that a page shows: it follows the question and the news.
import { useEffect, useRef, useState } from "react";
import { getJson } from "./data.js";

const CALM_MS = 1000; // between two questions while traces arrive

/**
 * {data, error, isStale, again} of a path, asked at once when the path changes, and calmly, while `live`, when the version
 * does. Stale: `data` is that of the path before. `again()` asks once more.
 */
export function useAnswer(path, version, live) {
  const [answer, setAnswer] = useState({ data: null, path: null, at: 0 });
  const asked = useRef({ path: null, at: 0, turn: 0 });
  const abort = useRef(null);
  const [turn, setTurn] = useState(0);
  useEffect(() => {
    abort.current = new AbortController();
    return () => abort.current.abort();
  }, [path]);
  useEffect(() => {
    const isNew = asked.current.path !== path || asked.current.turn !== turn;
    if (!path || !(isNew || live)) return undefined; // what is paused stands still
    const { signal } = abort.current;
    const timer = setTimeout(() => {
      const at = Date.now();
      asked.current = { path, at, turn };
      // News do not stop a question that is on its way: while they never end, nothing would be answered.
      const take = (next) => setAnswer((now) => (now.path === path && now.at > at ? now : { path, at, ...next }));
      getJson(path, { signal }).then(({ data }) => take({ data }), (error) => {
        if (error.name !== "AbortError") take({ data: null, error });
      });
    }, isNew ? 0 : Math.max(0, asked.current.at + CALM_MS - Date.now()));
    return () => clearTimeout(timer);
  }, [path, version, live, turn]);
  return { ...answer, isStale: answer.path !== path, again: () => setTurn(turn + 1) };
}

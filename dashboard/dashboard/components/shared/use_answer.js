// One answer of the API that a page shows: it follows the question and the news.
import { useEffect, useRef, useState } from "react";
import { getJson } from "./data.js";
import { covers } from "./news.js";
import { useRetry } from "./use_retry.js";

const CALM_MS = 1000; // between two questions while traces arrive

/**
 * {data, error, isStale, again} of a path, asked at once when the path changes, and calmly, while `live`, when the version
 * does and the answer does not know it yet. Stale: `data` is that of the path before. `again()` asks once more. Both `data` and
 * `error`: the last look failed, and `data` is what was read before it; while `live`, or without any, it is asked again by itself.
 */
export function useAnswer(path, version, live) {
  const [answer, setAnswer] = useState({ data: null, path: null, at: 0 });
  const asked = useRef({ path: null, at: 0, turn: 0, done: null }); // `done` gives the word that its answer knows
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
    let over = false;
    const timer = setTimeout(async () => {
      // News do not stop a question that is on its way: while they never end, nothing would be answered.
      if (!isNew && (covers(await asked.current.done, version) || over)) return;
      const at = Date.now();
      const take = (next) => setAnswer((now) => {
        if (now.path === path && now.at > at) return now;
        return { path, at, data: now.path === path ? now.data : null, ...next };
      });
      const done = getJson(path, { signal }).then(
        ({ data, live: word }) => {
          take({ data });
          return word;
        },
        (error) => error.name !== "AbortError" && take({ error }),
      );
      asked.current = { path, at, turn, done };
    }, isNew ? 0 : Math.max(0, asked.current.at + CALM_MS - Date.now()));
    return () => {
      over = true;
      clearTimeout(timer);
    };
  }, [path, version, live, turn]);
  const again = () => setTurn((n) => n + 1);
  useRetry(answer.path === path && (live || !answer.data) ? answer.error : null, again);
  return { ...answer, isStale: answer.path !== path, again };
}

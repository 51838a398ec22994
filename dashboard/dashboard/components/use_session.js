// One session: the figures of all its traces at once, what was said in them a page at a time as it comes in sight.
import { useCallback, useEffect, useRef, useState } from "react";
import { getJson } from "./data.js";
import { covers } from "./news.js";

const PAGE = 20; // turns a request
const CALM_MS = 1000; // between two looks at a session that moves

const request = (id, after) => {
  const search = new URLSearchParams({ limit: String(PAGE) });
  if (after) search.set("cursor", after);
  return `/ui-api/sessions/${encodeURIComponent(id)}?${search}`;
};

/**
 * Follow a session. `version` is the live counter. Returns {session, traces, turns, error, slow, reload, want, isBroken}:
 * `turns` has by trace id what has come of the turns; `want(index)` says that the one at that place is in sight;
 * `isBroken(index)` whether it was asked for in vain.
 */
export function useSession(id, version) {
  const [head, setHead] = useState(null);
  const [turns, setTurns] = useState(() => new Map());
  const [broken, setBroken] = useState(() => new Set()); // pages that were asked for in vain
  const [error, setError] = useState(null);
  const [slow, setSlow] = useState(false);
  const shown = useRef(null);
  shown.current = head;
  const pages = useRef(new Set([0])); // that were asked for
  const abort = useRef(null);
  const known = useRef(""); // the word of the news in it
  const loading = useRef(null);

  const add = (data) => setTurns((known) => {
    const more = new Map(known);
    data.turns.forEach((turn) => more.set(turn.trace_id, turn));
    return more;
  });
  const loadPage = useCallback((page, traces) => {
    pages.current.add(page);
    setBroken((all) => new Set([...all].filter((one) => one !== page)));
    getJson(request(id, traces[page * PAGE - 1].trace_id), { signal: abort.current.signal }).then(
      ({ data }) => add(data),
      (problem) => {
        if (problem.name === "AbortError") return;
        pages.current.delete(page);
        setBroken((all) => new Set([...all, page]));
      },
    );
  }, [id]);
  const load = useCallback(async () => {
    try {
      const { data, live } = await getJson(request(id), { signal: abort.current.signal });
      known.current = live;
      const before = new Map((shown.current?.traces || []).map((trace) => [trace.trace_id, trace.last_received]));
      setHead({ session: data.session, traces: data.traces });
      add(data);
      setError(null);
      // What moved is read again where it was read before.
      const moved = new Set(data.traces.flatMap((trace, i) => (before.get(trace.trace_id) === trace.last_received ? [] : [Math.floor(i / PAGE)])));
      moved.forEach((page) => page > 0 && pages.current.has(page) && loadPage(page, data.traces));
    } catch (problem) {
      if (problem.name !== "AbortError" && !(shown.current && problem.status !== 404)) setError(problem);
    }
  }, [id, loadPage]);

  useEffect(() => {
    abort.current = new AbortController();
    const timer = setTimeout(() => setSlow(true), 150);
    loading.current = load().finally(() => clearTimeout(timer));
    return () => {
      clearTimeout(timer);
      abort.current.abort();
    };
  }, [load]);

  const seen = useRef(version);
  useEffect(() => {
    if (version === seen.current) return undefined;
    const timer = setTimeout(() => {
      seen.current = version;
      loading.current.then(() => covers(known.current, version) || load());
    }, CALM_MS);
    return () => clearTimeout(timer);
  }, [version, load]);

  const want = useCallback((index) => {
    const page = Math.floor(index / PAGE);
    if (shown.current && !pages.current.has(page)) loadPage(page, shown.current.traces);
  }, [loadPage]);
  const reload = () => {
    setError(null);
    load();
  };
  return { ...head, turns, error, slow, reload, want, isBroken: (index) => broken.has(Math.floor(index / PAGE)) };
}

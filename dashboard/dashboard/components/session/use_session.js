// One session: all its turns in outline at once, what was said in them a page at a time as it comes in sight.
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { getJson } from "../shared/data.js";
import { covers } from "../shared/news.js";
import { useRetry } from "../shared/use_retry.js";
import { movedPages, outlined, told } from "./session_turns.js";

const PAGE = 20; // turns a request
const CALM_MS = 1000; // between two looks at a session that moves

const request = (id, after) => {
  const search = new URLSearchParams({ limit: String(PAGE) });
  if (after) search.set("cursor", after);
  else search.set("outline", "true");
  return `/ui-api/sessions/${encodeURIComponent(id)}?${search}`;
};

/**
 * Follow a session. `version` is the live counter. Returns {session, traces, turns, isBusy, error, slow, reload, want, isBroken}:
 * `traces` are all turns, as `told` gives them; `turns` has by trace id what was said in those that have come; `isBusy`: some are on their way; `want(index)` says that the one at that place is in sight;
 * `isBroken(index)` whether it was asked for in vain.
 */
export function useSession(id, version) {
  const [head, setHead] = useState(null);
  const [said, setSaid] = useState(() => ({ turns: new Map(), summaries: new Map() })); // of what has come
  const [broken, setBroken] = useState(() => new Set()); // pages that were asked for in vain
  const [error, setError] = useState(null);
  const [behind, setBehind] = useState(null); // what the last look met, also where an older state is shown
  const [slow, setSlow] = useState(false);
  const shown = useRef(null);
  shown.current = head;
  const pages = useRef(new Set([0])); // that were asked for
  const abort = useRef(null);
  const known = useRef(""); // the word of the news in it
  const loading = useRef(null);

  const add = (data) => setSaid((before) => {
    const turns = new Map(before.turns);
    const summaries = new Map(before.summaries);
    data.turns.forEach((turn) => turns.set(turn.trace_id, turn));
    data.traces.forEach((trace) => summaries.set(trace.trace_id, trace));
    return { turns, summaries };
  });
  const loadPage = useCallback((page, outline) => {
    pages.current.add(page);
    setBroken((all) => new Set([...all].filter((one) => one !== page)));
    getJson(request(id, outline[page * PAGE - 1].trace_id), { signal: abort.current.signal }).then(
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
      const outline = outlined(data.outline);
      const moved = movedPages(shown.current?.outline || [], outline, PAGE);
      setHead({ session: data.session, outline });
      add(data);
      setError(null);
      setBehind(null);
      // What moved is read again where it was read before.
      moved.forEach((page) => page > 0 && pages.current.has(page) && loadPage(page, outline));
    } catch (problem) {
      if (problem.name === "AbortError") return;
      setBehind(problem);
      if (!shown.current || problem.status === 404) setError(problem);
    }
  }, [id, loadPage]);
  useRetry(behind, load);

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
    if (shown.current && !pages.current.has(page)) loadPage(page, shown.current.outline);
  }, [loadPage]);
  const reload = () => {
    setError(null);
    load();
  };
  const traces = useMemo(() => head && told(head.outline, said.summaries), [head, said]);
  // Turns that nobody has scrolled to are not waited for.
  const isBusy = Boolean(head?.outline.some((turn, index) => pages.current.has(Math.floor(index / PAGE)) && !said.turns.has(turn.trace_id)));
  return { session: head?.session, traces, turns: said.turns, isBusy, error, slow, reload, want, isBroken: (index) => broken.has(Math.floor(index / PAGE)) };
}

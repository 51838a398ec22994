// The skeleton of one trace and its hints: fetched, kept fresh while it moves, and what is worked out of it once.
import { useCallback, useEffect, useRef, useState } from "react";
import { criticalPath, waits } from "./critical_path.js";
import { getJson } from "../shared/data.js";
import { findRuns } from "./groups.js";
import { covers, isNext } from "../shared/news.js";
import { forget } from "../span/spans.js";
import { buildTree } from "./tree.js";
import { useRetry } from "../shared/use_retry.js";

const NONE = { hints: [], unchecked: [] };
const GRACE_MS = 150; // hints that come this soon after the skeleton come with it, and move nothing

/** The answer {hints, complete, unchecked} about a trace, none where it cannot be had, and the word of the news in it. */
const askHints = (traceId, signal) => getJson(`/ui-api/traces/${traceId}/hints`, { signal }).then(({ data, live }) => ({ told: data, live }), () => ({ told: NONE, live: null }));

const pause = (ms) => new Promise((done) => { setTimeout(done, ms); });

/** A skeleton with all that the views ask of it: tree, path (critical), waits, runs. `now` (ms) is until when a running trace lasts. */
function workedOut(skeleton, now) {
  const tree = buildTree(skeleton, now);
  const path = criticalPath(tree);
  return { tree, path, waits: waits(tree, path), runs: findRuns(tree) };
}

/**
 * Follow a trace. `version` and `changed` are the live counter and what moved. Returns {trace, hints, error, slow, reload};
 * `trace` is what `workedOut` gives, null until it is there. While `held` is true, news wait: `waiting` says that there are
 * some.
 */
export function useTrace(traceId, version, changed, held) {
  const [trace, setTrace] = useState(null);
  const [hints, setHints] = useState(NONE);
  const [error, setError] = useState(null);
  const [behind, setBehind] = useState(null); // what the last look met, also where an older trace is shown
  const [slow, setSlow] = useState(false);
  const [waiting, setWaiting] = useState(false);
  const etag = useRef(null);
  const known = useRef(""); // the word of the news in it
  const looks = useRef({ begun: 0, drawn: 0 }); // an answer to an earlier look than the one drawn is late
  const loading = useRef(null);
  const shown = useRef(null);
  shown.current = trace;

  const load = useCallback(async (signal) => {
    looks.current.begun += 1;
    const look = looks.current.begun;
    const asked = askHints(traceId, signal);
    try {
      const { data, etag: tag, live } = await getJson(`/ui-api/traces/${traceId}/skeleton`, { signal });
      known.current = live;
      setBehind(null);
      if (tag && tag === etag.current) return;
      const answer = await Promise.race([asked, pause(GRACE_MS)]);
      if (signal?.aborted || look < looks.current.drawn) return;
      looks.current.drawn = look;
      etag.current = tag;
      if (answer?.live && !covers(answer.live, live)) known.current = answer.live; // the hints know less
      setTrace(workedOut(data, Date.now()));
      asked.then(({ told }) => look === looks.current.drawn && setHints(told));
      setError(null);
      document.title = `${data.trace.name || "Trace"} · LLM Tracer`;
    } catch (problem) {
      if (problem.name === "AbortError") return;
      setBehind(problem);
      if (!shown.current || problem.status === 404) setError(problem);
    }
  }, [traceId]);
  useRetry(behind, load);

  useEffect(() => {
    const abort = new AbortController();
    const timer = setTimeout(() => setSlow(true), 150);
    loading.current = load(abort.signal).finally(() => clearTimeout(timer));
    return () => {
      clearTimeout(timer);
      abort.abort();
    };
  }, [load]);

  const refresh = useCallback(() => {
    setWaiting(false);
    forget(traceId);
    load();
  }, [traceId, load]);

  const seen = useRef(version);
  useEffect(() => {
    const skipped = !isNext(seen.current, version);
    if (version === seen.current) return;
    seen.current = version;
    if (!skipped && changed !== "*" && !changed.includes(traceId)) return;
    loading.current.then(() => {
      if (covers(known.current, version)) return;
      if (held) setWaiting(true);
      else refresh();
    });
  }, [version]);

  const reload = () => {
    setError(null);
    load();
  };
  useEffect(() => { if (!held && waiting) refresh(); }, [held, waiting, refresh]); // going on shows what has come
  return { trace, hints, error, slow, reload, waiting, refresh };
}

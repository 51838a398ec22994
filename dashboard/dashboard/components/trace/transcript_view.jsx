// The whole trace as text, in the order in which it happened. Comes by pages while one reads on.
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { endOf } from "./axis.js";
import { getJson } from "../shared/data.js";
import { plural, tick } from "../shared/format.js";
import { Copy, Failed, Waiting } from "../shared/parts.jsx";
import { asMarkdown } from "./transcript.js";
import { TranscriptLine } from "./transcript_line.jsx";
import { indexOf, kindOf, nameOf } from "./tree.js";

/** The lines that have come, {lines, more, error, loadMore}; asked for anew when the trace moved. */
function useTranscript(traceId, tree) {
  const [state, setState] = useState({ lines: null, next: null, error: null });
  const asking = useRef(null);
  const ask = useCallback((cursor) => {
    asking.current?.abort();
    const abort = new AbortController();
    asking.current = abort;
    const search = cursor ? `?${new URLSearchParams({ cursor })}` : "";
    getJson(`/ui-api/traces/${traceId}/transcript${search}`, { signal: abort.signal })
      .then(({ data }) => setState((old) => ({ lines: cursor ? [...old.lines, ...data.lines] : data.lines, next: data.next_cursor, error: null })))
      .catch((error) => error.name !== "AbortError" && setState((old) => ({ ...old, error })));
  }, [traceId]);
  useEffect(() => {
    ask(null);
    return () => asking.current?.abort();
  }, [ask, tree]);
  return { ...state, more: state.next != null, loadMore: () => ask(state.next), retry: () => ask(state.next) };
}

export function TranscriptView({ traceId, trace, selected, select }) {
  const { tree } = trace;
  const { lines, more, error, loadMore, retry } = useTranscript(traceId, tree);
  const box = useRef(null);
  const end = useRef(null);
  // What is nearly in sight is asked for.
  useEffect(() => {
    if (!more || !end.current) return undefined;
    const observer = new IntersectionObserver(([entry]) => entry.isIntersecting && loadMore(), { root: box.current, rootMargin: "600px" });
    observer.observe(end.current);
    return () => observer.disconnect();
  }, [more, lines]);
  const shown = useMemo(() => (lines || []).map((line) => ({ ...line, i: indexOf(tree, line.span_id) })).filter((line) => line.i >= 0), [lines, tree]);
  useEffect(() => {
    box.current?.querySelector(".line.here")?.scrollIntoView({ block: "nearest" });
  }, [selected, shown.length > 0]);

  if (error && !lines) return <Failed error={error} retry={retry} />;
  if (!lines) return <Waiting lines={12} label="Loading the transcript" />;
  return (
    <div className="transcript-view">
      <div className="table-tools">
        <span className="dim">{plural(shown.length, "line")}{more && " so far; more load as you scroll"}</span>
        <span className="grow" />
        <Copy text={() => asMarkdown(shown)} quiet={false} label={more ? "Copy what is loaded as Markdown" : "Copy as Markdown"} />
      </div>
      <div className="transcript" ref={box} tabIndex={0} aria-label="Transcript" role="region">
        {shown.map((line, n) => (
          <TranscriptLine key={`${line.span_id} ${n}`} line={line} here={line.i === selected} pick={() => select(line.i)}
            step={{ kind: kindOf(tree, line.i), name: nameOf(tree, line.i), ms: (endOf(tree, line.i) - tree.start_us[line.i]) / 1000 }}
            time={shown[n - 1]?.i !== line.i ? tick(tree.start_us[line.i]) : ""} />
        ))}
        {error && <Failed error={error} retry={retry} />}
        <p ref={end} className="dim pad">{more ? "Loading more …" : ""}</p>
      </div>
    </div>
  );
}

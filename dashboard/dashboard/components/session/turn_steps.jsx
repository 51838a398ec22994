// What happened between a question and its answer, from the transcript of the trace; read when it is looked at.
import { useEffect, useState } from "react";
import { Link } from "react-router";
import { getJson } from "../shared/data.js";
import { Waiting } from "../shared/parts.jsx";
import { tick } from "../shared/format.js";
import { stepsOf, textOf } from "./steps.js";
import { TranscriptLine } from "../trace/transcript_line.jsx";

export function TurnSteps({ trace, turn }) {
  const [told, setTold] = useState({ lines: null, more: false, error: null });
  const { trace_id: id, last_received: moved } = trace;
  useEffect(() => {
    const abort = new AbortController();
    getJson(`/ui-api/traces/${id}/transcript`, { signal: abort.signal }).then(
      ({ data }) => setTold({ lines: data.lines, more: data.next_cursor != null, error: null }),
      (error) => error.name !== "AbortError" && setTold((old) => ({ ...old, error })),
    );
    return () => abort.abort();
  }, [id, moved]);
  if (told.error && !told.lines) return <p className="s-error" role="alert">{told.error.detail}</p>;
  if (!told.lines) return <Waiting lines={3} label="Loading the steps" />;
  const steps = stepsOf(told.lines, textOf(turn?.asked), textOf(turn?.answered));
  if (!steps.length) return null;
  return (
    <div className="turn-steps">
      {steps.map((line, n) => (
        <TranscriptLine key={`${line.span_id} ${n}`} line={line} time={steps[n - 1]?.span_id !== line.span_id ? tick(line.offset_ms * 1000) : ""}
          step={{ kind: line.span_kind, name: line.name, times: line.times, ms: line.duration_ms }} />
      ))}
      {told.more && <p><Link className="link" to={`/trace/${id}?view=transcript`}>More steps in the trace ›</Link></p>}
    </div>
  );
}

// The content of a span, from the server or from what was asked for before.
import { useEffect, useState } from "react";
import { loadSpan, peek } from "./spans.js";
import { useRetry } from "../shared/use_retry.js";

/** Load the span at once when known, else after it; when the trace moved, what is shown stays until the news is there. */
export function useSpan(traceId, id, tree) {
  const [state, setState] = useState({ id: null, span: null, error: null });
  const [slow, setSlow] = useState(false);
  const [round, setRound] = useState(0);
  useEffect(() => {
    if (!id) return undefined;
    const known = peek(traceId, id);
    if (known) {
      setState({ id, span: known, error: null });
      return undefined;
    }
    const abort = new AbortController();
    const timer = setTimeout(() => setSlow(true), 150);
    // A held key passes many spans; those it does not rest on are not asked for.
    const start = setTimeout(() => {
      loadSpan(traceId, id, abort.signal)
        .then((span) => setState({ id, span, error: null }))
        .catch((error) => error.name !== "AbortError" && setState((old) => ({ id, span: old.id === id ? old.span : null, error }))) // what was read stays
        .finally(() => { clearTimeout(timer); setSlow(false); });
    }, 30);
    return () => {
      clearTimeout(timer);
      clearTimeout(start);
      setSlow(false);
      abort.abort();
    };
  }, [traceId, id, tree, round]);
  const { span, error } = state.id === id ? state : { span: null, error: null };
  const retry = () => setRound((n) => n + 1);
  useRetry(error, retry);
  return { span, error, slow, retry };
}

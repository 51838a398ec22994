// The state of the page of a trace, in its address. A held key must not use up what a browser allows of changes, so what
// changes often is written when the hand rests; a change of view is a step that Back undoes.
import { useCallback, useEffect, useRef, useState } from "react";
import { useLocation, useNavigate } from "react-router";
import { readTraceUrl, traceSearch } from "./trace_url.js";

const REST_MS = 120;
const OFTEN = ["span", "zoom", "find"]; // what a held key, a wheel or a writing hand changes

/** [state, change, go]: `change(fields)` replaces the address soon, `go(fields)` makes an entry in the history at once. */
export function useTraceUrl() {
  const location = useLocation();
  const navigate = useNavigate();
  const [state, setState] = useState(() => readTraceUrl(location.search));
  const latest = useRef(state);
  const written = useRef(traceSearch(state));
  const timer = useRef(null);

  // Back, forward, a link to another place of the same trace.
  useEffect(() => {
    clearTimeout(timer.current);
    const search = window.location.search;
    if (search === written.current) return;
    latest.current = readTraceUrl(search);
    written.current = traceSearch(latest.current);
    setState(latest.current);
  }, [location.key]);

  const write = useCallback(() => {
    const search = traceSearch(latest.current);
    if (search === written.current) return;
    written.current = search;
    window.history.replaceState(window.history.state, "", window.location.pathname + search);
  }, []);
  useEffect(() => () => {
    clearTimeout(timer.current);
  }, []);

  const change = useCallback((fields) => {
    latest.current = { ...latest.current, ...fields };
    setState(latest.current);
    clearTimeout(timer.current);
    if (OFTEN.some((name) => name in fields)) timer.current = setTimeout(write, REST_MS);
    else write();
  }, [write]);
  const go = useCallback((fields) => {
    clearTimeout(timer.current);
    write();
    latest.current = { ...latest.current, ...fields };
    written.current = traceSearch(latest.current);
    setState(latest.current);
    navigate(window.location.pathname + written.current);
  }, [navigate, write]);
  return [state, change, go];
}

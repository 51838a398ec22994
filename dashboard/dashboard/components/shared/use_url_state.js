// The state of a page in its address. A held key must not use up what a browser allows of changes, so what changes often is
// written when the hand rests; a change of view is a step that Back undoes.
import { useCallback, useEffect, useRef, useState } from "react";
import { useLocation, useNavigate } from "react-router";

const REST_MS = 120;

/**
 * [state, change, go]: `change(fields)` replaces the address soon, `go(fields)` makes an entry in the history at once.
 * `read(search)` and `write(state)` go between the search part of an address and the state; `often` names the fields that a
 * held key, a wheel or a writing hand changes.
 */
export function useUrlState(read, write, often) {
  const location = useLocation();
  const navigate = useNavigate();
  const [state, setState] = useState(() => read(location.search));
  const latest = useRef(state);
  const written = useRef(write(state));
  const timer = useRef(null);
  const path = useRef(window.location.pathname);

  // Back, forward, a link to another place of the same page. Where `go` arrives itself, what was changed meanwhile is still to
  // be written.
  useEffect(() => {
    const { pathname, search } = window.location;
    const isOurs = pathname === path.current && search === written.current;
    path.current = pathname;
    if (isOurs) return;
    clearTimeout(timer.current);
    latest.current = read(search);
    written.current = write(latest.current);
    setState(latest.current);
  }, [location.key]);

  const keep = useCallback(() => {
    const search = write(latest.current);
    // The address is of the next page before this one is gone.
    if (search === written.current || window.location.pathname !== path.current) return;
    written.current = search;
    window.history.replaceState(window.history.state, "", window.location.pathname + search);
  }, [write]);
  useEffect(() => () => {
    clearTimeout(timer.current);
  }, []);

  const change = useCallback((fields) => {
    latest.current = { ...latest.current, ...fields };
    setState(latest.current);
    clearTimeout(timer.current);
    if (often.some((name) => name in fields)) timer.current = setTimeout(keep, REST_MS);
    else keep();
  }, [keep, often]);
  const go = useCallback((fields) => {
    clearTimeout(timer.current);
    keep();
    latest.current = { ...latest.current, ...fields };
    written.current = write(latest.current);
    setState(latest.current);
    navigate(window.location.pathname + written.current);
  }, [navigate, keep, write]);
  return [state, change, go];
}

// Where Esc on the page of a trace leads: to the page from which the trace was opened. The list of traces is where it leads else.
import { useEffect, useRef } from "react";
import { useLocation } from "react-router";
import { share, sharedNow } from "../shared/data.js";

const isTrace = (pathname) => pathname.startsWith("/trace/");

/** Says that a page is such an origin; `path` is its address now. */
export function useOrigin(path) {
  const latest = useRef(path);
  latest.current = path;
  useEffect(() => () => { if (isTrace(window.location.pathname)) share({ origin: latest.current }); }, []);
}

/** Forgets the origin on every page that is not that of a trace. */
export function useForgottenOrigin() {
  const { pathname } = useLocation();
  useEffect(() => { if (!isTrace(pathname) && sharedNow("origin")) share({ origin: null }); }, [pathname]);
}

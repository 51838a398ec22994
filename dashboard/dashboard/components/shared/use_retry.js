// Asking again by itself for what may be there soon.
import { useEffect } from "react";

const RETRY_MS = 2000;

/** While `problem` (a Problem or null) may pass by itself, `act` after a moment: nothing answered, or the service failed. */
export function useRetry(problem, act) {
  useEffect(() => {
    if (!problem || (problem.status !== 0 && problem.status < 500)) return undefined;
    const timer = setTimeout(act, RETRY_MS);
    return () => clearTimeout(timer);
  }, [problem]);
}

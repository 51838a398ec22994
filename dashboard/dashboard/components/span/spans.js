// The content of spans, fetched when selected and kept for a while: going back to a span is instant.
import { getJson } from "../shared/data.js";

const KEEP = 60;
const cache = new Map();

const path = (traceId, spanId) => `/ui-api/traces/${traceId}/spans/${spanId}`;

/** What is known already, or undefined. */
export const peek = (traceId, spanId) => cache.get(path(traceId, spanId));

/** The canonical span. Throws Problem, or an AbortError. */
export async function loadSpan(traceId, spanId, signal) {
  const key = path(traceId, spanId);
  const known = cache.get(key);
  if (known) return known;
  const { data } = await getJson(key, { signal, wide: true });
  cache.set(key, data);
  if (cache.size > KEEP) cache.delete(cache.keys().next().value);
  return data;
}

/** Spans of a trace that moved may have moved too. */
export function forget(traceId) {
  for (const key of [...cache.keys()]) if (key.includes(traceId)) cache.delete(key);
}

// Reading over HTTP from the dashboard's own origin. Nothing here writes, and nothing goes anywhere else.
import { useEffect, useState, useSyncExternalStore } from "react";
import { parseJson } from "./value_model.js";

/** What went wrong, for people: title, detail, hint; for a query also position and expected. */
export class Problem extends Error {
  constructor(fields) {
    super(fields.detail || fields.title);
    Object.assign(this, fields);
  }
}

/** GET a JSON answer. Returns {data, etag, live} (the word of the news in it); throws Problem, or an AbortError when given up. */
export async function getJson(path, { signal, wide = false } = {}) {
  let response;
  try {
    response = await fetch(path, { signal, cache: "no-cache", headers: { Accept: "application/json" } });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Problem({
      status: 0,
      title: "The dashboard is not responding",
      detail: "Its own process cannot be reached at this address.",
      hint: "Restart it with `llm-tracer up`.",
    });
  }
  const signIn = response.headers.get("x-sign-in");
  if (signIn) location.assign(`${signIn}?${new URLSearchParams({ next: location.pathname + location.search })}`);
  const text = await response.text();
  if (response.ok) return { data: wide ? parseJson(text) : JSON.parse(text), etag: response.headers.get("etag"), live: response.headers.get("x-live") };
  let told = {};
  try {
    told = JSON.parse(text);
  } catch {
    // not a problem document; the status has to do
  }
  throw new Problem({
    title: told.title || `HTTP ${response.status}`,
    detail: told.detail || told.title || `HTTP ${response.status} without a reason.`,
    hint: told.hint || "",
    position: told.position,
    expected: told.expected,
    status: response.status,
  });
}

/** A time (ms) that moves every `every` ms, for "2 min ago". */
export function useNow(every) {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), every);
    return () => clearInterval(timer);
  }, [every]);
  return now;
}

const EVERY_MS = 10_000;
const waiting = new Set(); // those who want to know that time goes on
let now = Date.now();
let timer = 0;

function untilNextMoment(listener) {
  if (!waiting.size) {
    timer = setInterval(() => {
      now = Date.now();
      waiting.forEach((one) => one());
    }, EVERY_MS);
  }
  waiting.add(listener);
  return () => {
    waiting.delete(listener);
    if (!waiting.size) clearInterval(timer);
  };
}

/**
 * What `write(now)` (ms) says, a text or a number, looked at every ten seconds. Only what says something else by then is drawn
 * anew: of thousands of rows a few.
 */
export function useOfNow(write) {
  return useSyncExternalStore(untilNextMoment, () => {
    if (!waiting.size) now = Date.now();
    return write(now);
  });
}

/** False while the page is prepared at build time and during hydration. */
export function useMounted() {
  const [mounted, setMounted] = useState(false);
  useEffect(() => setMounted(true), []);
  return mounted;
}

// A few words that parts of the page share without being parent and child.
const shared = { queryError: null, listSearch: "", listRows: null, origin: null, compareWith: undefined, pageCommands: [], listTraces: [], about: null, toldByPage: false, outage: null, isPaletteOpen: false, zone: null, density: null, views: null };
const listeners = new Set();

export function share(fields) {
  Object.assign(shared, fields);
  listeners.forEach((listener) => listener());
}

export function useShared(name) {
  const [, redraw] = useState(0);
  useEffect(() => {
    const listener = () => redraw((n) => n + 1);
    listeners.add(listener);
    return () => listeners.delete(listener);
  }, []);
  return shared[name];
}

export const sharedNow = (name) => shared[name];

let asking = null; // several parts of a page want it at once

/** Ask what is known of this installation. Whoever asks while an answer is on its way waits for that one. */
export function askAbout() {
  asking ??= getJson("/ui-api/about").then(({ data }) => share({ about: data }), () => {}).finally(() => { asking = null; });
  return asking;
}

/** Texts of this installation: address of the API, snippets, keys. Fetched once. */
export function useAbout() {
  const about = useShared("about");
  useEffect(() => {
    if (!sharedNow("about")) askAbout();
  }, []);
  return about;
}

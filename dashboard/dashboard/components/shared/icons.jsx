// Small drawings. Kinds and states differ in shape and in colour, never in colour alone.

const KIND = {
  llm: "llm", agent: "agent", tool: "tool", retriever: "data", embedding: "data", rerank: "data", reranker: "data",
  guardrail: "guard", evaluator: "guard", mcp: "mcp", http: "http", db: "http", chain: "other", workflow: "agent",
};

const SHAPE = {
  llm: <path d="M2.5 3.5h9v6h-5l-2.5 2v-2h-1.5z" />,
  agent: <><circle cx="7" cy="5" r="2.2" /><path d="M2.8 12c.5-2.6 2.1-3.8 4.2-3.8s3.7 1.2 4.2 3.8" /></>,
  tool: <path d="M8.6 2.4a3 3 0 0 0-2.5 4.2L2.6 10l1.4 1.5 3.5-3.6a3 3 0 0 0 4-3.6L9.7 6 8 4.3z" />,
  data: <><ellipse cx="7" cy="3.7" rx="4" ry="1.5" /><path d="M3 3.7v6.6c0 .8 1.8 1.5 4 1.5s4-.7 4-1.5V3.7M3 7c0 .8 1.8 1.5 4 1.5S11 7.8 11 7" /></>,
  guard: <path d="M7 2l4 1.5v3.2c0 2.5-1.6 4.3-4 5.3-2.4-1-4-2.8-4-5.3V3.5z M5.2 6.9l1.4 1.4 2.3-2.5" />,
  mcp: <path d="M4.5 2v3M9.5 2v3M3 5h8v1.5a4 4 0 0 1-8 0zM7 10.5V13" />,
  http: <><circle cx="7" cy="7" r="4.7" /><path d="M2.3 7h9.4M7 2.3c2.6 2.8 2.6 6.6 0 9.4C4.4 8.9 4.4 5.1 7 2.3" /></>,
  other: <><rect x="2.5" y="2.5" width="3.5" height="3.5" /><rect x="8" y="8" width="3.5" height="3.5" /><path d="M4.250 6v3.750H8" /></>,
};

export const kindClass = (kind) => `k-${KIND[kind] || "other"}`;

export function KindIcon({ kind }) {
  const shape = KIND[kind] || "other";
  return (
    <svg className={`kind k-${shape}`} viewBox="0 0 14 14" aria-hidden="true">
      {SHAPE[shape]}
    </svg>
  );
}

const STATUS = {
  ok: ["✓", "Ok"],
  error: ["✕", "Error"],
  mixed: ["⚠", "Ok, with errors inside"],
  running: ["◐", "Running"],
  abandoned: ["◌", "Abandoned: it started, and then nothing more arrived"],
  rootless: ["?", "The root span has not been received"],
};

/** The state of a trace that its mark shows. */
export function traceState(trace) {
  if (trace.status === "running" || trace.status === "abandoned") return trace.status;
  if (trace.status === "error") return "error";
  if (!trace.root_span_id) return "rootless";
  return trace.error_count > 0 ? "mixed" : "ok";
}

/** The state of a span that its mark shows. */
export function spanState({ status, state }) {
  if (status === "error") return "error";
  return state === "open" ? "running" : state === "abandoned" ? "abandoned" : "ok";
}

export function stateText(state) {
  return (STATUS[state] || STATUS.ok)[1];
}

export function StatusMark({ state, title }) {
  const [glyph, text] = STATUS[state] || STATUS.ok;
  return (
    <span className={`mark s-${state}`} role="img" aria-label={title || text} title={title || text}>
      {glyph}
    </span>
  );
}

const LINES = {
  sun: <><circle cx="8" cy="8" r="2.8" /><path d="M8 1.5v1.5M8 13v1.5M1.5 8H3M13 8h1.5M3.4 3.4l1 1M11.6 11.6l1 1M3.4 12.6l1-1M11.6 4.4l1-1" /></>,
  moon: <path d="M13 9.5A5.5 5.5 0 0 1 6.5 3a5.5 5.5 0 1 0 6.5 6.5z" />,
  system: <><rect x="2" y="3" width="12" height="8" rx="1" /><path d="M6 13.5h4" /></>,
  traces: <path d="M2 4h9M4.5 8h7M7 12h7" strokeWidth="2" />,
  sessions: <path d="M2.500 3h8v5.500h-4.500l-2 2v-2h-1.500zM12.500 6v5.500h-1.500v2l-2-2h-3" />,
  spans: <><path d="M2.500 3v10M13.500 3v10" /><path d="M5 8h6" strokeWidth="2.600" /></>,
  compare: <><rect x="2" y="3" width="4.500" height="10" rx="1" /><rect x="9.500" y="3" width="4.500" height="10" rx="1" /></>,
  overview: <path d="M2.5 13.5h11M4 11V7.5M7 11V3M10 11V6M13 11V4.5" />,
  errors: <><circle cx="8" cy="8" r="5.8" /><path d="M5.8 5.8l4.4 4.4M10.2 5.8l-4.4 4.4" /></>,
  patterns: <><circle cx="3.5" cy="8" r="1.7" /><circle cx="12.5" cy="4" r="1.7" /><circle cx="12.5" cy="12" r="1.7" /><path d="M5.2 8h2.3l3.3-3.6M7.5 8l3.3 3.6" /></>,
  ingest: <path d="M8 2v7M5 6.5L8 9.5l3-3M2.5 10v2.5a1 1 0 0 0 1 1h9a1 1 0 0 0 1-1V10" />,
  settings: <path d="M2 4.5h7M12 4.5h2M2 11.5h2M7 11.5h7M9 3v3h3V3zM4 10v3h3v-3z" />,
  search: <><circle cx="7" cy="7" r="4" /><path d="M10 10l3.5 3.5" /></>,
  back: <path d="M9.5 3.5L5 8l4.5 4.5" />,
  copy: <><rect x="5.5" y="5.5" width="7.5" height="8" rx="1" /><path d="M3 10.5V3.5a1 1 0 0 1 1-1h6" /></>,
  out: <path d="M9.5 3H4a1 1 0 0 0-1 1v8a1 1 0 0 0 1 1h5.5M7 8h7M11.5 5.5L14 8l-2.5 2.5" />,
  clear: <path d="M4 4l8 8M12 4l-8 8" />,
};

export function Icon({ name }) {
  return (
    <svg className="icon" viewBox="0 0 16 16" aria-hidden="true">
      {LINES[name]}
    </svg>
  );
}

// What stands in each column of a row; which columns of a trace there are is columns.js.
import { useOfNow } from "../shared/data.js";
import { ago, clock, costOf, costTitle, count, duration, exact, lasted, moment, plural, tokensOf } from "../shared/format.js";
import { traceState } from "../shared/icons.jsx";
import { heightOf } from "../figures/series.js";

function tokensTitle(usage) {
  if (!usage || usage.total == null) return "Token counts unknown";
  const parts = [`in ${exact(usage.input)}`];
  if (usage.cache_read) parts.push(`of which ${exact(usage.cache_read)} cached`);
  parts.push(`out ${exact(usage.output)}`);
  if (usage.reasoning) parts.push(`of which ${exact(usage.reasoning)} reasoning`);
  return `${exact(usage.total)} tokens: ${parts.join(", ")}`;
}

const scoreText = ({ name, value, label }) => `${name} ${label ?? value}`;

/** One cell; `list` is {longest, foot}: of the bars of durations what DurationCell is told. */
export function Cell({ id, trace, list }) {
  const draw = CELLS[id];
  return draw(trace, list);
}

/** What stands for the rest of a list that an answer shortened (`shortened` in docs/api.md). */
const more = (trace, field) => (trace.shortened?.includes(field) ? ["…"] : []);

const listed = (trace, field) => [...(trace[field] || []), ...more(trace, field)];

const CELLS = {
  model: (trace) => {
    const models = listed(trace, "models");
    return (
      <span role="gridcell" className="c-model" title={models.join(", ")}>
        {models[0] || ""}{models.length > 1 && <i> +{models.length - 1}</i>}
      </span>
    );
  },
  duration: (trace, { longest, foot }) => <DurationCell row={trace} state={traceState(trace)} longest={longest} foot={foot} />,
  tokens: (trace) => <TokensCell row={trace} />,
  cost: (trace) => <CostCell row={trace} />,
  spans: (trace) => <span role="gridcell" className="num c-spans" title={plural(trace.span_count, "span")}>{count(trace.span_count)}</span>,
  session: (trace) => <Plain text={trace.session_id} />,
  user: (trace) => <Plain text={trace.user_id} />,
  tags: (trace) => <Plain text={listed(trace, "tags").join(", ")} />,
  service: (trace) => <Plain text={listed(trace, "services").join(", ")} />,
  environment: (trace) => <Plain text={trace.environment} />,
  release: (trace) => <Plain text={trace.release} />,
  scores: (trace) => <Plain text={[...trace.scores.map(scoreText), ...more(trace, "scores")].join(", ")} />,
  when: (trace) => <WhenCell time={trace.start_time} />,
};

const BY_POWERS = "Logarithmic scale: each line is ten times the one before";

/**
 * The duration of a row with its bar; `longest` (ms) is that of a full bar, `foot` (ms) where a logarithmic one begins, 0 of a
 * linear one (`footOf`). `state` gives the colour; what runs has taken until now.
 */
export function DurationCell({ row, state, longest, foot }) {
  const ms = useOfNow((now) => lasted({ ...row, status: state }, now));
  const width = ms == null ? 0 : `max(2px, ${100 * heightOf(ms, longest || 1, foot)}%)`;
  const power = ms != null && foot > 0 ? { "--power": `${100 * heightOf(10 * foot, longest, foot)}%` } : undefined;
  const isRunning = state === "running" && ms != null;
  const exactly = isRunning ? "Still running; time so far" : `${ms} ms`;
  return (
    <span role="gridcell" className="c-dur num" title={ms == null ? undefined : `${exactly}${power ? `\n${BY_POWERS}` : ""}`}>
      <b className={isRunning ? "s-running" : undefined}>{duration(isRunning ? Math.round(ms / 1000) * 1000 : ms)}</b>
      <span className={power ? "dur-bar by-powers" : "dur-bar"} style={power} aria-hidden="true"><i className={`s-${state}`} style={{ width }} /></span>
    </span>
  );
}

/** `row` has {usage, cost}, each null where it is unknown. */
export function TokensCell({ row }) {
  return <span role="gridcell" className="num" title={tokensTitle(row.usage)}>{tokensOf(row)}</span>;
}

export function CostCell({ row }) {
  return <span role="gridcell" className="num" title={costTitle(row.cost)}>{costOf(row)}</span>;
}

export function WhenCell({ time }) {
  const passed = useOfNow((now) => ago(time, now));
  const at = useOfNow((now) => clock(time, now));
  return (
    <time role="gridcell" className="c-when num" dateTime={time} title={moment(time)}>
      {passed} <i>{at}</i>
    </time>
  );
}

function Plain({ text }) {
  return <span role="gridcell" className="c-plain" dir="auto" title={text || undefined}>{text || ""}</span>;
}

// Four charts of the overview. What each part of a column counts, and the list that it leads to.
import { listOf, stretchesOf, within } from "./figure_links.js";
import { Chart } from "./chart.jsx";
import { axisCount, axisDollars, count, dollars, duration, exact, plural, tick, traceCost } from "../shared/format.js";
import { FIELDS } from "./overview_url.js";
import { niceDuration, tokenParts } from "./series.js";

const TOKENS = [["cached", "cached input"], ["fresh", "fresh input"], ["output", "output"], ["reasoning", "reasoning"]];
const SHOWN = 5; // values with a colour of their own

export function OverviewCharts({ stats, counted, field, stale }) {
  const stretches = stretchesOf(stats);
  const heading = FIELDS.find(([id]) => id === field)[1].toLowerCase();
  const cost = costOf(stats, field);
  const column = (draw) => stretches.map((stretch, i) => {
    const here = within(counted, stretch);
    return { from: stretch.from, to: stretch.to, ...draw(stretch.point, (term, sort) => listOf(here, term, sort), i) };
  });
  return (
    <div className="charts">
      <Chart title="Traces" stale={stale} write={exact} legend={[["ok", "ok"], ["running", "running"], ["error", "error"]].map(legendOf)} columns={column(traces)} />
      <Chart title="Latency" stale={stale} lines write={(ms) => tick(ms * 1000)} topOf={niceDuration} note="no trace has ended" legend={[["p50", "p50"], ["p95", "p95"]].map(legendOf)} columns={column(latency)} />
      <Chart title="Tokens" stale={stale} write={axisCount} note="no token counts" legend={TOKENS.map(legendOf)} columns={column(tokens)} />
      <Chart title={`Cost by ${heading}`} stale={stale} write={axisDollars} note="no known cost" legend={cost.legend} columns={column(cost.draw)} />
    </div>
  );
}

const legendOf = ([key, label]) => ({ key, label });

function traces({ traces: all, errors, running }, list) {
  const ok = all - errors - running;
  const part = (key, value, term, says = `${exact(value)} ${key}`) => ({ key, value, says, to_list: list(term) });
  return {
    says: plural(all, "trace"), to_list: list(),
    parts: [part("error", errors, "status:error", plural(errors, "error")), part("running", running, "status:running,abandoned"), part("ok", ok, "status:ok")],
  };
}

function latency({ traces: all, latency_ms: ms }, list) {
  const part = (key) => ({ key, value: ms[key], says: `${key} ${duration(ms[key])}` });
  return {
    says: ms.p50 == null ? plural(all, "trace") : `${plural(all, "trace")}, p50 ${duration(ms.p50)}, p95 ${duration(ms.p95)}`, to_list: list([], "-duration_ms"),
    parts: [part("p50"), part("p95")],
  };
}

function tokens({ traces: all, usage }, list) {
  const parts = tokenParts(usage);
  return {
    says: `${plural(all, "trace")}, ${usage ? `${exact(usage.total)} tokens` : "no token counts"}`, to_list: list([], "-tokens"),
    parts: TOKENS.map(([key, label]) => ({ key, value: parts[key], says: `${count(parts[key])} ${label}` })),
  };
}

/** The dearest values have parts with their own list; all others together are a part of the column. */
function costOf({ groups, rest, totals }, field) {
  const dear = groups.filter(({ cost }) => cost?.total > 0).slice(0, SHOWN);
  const others = [...groups.filter((group) => !dear.includes(group)), ...(rest ? [rest] : [])].filter(({ cost }) => cost?.total > 0);
  const valueAt = (group, i) => group.series[i]?.cost?.total || 0;
  const legend = dear.map(({ value }, n) => ({ key: `g${n}`, label: value }));
  if (others.length) legend.push({ key: "rest", label: "others" });
  return {
    legend,
    draw: ({ traces: all, cost }, list, i) => ({
      says: `${plural(all, "trace")}, ${cost ? traceCost(cost) : "no known cost"}`, to_list: list([], "-cost"),
      parts: [
        ...dear.map((group, n) => ({
          key: `g${n}`, value: valueAt(group, i), says: `${dollars(valueAt(group, i))} ${group.value}`, to_list: list(group.q, "-cost"),
        })),
        ...(others.length ? [othersAt(others, valueAt, i)] : []),
      ],
    }),
    complete: totals.cost?.complete, field,
  };
}

function othersAt(others, valueAt, i) {
  const value = others.reduce((sum, group) => sum + valueAt(group, i), 0);
  return { key: "rest", value, says: `${dollars(value)} others` };
}

// The table of the overview: figures by value of a field.
import { Link } from "react-router";
import { listOf } from "./figure_links.js";
import { costOf, costTitle, count, dollars, duration, exact, plural, tokensOf } from "../shared/format.js";
import { Moved, New } from "./moved.jsx";
import { OrderHead } from "../question/order_choice.jsx";
import { FIELDS, OF_TRACES, ORDERS } from "./overview_url.js";
import { Sparkline } from "./sparkline.jsx";

const MOST = { "-cost": "the highest cost", "-tokens": "the most tokens", "-duration_ms": "the highest p95", "-errors": "the most errors", "-traces": "the most traces" };

/**
 * Figures by value, and how they moved; the field and the order are a part of the address. `then` is {stats, was}: the figures of
 * the time before, null where there is none, and the question that counted them.
 */
export function Breakdown({ stats, then, counted, field, order, choose, stale }) {
  const most = Math.max(1, ...stats.groups.map(({ traces }) => traces));
  const heading = FIELDS.find(([id]) => id === field)[1];
  const ofTraces = OF_TRACES.includes(field);
  const head = (id) => <OrderHead orders={ORDERS} id={id} />;
  const before = new Map(then.stats?.groups?.map((group) => [group.q, group]));
  const isNew = (q) => before.size > 0 && then.stats.distinct === before.size && !before.has(q);
  return (
    <section className={`panel${stale ? " stale" : ""}`} aria-label="Breakdown">
      <header>
        <h2>By</h2>
        <div className="segments" role="group" aria-label="Break down by">
          {FIELDS.map(([id, heading]) => <button key={id} type="button" aria-pressed={id === field} onClick={() => choose(id)}>{heading}</button>)}
        </div>
      </header>
      {stats.groups.length === 0 && <p className="dim panel-empty">These traces name no {heading.toLowerCase()}.</p>}
      {stats.groups.length > 0 && (
        <table className="figures-list by-value">
          <thead>
            <tr>
              <th scope="col">{heading}</th>{head("-traces")}
              {ofTraces && head("-errors")}
              <th scope="col" className="num">p50</th>{head("-duration_ms")}{head("-tokens")}{head("-cost")}
              <th scope="col" className="t-trend">Over time</th>
            </tr>
          </thead>
          <tbody>
            {stats.groups.map((group) => {
              const to = (sort, ...terms) => listOf(counted, [group.q, ...terms], sort);
              const was = before.get(group.q);
              const moved = (of, write, sort, isWorse) => (
                was && <Moved now={of(group)} then={of(was)} to={listOf(then.was, group.q, sort)} write={write} isWorse={isWorse} isCalm />
              );
              return (
                <tr key={group.q} data-row="" tabIndex={-1}>
                  <th scope="row"><Link to={to()} data-opens="" title={group.value} dir="auto">{group.value}</Link>{isNew(group.q) && <New />}</th>
                  <td className="num t-share">
                    {moved(({ traces }) => traces, exact)}
                    <Link to={to()} title={ofTraces ? plural(group.traces, "trace") : `${plural(group.traces, "trace")} with ${plural(group.spans, "such span")}, ${exact(group.errors)} of them failed`}>{exact(group.traces)}</Link>
                    <i style={{ width: `${(100 * group.traces) / most}%` }} aria-hidden="true" />
                  </td>
                  {ofTraces && <td className="num">{group.errors > 0 ? <Link className="s-error" to={to("-start_time", "status:error")}>{exact(group.errors)}</Link> : <span className="dim">0</span>}</td>}
                  <td className="num"><Link to={to("-duration_ms")}>{duration(group.latency_ms.p50)}</Link></td>
                  <td className="num">{moved(({ latency_ms: ms }) => ms.p95, duration, "-duration_ms", true)}<Link to={to("-duration_ms")}>{duration(group.latency_ms.p95)}</Link></td>
                  <td className="num">{moved(({ usage }) => usage?.total, count, "-tokens")}<Link to={to("-tokens")} title={group.usage ? `${exact(group.usage.total)} tokens` : "Token counts unknown"}>{tokensOf(group)}</Link></td>
                  <td className="num t-cost">{moved(({ cost }) => cost?.total, dollars, "-cost", true)}<Link to={to("-cost")} title={costTitle(group.cost)}>{costOf(group)}</Link></td>
                  <td className="t-trend"><Sparkline values={group.series.map(({ traces }) => traces)} /></td>
                </tr>
              );
            })}
          </tbody>
        </table>
      )}
      {stats.rest && <p className="dim panel-empty">Showing the {exact(stats.groups.length)} with {MOST[order]} out of {exact(stats.distinct)}.</p>}
    </section>
  );
}

// The tables of the overview: figures by value of a field, and what stands out.
import { Link } from "react-router";
import { countedOf, listOf, spansOf } from "./figure_links.js";
import { costTitle, count, dollars, duration, exact, plural, traceCost } from "./format.js";
import { Moved, New } from "./moved.jsx";
import { OrderHead } from "./order_choice.jsx";
import { FIELDS, OF_TRACES, ORDERS } from "./overview_url.js";
import { Failed, Waiting } from "./parts.jsx";
import { sessionsPath } from "./sessions_url.js";
import { Sparkline } from "./sparkline.jsx";

const MOST = { "-cost": "the highest cost", "-tokens": "the most tokens", "-duration_ms": "the highest p95", "-errors": "the most errors", "-traces": "the most traces" };

/**
 * Figures by value, and how they moved; the field and the order are a part of the address. `then` is {stats, was}: the figures of
 * the time before, null where there is none, and the question that counted them.
 */
export function Breakdown({ stats, then, counted, field, order, choose, stale }) {
  const most = Math.max(1, ...stats.groups.map(({ traces }) => traces));
  const ofTraces = OF_TRACES.includes(field);
  const head = (id) => <OrderHead orders={ORDERS} id={id} />;
  const before = new Map(then.stats?.groups?.map((group) => [group.value, group]));
  const isNew = (value) => before.size > 0 && then.stats.distinct === before.size && !before.has(value);
  return (
    <section className={`panel${stale ? " stale" : ""}`} aria-label="Breakdown">
      <header>
        <h2>By</h2>
        <div className="segments" role="group" aria-label="Break down by">
          {FIELDS.map(([id, heading]) => <button key={id} type="button" aria-pressed={id === field} onClick={() => choose(id)}>{heading}</button>)}
        </div>
      </header>
      {stats.groups.length === 0 && <p className="dim panel-empty">None of these traces has one.</p>}
      {stats.groups.length > 0 && (
        <table className="figures-list by-value">
          <thead>
            <tr>
              <th scope="col">{FIELDS.find(([id]) => id === field)[1]}</th>{head("-traces")}
              {ofTraces && head("-errors")}
              <th scope="col" className="num">p50</th>{head("-duration_ms")}{head("-tokens")}{head("-cost")}
              <th scope="col" className="t-trend">Over time</th>
            </tr>
          </thead>
          <tbody>
            {stats.groups.map((group) => {
              const to = (sort, ...terms) => listOf(counted, [group.q, ...terms], sort);
              const was = before.get(group.value);
              const moved = (of, write, sort, isWorse) => (
                was && <Moved now={of(group)} then={of(was)} to={listOf(then.was, group.q, sort)} write={write} isWorse={isWorse} isCalm />
              );
              return (
                <tr key={group.value} data-row="" tabIndex={-1}>
                  <th scope="row"><Link to={to()} data-opens="" title={group.value} dir="auto">{group.value}</Link>{isNew(group.value) && <New />}</th>
                  <td className="num t-share">
                    {moved(({ traces }) => traces, exact)}
                    <Link to={to()} title={ofTraces ? plural(group.traces, "trace") : `${plural(group.traces, "trace")} with ${plural(group.spans, "such span")}, ${exact(group.errors)} of them failed`}>{exact(group.traces)}</Link>
                    <i style={{ width: `${(100 * group.traces) / most}%` }} aria-hidden="true" />
                  </td>
                  {ofTraces && <td className="num">{group.errors > 0 ? <Link className="s-error" to={to("-start_time", "status:error")}>{exact(group.errors)}</Link> : <span className="dim">0</span>}</td>}
                  <td className="num"><Link to={to("-duration_ms")}>{duration(group.latency_ms.p50)}</Link></td>
                  <td className="num">{moved(({ latency_ms: ms }) => ms.p95, duration, "-duration_ms", true)}<Link to={to("-duration_ms")}>{duration(group.latency_ms.p95)}</Link></td>
                  <td className="num">{moved(({ usage }) => usage?.total, count, "-tokens")}<Link to={to("-tokens")} title={group.usage ? `${exact(group.usage.total)} tokens` : "Token counts unknown"}>{count(group.usage?.total)}</Link></td>
                  <td className="num t-cost">{moved(({ cost }) => cost?.total, dollars, "-cost", true)}<Link to={to("-cost")} title={costTitle(group.cost)}>{traceCost(group.cost)}</Link></td>
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

/** Three short tables, each with its own answer; `children` stand beside them. */
export function Leaders({ question, names, sessions, tools, children }) {
  return (
    <div className="leaders">
      <Leader title="Slowest names" none="Nothing has a name." question={question} answer={names} sort="-duration_ms" figure="p95"
        write={({ latency_ms: ms }) => duration(ms.p95)} />
      <Leader title="Most expensive sessions" none="No session has a known cost." question={question} answer={sessions} sort="-cost" figure="Cost"
        all={sessionsPath({ ...question, by: "session", sort: "-cost", peek: null })}
        only={({ cost }) => cost?.total > 0} write={({ cost }) => traceCost(cost)} />
      <Leader title="Top failing tools" none="No tool has failed." question={question} answer={tools} figure="Failed calls"
        write={({ errors }) => exact(errors)} ofSpans />
      {children}
    </div>
  );
}

/** `ofSpans`: the figure counts spans. `all`: where the rest of them is, in the same order. */
function Leader({ title, all, none, question, answer, sort, figure, write, ofSpans, only = () => true }) {
  const groups = answer.data?.groups.filter(only);
  const counted = countedOf(question, answer.data);
  return (
    <section className={`panel${answer.isStale ? " stale" : ""}`} aria-label={title}>
      <header><h2>{all ? <Link to={all}>{title}</Link> : title}</h2></header>
      {!groups && (answer.error ? <Failed error={answer.error} retry={answer.again} /> : <Waiting lines={5} />)}
      {groups?.length === 0 && <p className="dim panel-empty">{none}</p>}
      {groups?.length > 0 && (
        <table className="figures-list">
          <thead><tr><th scope="col">{title.split(" ").at(-1).replace(/s$/, "").replace(/^./, (letter) => letter.toUpperCase())}</th><th scope="col" className="num">{figure}</th><th scope="col" className="num">Traces</th></tr></thead>
          <tbody>
            {groups.map((group) => {
              const path = listOf(counted, group.q, sort);
              const figurePath = (ofSpans && spansOf(counted, group.q)) || path;
              return (
                <tr key={group.value} data-row="" tabIndex={-1}>
                  <th scope="row"><Link to={path} data-opens="" title={group.value} dir="auto">{group.value}</Link></th>
                  <td className="num"><Link to={figurePath}>{write(group)}</Link></td>
                  <td className="num"><Link to={path}>{exact(group.traces)}</Link></td>
                </tr>
              );
            })}
          </tbody>
        </table>
      )}
    </section>
  );
}

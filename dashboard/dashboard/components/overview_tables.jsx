// The tables of the overview: figures by value of a field, and what stands out.
import { Link } from "react-router";
import { countedOf, listOf, spansOf } from "./figure_links.js";
import { costTitle, count, duration, exact, plural, traceCost } from "./format.js";
import { FIELDS, OF_TRACES } from "./overview_url.js";
import { Failed, Waiting } from "./parts.jsx";
import { Sparkline } from "./sparkline.jsx";

/** Figures by value; the field is a part of the address. */
export function Breakdown({ stats, counted, field, choose, stale }) {
  const most = Math.max(1, ...stats.groups.map(({ traces }) => traces));
  const ofTraces = OF_TRACES.includes(field);
  return (
    <section className={`panel${stale ? " stale" : ""}`} aria-label="Figures by value">
      <header>
        <h2>By</h2>
        <div className="segments" role="group" aria-label="By what">
          {FIELDS.map(([id, heading]) => <button key={id} type="button" aria-pressed={id === field} onClick={() => choose(id)}>{heading}</button>)}
        </div>
      </header>
      {stats.groups.length === 0 && <p className="dim panel-empty">None of these traces has one.</p>}
      {stats.groups.length > 0 && (
        <table className="figures-list">
          <thead>
            <tr>
              <th scope="col">{FIELDS.find(([id]) => id === field)[1]}</th><th scope="col" className="num">Traces</th>
              {ofTraces && <th scope="col" className="num">Errors</th>}
              <th scope="col" className="num">p50</th><th scope="col" className="num">p95</th><th scope="col" className="num">Tokens</th><th scope="col" className="num">Cost</th>
              <th scope="col" className="t-trend">Over time</th>
            </tr>
          </thead>
          <tbody>
            {stats.groups.map((group) => {
              const to = (sort, ...terms) => listOf(counted, [group.q, ...terms], sort);
              return (
                <tr key={group.value} data-row="" tabIndex={-1}>
                  <th scope="row"><Link to={to()} data-opens="" title={group.value} dir="auto">{group.value}</Link></th>
                  <td className="num t-share">
                    <Link to={to()} title={ofTraces ? plural(group.traces, "trace") : `${plural(group.traces, "trace")} with ${plural(group.spans, "such span")}, ${exact(group.errors)} of these in error`}>{exact(group.traces)}</Link>
                    <i style={{ width: `${(100 * group.traces) / most}%` }} aria-hidden="true" />
                  </td>
                  {ofTraces && <td className="num">{group.errors > 0 ? <Link className="s-error" to={to("-start_time", "status:error")}>{exact(group.errors)}</Link> : <span className="dim">0</span>}</td>}
                  <td className="num"><Link to={to("-duration_ms")}>{duration(group.latency_ms.p50)}</Link></td>
                  <td className="num"><Link to={to("-duration_ms")}>{duration(group.latency_ms.p95)}</Link></td>
                  <td className="num"><Link to={to("-tokens")} title={group.usage ? `${exact(group.usage.total)} tokens` : "Token counts unknown"}>{count(group.usage?.total)}</Link></td>
                  <td className="num"><Link to={to("-cost")} title={costTitle(group.cost)}>{traceCost(group.cost)}</Link></td>
                  <td className="t-trend"><Sparkline values={group.series.map(({ traces }) => traces)} /></td>
                </tr>
              );
            })}
          </tbody>
        </table>
      )}
      {stats.rest && <p className="dim panel-empty">The {exact(stats.groups.length)} with the highest cost of {exact(stats.distinct)}.</p>}
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
        only={({ cost }) => cost?.total > 0} write={({ cost }) => traceCost(cost)} />
      <Leader title="Most failing tools" none="No tool has failed." question={question} answer={tools} figure="Failed calls"
        write={({ errors }) => exact(errors)} ofSpans />
      {children}
    </div>
  );
}

/** `ofSpans`: the figure counts spans. */
function Leader({ title, none, question, answer, sort, figure, write, ofSpans, only = () => true }) {
  const groups = answer.data?.groups.filter(only);
  const counted = countedOf(question, answer.data);
  return (
    <section className={`panel${answer.isStale ? " stale" : ""}`} aria-label={title}>
      <header><h2>{title}</h2></header>
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

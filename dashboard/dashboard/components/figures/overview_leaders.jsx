// What stands out in the overview: what failed most, what was slowest, what cost most; a few rows of each.
import { Link } from "react-router";
import { countedOf, examplePath, listOf, spansOf } from "./figure_links.js";
import { duration, errorType, exact, plural, traceCost } from "../shared/format.js";
import { listSearch } from "../question/list_url.js";
import { Moved, New } from "./moved.jsx";
import { useNewFailures } from "./new_failures.js";
import { failuresPath } from "./overview_url.js";
import { Failed, Waiting } from "../shared/parts.jsx";
import { sessionsPath } from "../session/sessions_url.js";

/** `answers`: {failures, names, sessions} of use_answer.js; `then`: {names, was}, those of the time before and its question, or null. */
export function Leaders({ question, answers: { failures, names, sessions }, then }) {
  const earlier = new Map(then?.names.groups.map((group) => [group.q, group]));
  const p95 = ({ latency_ms: ms }) => ms.p95;
  return (
    <div className="leaders">
      <Failures question={question} answer={failures} />
      <Leader title="Slowest names" none="Nothing has a name." question={question} answer={names} sort="-duration_ms" figure="p95"
        write={(group) => duration(p95(group))}
        moved={(group) => earlier.has(group.q) && (
          <Moved now={p95(group)} then={p95(earlier.get(group.q))} to={listOf(then.was, group.q, "-duration_ms")} write={duration} isWorse isCalm />
        )} />
      <Leader title="Most expensive sessions" none="No session has a known cost." question={question} answer={sessions} sort="-cost" figure="Cost"
        all={sessionsPath({ ...question, by: "session", sort: "-cost", peek: null })}
        only={({ cost }) => cost?.total > 0} write={({ cost }) => traceCost(cost)} />
    </div>
  );
}

/** Which tools failed most often. `answer`: of use_answer.js. */
export function FailingTools({ question, answer }) {
  return <Leader title="Top failing tools" none="No tool has failed." question={question} answer={answer} figure="Failed calls" write={({ errors }) => exact(errors)} ofSpans />;
}

function Failures({ question, answer }) {
  const counted = countedOf(question, answer.data);
  const isNew = useNewFailures(question, answer, failuresPath);
  return (
    <Panel title="Most frequent failures" all={`/errors${listSearch({ ...question, peek: null })}`} none="No span has failed." answer={answer} rows={answer.data?.errors} heads={["Failure", "Failures", "Traces"]}
      draw={(error) => (
        <tr key={error.q} data-row="" tabIndex={-1}>
          <th scope="row" className="f-kind">
            <Link to={examplePath(error)} data-opens="" title={`${error.message}\nOpen the latest one at the failing span (Enter)`}>
              <b dir="auto">{errorType(error)}</b>{isNew(error.q) && <New />} <i>in</i> <span dir="auto">{error.name || "unnamed"}</span>
            </Link>
          </th>
          <td className="num" title={`${plural(error.count, "span")} failed this way, in ${plural(error.traces, "trace")}`}>{exact(error.count)}</td>
          <td className="num"><Link to={listOf(counted, error.q)}>{exact(error.traces)}</Link></td>
        </tr>
      )} />
  );
}

/** Groups by value. `ofSpans`: the figure counts spans. `all`: where the rest of them is, in the same order. `moved`: how a group's figure did. */
function Leader({ title, all, none, question, answer, sort, figure, write, moved, ofSpans, only = () => true }) {
  const counted = countedOf(question, answer.data);
  const kind = title.split(" ").at(-1).replace(/s$/, "").replace(/^./, (letter) => letter.toUpperCase());
  return (
    <Panel title={title} all={all} none={none} answer={answer} rows={answer.data?.groups.filter(only)} heads={[kind, figure, "Traces"]}
      draw={(group) => {
        const path = listOf(counted, group.q, sort);
        const figurePath = (ofSpans && spansOf(counted, group.q)) || path;
        return (
          <tr key={group.q} data-row="" tabIndex={-1}>
            <th scope="row"><Link to={path} data-opens="" title={group.value} dir="auto">{group.value}</Link></th>
            <td className="num">{moved?.(group)}<Link to={figurePath}>{write(group)}</Link></td>
            <td className="num"><Link to={path}>{exact(group.traces)}</Link></td>
          </tr>
        );
      }} />
  );
}

/** A short table with its own answer; `rows` are null before it, and `draw` draws one. */
function Panel({ title, all, none, answer, rows, heads, draw }) {
  return (
    <section className={`panel${answer.isStale ? " stale" : ""}`} aria-label={title}>
      <header><h2>{all ? <Link to={all}>{title}</Link> : title}</h2></header>
      {!rows && (answer.error ? <Failed error={answer.error} retry={answer.again} /> : <Waiting lines={5} />)}
      {rows?.length === 0 && <p className="dim panel-empty">{none}</p>}
      {rows?.length > 0 && (
        <table className="figures-list">
          <thead><tr>{heads.map((head, n) => <th key={head} scope="col" className={n ? "num" : undefined}>{head}</th>)}</tr></thead>
          <tbody>{rows.map(draw)}</tbody>
        </table>
      )}
    </section>
  );
}

// Traces by what they did: sixty runs, of which two things are wrong. The failing ones stand on top.
import { useState } from "react";
import { Link } from "react-router";
import { useNow } from "../shared/data.js";
import { listOf } from "./figure_links.js";
import { costOf, costTitle, duration, exact, plural, tokensOf } from "../shared/format.js";
import { Pattern } from "./pattern.jsx";
import { RankedPage, useRanked } from "./ranked_page.jsx";
import { useRowKeys } from "../shared/use_row_keys.js";
import { When } from "../shared/when.jsx";

const ORDERS = [["-errors", "Failing first"], ["-traces", "Most traces"], ["-duration_ms", "Slowest"], ["-cost", "Costliest"], ["-last", "Latest"]];
const LONG = 170; // characters: more than three lines of a narrow page

export function PatternsPage({ version, health }) {
  const ranked = useRanked("patterns", ORDERS, version);
  const { answer, rows, counted } = ranked;
  const now = useNow(10_000);
  useRowKeys({ o: () => document.activeElement?.closest("[data-row]")?.querySelector("[data-example]")?.click() });
  const all = Math.max(1, ...(rows?.map((pattern) => pattern.count) || []));
  return (
    <RankedPage title="Patterns" orders={ORDERS} ranked={ranked} kinds="patterns" isEmpty={() => rows.length === 0} health={health}>
      <table className={`figures-list patterns${answer.isStale ? " stale" : ""}`}>
        <thead>
          <tr>
            <th scope="col">What the traces did</th><th scope="col" className="num">Traces</th><th scope="col" className="num">Failed</th>
            <th scope="col" className="num">p50</th><th scope="col" className="num">p95</th><th scope="col" className="num">Tokens</th><th scope="col" className="num">Cost</th>
            <th scope="col" className="num t-when">Last</th><th scope="col"><span className="away">Example</span></th>
          </tr>
        </thead>
        <tbody>
          {rows?.map((one) => {
            const to = (sort) => listOf(counted, one.q, sort);
            return (
              <tr key={one.q} data-row="" tabIndex={-1}>
                <th scope="row"><Did pattern={one.pattern} to={to()} /></th>
                <td className="num t-share"><Link to={to()} title={plural(one.count, "trace")}>{exact(one.count)}</Link><i style={{ width: `${(100 * one.count) / all}%` }} aria-hidden="true" /></td>
                <td className="num">{one.errors > 0 ? <Link className="s-error" to={to()} title={`${plural(one.errors, "trace")} in error`}>{one.failure_share < 0.005 ? "<1" : (100 * one.failure_share).toFixed(0)} %</Link> : <span className="dim">0 %</span>}</td>
                <td className="num"><Link to={to("-duration_ms")}>{duration(one.p50_ms)}</Link></td>
                <td className="num"><Link to={to("-duration_ms")}>{duration(one.p95_ms)}</Link></td>
                <td className="num"><Link to={to("-tokens")} title={one.usage ? `${exact(one.usage.total)} tokens` : "Token counts unknown"}>{tokensOf(one)}</Link></td>
                <td className="num"><Link to={to("-cost")} title={costTitle(one.cost)}>{costOf(one)}</Link></td>
                <td className="num t-when"><When time={one.last_seen} now={now} /></td>
                <td><Link className="button small" to={`/trace/${one.trace_id}`} data-example="" title="The latest one (o)">Example</Link></td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </RankedPage>
  );
}

/** What the traces did, as a link to them; of a long pattern the beginning at first. */
function Did({ pattern, to }) {
  const isLong = pattern.length > LONG;
  const [folded, setFolded] = useState(isLong);
  return (
    <>
      <Link to={to} data-opens=""><Pattern pattern={pattern} folded={folded} /></Link>
      {isLong && <button type="button" className="link" aria-expanded={!folded} onClick={() => setFolded(!folded)}>{folded ? "Show all" : "Show less"}</button>}
    </>
  );
}

// Failures by what they have in common: what broke, where, since when, and how often.
import { useState } from "react";
import { Link } from "react-router";
import { Affected } from "./affected.jsx";
import { useNow } from "../shared/data.js";
import { examplePath, listOf } from "./figure_links.js";
import { afterType, errorType, exact, plural } from "../shared/format.js";
import { selection } from "../question/list_url.js";
import { New } from "./moved.jsx";
import { useNewFailures } from "./new_failures.js";
import { RankedPage, useRanked } from "./ranked_page.jsx";
import { Sparkline } from "./sparkline.jsx";
import { useAnswer } from "../shared/use_answer.js";
import { useRowKeys } from "../shared/use_row_keys.js";
import { When } from "../shared/when.jsx";

const ORDERS = [["-errors", "Most often"], ["-traces", "Most traces"], ["-last", "Latest"]];

export function ErrorsPage({ version, health }) {
  const ranked = useRanked("errors", ORDERS, version);
  const { question, heard, answer, rows, counted } = ranked;
  const isNew = useNewFailures(question, answer, ranked.pathOf);
  const [open, setOpen] = useState(null);
  const now = useNow(10_000);
  const turn = (q) => setOpen(open === q ? null : q);
  const onRow = (act) => () => {
    const q = document.activeElement?.closest("[data-row]")?.dataset.q;
    return q ? act(q) : false;
  };
  useRowKeys({
    Space: onRow(turn),
    o: () => document.activeElement?.closest("[data-row]")?.querySelector("[data-list]")?.click(),
  });
  const nothing = rows?.length === 0;
  const any = useAnswer(nothing ? `/ui-api/traces?${selection(question)}&limit=1` : null, heard, question.live);
  const isEmpty = () => nothing && any.data?.traces.length === 0;
  return (
    <RankedPage title="Errors" orders={ORDERS} ranked={ranked} kinds="kinds of failure" isEmpty={isEmpty} health={health}>
      {nothing && (any.data || any.error) && <Nothing />}
      {rows?.length > 0 && (
        <table className={`figures-list failures${answer.isStale ? " stale" : ""}`}>
          <thead>
            <tr>
              <th scope="col">Failure</th><th scope="col" className="num">Failures</th><th scope="col" className="num">Traces</th>
              <th scope="col" className="t-trend">Trend</th><th scope="col" className="num t-when">First</th><th scope="col" className="num t-when">Last</th><th scope="col"><span className="away">Affected</span></th>
            </tr>
          </thead>
          {rows.map((error) => (
            <tbody key={error.q}>
              <tr data-row="" data-q={error.q} tabIndex={-1}>
                <th scope="row">
                  <Link to={examplePath(error)} data-opens="" title={`${error.message}\nOpen the latest one at the failing span (Enter)`}>
                    <span className="f-kind"><b dir="auto">{errorType(error)}</b> <i>in</i> <span dir="auto">{error.name || "unnamed"}</span>{isNew(error.q) && <New />}</span>{" "}
                    <Message text={afterType(error)} />
                  </Link>
                </th>
                <td className="num" title={`${plural(error.count, "span")} failed this way, in ${plural(error.traces, "trace")}`}>{exact(error.count)}</td>
                <td className="num"><Link to={listOf(counted, error.q)} data-list="" title="Its traces (o)">{exact(error.traces)}</Link></td>
                <td className="t-trend"><Sparkline values={error.trend} tone="bad" /></td>
                <td className="num t-when"><When time={error.first_seen} now={now} /></td>
                <td className="num t-when"><When time={error.last_seen} now={now} /></td>
                <td><button type="button" className="drop-button" aria-expanded={open === error.q} onClick={() => turn(error.q)} title="Which names and models it affects (Space)">Affects <span className="chevron" aria-hidden="true">▾</span></button></td>
              </tr>
              {open === error.q && <tr className="row-detail"><td colSpan={7}><Affected counted={counted} q={error.q} version={heard} /></td></tr>}
            </tbody>
          ))}
        </table>
      )}
    </RankedPage>
  );
}

const PLACEHOLDERS = /(<(?:url|email|text|id|time|hex|n)>)/; // of what differs from one failure to the next

/** A message in which the words stand out that all of its failures share. */
function Message({ text }) {
  if (!text) return <span className="f-message dim">no message</span>;
  return <span className="f-message" dir="auto">{text.split(PLACEHOLDERS).map((part, i) => (i % 2 ? <i key={i}>{part}</i> : part))}</span>;
}

function Nothing() {
  return (
    <div className="empty"><div className="empty-inner narrow"><h1>No errors</h1><p className="dim">None of these traces has a failed span.</p></div></div>
  );
}

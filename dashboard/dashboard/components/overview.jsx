// The overview: what happened, how long it took, what it cost, and where to look. Every figure leads to its list.
import { useMemo } from "react";
import { useLocation, useNavigate } from "react-router";
import { before, countedOf } from "./figure_links.js";
import { areComparable } from "./moved.jsx";
import { orderOf } from "./order.js";
import { OverviewCharts } from "./overview_charts.jsx";
import { Scored } from "./overview_scores.jsx";
import { Breakdown, Leaders } from "./overview_tables.jsx";
import { Tiles } from "./overview_tiles.jsx";
import { ORDERS, fieldOf, ownParams, pathsOf } from "./overview_url.js";
import { QuestionBar, QuestionBody, useQuestion } from "./question_page.jsx";
import { momentsOf } from "./time_range.js";
import { useAnswer } from "./use_answer.js";
import { useHeard } from "./use_list_page.js";
import { useRowKeys } from "./use_row_keys.js";

const isEmpty = ({ totals }) => totals.traces === 0;

export function Overview({ version, health }) {
  const { search } = useLocation();
  const navigate = useNavigate();
  const [question, go] = useQuestion(ownParams);
  const field = fieldOf(search);
  const order = orderOf(search, ORDERS);
  const heard = useHeard(version, question.live);
  // What was before moves with the question, not with every second.
  const asked = useMemo(() => ({ at: Date.now() }), [search]);
  const paths = useMemo(() => pathsOf(question, { field, order }, asked.at), [question, field, order, asked]);
  const main = useAnswer(paths.main, heard, question.live);
  const names = useAnswer(paths.names, heard, question.live);
  const sessions = useAnswer(paths.sessions, heard, question.live);
  const tools = useAnswer(paths.tools, heard, question.live);
  const ordered = useAnswer(paths.ordered, heard, question.live);
  const earlier = useAnswer(paths.earlier, 0, false);
  const rows = paths.ordered && ordered.data ? ordered : main;
  const breakDown = (by) => {
    const next = new URLSearchParams(search);
    if (by === "model") next.delete("by");
    else next.set("by", by);
    navigate({ search: String(next) }, { replace: true });
  };
  useRowKeys();
  const counted = countedOf(question, main.data);
  const then = { stats: paths.earlier && areComparable(main, earlier) ? earlier.data : null, was: before(question, asked.at, momentsOf) };
  const isWell = Object.entries({ main, ordered, earlier, names, sessions, tools })
    .every(([name, { data, error, isStale }]) => paths[name] == null || (!isStale && (data || error)));
  return (
    <div className="list-page wide-page" aria-busy={!isWell}>
      <QuestionBar title="Overview" question={question} go={go} answer={main} />
      <div className="wide-body">
        <QuestionBody question={question} go={go} answer={main} isEmpty={isEmpty} health={health}>
          <Tiles stats={main.data} then={then} counted={counted} stale={main.isStale} />
          <OverviewCharts stats={main.data} counted={counted} field={field} stale={main.isStale} />
          <Breakdown stats={rows.data} then={then} counted={countedOf(question, rows.data)} field={field} order={order} choose={breakDown} stale={rows.isStale || (paths.ordered != null && rows === main)} />
          <Leaders question={question} names={names} sessions={sessions} tools={tools}>
            <Scored question={question} paths={paths} version={heard} />
          </Leaders>
        </QuestionBody>
      </div>
    </div>
  );
}

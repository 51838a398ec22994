// The overview: what happened, how long it took, what it cost, and where to look. Every figure leads to its list.
import { useMemo } from "react";
import { useLocation, useNavigate } from "react-router";
import { before, countedOf } from "./figure_links.js";
import { areComparable } from "./moved.jsx";
import { orderOf } from "../question/order.js";
import { OverviewCharts } from "./overview_charts.jsx";
import { FailingTools, Leaders } from "./overview_leaders.jsx";
import { Scored } from "./overview_scores.jsx";
import { Breakdown } from "./overview_tables.jsx";
import { Tiles } from "./overview_tiles.jsx";
import { ORDERS, fieldOf, ownParams, pathsOf } from "./overview_url.js";
import { QuestionBar, QuestionBody, useQuestion } from "../question/question_page.jsx";
import { momentsOf } from "../question/time_range.js";
import { searchNow } from "../shared/search_now.js";
import { useAnswer } from "../shared/use_answer.js";
import { useHeard } from "../shared/use_list_page.js";
import { useRowKeys } from "../shared/use_row_keys.js";

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
  const failures = useAnswer(paths.failures, heard, question.live);
  const names = useAnswer(paths.names, heard, question.live);
  const sessions = useAnswer(paths.sessions, heard, question.live);
  const tools = useAnswer(paths.tools, heard, question.live);
  const ordered = useAnswer(paths.ordered, heard, question.live);
  const earlier = useAnswer(paths.earlier, 0, false);
  const namesEarlier = useAnswer(paths.namesEarlier, 0, false);
  const rows = paths.ordered && ordered.data ? ordered : main;
  const breakDown = (by) => {
    const next = new URLSearchParams(searchNow());
    if (by === "model") next.delete("by");
    else next.set("by", by);
    navigate({ search: String(next) }, { replace: true });
  };
  useRowKeys();
  const counted = countedOf(question, main.data);
  const was = before(question, asked.at, momentsOf);
  const then = { stats: paths.earlier && areComparable(main, earlier) ? earlier.data : null, was };
  const namesThen = paths.namesEarlier && areComparable(names, namesEarlier) ? { names: namesEarlier.data, was } : null;
  const isWell = Object.entries({ main, ordered, earlier, failures, names, namesEarlier, sessions, tools })
    .every(([name, { data, error, isStale }]) => paths[name] == null || (!isStale && (data || error)));
  return (
    <div className="list-page wide-page" aria-busy={!isWell}>
      <QuestionBar title="Overview" question={question} go={go} answer={main}>
        {was == null && main.data && !isEmpty(main.data) && <Since go={go} />}
      </QuestionBar>
      <div className="wide-body">
        <QuestionBody question={question} go={go} answer={main} isEmpty={isEmpty} health={health}>
          <Tiles stats={main.data} then={then} counted={counted} stale={main.isStale} />
          <Leaders question={question} answers={{ failures, names, sessions }} then={namesThen} />
          <OverviewCharts stats={main.data} counted={counted} field={field} stale={main.isStale} />
          <Breakdown stats={rows.data} then={then} counted={countedOf(question, rows.data)} field={field} order={order} choose={breakDown} stale={rows.isStale || (paths.ordered != null && rows === main)} />
          <div className="leaders">
            <FailingTools question={question} answer={tools} />
            <Scored question={question} paths={paths} version={heard} />
          </div>
        </QuestionBody>
      </div>
    </div>
  );
}

/** All time has no time before it: what changed is asked of a stretch. */
function Since({ go }) {
  return (
    <span className="since dim">
      What changed in the <button type="button" className="link" onClick={() => go({ range: "24h" })}>last 24 hours</button> or <button type="button" className="link" onClick={() => go({ range: "7d" })}>7 days</button>?
    </span>
  );
}

// Pages whose rows stand in an order of choice: errors, patterns. One question, one answer, and what stands around the rows.
import { useLocation } from "react-router";
import { countedOf } from "./figure_links.js";
import { exact } from "../shared/format.js";
import { selection } from "../question/list_url.js";
import { orderOf, orderParams } from "../question/order.js";
import { OrderChoice } from "../question/order_choice.jsx";
import { QuestionBar, QuestionBody, useQuestion } from "../question/question_page.jsx";
import { useAnswer } from "../shared/use_answer.js";
import { useHeard } from "../shared/use_list_page.js";

const LIMIT = "200";

/**
 * What such a page shows of the API's `resource`, which also names the rows in the answer; `orders`: [[id, label], …]. Returns
 * {question, go, heard, answer, rows, counted, pathOf(question)}; rows are null before the first answer.
 */
export function useRanked(resource, orders, version) {
  const { search } = useLocation();
  const [question, go] = useQuestion(orderParams(orders));
  const heard = useHeard(version, question.live);
  const pathOf = (of) => {
    const asked = selection(of);
    asked.set("sort", orderOf(search, orders));
    asked.set("limit", LIMIT);
    return `/ui-api/${resource}?${asked}`;
  };
  const answer = useAnswer(pathOf(question), heard, question.live);
  return { question, go, heard, answer, rows: answer.data?.[resource] ?? null, counted: countedOf(question, answer.data), pathOf };
}

/** `ranked`: of useRanked; `kinds` are its rows in the plural; children are drawn unless `isEmpty`. */
export function RankedPage({ title, orders, ranked, kinds, isEmpty, health, children }) {
  const { question, go, answer, rows } = ranked;
  const distinct = answer.data?.distinct;
  return (
    <div className="list-page wide-page">
      <QuestionBar title={title} question={question} go={go} answer={answer}><OrderChoice orders={orders} /></QuestionBar>
      <div className="wide-body">
        <QuestionBody question={question} go={go} answer={answer} isEmpty={isEmpty} health={health}>
          {children}
          {rows && distinct > rows.length && <p className="dim panel-empty">Showing the first {exact(rows.length)} of {exact(distinct)} {kinds}.</p>}
        </QuestionBody>
      </div>
    </div>
  );
}

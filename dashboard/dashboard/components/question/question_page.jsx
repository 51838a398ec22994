// What pages about a question share: the query and the range of time of the address, the bar with them, what to show while
// there is nothing to show.
import { useEffect, useMemo } from "react";
import { useLocation, useNavigate } from "react-router";
import { CountedSince } from "./counted_since.jsx";
import { share } from "../shared/data.js";
import { EmptyState } from "../list/empty_state.jsx";
import { Unreadable } from "../list/list_parts.jsx";
import { listSearch, readList } from "./list_url.js";
import { NoResults } from "./no_results.jsx";
import { pageAt } from "../frame/pages.js";
import { Failed, Waiting } from "../shared/parts.jsx";
import { RangeControl } from "./range_control.jsx";
import { searchNow } from "../shared/search_now.js";

/** [question, go]: that of the address, and how to ask another one. `keep(search)` gives parameters of the page's own. */
export function useQuestion(keep) {
  const location = useLocation();
  const navigate = useNavigate();
  const question = useMemo(() => readList(location.search), [location.search]);
  const page = pageAt(location.pathname);
  useEffect(() => {
    document.title = `${page?.title || "Traces"} · LLM Tracer`;
    share({ listSearch: listSearch({ ...question, peek: null }), queryError: null });
  }, [location.search]);
  const go = (change) => {
    const search = new URLSearchParams(listSearch({ ...readList(searchNow()), ...change }));
    for (const [name, value] of keep?.(searchNow()) || []) search.set(name, value);
    navigate({ search: String(search) });
  };
  return [question, go];
}

/** The heading with the range of time; `answer`: of use_answer.js; `children` stand at its end. */
export function QuestionBar({ title, question, go, answer, children }) {
  const { data, error } = answer;
  return (
    <div className="list-bar">
      <h1>{title}</h1>
      <RangeControl list={question} go={go} error={error} />
      <CountedSince answer={data} />
      <span className="grow" />
      {children}
    </div>
  );
}

/** `answer`: of use_answer.js; `isEmpty` says whether there is nothing in it. Children are drawn when there is something. */
export function QuestionBody({ question, go, answer, isEmpty, health, children }) {
  const { data, error, again } = answer;
  useEffect(() => {
    if (error?.position != null) share({ queryError: { ...error, detail: error.detail, q: question.q } });
  }, [error]);
  if (error?.position != null) return <Unreadable q={question.q} error={error} clear={() => go({ q: "" })} />;
  if (error && !data) return <Failed error={error} retry={again} />;
  if (!data) return <Waiting lines={14} label="Counting" />;
  if (!isEmpty(data)) return children;
  const isWhole = !question.q && question.range === "all" && question.from == null;
  return isWhole ? <EmptyState health={health} /> : <NoResults list={question} go={go} />;
}

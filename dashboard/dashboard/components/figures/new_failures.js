// Which kinds of failure are new: not among those of the same span of time before.
import { useMemo } from "react";
import { useLocation } from "react-router";
import { before } from "./figure_links.js";
import { areComparable } from "./moved.jsx";
import { momentsOf } from "../question/time_range.js";
import { useAnswer } from "../shared/use_answer.js";

/**
 * isNew(q) of a kind of failure; `answer`: what GET /api/errors said to `question`, `pathOf(question)` asks it for all of them.
 * Where the time before had no failure at all, or more kinds than are listed, nothing is said to be new.
 */
export function useNewFailures(question, answer, pathOf) {
  const { search } = useLocation();
  const at = useMemo(() => Date.now(), [search]); // what was before moves with the question
  const earlier = before(question, at, momentsOf);
  const was = useAnswer(earlier && pathOf(earlier), 0, false);
  const kinds = earlier && areComparable(answer, was) && was.data.distinct === was.data.errors.length ? new Set(was.data.errors.map(({ q }) => q)) : null;
  return (q) => kinds?.size > 0 && !kinds.has(q);
}

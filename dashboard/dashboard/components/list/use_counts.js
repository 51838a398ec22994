// What is counted of a list: figures over time, and how many traces have each value. Follows the question and the news.
import { selection } from "../question/list_url.js";
import { useAnswer } from "../shared/use_answer.js";

/**
 * {stats, facets, error, behind, stale, facetsStale}: the whole answers of GET /api/stats and /api/facets for `list`, null until they are
 * there. `version` moves when any trace changed. Stale: they are those of the question before.
 * `error`: why there are no facets; `behind`: why what is shown is not up to date.
 */
export function useCounts(list, version, withFacets) {
  const stats = useAnswer(`/ui-api/stats?${counted(list)}`, version, list.live);
  const facets = useAnswer(withFacets ? `/ui-api/facets?${selection(list)}` : null, version, list.live);
  return {
    stats: stats.data, facets: facets.data, error: facets.data ? null : facets.error,
    behind: stats.error || facets.error,
    stale: stats.isStale, facetsStale: facets.isStale,
  };
}

function counted(list) {
  const search = selection(list);
  search.set("bucket", "auto");
  return search;
}

// How the traces were judged: each score with its mean and its traces. Nothing where nothing was judged.
import { Link } from "react-router";
import { countedOf } from "./figure_links.js";
import { exact, plural } from "../shared/format.js";
import { listPath } from "../question/list_url.js";
import { useAnswer } from "../shared/use_answer.js";

/** `paths`: those of overview_url.js. Whether there are scores is known at once; what they come to only by a look at traces. */
export function Scored({ question, paths, version }) {
  const names = useAnswer(paths.scored, version, question.live);
  const isJudged = names.data?.facets[0].distinct > 0;
  const { data, isStale } = useAnswer(isJudged ? paths.scores : null, version, question.live);
  if (!isJudged || !data?.scores.length) return null;
  const counted = countedOf(question, data);
  return (
    <section className={`panel${isStale ? " stale" : ""}`} aria-label="Scores">
      <header><h2>Scores</h2></header>
      <table className="figures-list">
        <thead><tr><th scope="col">Score</th><th scope="col" className="num">Mean</th><th scope="col" className="num">Traces</th></tr></thead>
        <tbody>
          {data.scores.slice(0, 8).map((score) => {
            const path = listPath({ ...counted, q: score.q });
            return (
              <tr key={score.name} data-row="" tabIndex={-1}>
                <th scope="row"><Link to={path} data-opens="" title={score.name} dir="auto">{score.name}</Link></th>
                <td className="num" title={meant(score)}>{score.mean == null ? <bdi>{score.labels[0]?.label ?? "–"}</bdi> : Number(score.mean.toPrecision(3))}</td>
                <td className="num"><Link to={path}>{exact(score.traces)}</Link></td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </section>
  );
}

/** What a score comes to, in words: the mean has its ends beside it, a label how often it was given. */
function meant({ count, mean, low, high, labels }) {
  if (mean != null) return `${plural(count, "score")} from ${low} to ${high}`;
  return labels.map(({ label, count: times }) => `${label} ${exact(times)}`).join(", ") || `${plural(count, "score")} without a value`;
}

// How something was judged, and by whom.
const BY = { LLM: "a model", HUMAN: "a person", CODE: "a program" };

const byWhom = (score) => (score.annotator_kind ? `by ${BY[score.annotator_kind.toUpperCase()] || score.annotator_kind}` : "");

/** All of the judgements of a span, with their explanations. */
export function Scores({ scores }) {
  if (!scores?.length) return null;
  return (
    <ul className="scores" aria-label="Scores">
      {scores.map((score, i) => (
        <li key={i}>
          <b>{score.name}</b>
          {score.value != null && <span className="mono">{score.value}</span>}
          {score.label && <span>{score.label}</span>}
          {byWhom(score) && <i>{byWhom(score)}</i>}
          {score.target && score.target !== "span" && <i>of the {score.target}</i>}
          {score.explanation && <p dir="auto">{score.explanation}</p>}
        </li>
      ))}
    </ul>
  );
}

const CHIPS_MAX = 4;

/** Judgements in a line: name and value; the rest of each in the hover. */
export function ScoreChips({ scores }) {
  if (!scores?.length) return null;
  const rest = scores.length - CHIPS_MAX;
  return (
    <span className="score-chips" role="list" aria-label="Scores">
      {scores.slice(0, CHIPS_MAX).map((score, i) => (
        <span key={i} role="listitem" className="score-chip" title={[byWhom(score), score.explanation].filter(Boolean).join("\n") || undefined}>
          {score.name} <b>{score.label ?? score.value}</b>
        </span>
      ))}
      {rest > 0 && <span role="listitem" className="dim" title={scores.slice(CHIPS_MAX).map(({ name, label, value }) => `${name} ${label ?? value}`).join("\n")}>+{rest}</span>}
    </span>
  );
}

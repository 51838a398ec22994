// How a span was judged, and by whom.
const BY = { LLM: "a model", HUMAN: "a person", CODE: "a program" };

export function Scores({ scores }) {
  if (!scores?.length) return null;
  return (
    <ul className="scores" aria-label="Scores">
      {scores.map((score, i) => (
        <li key={i}>
          <b>{score.name}</b>
          {score.value != null && <span className="mono">{score.value}</span>}
          {score.label && <span>{score.label}</span>}
          {score.annotator_kind && <i>by {BY[score.annotator_kind.toUpperCase()] || score.annotator_kind}</i>}
          {score.target && score.target !== "span" && <i>of the {score.target}</i>}
          {score.explanation && <p dir="auto">{score.explanation}</p>}
        </li>
      ))}
    </ul>
  );
}

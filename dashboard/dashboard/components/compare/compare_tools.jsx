// Above the rows: where the two first part, how much is alike, and the way from one difference to the next.
import { countDifferences } from "./compared.js";
import { exact, plural } from "../shared/format.js";

export function CompareTools({ data, selected, select, toDivergence, seek, only, flip }) {
  const { rows, first_divergence: divergence } = data;
  const { count, at } = countDifferences(rows, selected);
  return (
    <div className="trace-tools compare-tools" role="toolbar" aria-label="Differences">
      {divergence ? (
        <>
          <button type="button" className="button small" onClick={toDivergence} aria-pressed={selected === divergence.row} title="Go to where they first diverge (d)">First divergence</button>
          <span className="divergence" dir="auto" title={divergence.text}>{divergence.text}</span>
          {divergence.answered_otherwise != null && (
            <button type="button" className="link" onClick={() => select(divergence.answered_otherwise)} title="An earlier call got the same input but answered differently; this may be the cause">an earlier answer differs ›</button>
          )}
        </>
      ) : <span className="s-ok">✓ No differences in steps or content</span>}
      <span className="grow" />
      <span className="dim" title="Spans on both sides, and on only one">
        {exact(data.matched)} in both{data.only_a > 0 && <> · <b className="tint-a">{exact(data.only_a)} only in A</b></>}{data.only_b > 0 && <> · <b className="tint-b">{exact(data.only_b)} only in B</b></>}
      </span>
      {count > 0 && (
        <span className="find-count" role="status">
          {at > 0 ? `${exact(at)} of ${exact(count)}` : plural(count, "difference")}
          <button type="button" onClick={() => seek(-1)} aria-label="Previous difference" title="Previous difference (N)">↑</button>
          <button type="button" onClick={() => seek(1)} aria-label="Next difference" title="Next difference (n)">↓</button>
        </span>
      )}
      <button type="button" className="pick" aria-pressed={only} onClick={flip} title="Only rows that differ, with their parents (o)">only differences</button>
    </div>
  );
}

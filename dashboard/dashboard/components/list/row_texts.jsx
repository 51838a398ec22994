// The texts of a row: what went in and came out, and where a word of the query stands.
import { errorLine, errorTitle } from "../shared/format.js";
import { rowPreview } from "../content/row_preview.js";

const oneLine = (text) => (text || "").replace(/\s+/g, " ").trim();

/**
 * `error`: why it failed, null for what did not; then that is what came out. `inside`: what failed in what ended well. `isCut`: an
 * answer ended at its token limit; where something failed that is said instead.
 */
export function Preview({ input, output, error, inside, isCut, isRunning }) {
  const [asked, came] = [rowPreview(oneLine(input)), rowPreview(oneLine(output))];
  return (
    <>
      {asked && <span className="in" dir="auto" title={input}>{asked}</span>}
      {(came || error || (asked && isRunning)) && <span className="arrow" aria-hidden="true">→</span>}
      {error ? (
        <span className="out bad" title={errorTitle(error)}>{errorLine(error)}</span>
      ) : (
        came && <span className="out" dir="auto" title={output}>{came}</span>
      )}
      {inside && <span className="inside" title={errorTitle(inside)}>⚠ {errorLine(inside)}</span>}
      {isCut && !error && <span className="cut-off" title="A model's answer ended at its token limit (has:cut)">⚠ cut off</span>}
      {isRunning && !came && <span className="out dim">running</span>}
    </>
  );
}

/** The line below a row; nothing where no word was found. */
export function HitLine({ hit }) {
  if (!hit) return null;
  return <span role="gridcell" className="c-hit"><i>in {hit.where}</i> <span dir="auto">{oneLine(hit.snippet)}</span></span>;
}

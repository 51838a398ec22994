// Six figures with what became of them over time, and how they moved against the same time before.
import { Link } from "react-router";
import { listOf } from "./figure_links.js";
import { costOf, costTitle, count, duration, exact, plural, tokensOf, traceCost } from "../shared/format.js";
import { Moved } from "./moved.jsx";
import { shareChange } from "./series.js";
import { Sparkline } from "./sparkline.jsx";

const failed = ({ errors, traces }) => (traces ? errors / traces : null);
const percent = (share) => `${(100 * (share ?? 0)).toFixed(1)} %`;
const share = (totals) => percent(failed(totals));

/**
 * label, value of figures, how it is written (`shown`: with the other figures beside it), exactly, terms and order of its list, tone, whether more is worse, what stands beside
 * the label; `moves`: what is compared with the time before, where that is not the value.
 */
const TILES = [
  { label: "Traces", of: ({ traces }) => traces, write: exact, says: ({ traces, spans }) => `${plural(traces, "trace")} of ${plural(spans, "span")}` },
  { label: "Errors", of: ({ errors }) => errors, write: exact, term: "status:error", tone: "bad", isWorse: true,
    says: (totals) => `${plural(totals.errors, "trace")} in error, ${share(totals)} of all`, beside: (totals) => totals.errors > 0 && `${share(totals)} of traces`,
    moves: { of: failed, write: (one) => `${percent(one)} of traces`, by: shareChange } },
  { label: "Latency p50", of: ({ latency_ms: ms }) => ms.p50, write: duration, sort: "-duration_ms", isWorse: true, says: ({ latency_ms: ms }) => `Half of the traces took at most ${duration(ms.p50)} (within 2 %)` },
  { label: "Latency p95", of: ({ latency_ms: ms }) => ms.p95, write: duration, sort: "-duration_ms", isWorse: true, says: ({ latency_ms: ms }) => `95 of 100 traces took at most ${duration(ms.p95)} (within 2 %)` },
  { label: "Tokens", of: ({ usage }) => usage?.total ?? null, write: count, shown: tokensOf, sort: "-tokens", says: ({ usage }) => (usage ? `${exact(usage.input)} in (${exact(usage.cache_read || 0)} cached), ${exact(usage.output)} out` : "No token counts") },
  { label: "Cost", of: ({ cost }) => cost?.total ?? null, write: null, shown: costOf, sort: "-cost", isWorse: true, says: ({ cost }) => costTitle(cost) },
];

/** `then` is {stats, was}: the figures of the time before, null where there is none, and the question that counted them. */
export function Tiles({ stats, then: { stats: earlier, was }, counted, stale }) {
  return (
    <ul className={`tiles${stale ? " stale" : ""}`} aria-label="Figures">
      {TILES.map((tile) => {
        const value = tile.of(stats.totals);
        const moves = tile.moves ?? tile;
        const write = tile.write || (() => traceCost(earlier?.totals.cost)); // a cost knows more than its number
        return (
          <li key={tile.label} className="tile">
            <h2>{tile.label}{tile.beside?.(stats.totals) && <span>{tile.beside(stats.totals)}</span>}</h2>
            <Link to={listOf(counted, tile.term, tile.sort)} title={tile.says(stats.totals)} className={tile.tone && value > 0 ? "tile-value s-error" : "tile-value"}>
              {tile.shown ? tile.shown(stats.totals) : write(value)}
            </Link>
            {earlier && <Moved now={moves.of(stats.totals)} then={moves.of(earlier.totals)} to={listOf(was, tile.term, tile.sort)} write={tile.moves?.write ?? write} by={moves.by} isWorse={tile.isWorse} />}
            <Sparkline values={stats.series.map(tile.of)} tone={tile.tone} />
          </li>
        );
      })}
    </ul>
  );
}

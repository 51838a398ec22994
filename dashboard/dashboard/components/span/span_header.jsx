// The head of a span: what it is and its figures. From the skeleton at once; the content refines it.
import { Link } from "react-router";
import { CompareButton } from "../compare/compare_button.jsx";
import { CopyMenu } from "./copy_menu.jsx";
import { costTitle } from "./cost.js";
import { Explained } from "./explained.jsx";
import { isFine } from "../content/finish.js";
import { dollars, duration, exact, moment, plural, usedNothing } from "../shared/format.js";
import { KindIcon } from "../shared/icons.jsx";
import { Lasting } from "./lasting.jsx";
import { spansLike } from "../list/spans_url.js";
import { ERROR, FLAG, isEndless, kindOf, modelOf, nameOf, spanId } from "../trace/tree.js";

function tokensText(usage) {
  const part = (n, text) => (n ? ` (${text} ${exact(n)})` : "");
  const left = usage.input == null ? "" : `in ${exact(usage.input)}${part(usage.cache_read, "cached")}${part(usage.cache_write, "written")}`;
  const right = usage.output == null ? "" : `out ${exact(usage.output)}${part(usage.reasoning, "reasoning")}`;
  if (!left && !right) return usage.total == null ? "" : `${exact(usage.total)} tokens`;
  return [left, right].filter(Boolean).join(" → ");
}

function tokensTitle(span) {
  const lines = Object.entries(span.usage || {}).filter(([, n]) => typeof n === "number").map(([k, n]) => `${k}: ${exact(n)}`);
  const from = Object.entries(span.provenance || {}).filter(([k]) => k.startsWith("usage"));
  return [...lines, ...from.map(([k, v]) => `${k} from ${v}`)].join("\n");
}

/** Who serves the model, and which attributes named it. */
function modelTitle(span) {
  const from = ["request_model", "response_model", "provider"].filter((field) => span.provenance?.[field]);
  return [span.provider && `provider: ${span.provider}`, ...from.map((field) => `${field} from ${span.provenance[field]}`)].filter(Boolean).join("\n");
}

/** What all calls below a span come to: only where it sums up others. */
function SubtreeSum({ span }) {
  const sum = span?.subtree;
  if (!sum || sum.calls < 1 || (sum.calls === 1 && span.usage)) return null;
  const cost = sum.cost ? dollars(sum.cost.total, sum.cost.complete ? "" : "≥") : "";
  const words = [plural(sum.calls, "call"), sum.usage?.total != null && plural(sum.usage.total, "token"), cost].filter(Boolean);
  return <span title="This span and everything below it; each model call counted once">Σ {words.join(" · ")}</span>;
}

export function SpanHeader({ traceId, tree, i, span }) {
  const failed = tree.status[i] === ERROR;
  const open = (tree.flags[i] & FLAG.open) !== 0;
  const endless = isEndless(tree, i);
  const length = tree.duration_us[i];
  const kind = kindOf(tree, i);
  const model = modelOf(tree, i);
  const first_ms = span ? span.ttft_ms : tree.ttft_us?.[i] && tree.ttft_us[i] / 1000;
  const usedAny = !usedNothing(span?.usage?.total, span?.cost?.total);
  const usage = usedAny ? span?.usage : null;
  const cost = usedAny ? span?.cost : null;
  const tokens = usage ? tokensText(usage) : tree.tokens[i] != null ? plural(tree.tokens[i], "token") : "";
  const asked = span?.request_model;
  const answered = span?.response_model;
  const modelText = asked && answered && asked !== answered ? `${asked} → ${answered}` : answered || asked || model;
  const ends = (span?.finish_reasons || []).filter((reason) => reason && !isFine(reason));
  return (
    <header className="span-head">
      <div className="span-title">
        <KindIcon kind={kind} />
        <h2 dir="auto" title={nameOf(tree, i)}>{nameOf(tree, i)}</h2>
        <Link className="kind-name" to={spansLike(kind, nameOf(tree, i))} title="All spans of this kind and name, in all traces">{kind}</Link>
        {failed && <span className="badge s-error">✕ error</span>}
        {open && <span className="badge s-running">◐ running</span>}
        {ends.map((reason) => <span key={reason} className="badge s-warn" title="Why the model stopped">⚠ {reason}</span>)}
        <span className="grow" />
        {kind === "llm" && <CompareButton side={`${traceId}/${spanId(tree, i)}`} name={nameOf(tree, i)} keyName="+" />}
        <CopyMenu traceId={traceId} span={span} />
      </div>
      <div className="span-facts">
        <span title={endless ? "Not finished yet" : `${length / 1000} ms${span ? `\n${moment(span.start_time)}` : ""}`}>{endless ? (open ? <Lasting tree={tree} i={i} /> : "no end") : duration(length / 1000)}</span>
        {first_ms != null && <span title={`Time to the first token: ${first_ms} ms`}>first token {duration(first_ms)}</span>}
        {tokens && <Explained lines={span && usage && tokensTitle(span)}>{tokens}</Explained>}
        {(cost?.total ?? tree.cost[i]) != null && (
          <Explained lines={cost && costTitle(cost, usage)}>{dollars(cost?.total ?? tree.cost[i])}</Explained>
        )}
        <SubtreeSum span={span} />
        {modelText && <Explained lines={span && modelTitle(span)}><span className="mono">{modelText}</span></Explained>}
        {tree.start_us[i] > 0 && <span className="mono dim" title={`span ${spanId(tree, i)}, starts ${duration(tree.start_us[i] / 1000)} into the trace`}>+{duration(tree.start_us[i] / 1000)}</span>}
      </div>
    </header>
  );
}


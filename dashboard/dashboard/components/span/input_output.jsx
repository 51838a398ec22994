// What went into a span and what came out, for everything that is not a conversation.
import { Copy } from "../shared/parts.jsx";
import { LinkRow, Problems } from "../content/tool_links.jsx";
import { Value } from "../content/value.jsx";
import { jsonText } from "../shared/value_model.js";

const given = (value) => value !== null && value !== undefined;

/** [title, value] pairs in reading order; a tool's own arguments and result go before the raw values. */
function blocks(span) {
  const tool = span.tool || {};
  const found = [
    ["Query", span.query],
    ["Arguments", tool.arguments],
    ["Input", given(tool.arguments) ? null : span.input_raw],
    ["Result", tool.result],
    ["Output", given(tool.result) ? null : span.output_raw],
  ];
  return found.filter(([, value]) => given(value));
}

export const hasInputOutput = (span) => blocks(span).length > 0 || given(span.tool);

export function InputOutput({ span }) {
  const tool = span.tool;
  return (
    <div className="blocks">
      {tool && (
        <p className="params">
          <span><i>tool</i> {tool.name}</span>
          {tool.type && <span><i>type</i> {tool.type}</span>}
          {tool.call_id && <span><i>call</i> {tool.call_id}</span>}
        </p>
      )}
      {span.kind === "tool" && (span.tool_links || []).map((link, i) => (
        <div key={i}><Problems link={link} /><LinkRow link={link} /></div>
      ))}
      {tool?.description && <p className="dim">{tool.description}</p>}
      {blocks(span).map(([title, value]) => (
        <section key={title} className="block">
          <header><h3>{title}</h3><Copy text={() => (typeof value === "string" ? value : jsonText(value))} label={`Copy: ${title}`} /></header>
          <Value value={value} />
        </section>
      ))}
    </div>
  );
}

// A model call as a conversation. System and tools are folded, the dialogue is open, every part is shown as what it is.
import { useEffect, useMemo, useRef } from "react";
import { ContextBar } from "./context_bar.jsx";
import { BlobValue, InlineFile } from "./blob_value.jsx";
import { InputMessages } from "./earlier.jsx";
import { isFine } from "./finish.js";
import { bytes, count, plural } from "../shared/format.js";
import { JsonTree } from "./json_tree.jsx";
import { paramsOf } from "./params.js";
import { Fold, LongText } from "../shared/parts.jsx";
import { useSought } from "../shared/sought.js";
import { LinkRow, Problems, useLink } from "./tool_links.jsx";
import { Value } from "./value.jsx";
import { WhenNear } from "../shared/when_near.jsx";

const AT_ONCE_PX = 1200; // of messages are drawn at once, more than a screen; the others when they come near it
const FRAME_PX = 48; // a message without its text
const SHORT_CHARS = 500; // of instructions, and
const SHORT_LINES = 8;
const BEGINNING_CHARS = 160; // stand beside the title of longer ones, as far as there is room

/** About what a text takes, in pixels, folded as it is. */
const roughHeight = (chars) => 20 * Math.min(20, 1 + Math.ceil(chars / 80));

const size = (parts) => (parts || []).reduce((sum, part) => sum + (typeof part.content === "string" ? part.content.length : 0), 0);

/** How many of the messages, from the first, are drawn at once. */
function drawnAtOnce(messages) {
  let px = 0;
  const last = messages.findIndex(({ parts }) => (px += FRAME_PX + roughHeight(size(parts))) > AT_ONCE_PX);
  return last < 0 ? messages.length : last + 1;
}

/** `aim` is the place, if any, that a link led to: it is unfolded, scrolled to and lit up. */
export function Messages({ span, aim, growth }) {
  const all = useRef(null);
  useEffect(() => {
    if (!aim || (aim.side === undefined && aim.index === undefined)) return undefined;
    const at = aim.side ? `${aim.side}:${aim.message}` : `definition:${aim.index}`;
    // After what is folded has opened.
    const timer = setTimeout(() => {
      for (const old of all.current?.querySelectorAll(".aimed") || []) old.classList.remove("aimed");
      const found = all.current?.querySelector(`[data-at="${at}"]`);
      found?.scrollIntoView({ block: "center" });
      found?.classList.add("aimed");
    }, 30);
    return () => clearTimeout(timer);
  }, [aim]);
  const aimedInput = aim?.side === "input" ? aim.message : undefined;
  const system = span.system || [];
  const tools = span.tool_definitions || [];
  const atOnce = useMemo(() => drawnAtOnce(span.input_messages || []), [span]);
  const { brief, others } = paramsOf(span.params);
  const has = useSought();
  return (
    <div className="messages" ref={all}>
      {brief.length > 0 && <p className="params">{brief.map(([name, text]) => <span key={name}><i>{name}</i> {text}</span>)}</p>}
      {Object.keys(others).length > 0 && (
        <Fold className="role-system" title={plural(Object.keys(others).length, "other parameter")} note={Object.keys(others).slice(0, 6).join(", ")} open={has(others)}>
          <JsonTree value={others} />
        </Fold>
      )}
      {span.prompt && (
        <Fold title="Prompt" note={[span.prompt.name, span.prompt.version].filter(Boolean).join(" · ")}>
          <JsonTree value={span.prompt} />
        </Fold>
      )}
      <ContextBar span={span} growth={growth} />
      {system.length > 0 && (
        <Instructions title="System" parts={system} />
      )}
      {tools.length > 0 && (
        <Fold className="role-system" title={plural(tools.length, "tool definition")} note={tools.map((tool) => tool.name).slice(0, 6).join(", ")} open={aim?.index !== undefined || has(tools)}>
          {tools.map((tool, i) => <ToolDefinition key={i} tool={tool} at={`definition:${i}`} />)}
        </Fold>
      )}
      <InputMessages span={span} aimed={aimedInput}
        draw={(message, i, changed) => <Message key={`i${i}`} message={message} at={`input:${i}`} changed={changed} now={i < atOnce || has(message)} />} />
      {span.output_messages?.length > 0 && <div className="output-rule"><span>output</span></div>}
      {(span.output_messages || []).map((message, i) => <Message key={`o${i}`} message={message} at={`output:${i}`} output />)}
    </div>
  );
}

/** Instructions, open while they are short: what an answer was made from often stands in them. */
function Instructions({ title, parts }) {
  const chars = size(parts);
  const text = parts.find(({ content }) => typeof content === "string")?.content || "";
  const isSought = useSought()(parts);
  const isShort = chars <= SHORT_CHARS && text.split("\n").length <= SHORT_LINES;
  return (
    <Fold className="role-system" title={title} note={`${count(chars)} characters`} begins={text.slice(0, BEGINNING_CHARS)} open={isShort || isSought}>
      <Parts parts={parts} />
    </Fold>
  );
}

/** One message; `at` is its place in its span, "input:3". */
export function Message({ message, at, output = false, changed = false, now = true }) {
  const role = message.role || "other";
  const parts = message.parts || [];
  const system = role === "system" || role === "developer";
  const chars = size(parts);
  if (system) {
    return <Instructions title={role} parts={parts} />;
  }
  const reason = message.finish_reason;
  return (
    <article data-at={at} className={`message role-${/^(user|assistant|tool)$/.test(role) ? role : "other"}${output ? " is-output" : ""}`}>
      <header>
        <span className="role">{role}</span>
        {changed && <span className="badge s-warn" title="The previous call did not have this message">⚠ changed</span>}
        {message.name && <span className="dim">{message.name}</span>}
        {reason && reason !== "stop" && <span className={isFine(reason) ? "dim" : "badge s-warn"} title="Why the model stopped">{reason}</span>}
      </header>
      <WhenNear now={now} height={roughHeight(chars)}><Parts parts={parts} at={at} /></WhenNear>
    </article>
  );
}

function Parts({ parts, at }) {
  if (parts.length === 0) return <p className="dim">empty</p>;
  return parts.map((part, i) => <Part key={i} part={part} at={`${at}:${i}`} />);
}

function Part({ part, at }) {
  const link = useLink(at);
  switch (part.type) {
    case "text":
      return <Value value={part.content} />;
    case "reasoning":
      return (
        <Fold className="reasoning" title="Reasoning"
          note={part.content ? `${count(part.content.length)} characters` : part.encrypted ? "encrypted by the provider" : "not given"}>
          {part.content ? <LongText text={part.content} /> : <p className="dim">The provider did not share the text.</p>}
        </Fold>
      );
    case "tool_call":
      return (
        <div className={`tool-card${link?.problems.length ? " bad" : ""}`}>
          <header><span aria-hidden="true">→</span> <b>{part.name || "tool"}</b>{part.server_side && <i>run by the provider</i>}{part.id && <i className="mono">{part.id}</i>}</header>
          <Value value={part.arguments} />
          <Problems link={link} />
          <LinkRow link={link} at={at} />
        </div>
      );
    case "tool_result":
      return (
        <div className={`tool-card${part.is_error ? " bad" : ""}`}>
          <header><span aria-hidden="true">←</span> <b>{part.name || link?.name || "result"}</b>{part.is_error && <span className="badge s-error">✕ error</span>}{part.id && <i className="mono">{part.id}</i>}</header>
          <ResultContent content={part.content} />
          {!link?.call && <Problems link={link} />}
          <LinkRow link={link} at={at} />
        </div>
      );
    case "media":
      return <Media part={part} />;
    case "refusal":
      return <div className="refusal"><b>Refused</b><LongText text={String(part.content ?? "")} /></div>;
    case "citation":
      return <p className="citation">❝ {part.title || part.uri || "source"}{part.text && <span className="dim"> {part.text}</span>}{part.uri && <code>{part.uri}</code>}</p>;
    default:
      return (
        <div className="tool-card">
          <header><b>{part.raw_type || part.type || "unknown part"}</b><i>unknown to this version, shown as received</i></header>
          <JsonTree value={part.data ?? part} />
        </div>
      );
  }
}

/** A tool's result may itself be a list of parts. */
function ResultContent({ content }) {
  if (Array.isArray(content) && content.length > 0 && content.every((one) => one && typeof one === "object" && typeof one.type === "string" && (one.content != null || one.ref))) {
    return <Parts parts={content} />;
  }
  return <Value value={content} />;
}

/** What was kept is shown when it comes in sight; what lies elsewhere is named and never loaded: it could point anywhere. */
function Media({ part }) {
  const ref = part.ref || {};
  const where = ref.uri ? "link" : ref.file_id ? "provider file" : ref.data != null ? "inline" : "not kept";
  return (
    <div className="media">
      <b>{part.modality || "media"}</b>
      {ref.blob_id ? (
        <BlobValue blob={{ sha256: ref.blob_id, mime: part.mime_type, size: part.bytes }} />
      ) : typeof ref.data === "string" ? (
        <InlineFile mime={part.mime_type} size={part.bytes} data={ref.data} />
      ) : (
        <span>{[part.mime_type, part.bytes != null && bytes(part.bytes), where].filter(Boolean).join(" · ")}</span>
      )}
      {(ref.uri || ref.file_id) && <code>{(ref.uri || ref.file_id).slice(0, 300)}</code>}
      {part.transcript && <LongText text={part.transcript} />}
    </div>
  );
}

function ToolDefinition({ tool, at }) {
  return (
    <div className="tool-card" data-at={at}>
      <header><b>{tool.name || "tool"}</b></header>
      {tool.description && <LongText text={tool.description} />}
      {tool.parameters != null && <JsonTree value={tool.parameters} depth={1} />}
    </div>
  );
}

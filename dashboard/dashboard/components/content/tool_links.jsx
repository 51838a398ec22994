// From a tool call to its result, its definition and the tool's own span, and back.
import { createContext, useContext } from "react";

/** What the messages of a span link to: links by place, and how to go there. */
export const Linking = createContext({ links: new Map(), spanId: "", go: () => {} });

const key = ({ side, message, part }) => `${side}:${message}:${part}`;

/** The tool links of a span by the places in its messages that speak of them. */
export function linksByPlace(span) {
  const links = new Map();
  for (const link of span.tool_links || []) for (const place of link.here) links.set(key(place), link);
  return links;
}

/** The link of a part, or undefined; `at` is "input:3:0". */
export const useLink = (at) => useContext(Linking).links.get(at);

const TARGETS = [
  ["call", "call", "Where the model asked for it", (link) => link.call],
  ["tool", "tool span", "The span of the tool that ran", (link) => link.tool_span_id && { span_id: link.tool_span_id }],
  ["result", "result", "Where the model was given the result", (link) => link.result],
  ["definition", "definition", "What the model was told about the tool", (link) => link.definition],
];

/** A row of ways to go; the place where one is already is left out. */
export function LinkRow({ link, at }) {
  const { spanId, go } = useContext(Linking);
  if (!link) return null;
  const isHere = (to) => to.span_id === spanId && (to.side ? key(to) === at : at === undefined && to.index === undefined);
  const ways = TARGETS.map(([id, text, title, of]) => [id, text, title, of(link)]).filter(([, , , to]) => to && !isHere(to));
  if (ways.length === 0) return null;
  return (
    <p className="ways">
      {ways.map(([id, text, title, to]) => (
        <button key={id} type="button" title={title} onClick={() => go(to)}>{text}{to.span_id === spanId ? "" : " ↗"}</button>
      ))}
      {link.inferred && <i title="The sender gave no id for it">matched by name and arguments</i>}
    </p>
  );
}

/** What is wrong with the use of a tool. */
export function Problems({ link }) {
  if (!link?.problems?.length) return null;
  return <ul className="problems">{link.problems.map((text) => <li key={text}>✕ {text}</li>)}</ul>;
}

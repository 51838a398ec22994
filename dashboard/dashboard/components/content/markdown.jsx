// Markdown drawn from the tokens of a parser: no HTML of a sender becomes HTML here, nothing is loaded, and a link says
// where it leads before it is followed.
import { useMemo } from "react";
import { Marked } from "marked";
import { Formula } from "./formula.jsx";
import { FORMULAS, hasFormula } from "./formulas.js";
import { Copy } from "../shared/parts.jsx";

const SAFE_LINK = /^(https?|mailto):/i;
const CHARS_MAX = 200_000; // a longer text is shown as it stands

const MARKS = /(^|\n)(#{1,6} |[-*+] |\d+[.)] |> |```|\|.*\|)|\*\*[^*\n]+\*\*|`[^`\n]+`|\[[^\]\n]+\]\([^)\n]+\)/;
const PARSER = new Marked({ gfm: true, breaks: true, extensions: FORMULAS });

/** Whether a text is worth reading as Markdown: it has a mark of it, or a formula. */
export const looksMarked = (text) => text.length <= CHARS_MAX && (MARKS.test(text) || hasFormula(text));

export function Markdown({ text }) {
  const tokens = useMemo(() => PARSER.lexer(text), [text]);
  return <div className="markdown" dir="auto"><Blocks tokens={tokens} /></div>;
}

function Blocks({ tokens }) {
  return (tokens || []).map((token, i) => <Block key={i} token={token} />);
}

function Block({ token }) {
  switch (token.type) {
    case "space":
    case "def":
    case "checkbox":
      return null;
    case "heading":
      return <p className={`md-heading md-h${token.depth}`} role="heading" aria-level={Math.min(6, token.depth + 3)}><Inline tokens={token.tokens} /></p>;
    case "paragraph":
      return <p><Inline tokens={token.tokens} /></p>;
    case "code":
      return (
        <div className="md-code" dir="ltr">
          <Copy text={token.text} label="Copy this code" />
          {token.lang && <i className="md-lang">{token.lang}</i>}
          <pre tabIndex={0}>{token.text}</pre>
        </div>
      );
    case "blockquote":
      return <blockquote><Blocks tokens={token.tokens} /></blockquote>;
    case "list": {
      const List = token.ordered ? "ol" : "ul";
      return (
        <List start={token.ordered && token.start !== "" ? token.start : undefined}>
          {token.items.map((item, i) => (
            <li key={i} className={item.task ? "md-task" : undefined}>
              {item.task && <span aria-hidden="true">{item.checked ? "☑ " : "☐ "}</span>}
              <Blocks tokens={item.tokens} />
            </li>
          ))}
        </List>
      );
    }
    case "table":
      return (
        <div className="md-table" tabIndex={0}>
          <table>
            <thead><tr>{token.header.map((cell, i) => <th key={i} scope="col" style={{ textAlign: token.align[i] || undefined }}><Inline tokens={cell.tokens} /></th>)}</tr></thead>
            <tbody>{token.rows.map((row, r) => <tr key={r}>{row.map((cell, i) => <td key={i} style={{ textAlign: token.align[i] || undefined }}><Inline tokens={cell.tokens} /></td>)}</tr>)}</tbody>
          </table>
        </div>
      );
    case "hr":
      return <hr />;
    case "formula":
      return <p><Piece token={token} /></p>;
    case "text":
      return token.tokens ? <Inline tokens={token.tokens} /> : <span>{token.text}</span>;
    default:
      return <p>{token.raw}</p>; // HTML and what is new to us: as it was written
  }
}

function Inline({ tokens }) {
  return (tokens || []).map((token, i) => <Piece key={i} token={token} />);
}

function Piece({ token }) {
  switch (token.type) {
    case "strong":
      return <b><Inline tokens={token.tokens} /></b>;
    case "em":
      return <em><Inline tokens={token.tokens} /></em>;
    case "del":
      return <s><Inline tokens={token.tokens} /></s>;
    case "codespan":
      return <code>{token.text}</code>;
    case "formula":
      return <Formula tex={token.tex} source={token.raw} display={token.display} />;
    case "br":
      return <br />;
    case "escape":
      return token.text;
    case "checkbox":
      return null; // its item has it
    case "link":
      return SAFE_LINK.test(token.href) ? (
        <a className="md-link" href={token.href} target="_blank" rel="noreferrer noopener nofollow" title={`Opens ${token.href}`}><Inline tokens={token.tokens} /></a>
      ) : <span title={token.href}>{token.raw}</span>;
    case "image":
      return <span className="md-image" title={`Not loaded: ${token.href}`}>{token.text || "image"} <i>not loaded</i></span>;
    case "text":
      return token.tokens ? <Inline tokens={token.tokens} /> : unescaped(token.text);
    default:
      return token.raw;
  }
}

const NAMED = { "&amp;": "&", "&lt;": "<", "&gt;": ">", "&quot;": '"', "&#39;": "'" };

/** The parser escapes texts for HTML; we draw text. */
const unescaped = (text) => text.replace(/&(amp|lt|gt|quot|#39);/g, (name) => NAMED[name]);

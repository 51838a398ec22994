// Messages of two sides in one column: what is the same folded, what was added, removed or changed open.
import { folded } from "./compared.js";
import { JsonDiff } from "./json_diff.jsx";
import { Message } from "../content/messages.jsx";
import { Fold } from "../shared/parts.jsx";
import { plural } from "../shared/format.js";
import { WhenNear } from "../shared/when_near.jsx";
import { WordDiff } from "./word_diff.jsx";

const LABELS = { added: ["+", "only in B"], removed: ["−", "only in A"], changed: ["≠", "changed"] };
const SPEAKS = /^(user|assistant|tool)$/; // roles with a colour of their own
const DRAWN_AT_ONCE = 12; // more than a screen of them
const ROUGH_PX = 120;

/** `of`: differences as the service gives them; `at` names the side of the span that they are of. */
export function DiffList({ title, of, at }) {
  if (!of.length) return null;
  return (
    <>
      <div className="output-rule"><span>{title.toLowerCase()}</span></div>
      {folded(of).map((group, n) => (
        <WhenNear key={n} now={n < DRAWN_AT_ONCE} height={ROUGH_PX}>
          {group.same ? <Same messages={group.same} /> : <Different message={group.message} at={`${at}:${n}`} />}
        </WhenNear>
      ))}
    </>
  );
}

function Same({ messages }) {
  return (
    <Fold className="diff-same" title={`= ${messages.length === 1 ? `${messages[0].role || "value"} unchanged` : `${plural(messages.length, "message")} unchanged`}`} note={messages.length === 1 ? messages[0].preview : ""}>
      {messages.map((message, n) => <p key={n} dir="auto"><b className="role">{message.role}</b> {message.preview}</p>)}
    </Fold>
  );
}

function Different({ message, at }) {
  const { change, role, a, b, words, json } = message;
  const [mark, label] = LABELS[change];
  return (
    <section className={`diff d-${change}`} aria-label={`${role || "value"}: ${label}`}>
      <header><span className="diff-mark" aria-hidden="true">{mark}</span> {role && <span className={`role${SPEAKS.test(role) ? ` role-${role}` : ""}`}>{role}</span>} <span>{label}</span></header>
      {change !== "changed" ? <Message message={asMessage(b || a, role)} at={at} /> : (
        <>
          {words && <WordDiff words={words} />}
          {json && <JsonDiff changes={json} />}
          {!words && !json && (
            <div className="diff-both">
              <div><b className="side-name side-a">A</b><Message message={asMessage(a, role)} at={`${at}:a`} /></div>
              <div><b className="side-name side-b">B</b><Message message={asMessage(b, role)} at={`${at}:b`} /></div>
            </div>
          )}
        </>
      )}
    </section>
  );
}

/** A bare value, drawn as the only part of a message. */
const asMessage = (value, role) => (Array.isArray(value?.parts) ? value : { role, parts: [{ type: "text", content: value }] });

// Everything that a span can be copied as. What can be sent again is written by the service.
import { useEffect, useRef, useState } from "react";
import { copied, copyText, outcome } from "../shared/copying.js";
import { getJson } from "../shared/data.js";
import { useKeys } from "../shared/keys.js";
import { jsonText } from "../shared/value_model.js";

const CALL_FORMS = [
  ["curl", "curl command", "The request; the key is read from the environment"],
  ["python", "Python program", "The request, using the provider's library"],
  ["openai", "OpenAI JSON", "The request body in OpenAI's format"],
  ["anthropic", "Anthropic JSON", "The request body in Anthropic's format"],
  ["md", "Markdown", "The conversation as readable text"],
];

/** `span` may still be on its way; then only the link can be copied. */
export function CopyMenu({ traceId, span }) {
  const [open, setOpen] = useState(false);
  const [told, setTold] = useState("");
  const box = useRef(null);
  const timer = useRef(0);
  useEffect(() => () => clearTimeout(timer.current), []);
  useEffect(() => {
    if (!open) return undefined;
    box.current.querySelector("[role=menuitem]").focus();
    const away = (event) => !box.current.contains(event.target) && setOpen(false);
    window.addEventListener("pointerdown", away);
    return () => window.removeEventListener("pointerdown", away);
  }, [open]);
  useKeys({ Y: () => setOpen(true) });

  const tell = (text) => {
    setTold(text);
    clearTimeout(timer.current);
    timer.current = setTimeout(() => setTold(""), 2500);
  };
  const copy = async (text, what) => {
    setOpen(false);
    tell(await copied(text, what));
  };
  const copyCall = async (form, what) => {
    setOpen(false);
    const call = getJson(`/ui-api/traces/${traceId}/spans/${span.span_id}/replay?form=${form}`);
    try {
      const done = await copyText(call.then(({ data }) => data.text));
      const { data: { left_out: leftOut } } = await call;
      tell(outcome(done, leftOut ? `${what}, without ${leftOut} parts that it cannot express,` : what));
    } catch (problem) {
      tell(problem.detail || problem.title);
    }
  };
  const isCall = span?.input_messages?.length > 0 || span?.system?.length > 0;
  const items = [
    ["link", "Link", "To the current view (y)", () => copy(window.location.href, "Link")],
    ["id", "Span id", span?.span_id, () => copy(span.span_id, "Id")],
    ["json", "Span as JSON", "Everything known about it", () => copy(jsonText(span), "JSON")],
    ...(isCall ? CALL_FORMS.map(([form, label, title]) => [form, label, title, () => copyCall(form, label)]) : []),
  ].slice(0, span ? undefined : 1);

  const onKeyDown = (event) => {
    const all = [...box.current.querySelectorAll("[role=menuitem]")];
    const at = all.indexOf(document.activeElement);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: all.length - 1 }[event.key];
    if (event.key === "Escape" || event.key === "Tab") {
      setOpen(false);
      box.current.querySelector("button").focus();
      if (event.key === "Tab") return;
    } else if (to === undefined) return;
    else all[(to + all.length) % all.length].focus();
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <div className="copy-menu" ref={box}>
      {told && <span className="told" role="status">{told}</span>}
      <button type="button" className="button small" aria-haspopup="menu" aria-expanded={open} onClick={() => setOpen(!open)} title="Copy as … (Shift Y)">Copy ▾</button>
      {open && (
        <div className="menu" role="menu" aria-label="Copy as" onKeyDown={onKeyDown}>
          {items.map(([id, label, title, act]) => <button key={id} type="button" role="menuitem" tabIndex={-1} onClick={act}>{label}<i>{title}</i></button>)}
        </div>
      )}
    </div>
  );
}

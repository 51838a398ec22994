// The choices below the query box. They are picked before the box loses the focus.
import { useLayoutEffect, useRef } from "react";

export function Completions({ choices, at, pick }) {
  const list = useRef(null);
  useLayoutEffect(() => { list.current?.children[at]?.scrollIntoView({ block: "nearest" }); }, [at]);
  return (
    <ul className="completions" id="completions" role="listbox" aria-label="Completions" ref={list} hidden={!choices.length}>
      {choices.map((choice, i) => (
        <li key={choice.text} id={`completion-${i}`} role="option" aria-selected={i === at} onPointerDown={(event) => { event.preventDefault(); pick(i); }}>
          <code>{choice.label}</code>
          <span>{choice.note}</span>
        </li>
      ))}
    </ul>
  );
}

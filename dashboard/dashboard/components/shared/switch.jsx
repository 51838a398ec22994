// One of a few: buttons in a row.
import { alongButtons } from "./along_buttons.js";

/** `options`: [id, text, title]. */
export function Switch({ label, options, chosen, choose }) {
  return (
    <span className="switch" role="radiogroup" aria-label={label} onKeyDown={alongButtons}>
      {options.map(([id, text, title]) => (
        <button key={id} type="button" role="radio" aria-checked={id === chosen} tabIndex={id === chosen ? 0 : -1} onClick={() => choose(id)} title={title}>{text}</button>
      ))}
    </span>
  );
}

// Which columns the list has. What is chosen is kept in the browser.
import { CHOICES, FIRST } from "./columns.js";
import { plural } from "../shared/format.js";
import { Menu } from "../shared/menu.jsx";

/** `chosen` ids, `shown` those for which there is room. */
export function ColumnsMenu({ chosen, shown, choose }) {
  const hidden = chosen.length - shown.length;
  const turn = (id) => choose(CHOICES.map(([known]) => known).filter((known) => chosen.includes(known) !== (known === id)));
  return (
    <Menu label="Columns" title={hidden ? `Not enough room for ${plural(hidden, "chosen column")}` : "Choose columns"}>
      {() => (
        <div className="choices" role="group" aria-label="Columns">
          {CHOICES.map(([id, title]) => (
            <label key={id}>
              <input type="checkbox" checked={chosen.includes(id)} onChange={() => turn(id)} />
              {title}
              {chosen.includes(id) && !shown.includes(id) && <i>no room</i>}
            </label>
          ))}
          <button type="button" className="button plain" onClick={() => choose(FIRST)}>Reset to default</button>
        </div>
      )}
    </Menu>
  );
}

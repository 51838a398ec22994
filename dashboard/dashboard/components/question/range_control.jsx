// The range of time: a preset that stays relative or two moments, moved, widened, and followed live.
import { useRef, useState } from "react";
import { stretch } from "../shared/format.js";
import { useKeys } from "../shared/keys.js";
import { LiveButton } from "./live_button.jsx";
import { RANGES, absolute, momentsOf, moved, scaled } from "./time_range.js";
import { fromField, toField, yesterday, zoneNow } from "../shared/zone.js";

const CUSTOM = "custom";
const STRETCH = "stretch";
const YESTERDAY = "yesterday";

/** `error`: what the last look at the page's answer met, or null. */
export function RangeControl({ list, go, error }) {
  const [editing, setEditing] = useState(false);
  const select = useRef(null);
  const isAbsolute = list.from != null;
  const movable = isAbsolute || list.range !== "all";
  const change = (changed) => changed && go(changed);
  const choose = (id) => {
    if (id === CUSTOM) setEditing(true);
    else if (id === YESTERDAY) go(absolute(...yesterday(Date.now())));
    else if (id !== STRETCH) go({ range: id, from: null, to: null });
  };
  const close = () => {
    setEditing(false);
    select.current.focus(); // which opened it
  };
  const pause = () => go({ live: !list.live });
  useKeys({ p: pause });
  return (
    <div className="range" role="group" aria-label="Time">
      <label className="select">
        <span className="away">Time range</span>
        <select ref={select} value={isAbsolute ? STRETCH : list.range} onChange={(event) => choose(event.target.value)}>
          {RANGES.map(([id, text]) => <option key={id} value={id}>{text}</option>)}
          {isAbsolute && <option value={STRETCH}>{stretch(list.from, list.to)}</option>}
          <option value={YESTERDAY}>Yesterday</option>
          <option value={CUSTOM}>From … to …</option>
        </select>
      </label>
      <span className="steps">
        <Step text="‹" label="Earlier" off={!movable} does={() => change(moved(list, -1, Date.now()))} />
        <Step text="›" label="Later" off={!movable} does={() => change(moved(list, 1, Date.now()))} />
        <Step text="−" label="Twice as long" off={!movable} does={() => change(scaled(list, 2, Date.now()))} />
        <Step text="+" label="Half as long" off={!movable} does={() => change(scaled(list, 0.5, Date.now()))} />
      </span>
      <LiveButton live={list.live} pause={pause} error={error} />
      {editing && <Editor list={list} close={close} go={go} />}
    </div>
  );
}

function Step({ text, label, off, does }) {
  return (
    <button type="button" onClick={does} disabled={off} aria-label={label} title={off ? `${label}: choose a time range first` : label}>{text}</button>
  );
}

/** Two fields for two moments, in the zone in which times are shown. */
function Editor({ list, close, go }) {
  const [from, to] = momentsOf(list, Date.now());
  const [fields, setFields] = useState([toField(from ?? to - 3_600_000), toField(to)]);
  const moments = fields.map(fromField);
  const isWhole = moments[0] < moments[1];
  const submit = (event) => {
    event.preventDefault();
    if (!isWhole) return;
    go(absolute(...moments));
    close();
  };
  const field = (at, label) => (
    <label>
      {label}
      <input type="datetime-local" step="1" value={fields[at]} autoFocus={at === 0}
        onChange={(event) => setFields(fields.map((text, i) => (i === at ? event.target.value : text)))} />
    </label>
  );
  return (
    <form className="range-editor" onSubmit={submit} onKeyDown={(event) => event.key === "Escape" && (event.preventDefault(), close())}>
      {field(0, "From")}
      {field(1, "To")}
      <p className={isWhole ? "dim" : "s-error"}>{isWhole ? `Times are ${zoneNow() === "utc" ? "in UTC" : "in this browser's time zone"}.` : "The end must be after the start."}</p>
      <div className="note-actions">
        <button type="button" className="button plain" onClick={close}>Cancel</button>
        <button type="submit" className="button" disabled={!isWhole}>Show</button>
      </div>
    </form>
  );
}

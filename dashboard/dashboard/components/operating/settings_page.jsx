// What is kept and for how long, whose keys there are, where prices and meanings come from. Nothing is changed here but the
// look of the page itself: the rest is the command's and the environment's.
import { useEffect } from "react";
import { useDensity, useTheme, useZone } from "../frame/choices.jsx";
import { useAbout } from "../shared/data.js";
import { Failed, Waiting } from "../shared/parts.jsx";
import { Keys, Mapping, Prices, Redaction, Storage, Variables } from "./settings_parts.jsx";
import { useAnswer } from "../shared/use_answer.js";
import { useRowKeys } from "../shared/use_row_keys.js";

const PLACES = [["storage", "Storage"], ["keys", "Keys"], ["prices", "Prices"], ["mapping", "Mapping"], ["redaction", "Redaction"], ["display", "Display"], ["variables", "Variables"]];

export function SettingsPage() {
  const storage = useAnswer("/ui-api/storage", 0, false);
  const keys = useAnswer("/ui-api/keys", 0, false);
  const prices = useAnswer("/ui-api/prices", 0, false);
  const configuration = useAnswer("/ui-api/configuration", 0, false);
  const about = useAbout();
  useEffect(() => { document.title = "Settings · LLM Tracer"; }, []);
  useRowKeys();
  const answers = [storage, keys, prices, configuration];
  const isDown = answers.every(({ data, error }) => error && !data); // said once, not in each section
  const display = <section className="panel" id="display"><header><h2>Display</h2></header><Display /></section>;
  return (
    <div className="list-page wide-page">
      <div className="list-bar">
        <h1>Settings</h1>
        <span className="dim">{about && `Project ${about.project} at ${about.api_url}`}</span>
      </div>
      <div className="wide-body settings">
        {isDown ? (
          <div className="sections"><Failed error={storage.error} retry={() => answers.forEach((answer) => answer.again())} />{display}</div>
        ) : (
          <>
            <nav className="places" aria-label="Sections">{PLACES.map(([id, title]) => <a key={id} href={`#${id}`}>{title}</a>)}</nav>
            <div className="sections">
              <Section id="storage" title="Storage" answer={storage} draw={(data) => <Storage storage={data} />} />
              <Section id="keys" title="Keys" answer={keys} draw={(data) => <Keys {...data} />} />
              <Section id="prices" title="Prices" answer={prices} draw={(data) => <Prices prices={data} />} />
              <Section id="mapping" title="Mapping" answer={configuration} draw={(data) => <Mapping configuration={data} />} />
              <Section id="redaction" title="Redaction" answer={configuration} draw={(data) => <Redaction marks={data.redaction_marks} />} />
              {display}
              <Section id="variables" title="Variables" answer={configuration} draw={(data) => <Variables settings={data.settings} version={data.version} />} />
            </div>
          </>
        )}
      </div>
    </div>
  );
}

function Section({ id, title, answer, draw }) {
  return (
    <section className="panel" id={id} aria-label={title}>
      <header><h2>{title}</h2></header>
      {answer.data ? draw(answer.data) : answer.error ? <Failed error={answer.error} retry={answer.again} /> : <Waiting lines={3} />}
    </section>
  );
}

/** Kept in this browser only. */
function Display() {
  const [theme, setTheme] = useTheme();
  const [zone, turnZone] = useZone();
  const [density, setDensity] = useDensity();
  return (
    <div className="choices-grid">
      <Choice label="Theme" chosen={theme} options={[["light", "Light"], ["dark", "Dark"], ["system", "Same as system"]]} choose={setTheme} />
      <Choice label="Times" chosen={zone} options={[["local", "This browser's time zone"], ["utc", "UTC"]]} choose={(id) => id !== zone && turnZone()} />
      <Choice label="Rows" chosen={density} options={[["calm", "Calm"], ["dense", "Dense"]]} choose={setDensity} />
    </div>
  );
}

function Choice({ label, chosen, options, choose }) {
  return (
    <>
      <span>{label}</span>
      <div className="segments" role="group" aria-label={label}>
        {options.map(([id, text]) => <button key={id} type="button" aria-pressed={id === chosen} onClick={() => choose(id)}>{text}</button>)}
      </div>
    </>
  );
}

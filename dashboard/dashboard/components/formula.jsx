// A formula of LaTeX, drawn as MathML by a library that a page loads with its first formula. What is selected and copied is
// the source, which is also what is shown until then, and where the library does not understand it.
import { useCallback, useEffect, useState } from "react";

let temml = null; // once it is loaded

function useTemml() {
  const [library, setLibrary] = useState(temml);
  useEffect(() => {
    if (library) return undefined;
    let gone = false;
    import("temml").then((module) => {
      temml = module.default;
      if (!gone) setLibrary(temml);
    }, () => {}); // the source stays
    return () => { gone = true; };
  }, [library]);
  return library;
}

/** `source` is the formula with the marks around it, `tex` without them; `display`: on a line of its own. */
export function Formula({ tex, source, display }) {
  const library = useTemml();
  const [failed, setFailed] = useState(false);
  const draw = useCallback((element) => {
    if (!element) return;
    try {
      library.render(tex, element, { displayMode: display, throwOnError: true });
    } catch {
      setFailed(true);
    }
  }, [library, tex, display]);
  if (!library || failed) return <code>{source.trim()}</code>;
  return (
    <span className={display ? "md-formula md-display" : "md-formula"} title={source.trim()}>
      <span className="md-drawn" ref={draw} />
      <span className="md-formula-copied" aria-hidden="true">{source.trim()}</span>
    </span>
  );
}

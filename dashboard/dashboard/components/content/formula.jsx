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
      document.addEventListener("copy", copyUndrawn); // once, however often it is said
      if (!gone) setLibrary(temml);
    }, () => {}); // the source stays
    return () => { gone = true; };
  }, [library]);
  return library;
}

/** Browsers break the line in front of a drawn formula, also in what is copied: that is made of what was not drawn. */
function copyUndrawn(event) {
  const selection = document.getSelection();
  if (selection.isCollapsed) return;
  const copy = document.createElement("div");
  copy.append(selection.getRangeAt(0).cloneContents());
  const drawn = copy.querySelectorAll(".md-drawn");
  if (!drawn.length) return;
  for (const formula of drawn) formula.remove();
  copy.className = "away";
  document.body.append(copy); // only what is laid out has lines
  event.clipboardData.setData("text/plain", copy.innerText);
  event.preventDefault();
  copy.remove();
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

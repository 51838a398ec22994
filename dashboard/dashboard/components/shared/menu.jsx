// A button that opens a small panel below itself. Esc, a click elsewhere and going away close it.
import { useEffect, useRef, useState } from "react";

/** `children(close)` draws the panel. */
export function Menu({ label, title, children, className = "", side = "right" }) {
  const [open, setOpen] = useState(false);
  const place = useRef(null);
  const button = useRef(null);
  useEffect(() => {
    if (!open) return undefined;
    const elsewhere = (event) => !place.current.contains(event.target) && setOpen(false);
    document.addEventListener("pointerdown", elsewhere);
    document.addEventListener("focusin", elsewhere);
    return () => {
      document.removeEventListener("pointerdown", elsewhere);
      document.removeEventListener("focusin", elsewhere);
    };
  }, [open]);
  const close = () => {
    setOpen(false);
    button.current.focus();
  };
  const onKeyDown = (event) => {
    if (event.key !== "Escape" || !open) return;
    event.preventDefault();
    event.stopPropagation();
    close();
  };
  return (
    <div className={`drop ${className}`} ref={place} onKeyDown={onKeyDown}>
      <button type="button" ref={button} className="drop-button" aria-expanded={open} onClick={() => setOpen(!open)} title={title}>
        {label} <span className="chevron" aria-hidden="true">▾</span>
      </button>
      {open && <div className={`drop-panel at-${side}`}>{children(close)}</div>}
    </div>
  );
}

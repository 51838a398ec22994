// A figure that explains itself, under the pointer and under the keyboard: what it is made of, where it came from.
import { useId, useState } from "react";

/** `lines` is a text of one fact a line; without it the figure stands for itself. */
export function Explained({ lines, children }) {
  const [shown, setShown] = useState(false);
  const id = useId();
  if (!lines) return <span>{children}</span>;
  const onKeyDown = (event) => {
    if (event.key !== "Escape" || !shown) return;
    setShown(false);
    event.stopPropagation(); // Escape would leave the page
  };
  return (
    <span className="explained" onMouseEnter={() => setShown(true)} onMouseLeave={() => setShown(false)}>
      <button type="button" aria-describedby={shown ? id : undefined} onFocus={() => setShown(true)} onBlur={() => setShown(false)} onKeyDown={onKeyDown}>{children}</button>
      {shown && <span className="explanation" role="tooltip" id={id}>{lines}</span>}
    </span>
  );
}

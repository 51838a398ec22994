// Content that is drawn when it comes in sight: a conversation of hundreds of messages opens at once.
import { useEffect, useRef, useState } from "react";

/** `height` in pixels holds the place meanwhile; `now` draws without waiting. */
export function WhenNear({ height, now, children }) {
  const [seen, setSeen] = useState(now);
  const box = useRef(null);
  useEffect(() => { if (now) setSeen(true); }, [now]);
  useEffect(() => {
    if (seen) return undefined;
    const observer = new IntersectionObserver((entries) => entries.some((one) => one.isIntersecting) && setSeen(true));
    observer.observe(box.current);
    return () => observer.disconnect();
  }, [seen]);
  return seen ? children : <div ref={box} style={{ height }} />;
}

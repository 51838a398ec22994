// A figure with its name above it, in the head of a page.
export function Fact({ label, title, children }) {
  return (
    <div className="fact" title={title}>
      <dt>{label}</dt>
      <dd>{children}</dd>
    </div>
  );
}

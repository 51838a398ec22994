// The rows of a long list in groups, of which those far from sight are neither styled nor laid out. All stay in the document:
// the browser finds words in them, and a key leads to any.

const SIZE = 10; // rows: in larger groups, more of them beyond the screen are painted

/** `draw(row, index)` draws one row. */
export function RowGroups({ rows, draw }) {
  const groups = [];
  for (let first = 0; first < rows.length; first += SIZE) {
    const some = rows.slice(first, first + SIZE);
    groups.push(
      <div key={first} className="row-group" role="rowgroup" style={{ "--rows": some.length }}>
        {some.map((row, i) => draw(row, first + i))}
      </div>,
    );
  }
  return groups;
}

// Where the keys lead among buttons that are one Tab stop. Pure.

/** The index that a key leads to from `at` among `count` buttons; undefined for other keys. `heads`: where the groups begin, rising. */
export function stopAt(key, at, heads, count) {
  const last = count - 1;
  return {
    ArrowDown: Math.min(at + 1, last), ArrowUp: Math.max(at - 1, 0), Home: 0, End: last,
    ArrowRight: heads.find((head) => head > at) ?? last, ArrowLeft: heads.findLast((head) => head < at) ?? 0,
  }[key];
}

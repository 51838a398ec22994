// The live counter as a word, "RUN.N": N grows with each change of which a run of the dashboard's process was told. An answer
// of /ui-api says which word it knows. Pure functions.

const parts = (word) => {
  const [run, n] = (word || ".0").split(".");
  return [run, Number(n)];
};

/** Whether who knows a word knows that of `version` too. Words of another run tell nothing. */
export function covers(known, version) {
  const [run, n] = parts(known);
  const [other, m] = parts(version);
  return run === other && n >= m;
}

/** Whether `version` is the very next word after another. */
export function isNext(seen, version) {
  const [run, n] = parts(seen);
  const [other, m] = parts(version);
  return run === other && m === n + 1;
}

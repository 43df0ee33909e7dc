/** Times and their statistics; runs in Node and in the browser. */

/** The middle value, or the mean of the two middle values. */
export function median(values) {
  if (values.length === 0) throw new RangeError("there is no median without values");
  const sorted = [...values].sort((one, other) => one - other);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** Rounds to four significant digits: more would be noise. */
export function rounded(value) {
  return Number(value.toPrecision(4));
}

/**
 * Measures engines in turns, so that other activity on the computer affects all of them alike; every other round runs
 * backwards. Each engine is a function that resolves to its measurement. Returns the measurements by name, in the
 * order of the rounds.
 */
export async function interleaved(engines, { rounds, warmUp }) {
  const entries = Object.entries(engines);
  const measured = Object.fromEntries(entries.map(([name]) => [name, []]));
  for (let round = -warmUp; round < rounds; round++) {
    for (const [name, run] of round % 2 === 0 ? entries : entries.toReversed()) {
      const value = await run();
      if (round >= 0) measured[name].push(value);
    }
  }
  return measured;
}

/**
 * The comparison for a row: `ours` and, if there is a peer, `theirs` have one value for each round.
 * @param {any} row
 * @param {number[]} ours
 * @param {number[] | null} theirs
 */
export function compare(row, ours, theirs = null) {
  if ((theirs === null) !== (row.peer === null))
    throw new TypeError(`${row.name}: values without a peer, or the reverse`);
  const [our, their] = [median(ours), theirs === null ? null : median(theirs)];
  const ratio = their === null ? null : our / their;
  const judged = ratio ?? our;
  const reaches = (goal) => (goal === null ? null : row.better === "higher" ? judged >= goal : judged <= goal);
  return {
    name: row.name,
    peer: row.peer,
    ours: rounded(our),
    theirs: their === null ? null : rounded(their),
    unit: row.unit,
    ratio: ratio === null ? null : rounded(ratio),
    rounds: ours.length,
    min: rounded(Math.min(...ours)),
    max: rounded(Math.max(...ours)),
    better: row.better,
    target: row.target,
    met: reaches(row.target),
    aim: row.aim,
    aimMet: reaches(row.aim),
  };
}

/**
 * In place of three modules of d3 that others import although the charts hardly use them: `d3-transition`, with which
 * a brush ends an animation, and `d3-interpolate` with `d3-color`, with which scales interpolate between values of any
 * kind. The ranges of the charts' scales are numbers. Without these modules, the script is 9 kB smaller after
 * compression.
 */
export function interrupt(): void {}

/** Interpolates between two numbers, as `interpolateNumber` of d3. */
export function interpolate(from: number, to: number): (share: number) => number {
  return (share) => from * (1 - share) + to * share;
}

/** Interpolates between two numbers and rounds, as `interpolateRound` of d3. */
export function interpolateRound(from: number, to: number): (share: number) => number {
  const unrounded = interpolate(from, to);
  return (share) => Math.round(unrounded(share));
}

const notUsed = (): null => null;

export { interpolate as interpolateNumber, notUsed as piecewise };

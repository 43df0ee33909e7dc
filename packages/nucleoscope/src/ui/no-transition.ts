/**
 * In place of `d3-transition`, which `d3-brush` imports to end an animation: there are none on the page. Without it,
 * the script is 14 kB smaller.
 */
export function interrupt(): void {}

/** Formats numbers and sentences, the same way everywhere on the page. */

const numbers = new Intl.NumberFormat("en");

/** `1 image`, `2 images`, `1,000 images`. */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${numbers.format(count)} ${count === 1 ? one : many}`;
}

/** `1 nucleus`, `23 nuclei`. */
export function nuclei(count: number): string {
  return counted(count, "nucleus", "nuclei");
}

/** `113 nuclei`, or `14 of 113 nuclei counted`; `count` is null while it is not known. */
export function countedNuclei(count: number | null, all: number): string {
  if (count === all) return nuclei(all);
  return count === null ? `${nuclei(all)}, counting…` : `${number(count)} of ${nuclei(all)} counted`;
}

/** `45 of 120 nuclei (37.5 %)`: how many of the counted nuclei are positive. */
export function positiveNuclei(positive: number, of: number): string {
  const share = of === 0 ? "" : ` (${((100 * positive) / of).toFixed(1)}\u00a0%)`;
  return `${number(positive)} of ${nuclei(of)}${share}`;
}

/** A number with thousands separators. */
export function number(value: number): string {
  return numbers.format(value);
}

/** A text as a sentence, with a capital letter and a full stop. */
export function sentence(text: string): string {
  const end = /[.!?…]$/.test(text) ? "" : ".";
  return text.charAt(0).toUpperCase() + text.slice(1) + end;
}

/** An error as two sentences: what happened, and what to do about it. */
export function explanation({ message, help }: { readonly message: string; readonly help: string }): string {
  return `${sentence(message)} ${sentence(help)}`;
}

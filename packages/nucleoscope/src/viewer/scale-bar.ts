/** A length to show beside an image. */
export interface ScaleBar {
  /** In micrometres. */
  readonly length: number;
  readonly words: string;
  /** In screen pixels. */
  readonly width: number;
}

/** The longest of 1, 2 and 5 times a power of ten that is no wider than `widest` screen pixels. */
export function scaleBar(micrometresPerScreenPixel: number, widest: number): ScaleBar {
  const most = micrometresPerScreenPixel * widest;
  const power = 10 ** Math.floor(Math.log10(most));
  const length = ([5, 2, 1].find((step) => step * power <= most) ?? 1) * power;
  const width = length / micrometresPerScreenPixel;
  if (length >= 1000) return { length, words: `${length / 1000} mm`, width };
  if (length >= 1) return { length, words: `${length} µm`, width };
  return { length, words: `${Math.round(length * 1000)} nm`, width };
}

/**
 * Characters that control how text is shown: control characters, marks of the writing direction, separators of lines,
 * and characters without a glyph, except joiners. As `is_hidden` in `src/plain_text.rs`.
 */
const hidden =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  /[\0-\x1f\x7f-\x9f\xad\u061c\u115f\u1160\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb\u{e0000}-\u{e007f}]/gu;

/** A text that may contain names, with `\u{…}` in place of characters that control how it is shown. */
export function plain(text: string): string {
  return text.replace(hidden, (letter) => `\\u{${letter.codePointAt(0)?.toString(16)}}`);
}

/**
 * Characters that control how text is shown: control characters, marks of the writing direction, separators of lines,
 * and characters without a glyph, except joiners. As `is_hidden` in `src/plain_text.rs`.
 */
const hidden =
  /[\p{Cc}\p{Bidi_C}\xad\u115f\u1160\u180e\u200b\u2028\u2029\u2060-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb\u{e0000}-\u{e007f}]/gu;

/** A text that may contain names, with `\u{…}` in place of characters that control how it is shown. */
export function plain(text: string): string {
  return text.replace(hidden, (letter) => `\\u{${letter.codePointAt(0)?.toString(16)}}`);
}

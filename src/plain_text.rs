//! Text from files and from users, such as names, in a form that is safe to show.

use std::borrow::Cow;
use std::fmt::Write;

/// The text with escapes in place of characters that control how text is shown: control characters, such as those that
/// begin a terminal's commands; marks of the writing direction, which would reorder the text around them; separators
/// of lines and paragraphs; and characters without a glyph, except joiners and variation selectors, which belong to
/// words and emoji.
///
/// ```
/// use nucleoscope::plain_text::plain;
///
/// assert_eq!(plain("plate 3, µm"), "plate 3, µm");
/// assert_eq!(plain("\u{1b}[2J"), r"\u{1b}[2J");
/// assert_eq!(plain("gpj.\u{202e}exe"), r"gpj.\u{202e}exe");
/// assert_eq!(plain("two\nlines"), r"two\u{a}lines");
/// ```
pub fn plain(text: &str) -> Cow<'_, str> {
    if !text.contains(is_hidden) {
        return Cow::Borrowed(text);
    }
    let mut plain = String::with_capacity(text.len() + 16);
    for letter in text.chars() {
        if is_hidden(letter) {
            // Writing to a string cannot fail.
            _ = write!(plain, "{}", letter.escape_unicode());
        } else {
            plain.push(letter);
        }
    }
    Cow::Owned(plain)
}

/// Whether a character is escaped in [`plain`] text.
pub fn is_hidden(letter: char) -> bool {
    letter.is_control()
        || matches!(
            letter,
            '\u{ad}'
                | '\u{61c}'
                | '\u{115f}'
                | '\u{1160}'
                | '\u{180e}'
                | '\u{200b}'
                | '\u{200e}'
                | '\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{3164}'
                | '\u{feff}'
                | '\u{ffa0}'
                | '\u{fff9}'..='\u{fffb}'
                | '\u{e0000}'..='\u{e007f}'
        )
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn words_and_emoji_stay_as_they_are() {
        for text in
            ["", "Zelle 7 (µm)", "می\u{200c}خواهم", "👩\u{200d}🔬", "❤\u{fe0f}", "e\u{301}", "שלום", r"C:\a"]
        {
            assert!(matches!(plain(text), Cow::Borrowed(same) if same == text), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn nothing_hidden_is_left(text in any::<String>()) {
            let shown = plain(&text);
            prop_assert!(!shown.contains(is_hidden));
            prop_assert_eq!(plain(&shown), &*shown);
        }
    }
}

//! Text from files, made safe to show: without control characters and marks that change the direction of text.

use std::borrow::Cow;
use std::fmt::Write as _;

/// The text with control characters, terminal escapes, marks of direction and invisible characters replaced by
/// escapes such as `\u{1b}`.
///
/// ```
/// use nucleoscope::plain_text::plain;
///
/// assert_eq!(plain("DAPI (405 nm), µm²"), "DAPI (405 nm), µm²");
/// assert_eq!(plain("\u{1b}[2Jgone\u{202e}gnp.\n"), r"\u{1b}[2Jgone\u{202e}gnp.\n");
/// ```
pub fn plain(text: &str) -> Cow<'_, str> {
    if !text.contains(is_unsafe) {
        return Cow::Borrowed(text);
    }
    let mut safe = String::with_capacity(text.len() + 8);
    for character in text.chars() {
        if is_unsafe(character) {
            // Writing to a string cannot fail.
            _ = write!(safe, "{}", character.escape_debug());
        } else {
            safe.push(character);
        }
    }
    Cow::Owned(safe)
}

/// [`plain`] text of at most `most` characters; the rest is replaced by an ellipsis.
pub fn plain_start(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", plain(&text[..end])),
        None => plain(text).into_owned(),
    }
}

fn is_unsafe(character: char) -> bool {
    character.is_control()
        || matches!(character,
            '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
            | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_unsafe_character_is_left_and_no_other_is_changed() {
        for character in (0..=0x10_ffff).filter_map(char::from_u32) {
            let text = character.to_string();
            let safe = plain(&text);
            assert!(!safe.contains(is_unsafe), "{safe}");
            if !is_unsafe(character) {
                assert_eq!(safe, text);
            }
        }
        for hidden in ['\u{1b}', '\u{9b}', '\u{7f}', '\r', '\u{202e}', '\u{2066}', '\u{200f}', '\u{feff}'] {
            assert!(is_unsafe(hidden), "{hidden:?}");
        }
    }

    #[test]
    fn a_long_text_is_cut_between_characters() {
        assert_eq!(plain_start("äöü", 3), "äöü");
        assert_eq!(plain_start("äöü", 2), "äö…");
    }
}

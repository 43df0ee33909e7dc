//! File names that are valid on every system.

use std::collections::HashMap;

use unicode_normalization::UnicodeNormalization;

use crate::record::sha256;

/// The maximum length in bytes of a name before its ending: systems allow 255 in total.
const LONGEST: usize = 180;

/// Names that Windows reserves for devices, regardless of the extension.
const RESERVED: [&str; 4] = ["CON", "PRN", "AUX", "NUL"];
const RESERVED_WITH_A_DIGIT: [&str; 2] = ["COM", "LPT"];

/// The stem of the file names of an image: its id, if it is safe on every system. Otherwise unsafe characters
/// are replaced by `_`, and the first eight digits of the SHA-256 of the id are appended, so that different
/// images have different names.
///
/// ```
/// use nucleoscope::export::file_stem;
///
/// assert_eq!(file_stem("plate 3 well B02 (µ)"), "plate 3 well B02 (µ)");
/// assert_eq!(file_stem("../a"), "_._a-61b4c98b");
/// assert_ne!(file_stem("a/b"), file_stem("a:b"));
/// ```
pub fn file_stem(image_id: &str) -> String {
    let mut stem: String =
        image_id.chars().map(|letter| if is_safe(letter) { letter } else { '_' }).collect();
    if stem.starts_with(['.', '-', '~']) || is_reserved(&stem) {
        stem.replace_range(..1, "_");
    }
    while stem.len() > LONGEST {
        stem.pop();
    }
    let end = stem.trim_end_matches([' ', '.']).len();
    stem.truncate(end);
    if stem == image_id && !stem.is_empty() {
        return stem;
    }
    let digits = &sha256(image_id.as_bytes())[..8];
    if stem.is_empty() { format!("image-{digits}") } else { format!("{stem}-{digits}") }
}

/// The stems of the file names of several images, in their order: [`file_stem`] of each id. If two would be
/// the same name on a file system that is case-insensitive or normalizes Unicode, the digits are appended to
/// both.
///
/// ```
/// use nucleoscope::export::file_stems;
///
/// let ids = ["a", "A", "b"].map(String::from);
/// assert_eq!(file_stems(&ids), ["a-ca978112", "A-559aead0", "b"]);
/// ```
pub fn file_stems(image_ids: &[String]) -> Vec<String> {
    let stems: Vec<String> = image_ids.iter().map(|image_id| file_stem(image_id)).collect();
    let folded: Vec<String> = stems.iter().map(|stem| stem.to_lowercase().nfc().collect()).collect();
    let mut count: HashMap<&str, usize> = HashMap::new();
    folded.iter().for_each(|stem| *count.entry(stem).or_default() += 1);
    let parted = stems.iter().zip(image_ids).zip(&folded).map(|((stem, image_id), folded)| {
        let digits = &sha256(image_id.as_bytes())[..8];
        let is_shared = count[folded.as_str()] > 1 && !stem.ends_with(digits);
        if is_shared { format!("{stem}-{digits}") } else { stem.clone() }
    });
    parted.collect()
}

fn is_safe(letter: char) -> bool {
    // Bidirectional control characters can disguise a file's extension.
    let turns = matches!(letter, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    !letter.is_control() && !turns && !matches!(letter, '/' | '\\' | ':' | '*' | '?' | '"' | '<' | '>' | '|')
}

/// Whether Windows treats the name as a device: the part before the first dot decides.
fn is_reserved(stem: &str) -> bool {
    let name = stem.split('.').next().unwrap_or_default().trim_end().to_ascii_uppercase();
    let with_digit = || {
        let rest = RESERVED_WITH_A_DIGIT.iter().find_map(|device| name.strip_prefix(device));
        rest.is_some_and(|rest| matches!(rest.as_bytes(), [b'0'..=b'9']))
    };
    RESERVED.contains(&name.as_str()) || with_digit()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn odd_names_are_made_safe() {
        for (id, beginning) in [
            ("con", "_on-"),
            ("LPT1.b", "_PT1.b-"),
            ("a\nb", "a_b-"),
            (".hidden", "_hidden-"),
            ("a. .", "a-"),
            ("", "image-"),
            ("..", "_-"),
            ("gpj\u{202e}x", "gpj_x-"),
        ] {
            let stem = file_stem(id);
            assert!(
                stem.starts_with(beginning) && stem.len() == beginning.len() + 8,
                "{id:?} became {stem:?}"
            );
        }
        for id in ["console", "com10", "COMET", "a.con", "0114f484"] {
            assert_eq!(file_stem(id), id);
        }
    }

    proptest! {
        #[test]
        fn no_two_images_share_a_name_on_any_file_system(
            ids in prop::collection::hash_set("[aAéÉ/:]{1,3}", 0..20),
        ) {
            let ids: Vec<String> = ids.into_iter().collect();
            let stems = file_stems(&ids);
            let folded: std::collections::HashSet<String> = stems.iter().map(|stem| stem.to_lowercase()).collect();
            prop_assert_eq!(folded.len(), ids.len());
        }

        #[test]
        fn no_name_is_too_long_or_leaves_its_folder(id in "\\PC{0,300}") {
            let stem = file_stem(&id);
            prop_assert!(!stem.is_empty() && stem.len() <= LONGEST + 9);
            prop_assert!(!stem.starts_with('.') && !stem.contains(['/', '\\']));
        }
    }
}

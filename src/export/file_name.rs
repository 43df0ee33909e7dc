//! File names that are valid on every system.

use std::collections::{HashMap, HashSet};

use unicode_normalization::UnicodeNormalization;

use crate::plain_text::is_hidden;
use crate::record::sha256;

/// The maximum length in bytes of a name before its ending: systems allow 255 in total.
const LONGEST: usize = 180;

/// The maximum length in bytes of a whole name.
const LONGEST_NAME: usize = 255;

/// Names that Windows reserves for devices, regardless of the extension.
const RESERVED: [&str; 6] = ["CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$"];
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
    if stem.starts_with(UNSAFE_BEGINNINGS) || is_reserved(&stem) {
        stem.replace_range(..1, "_");
    }
    while stem.len() > LONGEST {
        stem.pop();
    }
    let end = stem.trim_end_matches(UNSAFE_ENDS).len();
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
    let mut stems: Vec<String> = image_ids.iter().map(|image_id| file_stem(image_id)).collect();
    let mut count: HashMap<String, usize> = HashMap::new();
    stems.iter().for_each(|stem| *count.entry(folded(stem)).or_default() += 1);
    for (stem, image_id) in stems.iter_mut().zip(image_ids) {
        let digits = &sha256(image_id.as_bytes())[..8];
        if count[&folded(stem)] > 1 && !stem.ends_with(digits) {
            *stem = format!("{stem}-{digits}");
        }
    }
    number_repeated(&mut stems, image_ids);
    stems
}

/// Adds a number to stems that are the same nevertheless: an id may end in the digits of another one, or have the
/// same ones.
fn number_repeated(stems: &mut [String], image_ids: &[String]) {
    let mut all: HashSet<String> = stems.iter().map(|stem| folded(stem)).collect();
    if all.len() == stems.len() {
        return;
    }
    let mut order: Vec<usize> = (0..stems.len()).collect();
    order.sort_by_key(|&image| &image_ids[image]);
    let mut taken = HashSet::new();
    for image in order {
        let stem = &mut stems[image];
        if !taken.insert(folded(stem)) {
            let mut numbered = (2..).map(|number: u64| format!("{stem}-{number}"));
            let free = numbered.find(|numbered| all.insert(folded(numbered)));
            *stem = free.unwrap_or_default();
        }
    }
}

/// A name in the form in which file systems compare it: case-insensitive, in Unicode's composed form, and without
/// joiners. Some letters have the same form only in upper case, such as `ſ` and `s`, others only in lower case.
pub(super) fn folded(name: &str) -> String {
    let folded = name.to_lowercase().to_uppercase().to_lowercase();
    folded.nfc().filter(|letter| !matches!(letter, '\u{200c}' | '\u{200d}')).collect()
}

/// Whether a name, with its ending, is valid on every system and names a file in the folder it is written to.
///
/// ```
/// use nucleoscope::export::is_file_name;
///
/// assert!(is_file_name("plate 3 (µ)-labels.png"));
/// assert!(["../a.png", "/a", r"C:\a", "a:b", "CON.txt", "a.", "", "..", "a\nb"].iter().all(|name| !is_file_name(name)));
/// ```
pub fn is_file_name(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= LONGEST_NAME
        && name.chars().all(is_safe)
        && !name.starts_with(UNSAFE_BEGINNINGS)
        && !name.ends_with(UNSAFE_ENDS)
        && !is_reserved(name)
}

/// Hidden files, options of programs, and backups.
const UNSAFE_BEGINNINGS: [char; 3] = ['.', '-', '~'];

/// Windows drops them.
const UNSAFE_ENDS: [char; 2] = [' ', '.'];

fn is_safe(letter: char) -> bool {
    !is_hidden(letter) && !matches!(letter, '/' | '\\' | ':' | '*' | '?' | '"' | '<' | '>' | '|')
}

/// Whether Windows treats the name as a device: the part before the first dot decides.
fn is_reserved(stem: &str) -> bool {
    let name = stem.split('.').next().unwrap_or_default().trim_end().to_ascii_uppercase();
    let with_digit = || {
        let rest = RESERVED_WITH_A_DIGIT.iter().find_map(|device| name.strip_prefix(device));
        rest.is_some_and(|rest| matches!(rest, "¹" | "²" | "³") || matches!(rest.as_bytes(), [b'0'..=b'9']))
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
            ("a\u{61c}\u{feff}b", "a__b-"),
            ("conin$", "_onin$-"),
            ("com¹.x", "_om¹.x-"),
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

    #[test]
    fn an_id_cannot_take_the_name_of_another_one() {
        let same = |ids: &[&str]| {
            let ids: Vec<String> = ids.iter().map(ToString::to_string).collect();
            let stems = file_stems(&ids);
            let names: HashSet<String> = stems.iter().map(|stem| folded(stem)).collect();
            assert_eq!(names.len(), ids.len(), "{ids:?} became {stems:?}");
            stems
        };
        // The digits of "a", in another id; and numbers that are taken.
        let stems = same(&["a", "A", "a-ca978112", "a-ca978112-2"]);
        assert_eq!(stems, ["a-ca978112", "A-559aead0", "a-ca978112-3", "a-ca978112-2"]);
        // File systems compare these as equal.
        for pair in [
            ["\u{17f}", "s"],
            ["\u{212a}", "k"],
            ["µ", "\u{3bc}"],
            ["ß", "SS"],
            ["ẞ", "ss"],
            ["e\u{301}", "É"],
            ["a\u{200d}", "a"],
        ] {
            same(&pair);
        }
    }

    proptest! {
        #[test]
        fn no_two_images_share_a_name_on_any_file_system(
            ids in prop::collection::hash_set("[aAéÉ/:]{1,3}", 0..20),
        ) {
            let ids: Vec<String> = ids.into_iter().collect();
            let stems = file_stems(&ids);
            let folded: HashSet<String> = stems.iter().map(|stem| stem.to_lowercase()).collect();
            prop_assert_eq!(folded.len(), ids.len());
        }

        #[test]
        fn no_name_is_too_long_or_leaves_its_folder(id in "\\PC{0,300}") {
            let stem = file_stem(&id);
            prop_assert!(!stem.is_empty() && stem.len() <= LONGEST + 9);
            prop_assert!(is_file_name(&stem), "{stem:?}");
        }
    }
}

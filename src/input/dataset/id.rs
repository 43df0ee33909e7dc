//! Unique ids of images, independent of the order of the files.

use std::collections::{BTreeMap, HashMap, HashSet};

use unicode_normalization::UnicodeNormalization;

use super::path::Path;

/// The id of an image whose name is empty.
const UNNAMED: &str = "unnamed";

/// An image that needs an id.
pub(super) struct Named<'a> {
    /// Its path.
    pub path: &'a Path,
    /// Whether it is `ID/images/NAME`, alone in its folder.
    pub is_in_folder_of_its_own: bool,
}

/// The number of parent folders that are tried one by one.
const DEEPEST: usize = 64;

/// Assigns an id to each image, in their order. The rule is in the documentation of [`super`].
pub(super) fn assign(images: &[Named]) -> Vec<String> {
    let mut groups: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (index, image) in images.iter().enumerate() {
        groups.entry(clean(image.path.stem())).or_default().push(index);
    }
    for members in groups.values_mut() {
        members.sort_by_key(|&index| images[index].path.parts());
    }
    let stems: HashSet<String> = groups.keys().cloned().collect();
    let mut taken: HashSet<String> = HashSet::new();
    let mut ids = vec![String::new(); images.len()];
    for (stem, members) in &groups {
        let of =
            |form: Form| -> Vec<String> { members.iter().map(|&index| form.of(&images[index])).collect() };
        let is_free = |id: &String| (!stems.contains(id) || id == stem) && !taken.contains(id);
        let fits = |ids: &Vec<String>| {
            let distinct: HashSet<&String> = ids.iter().collect();
            distinct.len() == ids.len() && ids.iter().all(is_free)
        };
        let chosen = if members.len() == 1 {
            vec![stem.clone()]
        } else {
            let depth = members.iter().map(|&index| images[index].path.folder().len()).max().unwrap_or(0);
            // Of deep paths, the nearest folders and all of them are tried.
            let tried = |least: usize| (least..=depth.min(DEEPEST)).chain((depth > DEEPEST).then_some(depth));
            let forms = tried(0)
                .map(Form::Short)
                .chain(tried(1).map(Form::Folders))
                .chain(tried(0).map(Form::FoldersAndEnding));
            forms
                .map(of)
                .find(fits)
                .unwrap_or_else(|| numbered(of(Form::FoldersAndEnding(depth)), &stems, &taken))
        };
        for (&index, id) in members.iter().zip(chosen) {
            taken.insert(id.clone());
            ids[index] = id;
        }
    }
    ids
}

/// Whether an id differs from both the name of the file and that of its folder.
pub(super) fn says_more(image: &Named, id: &str) -> bool {
    let folder = image.is_in_folder_of_its_own.then(|| Form::Short(0).of(image));
    id != clean(image.path.stem()) && folder.as_deref() != Some(id)
}

/// A way to create an id from a path, with this number of parent folders.
#[derive(Clone, Copy)]
enum Form {
    /// Without `images` and, if the image is alone in its folder, without the file name: `ID`, `A01_img`.
    Short(usize),
    /// With all folders unchanged.
    Folders(usize),
    /// With all folders and the file extension.
    FoldersAndEnding(usize),
}

impl Form {
    fn of(self, image: &Named) -> String {
        let path = image.path;
        let (folders, name, count) = match self {
            Self::Short(count) => {
                let folders = path.around_images().unwrap_or_else(|| path.folder());
                match folders.split_last() {
                    Some((id, around)) if image.is_in_folder_of_its_own && id != ".." => {
                        (around, without_zip(id), count)
                    }
                    _ => (folders, path.stem(), count),
                }
            }
            Self::Folders(count) => (path.folder(), path.stem(), count),
            Self::FoldersAndEnding(count) => (path.folder(), path.name(), count),
        };
        let is_short = matches!(self, Self::Short(_));
        let mut parts: Vec<&str> = vec![name];
        let named = folders.iter().rev().map(String::as_str).filter(|part| *part != "..").take(count);
        parts.extend(named.map(|part| if is_short { without_zip(part) } else { part }));
        parts.reverse();
        clean(&parts.join("_"))
    }
}

/// `plate` for `plate.zip`.
fn without_zip(folder: &str) -> &str {
    let archive = folder.len().checked_sub(4).and_then(|end| folder.split_at_checked(end));
    match archive {
        Some((stem, ending)) if !stem.is_empty() && ending.eq_ignore_ascii_case(".zip") => stem,
        _ => folder,
    }
}

/// Only needed for files whose paths differ at most in invisible characters.
fn numbered(ids: Vec<String>, stems: &HashSet<String>, taken: &HashSet<String>) -> Vec<String> {
    let mut used: HashSet<String> = HashSet::new();
    // The number to try next for each id; all smaller ones are taken.
    let mut next: HashMap<String, usize> = HashMap::new();
    let mut first_free = |id: String| {
        let free = |id: &String| !stems.contains(id) && !taken.contains(id) && !used.contains(id);
        let numbered = |number: usize| if number == 1 { id.clone() } else { format!("{id} ({number})") };
        let mut number = next.get(&id).copied().unwrap_or(1);
        while !free(&numbered(number)) {
            number += 1;
        }
        let chosen = numbered(number);
        next.insert(id, number + 1);
        used.insert(chosen.clone());
        chosen
    };
    ids.into_iter().map(&mut first_free).collect()
}

/// A name as an id: without surrounding spaces and invisible characters, on one line, and never empty.
fn clean(name: &str) -> String {
    let composed: String =
        name.nfc().map(|letter| if letter.is_control() { '\u{fffd}' } else { letter }).collect();
    let trimmed = composed.trim_matches(|letter: char| letter.is_whitespace() || is_invisible(letter));
    if trimmed.is_empty() { UNNAMED.to_owned() } else { trimmed.to_owned() }
}

/// Characters without width: joiners, direction marks, byte order marks, soft hyphens; and fillers.
fn is_invisible(letter: char) -> bool {
    matches!(
        letter,
        '\u{ad}'
            | '\u{115f}'
            | '\u{1160}'
            | '\u{180e}'
            | '\u{200b}'..='\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{2800}'
            | '\u{3164}'
            | '\u{feff}'
            | '\u{ffa0}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn ids(paths: &[&str]) -> Vec<String> {
        let paths: Vec<Path> = paths.iter().map(|path| Path::of(path)).collect();
        let named: Vec<Named> = paths
            .iter()
            .map(|path| Named { path, is_in_folder_of_its_own: path.around_images().is_some() })
            .collect();
        assign(&named)
    }

    #[test]
    fn equal_names_take_as_many_folders_as_they_need() {
        assert_eq!(ids(&["p/A01/img.png", "p/A02/img.png", "p/B/c.png"]), ["A01_img", "A02_img", "c"]);
        assert_eq!(ids(&["p/A01/img.png", "q/A01/img.png"]), ["p_A01_img", "q_A01_img"]);
        assert_eq!(ids(&["p.zip/img.png", "q.ZIP/img.png"]), ["p_img", "q_img"]);
        assert_eq!(ids(&["A/img.png", "img.png"]), ["A_img", "img"]);
    }

    #[test]
    fn names_that_differ_by_their_ending_keep_it() {
        assert_eq!(ids(&["x/a.png", "x/a.tif"]), ["a.png", "a.tif"]);
        assert_eq!(ids(&["x/a.png", "x/a.tif", "y/a.png"]), ["x_a.png", "x_a.tif", "y_a.png"]);
    }

    #[test]
    fn a_folder_of_ones_own_gives_its_name() {
        assert_eq!(ids(&["s/A/images/i.png", "s/B/images/i.png"]), ["A", "B"]);
        assert_eq!(ids(&["s1/B/images/i.png", "s2/B/images/i.png"]), ["s1_B", "s2_B"]);
    }

    #[test]
    fn no_id_is_that_of_another_image() {
        // "A_img" and "a.png" are file names too.
        assert_eq!(ids(&["A/img.png", "B/img.png", "A_img.png"]), ["A_img.png", "B_img.png", "A_img"]);
        assert_eq!(ids(&["a.png", "a.tif", "a.png.tif"]), ["a.png (2)", "a.tif", "a.png"]);
    }

    #[test]
    fn names_that_nobody_sees_are_replaced() {
        assert_eq!(ids(&[" .png"]), [UNNAMED]);
        assert_eq!(ids(&["\u{200b}\u{feff}.tif"]), [UNNAMED]);
        assert_eq!(ids(&[".png"]), [".png"]);
        assert_eq!(ids(&[" a b .png"]), ["a b"]);
        // Within a name they can be part of a word.
        assert_eq!(ids(&["a\u{200c}b\u{200c}.png"]), ["a\u{200c}b"]);
        assert_eq!(ids(&["a\tb.png"]), ["a\u{fffd}b"]);
        assert_eq!(ids(&["x/ .png", "y/\u{a0}.png"]), ["x_", "y_"]);
        assert_eq!(ids(&[" .png", "\u{a0}.png"]), [".png", ".png (2)"]);
    }

    #[test]
    fn both_forms_of_unicode_are_one_name() {
        assert_eq!(ids(&["cafe\u{301}_U\u{308}1.png"]), ["café_Ü1"]);
        assert_eq!(ids(&["x/e\u{301}.png", "y/é.png"]), ["x_é", "y_é"]);
    }

    proptest! {
        #[test]
        fn ids_are_different_whatever_the_order(
            paths in prop::collection::hash_set("([ab ]/|images/|z.zip/){0,3}[ab_ ]{1,3}(\\.png|\\.tif)?", 0..12),
            turn in 0..12_usize,
        ) {
            let mut paths: Vec<&str> = paths.iter().map(String::as_str).collect();
            paths.sort_unstable();
            let given = ids(&paths);
            prop_assert_eq!(given.iter().collect::<HashSet<_>>().len(), paths.len());
            prop_assert!(given.iter().all(|id| !id.trim().is_empty() && id.trim() == id));
            let middle = turn.min(paths.len());
            paths.rotate_left(middle);
            let mut turned = ids(&paths);
            turned.rotate_right(middle);
            prop_assert_eq!(given, turned);
        }
    }
}

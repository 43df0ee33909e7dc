//! Thumbnails of images, which plate readers and other programs save beside them.

use std::collections::{BTreeSet, HashMap, HashSet};

use super::path::Path;

/// Names of folders that contain only thumbnails, in lower case.
const FOLDERS: [&str; 5] = ["thumb", "thumbs", "thumbnail", "thumbnails", ".thumbnails"];

/// Finds files that are thumbnails of other files, according to their names:
///
/// - `A01_s1_w1_thumbEF01.png` beside an image whose name begins with `A01_s1_w1`, as plate readers name
///   them; likewise `x-thumbnail.png`, `x.thumb.jpg`;
/// - `thumb_x.png` beside `x.png`;
/// - `thumbs/x.png` if there is an `x.png`, with any extension, in the parent folder or its subfolders.
pub(super) fn find(paths: &[Path], images: &[usize]) -> Vec<usize> {
    let mut stems_in: HashMap<&[String], Vec<String>> = HashMap::new();
    let mut stems_below: HashSet<(&[String], String)> = HashSet::new();
    // Only these numbers of folders are looked up below.
    let depths: BTreeSet<usize> =
        images.iter().filter_map(|&file| folder_around(&paths[file])).map(<[String]>::len).collect();
    for &file in images {
        let (path, stem) = (&paths[file], paths[file].stem().to_lowercase());
        if image_of(&stem).is_some() {
            continue;
        }
        if folder_around(path).is_none() {
            for &depth in depths.range(..=path.folder().len()) {
                stems_below.insert((&path.folder()[..depth], stem.clone()));
            }
        }
        stems_in.entry(path.folder()).or_default().push(stem);
    }
    stems_in.values_mut().for_each(|stems| stems.sort_unstable());
    let is_thumbnail = |file: &usize| {
        let (path, stem) = (&paths[*file], paths[*file].stem().to_lowercase());
        let beside = stems_in.get(path.folder()).map_or(&[] as &[String], Vec::as_slice);
        let by_name = match image_of(&stem) {
            Some(Image::Beginning(beginning)) => {
                let first = beside.partition_point(|stem| stem.as_str() < beginning);
                beside.get(first).is_some_and(|stem| stem.starts_with(beginning))
            }
            Some(Image::Stem(stem)) => beside.binary_search_by(|other| other.as_str().cmp(stem)).is_ok(),
            None => false,
        };
        by_name || folder_around(path).is_some_and(|around| stems_below.contains(&(around, stem)))
    };
    images.iter().copied().filter(is_thumbnail).collect()
}

/// The name of the image of a thumbnail, in lower case.
enum Image<'a> {
    /// The start of the image name.
    Beginning(&'a str),
    /// The image name without its extension.
    Stem(&'a str),
}

/// The image of a thumbnail, according to its own name; `None` for a name that is not that of a thumbnail.
fn image_of(stem: &str) -> Option<Image<'_>> {
    const PARTED: [char; 4] = ['_', '-', '.', ' '];
    for (at, word) in stem.match_indices("thumb") {
        let (before, after) = (&stem[..at], &stem[at + word.len()..]);
        if before.is_empty() {
            let rest = after.strip_prefix("nail").unwrap_or(after);
            return rest.strip_prefix(PARTED).filter(|image| !image.is_empty()).map(Image::Stem);
        }
        // "w1_thumbEF01" but not "greenthumb".
        if let Some(beginning) = before.strip_suffix(PARTED).filter(|text| !text.is_empty()) {
            return Some(Image::Beginning(beginning));
        }
    }
    None
}

/// The parent folders of the thumbnail folder that contains the file.
fn folder_around(path: &Path) -> Option<&[String]> {
    let is_for_thumbnails = |part: &String| FOLDERS.contains(&part.to_lowercase().as_str());
    path.folder().iter().position(is_for_thumbnails).map(|position| &path.folder()[..position])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found<'a>(names: &[&'a str]) -> Vec<&'a str> {
        let paths: Vec<Path> = names.iter().map(|name| Path::of(name)).collect();
        let images: Vec<usize> = (0..names.len()).collect();
        find(&paths, &images).into_iter().map(|file| names[file]).collect()
    }

    #[test]
    fn thumbnails_of_plate_readers_are_found() {
        let names = [
            "p/A01_s1_w1ABCD.png",
            "p/A01_s1_w1_thumbEF01.png",
            "p/A01_s1_w2ABCD.tif",
            "p/A01_s1_w2_ThumbABCD.tif",
            "p/B02_s1_w1_thumb77.tif",
        ];
        assert_eq!(found(&names), ["p/A01_s1_w1_thumbEF01.png", "p/A01_s1_w2_ThumbABCD.tif"]);
    }

    #[test]
    fn other_ways_to_name_them() {
        assert_eq!(found(&["x.svs", "x-thumbnail.png", "x.thumb.jpg"]), ["x-thumbnail.png", "x.thumb.jpg"]);
        assert_eq!(found(&["x.png", "thumb_x.png", "Thumbnail-x.jpg"]), ["thumb_x.png", "Thumbnail-x.jpg"]);
        assert_eq!(found(&["p/x.tif", "p/Thumbs/x.png", "p/thumbs/y.png"]), ["p/Thumbs/x.png"]);
        assert_eq!(found(&["p/t1/x.tif", "p/thumbnails/t1/x.jpg"]), ["p/thumbnails/t1/x.jpg"]);
    }

    #[test]
    fn a_folder_for_thumbnails_may_hold_images() {
        let names = ["thumbs/A01_w1ABCD.png", "thumbs/A01_w1_thumbEF.png", "thumbs/b.png"];
        assert_eq!(found(&names), ["thumbs/A01_w1_thumbEF.png"]);
    }

    #[test]
    fn a_thumbnail_without_its_image_is_an_image() {
        assert_eq!(found(&["a_thumb.png", "b.png"]), [""; 0]);
        assert_eq!(found(&["other/a.png", "a_thumb.png"]), [""; 0]);
        assert_eq!(found(&["thumbs/a.png"]), [""; 0]);
        assert_eq!(found(&["greenthumb.png", "green.png", "thumb.png", "thumb_.png"]), [""; 0]);
    }
}

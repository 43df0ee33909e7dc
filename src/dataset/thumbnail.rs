//! Small pictures of images, which plate readers and other programs put beside them.

use std::collections::{HashMap, HashSet};

use super::path::Path;

/// Folders that hold nothing but thumbnails, in small letters.
const FOLDERS: [&str; 5] = ["thumb", "thumbs", "thumbnail", "thumbnails", ".thumbnails"];

/// Which of these files are thumbnails of others of them, by their names:
///
/// - `A01_s1_w1_thumbEF01.png` beside an image whose name begins with `A01_s1_w1`, as plate readers name
///   them; likewise `x-thumbnail.png`, `x.thumb.jpg`;
/// - `thumb_x.png` beside `x.png`;
/// - `thumbs/x.png` where there is an `x.png`, of whatever ending, in the folder around or further below it.
pub(super) fn find(paths: &[Path], images: &[usize]) -> Vec<usize> {
    let (small, full): (Vec<usize>, Vec<usize>) =
        images.iter().partition(|&&file| thumbnail(&paths[file]).is_some());
    if small.is_empty() {
        return small;
    }
    let mut stems_in: HashMap<&[String], Vec<String>> = HashMap::new();
    let mut stems_below: HashSet<(&[String], String)> = HashSet::new();
    for &file in &full {
        let (path, stem) = (&paths[file], paths[file].stem().to_lowercase());
        for depth in 0..=path.folder().len() {
            stems_below.insert((&path.folder()[..depth], stem.clone()));
        }
        stems_in.entry(path.folder()).or_default().push(stem);
    }
    stems_in.values_mut().for_each(|stems| stems.sort_unstable());
    let has_full = |file: &usize| {
        let path = &paths[*file];
        let beside = stems_in.get(path.folder()).map_or(&[] as &[String], Vec::as_slice);
        match thumbnail(path) {
            Some(Thumbnail::Before(beginning)) => {
                let first = beside.partition_point(|stem| *stem < beginning);
                beside.get(first).is_some_and(|stem| stem.starts_with(&beginning))
            }
            Some(Thumbnail::After(stem)) => beside.binary_search(&stem).is_ok(),
            Some(Thumbnail::InFolder { around, stem }) => stems_below.contains(&(around, stem)),
            None => false,
        }
    };
    small.into_iter().filter(has_full).collect()
}

/// What a name says of the image that a thumbnail is of, in small letters.
enum Thumbnail<'a> {
    /// How the image's name begins.
    Before(String),
    /// The image's name without its ending.
    After(String),
    /// The image's name without its ending, and the folder around that of the thumbnails.
    InFolder { around: &'a [String], stem: String },
}

fn thumbnail(path: &Path) -> Option<Thumbnail<'_>> {
    let stem = path.stem().to_lowercase();
    if let Some(position) =
        path.folder().iter().position(|part| FOLDERS.contains(&part.to_lowercase().as_str()))
    {
        return Some(Thumbnail::InFolder { around: &path.folder()[..position], stem });
    }
    for (at, word) in stem.match_indices("thumb") {
        let (before, after) = (&stem[..at], &stem[at + word.len()..]);
        if before.is_empty() {
            let rest = after.strip_prefix("nail").unwrap_or(after);
            let image = rest.strip_prefix(['_', '-', '.', ' ']).filter(|image| !image.is_empty());
            return image.map(|image| Thumbnail::After(image.to_owned()));
        }
        // "w1_thumbEF01" but not "greenthumb".
        if let Some(beginning) = before.strip_suffix(['_', '-', '.', ' ']).filter(|text| !text.is_empty()) {
            return Some(Thumbnail::Before(beginning.to_owned()));
        }
    }
    None
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
    fn a_thumbnail_without_its_image_is_an_image() {
        assert_eq!(found(&["a_thumb.png", "b.png"]), [""; 0]);
        assert_eq!(found(&["other/a.png", "a_thumb.png"]), [""; 0]);
        assert_eq!(found(&["thumbs/a.png"]), [""; 0]);
        assert_eq!(found(&["greenthumb.png", "green.png", "thumb.png", "thumb_.png"]), [""; 0]);
    }
}

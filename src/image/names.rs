//! Names of files that are images.

/// Endings of files that are read, in small letters. Some are TIFF under a microscope maker's or another name:
/// Aperio's `.svs`, MetaMorph's `.stk`, Zeiss's `.lsm`, PerkinElmer's `.flex` and `.qptiff`, Hamamatsu's `.ndpi`,
/// Leica's `.scn`, BigTIFF's `.tf8` and `.btf`. What a file is, its bytes say.
pub const IMAGE_ENDINGS: [&str; 18] = [
    "png", "jpg", "jpeg", "jfif", "bmp", "gif", "webp", "tif", "tiff", "tf8", "btf", "svs", "stk", "lsm",
    "flex", "ndpi", "scn", "qptiff",
];

/// Whether a file of this name is taken for an image, by its ending in any case.
///
/// ```
/// use nucleoscope::image::is_image_name;
///
/// assert!(is_image_name("slides/CMU-1.SVS") && is_image_name("cells.ome.tif"));
/// assert!(!is_image_name("notes.txt") && !is_image_name("tif"));
/// ```
pub fn is_image_name(name: &str) -> bool {
    let ending = name.rsplit_once('.').map(|(_, ending)| ending.to_lowercase());
    ending.is_some_and(|ending| IMAGE_ENDINGS.contains(&ending.as_str()))
}

//! Names of files that are images.

/// Endings of files that are read, in small letters. Some are TIFF under a microscope maker's or another name:
/// Aperio's `.svs`, MetaMorph's `.stk`, Zeiss's `.lsm`, PerkinElmer's `.flex` and `.qptiff`, Hamamatsu's `.ndpi`,
/// Leica's `.scn`, BigTIFF's `.tf8` and `.btf`. What a file is, its bytes say.
pub const IMAGE_ENDINGS: [&str; 18] = [
    "png", "jpg", "jpeg", "jfif", "bmp", "gif", "webp", "tif", "tiff", "tf8", "btf", "svs", "stk", "lsm",
    "flex", "ndpi", "scn", "qptiff",
];

/// Endings of images that are not read, and whose they are.
const NOT_READ: [(&str, &str); 20] = [
    ("czi", "Zeiss CZI"),
    ("zvi", "Zeiss ZVI"),
    ("nd2", "Nikon ND2"),
    ("lif", "Leica LIF"),
    ("xlef", "Leica XLEF"),
    ("lof", "Leica LOF"),
    ("oib", "Olympus OIB"),
    ("oif", "Olympus OIF"),
    ("oir", "Olympus OIR"),
    ("vsi", "Olympus VSI"),
    ("mrxs", "3DHISTECH MRXS"),
    ("ims", "Imaris IMS"),
    ("dv", "DeltaVision DV"),
    ("sld", "SlideBook SLD"),
    ("c01", "Cellomics C01"),
    ("dcm", "DICOM"),
    ("heic", "HEIC"),
    ("heif", "HEIF"),
    ("avif", "AVIF"),
    ("jp2", "JPEG 2000"),
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
    IMAGE_ENDINGS.contains(&ending(name).as_str())
}

/// The format that a file's name ends like, if it is one of images that cannot be read.
///
/// ```
/// use nucleoscope::image::unread_format;
///
/// assert_eq!(unread_format("slide.czi"), Some("Zeiss CZI"));
/// assert_eq!(unread_format("slide.tif"), None);
/// ```
pub fn unread_format(name: &str) -> Option<&'static str> {
    let ending = ending(name);
    NOT_READ.iter().find(|(known, _)| *known == ending).map(|(_, format)| *format)
}

fn ending(name: &str) -> String {
    name.rsplit_once('.').map_or_else(String::new, |(_, ending)| ending.to_lowercase())
}

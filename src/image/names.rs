//! Names of image files.

/// Extensions of supported files, in lower case. Some are TIFF with the extension of a vendor or variant:
/// Aperio's `.svs`, MetaMorph's `.stk`, Zeiss's `.lsm`, PerkinElmer's `.flex` and `.qptiff`, Hamamatsu's
/// `.ndpi`, Leica's `.scn`, BigTIFF's `.tf8` and `.btf`. The format is determined from the contents.
pub const IMAGE_ENDINGS: [&str; 18] = [
    "png", "jpg", "jpeg", "jfif", "bmp", "gif", "webp", "tif", "tiff", "tf8", "btf", "svs", "stk", "lsm",
    "flex", "ndpi", "scn", "qptiff",
];

/// Extensions of unsupported image formats, and their names.
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

/// Whether a file of this name is treated as an image, by its extension in upper or lower case.
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

/// The name of the unsupported image format with the extension of this file, if any.
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

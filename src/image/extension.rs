//! What the ending of a file's name says: which files of a folder or an archive are images.

/// Endings of images that are read. Whether a file really is one is told from its bytes.
const READ: [&str; 17] = [
    "png", "jpg", "jpeg", "bmp", "gif",
    "webp", // TIFF, also under the names of microscopes and scanners:
    "tif", "tiff", "btf", "tf8", "svs", "stk", "lsm", "flex", "ndpi", "scn", "qptiff",
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

/// Whether a file's name ends like that of an image that can be read, in capital or small letters.
///
/// ```
/// use nucleoscope::image::is_image_name;
///
/// assert!(is_image_name("scan.SVS") && is_image_name("plate.ome.tif"));
/// assert!(!is_image_name("scan.czi") && !is_image_name("png"));
/// ```
pub fn is_image_name(name: &str) -> bool {
    let ending = ending(name);
    READ.contains(&ending.as_str())
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

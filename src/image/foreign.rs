//! Detection of unsupported files by their contents: vendor formats, with instructions for converting them,
//! and files that are not images.

use super::ImageError;

/// The error for a file in an unsupported format.
pub(super) fn error(bytes: &[u8]) -> ImageError {
    match maker(bytes) {
        Some((format, way)) => ImageError::MakersFormat { format, way },
        None => ImageError::UnknownFormat { looks_like: looks_like(bytes) },
    }
}

const OME: &str = "with Fiji (File ▸ Import ▸ Bio-Formats, then File ▸ Save As ▸ OME-TIFF)";
const IMAGEJ: &str = "with Fiji (File ▸ Open, then File ▸ Save As ▸ Tiff)";
const VIEWER: &str = "as PNG or TIFF with the program that shows it, or set the camera to JPEG";

/// The name of an image format and how to convert it.
fn maker(bytes: &[u8]) -> Option<(&'static str, &'static str)> {
    let at = |place: usize, mark: &[u8]| bytes.get(place..).is_some_and(|rest| rest.starts_with(mark));
    let found = |format, way| Some((format, way));
    let brand = bytes.get(8..12).filter(|_| at(4, b"ftyp"));
    if at(0, b"ZISRAWFILE") {
        found(
            "Zeiss CZI",
            "in ZEN (File ▸ Save As or Export ▸ OME-TIFF), or \
               with Fiji (File ▸ Import ▸ Bio-Formats, then File ▸ Save As ▸ OME-TIFF)",
        )
    } else if at(0, b"\xda\xce\xbe\x0a") {
        found(
            "Nikon ND2",
            "in NIS-Elements (File ▸ Export to TIFF), or \
               with Fiji (File ▸ Import ▸ Bio-Formats, then File ▸ Save As ▸ OME-TIFF)",
        )
    } else if at(0, b"\x70\0\0\0") && at(8, b"\x2a") {
        found(
            "Leica LIF",
            "in LAS X (Export ▸ OME-TIFF), or \
               with Fiji (File ▸ Import ▸ Bio-Formats, then File ▸ Save As ▸ OME-TIFF)",
        )
    } else if at(0, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1") {
        found("Olympus OIB, Zeiss ZVI or another compound document", OME)
    } else if at(0, b"OLYMPUSRAWFORMAT") {
        found("Olympus OIR", OME)
    } else if at(0, b"SIS\0") {
        found("Olympus ETS, a part of a VSI slide", OME)
    } else if at(128, b"DICM") {
        found("DICOM", IMAGEJ)
    } else if brand.is_some_and(|brand| {
        [&b"heic"[..], b"heix", b"hevc", b"hevx", b"heim", b"heis", b"mif1", b"msf1"].contains(&brand)
    }) {
        found("HEIC", VIEWER)
    } else if brand.is_some_and(|brand| [&b"avif"[..], b"avis"].contains(&brand)) {
        found("AVIF", VIEWER)
    } else if at(0, b"\0\0\0\x0cjP  \r\n\x87\n") {
        found("JPEG 2000 (or an old Nikon ND2)", OME)
    } else if at(0, b"\xff\x4f\xff\x51") {
        found("JPEG 2000", OME)
    } else if at(0, b"\xff\x0a") || at(0, b"\0\0\0\x0cJXL \r\n\x87\n") {
        found("JPEG XL", VIEWER)
    } else if at(0, b"\x89HDF") {
        found("HDF5 (such as Imaris .ims, ilastik .h5 or BigDataViewer .h5)", OME)
    } else if at(0, b"8BPS") {
        found("Photoshop PSD", "as PNG or TIFF in Photoshop")
    } else if at(0, b"SIMPLE  =") {
        found("FITS", IMAGEJ)
    } else if at(0, b"NRRD0") {
        found("NRRD", IMAGEJ)
    } else if at(0, b"\0\0\0\x03") && at(12, b"\0\0\0\x01") || at(0, b"\0\0\0\x04\0\0\0\0") {
        found("Gatan DM3 or DM4", OME)
    } else {
        None
    }
}

/// A guess at the type of a file that is not an image.
fn looks_like(bytes: &[u8]) -> Option<&'static str> {
    let starts = |prefix: &[u8]| bytes.starts_with(prefix);
    if starts(b"PK\x03\x04") {
        Some("a ZIP archive or an office document")
    } else if starts(b"%PDF") {
        Some("a PDF document")
    } else if starts(b"\x1f\x8b") {
        Some("a gzip archive")
    } else if bytes.get(4..8) == Some(b"ftyp") {
        Some("a video")
    } else if bytes.iter().take(512).all(|byte| byte.is_ascii_graphic() || byte.is_ascii_whitespace()) {
        Some("a text file")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Diagnostic;

    #[test]
    fn makers_formats_are_named_with_the_way_to_save_them() {
        let dicom = [vec![0; 128], b"DICM".to_vec()].concat();
        let heic = b"\0\0\0\x18ftypheic\0\0\0\0".to_vec();
        let cases = [
            (b"ZISRAWFILE\0\0".to_vec(), "CZI", "ZEN"),
            (b"\xda\xce\xbe\x0a\0".to_vec(), "ND2", "NIS-Elements"),
            (b"\x70\0\0\0\x10\0\0\0\x2a\x05\0\0\0<\0L\0".to_vec(), "LIF", "LAS X"),
            (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".to_vec(), "OIB", "Bio-Formats"),
            (dicom, "DICOM", "Fiji"),
            (heic, "HEIC", "PNG"),
        ];
        for (bytes, name, way) in cases {
            let error = error(&bytes);
            assert_eq!(error.code(), "image/makers-format");
            assert!(error.to_string().contains(name), "{error}");
            assert!(error.help().contains(way), "{}", error.help());
        }
    }
}

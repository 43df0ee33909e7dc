//! Warnings about assumptions, repairs and omissions in opening an image file.

use crate::diagnostic::Warning;

/// A kind of warning: its code, and help for the user.
#[derive(Debug, Clone, Copy)]
pub(super) struct Kind {
    code: &'static str,
    help: &'static str,
}

/// The kinds of warnings.
pub(super) mod kind {
    use super::Kind;

    pub(in crate::image) const AXES: Kind = Kind {
        code: "image/axes",
        help: "Check the channel, slice and frame that are shown; if they are wrong, save the image as OME-TIFF with the right dimensions.",
    };
    pub(in crate::image) const JPEG: Kind = Kind {
        code: "image/jpeg",
        help: "Check the image; if a part of it is missing, copy the file again from where it came from.",
    };
    pub(in crate::image) const MISSING_PLANES: Kind = Kind {
        code: "image/missing-planes",
        help: "Copy the file again from where it came from if planes are missing.",
    };
    pub(in crate::image) const NON_FINITE: Kind = Kind {
        code: "image/non-finite",
        help: "Nothing needs to be done unless the file should have no such values.",
    };
    pub(in crate::image) const OME_UUID: Kind = Kind {
        code: "image/ome-uuid",
        help: "Nothing needs to be done unless the planes should come from another file.",
    };
    pub(in crate::image) const OME_XML: Kind = Kind {
        code: "image/ome-xml",
        help: "Check the channel, slice and frame that are shown; if they are wrong, export the image again as OME-TIFF.",
    };
    pub(in crate::image) const ORIENTATION: Kind = Kind {
        code: "image/orientation",
        help: "To segment the image as other programs show it, save it again with the rotation applied.",
    };
    pub(in crate::image) const PAGE_LOOP: Kind = Kind {
        code: "image/page-loop",
        help: "Copy the file again from where it came from if pages are missing.",
    };
    pub(in crate::image) const PAGES_AS_CHANNELS: Kind = Kind {
        code: "image/pages-as-channels",
        help: "If they are not channels, save the image as OME-TIFF with the right dimensions.",
    };
    pub(in crate::image) const PAGES_AS_SLICES: Kind = Kind {
        code: "image/pages-as-slices",
        help: "If they are channels or frames, save the image as OME-TIFF with the right dimensions.",
    };
    pub(in crate::image) const SLICES_AS_CHANNELS: Kind = Kind {
        code: "image/slices-as-channels",
        help: "If they are slices, save the image as OME-TIFF with the right dimensions.",
    };
    pub(in crate::image) const SPARSE: Kind = Kind {
        code: "image/sparse",
        help: "Check the image; if a part of it is missing, copy the file again from where it came from.",
    };
}

/// The maximum number of warnings of a kind: each strip of a file may have its own.
const MOST_OF_A_KIND: usize = 100;

/// Adds a warning, unless it is already present or there are many of its kind.
pub(super) fn warn(warnings: &mut Vec<Warning>, Kind { code, help }: Kind, message: impl Into<String>) {
    let warning = Warning::new(code, message, help);
    let of_kind = || warnings.iter().filter(|other| other.code == code).count();
    if !warnings.contains(&warning) && of_kind() < MOST_OF_A_KIND {
        warnings.push(warning);
    }
}

//! The limits on what is read from a file: checked before memory is allocated and before work starts.
//!
//! Every reader takes [`Limits`]: images, archives, tables and records. A file that exceeds one is refused with the
//! number, the limit and its name. [`LIMITS`] lists them, for the command line and the documentation.

/// Memory is limited to 4 GiB in a browser.
const WEB: bool = cfg!(target_arch = "wasm32");

macro_rules! limits {
    ($($(#[doc = $doc:literal])+ $field:ident, $with:ident, $name:literal, $what:literal, $native:expr, $web:expr;)+) => {
        /// The limits on what is read from a file.
        ///
        /// ```
        /// use nucleoscope::Limits;
        ///
        /// let limits = Limits::default().with_maximum_pixels(1 << 20);
        /// assert_eq!((limits.maximum_pixels, limits.maximum_pages), (1_048_576, 131_072));
        /// ```
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        #[non_exhaustive]
        pub struct Limits {
            $($(#[doc = $doc])+ pub $field: u64,)+
        }

        impl Default for Limits {
            /// The defaults in [`LIMITS`].
            fn default() -> Self {
                Self { $($field: if WEB { $web } else { $native },)+ }
            }
        }

        impl Limits {
            $(
                #[doc = concat!("The limits with another [`Self::", stringify!($field), "`].")]
                #[must_use]
                pub fn $with(self, $field: u64) -> Self {
                    Self { $field, ..self }
                }
            )+
        }

        /// All limits.
        pub const LIMITS: &[Limit] = &[$(
            Limit {
                name: $name,
                what: $what,
                default: if WEB { $web } else { $native },
                set: |limits, value| limits.$field = value,
            },
        )+];

        /// For each limit, a function that compares a number with it.
        #[allow(dead_code)]
        pub(crate) mod check {
            use super::{LimitError, Limits};

            $(
                pub(crate) fn $field(limits: &Limits, found: u64) -> Result<(), LimitError> {
                    let maximum = limits.$field;
                    if found <= maximum {
                        return Ok(());
                    }
                    Err(LimitError { limit: $name, what: $what, found, maximum })
                }
            )+
        }
    };
}

limits! {
    /// Bytes of a file that is read as a whole: an image or a table, but no archive.
    maximum_file_bytes, with_maximum_file_bytes, "file-bytes", "bytes", 1 << 34, 1 << 31;
    /// Pixels of an image (width × height). In a browser, half as many as elsewhere by default: measurement and
    /// export need the file, the image, its channels and two label images in memory, 26 bytes per pixel for 16-bit
    /// colour.
    maximum_pixels, with_maximum_pixels, "pixels", "pixels", 1 << 28, 1 << 27;
    /// Values that are decoded for one image, over all slices and channels, as a multiple of [`Self::maximum_pixels`].
    maximum_stack, with_maximum_stack, "stack", "times the maximum of pixels to decode", 64, 64;
    /// Bytes of memory for a decoded image and its channels, as a multiple of [`Self::maximum_pixels`].
    maximum_pixel_bytes, with_maximum_pixel_bytes, "pixel-bytes", "bytes for each pixel", 32, 16;
    /// Pages (directories) of a TIFF file.
    maximum_pages, with_maximum_pages, "tiff-pages", "TIFF pages", 1 << 17, 1 << 17;
    /// Entries in all directories of a TIFF file.
    maximum_tags, with_maximum_tags, "tiff-entries", "entries in its TIFF directories", 1 << 23, 1 << 23;
    /// Values of entries of TIFF directories that are read: bits and types of the samples, palettes.
    maximum_tag_values, with_maximum_tag_values, "tiff-values", "values in its TIFF directories", 1 << 26, 1 << 26;
    /// Strips or tiles of the pages that are decoded. More are allowed if 1024 values or more are in each.
    maximum_strips, with_maximum_strips, "tiff-strips", "strips or tiles", 1 << 16, 1 << 16;
    /// Planes of a stack (channels × slices × frames).
    maximum_planes, with_maximum_planes, "tiff-planes", "planes (channels × slices × frames)", 1 << 20, 1 << 20;
    /// Bytes of the descriptions of the pages of a TIFF file, such as OME-XML; a description that several pages share
    /// counts several times.
    maximum_metadata_bytes, with_maximum_metadata_bytes, "metadata-bytes", "bytes of metadata", 1 << 26, 1 << 26;
    /// Tags (`<…>`) in the XML of a page.
    maximum_xml_tags, with_maximum_xml_tags, "xml-tags", "tags in its XML", 1 << 21, 1 << 21;
    /// Attributes in the XML of a page.
    maximum_xml_attributes, with_maximum_xml_attributes, "xml-attributes", "attributes in its XML", 1 << 22, 1 << 22;
    /// Attributes of one XML element.
    maximum_element_attributes, with_maximum_element_attributes, "xml-element-attributes", "attributes in one XML element", 1000, 1000;
    /// Declarations of namespaces (`xmlns`) in the XML of a page.
    maximum_namespaces, with_maximum_namespaces, "xml-namespaces", "namespace declarations in its XML", 256, 256;
    /// Files in a ZIP archive.
    maximum_entries, with_maximum_entries, "archive-entries", "files", 200_000, 200_000;
    /// Bytes of one unpacked file of a ZIP archive.
    maximum_entry_bytes, with_maximum_entry_bytes, "archive-entry-bytes", "bytes in one file", 1 << 30, 1 << 30;
    /// Bytes of all unpacked files of a ZIP archive. They are unpacked one after the other.
    maximum_archive_bytes, with_maximum_archive_bytes, "archive-bytes", "bytes when unpacked", 1 << 40, 1 << 40;
    /// Bytes of the path of a file in a ZIP archive.
    maximum_path_bytes, with_maximum_path_bytes, "archive-path-bytes", "bytes in the path of one file", 4096, 4096;
    /// Bytes of a CSV file.
    maximum_csv_bytes, with_maximum_csv_bytes, "csv-bytes", "bytes", 1 << 30, 1 << 28;
    /// Rows of a CSV file.
    maximum_rows, with_maximum_rows, "csv-rows", "rows", 10_000_000, 2_000_000;
    /// Bytes of one line of a CSV file.
    maximum_line_bytes, with_maximum_line_bytes, "csv-line-bytes", "bytes in one line", 1 << 26, 1 << 26;
    /// Columns of a CSV file.
    maximum_columns, with_maximum_columns, "csv-columns", "columns", 1000, 1000;
    /// Bytes of a record (`nucleoscope.json`) or of a GeoJSON file.
    maximum_json_bytes, with_maximum_json_bytes, "json-bytes", "bytes", 1 << 28, 1 << 27;
    /// Values of a record or of a GeoJSON file: numbers, texts, lists and objects.
    maximum_json_values, with_maximum_json_values, "json-values", "values", 1 << 24, 1 << 23;
    /// Regions of interest in a GeoJSON file, or of an image in a record.
    maximum_regions, with_maximum_regions, "regions", "regions", 2000, 2000;
    /// Corners of all regions of interest in a GeoJSON file, or of an image in a record.
    maximum_region_points, with_maximum_region_points, "region-points", "corners of regions", 1_000_000, 1_000_000;
    /// Rows of pixels that the sides of these regions cross, summed over the sides: a side of a region takes as long as
    /// the rows that it crosses.
    maximum_region_rows, with_maximum_region_rows, "region-rows", "rows crossed by the sides of regions", 1 << 28, 1 << 28;
    /// Corrections of an image in a record.
    maximum_edits, with_maximum_edits, "edits", "corrections of one image", 100_000, 100_000;
    /// Gates of an image in a record.
    maximum_gates, with_maximum_gates, "gates", "gates of one image", 100, 100;
}

/// Strips or tiles are not too many if each has this many values: starting one takes about as long as decoding them.
const VALUES_A_STRIP: u64 = 1024;

impl Limits {
    /// Values that may be decoded for one image, over all pages of a stack.
    pub(crate) fn maximum_values(&self) -> u64 {
        self.maximum_pixels.saturating_mul(self.maximum_stack)
    }

    /// Bytes that a decoder may allocate for one image and its channels; one extra megabyte is for its tables.
    pub(crate) fn maximum_bytes(&self) -> u64 {
        self.maximum_pixels.saturating_mul(self.maximum_pixel_bytes).saturating_add(1 << 20)
    }

    /// Checks the number of strips or tiles that are decoded.
    ///
    /// # Errors
    /// There are too many for the number of values in them.
    pub(crate) fn check_strips(&self, strips: u64) -> Result<(), LimitError> {
        let maximum = self.maximum_strips.max(self.maximum_values() / VALUES_A_STRIP);
        check::maximum_strips(&self.with_maximum_strips(maximum), strips)
    }
}

/// A limit: its name, what it counts, and its default.
///
/// ```
/// use nucleoscope::limits::{Limit, Limits};
///
/// let mut limits = Limits::default();
/// Limit::named("tiff-pages").unwrap().set(&mut limits, 10);
/// assert_eq!(limits.maximum_pages, 10);
/// assert!(Limit::named("pages").is_none());
/// ```
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Limit {
    /// The name on the command line.
    pub name: &'static str,
    /// What is counted, such as `TIFF pages`.
    pub what: &'static str,
    /// The default.
    pub default: u64,
    set: fn(&mut Limits, u64),
}

impl Limit {
    /// The limit with this name.
    pub fn named(name: &str) -> Option<&'static Self> {
        LIMITS.iter().find(|limit| limit.name == name)
    }

    /// Changes the limit.
    pub fn set(&self, limits: &mut Limits, value: u64) {
        (self.set)(limits, value);
    }
}

/// A file exceeds a limit, and was refused.
///
/// ```
/// use nucleoscope::dsb2018::csv::{Purpose, read_within};
/// use nucleoscope::{Diagnostic, Limits};
///
/// let error = read_within(b"ImageId,EncodedPixels\na,\nb,\n", Purpose::Truth, &Limits::default().with_maximum_rows(1));
/// let error = error.unwrap_err();
/// assert_eq!(error.to_string(), "it has 2 rows or more, the limit is 1");
/// assert_eq!(error.code(), "limit/csv-rows");
/// assert!(error.help().contains("--limit csv-rows="));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct LimitError {
    /// The name of the limit.
    pub limit: &'static str,
    /// What is counted.
    pub what: &'static str,
    /// The number in the file, as far as it was counted.
    pub found: u64,
    /// The limit.
    pub maximum: u64,
}

impl std::fmt::Display for LimitError {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { what, found, maximum, .. } = self;
        // Counting stops at the first number above the limit.
        let more = if found - maximum == 1 { " or more" } else { "" };
        write!(formatter, "it has {found} {what}{more}, the limit is {maximum}")
    }
}

impl std::error::Error for LimitError {}

impl miette::Diagnostic for LimitError {
    fn code<'a>(&'a self) -> Option<Box<dyn std::fmt::Display + 'a>> {
        Some(Box::new(format!("limit/{}", self.limit)))
    }

    fn help<'a>(&'a self) -> Option<Box<dyn std::fmt::Display + 'a>> {
        Some(Box::new(format!(
            "Divide the file; or, if it is as it should be, raise the limit with --limit {}=NUMBER on the command line, \
             or with Limits in the library.",
            self.limit
        )))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_limit_has_its_own_name_and_sets_its_own_field() {
        for (place, limit) in LIMITS.iter().enumerate() {
            assert!(LIMITS[..place].iter().all(|other| other.name != limit.name), "{}", limit.name);
            let mut limits = Limits::default();
            limit.set(&mut limits, limit.default);
            assert_eq!(limits, Limits::default(), "{}", limit.name);
            limit.set(&mut limits, limit.default + 1);
            assert_ne!(limits, Limits::default(), "{}", limit.name);
        }
    }
}

//! The CSV format of the Kaggle 2018 Data Science Bowl: one row per nucleus.
//!
//! ```text
//! ImageId,EncodedPixels
//! 0114f484,1 3 10 5
//! 0114f484,40 2
//! 2a1b93cc,
//! ```
//! The second field is a [mask](crate::dsb2018::run_length); an image without nuclei has one row with an
//! empty mask. Ground truth published after the competition (`stage1_solution.csv`) has the additional
//!
//! # Writing
//! The header and `\n` line endings, with ids quoted only if necessary. A line break in an id is replaced by
//! a space, because each row is one line.
//!
//! # Reading
//! Ids are trimmed and converted to Unicode's composed form (NFC). Columns may be in any order and case, and
//! further columns, a byte order mark, `\n`, `\r\n` and `\r`, empty lines and empty fields at the end of a
//! row are accepted. Each line is parsed on its own, so an unclosed quote invalidates one row and not the
//! rest of the file, and an error invalidates one image and not the others.

use std::collections::HashMap;
use std::io::{self, Write};

use crate::dsb2018::comparable;
use crate::dsb2018::run_length::{Mask, RunLengthError, first_overlap};
use crate::geometry::Size;
use crate::limits::{LimitError, Limits, check};

/// The first line of every file, including its line ending.
pub const HEADER: &str = "ImageId,EncodedPixels\n";

/// The reason why a file, or one image in it, could not be read as CSV of the Bowl.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, miette::Diagnostic)]
#[non_exhaustive]
pub enum BowlCsvError {
    /// The file has no non-blank line.
    #[error("the CSV file is empty")]
    #[diagnostic(
        code("bowl-csv/empty"),
        help("Copy the file again from where it came from, or export it again.")
    )]
    Empty,
    /// The file is not UTF-8 text.
    #[error("line {line} is not UTF-8 text")]
    #[diagnostic(
        code("bowl-csv/not-utf8"),
        help("Save the file as \"CSV UTF-8\" in your spreadsheet program.")
    )]
    NotUtf8 {
        /// The line, counted from 1.
        line: u64,
    },
    /// The header lacks a column.
    #[error("line {line}: the header has no column \"{column}\"; it reads \"{header}\"")]
    #[diagnostic(
        code("bowl-csv/missing-column"),
        help(
            "Make the first line \"ImageId,EncodedPixels\", with a comma, not a semicolon, between columns."
        )
    )]
    MissingColumn {
        /// The line of the header, counted from 1.
        line: u64,
        /// The missing column.
        column: &'static str,
        /// The start of the header.
        header: String,
    },
    /// The file exceeds a limit.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Limit(#[from] LimitError),
    /// A row has no image id.
    #[error("line {line}: the image id is empty")]
    #[diagnostic(
        code("bowl-csv/missing-id"),
        help("Write the image's name without its ending in the column ImageId.")
    )]
    MissingId {
        /// The line of the row, counted from 1.
        line: u64,
    },
    /// A row has fewer or more fields than the header.
    #[error("line {line}, image \"{image_id}\": {found} fields where the header has {expected}")]
    #[diagnostic(
        code("bowl-csv/field-count"),
        help("Put a comma between the columns and spaces, not commas, between the numbers of a mask.")
    )]
    FieldCount {
        /// The line of the row, counted from 1.
        line: u64,
        /// The image.
        image_id: String,
        /// The number of fields in this row.
        found: usize,
        /// The number of fields in the header.
        expected: usize,
    },
    /// A quotation mark is not closed on its line.
    #[error("line {line}, image \"{image_id}\": a quotation mark is not closed")]
    #[diagnostic(
        code("bowl-csv/unclosed-quote"),
        help("Remove the quotation mark or add the one that is missing.")
    )]
    UnclosedQuote {
        /// The line of the row, counted from 1.
        line: u64,
        /// The image, if known.
        image_id: String,
    },
    /// A mask is not valid.
    #[error("line {line}, image \"{image_id}\": {error}")]
    #[diagnostic(forward(error))]
    Mask {
        /// The line of the row, counted from 1.
        line: u64,
        /// The image.
        image_id: String,
        /// What is wrong with the mask.
        #[source]
        error: RunLengthError,
    },
    /// A height or width is not a whole number from 1 to `usize::MAX`.
    #[error("line {line}, image \"{image_id}\": {column} is not a size in pixels: \"{text}\"")]
    #[diagnostic(
        code("bowl-csv/size"),
        help("Write the image's height and width in pixels, or leave both empty.")
    )]
    Size {
        /// The line of the row, counted from 1.
        line: u64,
        /// The image.
        image_id: String,
        /// `Height` or `Width`.
        column: &'static str,
        /// The start of the field.
        text: String,
    },
    /// An image has different sizes in different rows.
    #[error("line {line}, image \"{image_id}\": the size differs from that in an earlier row")]
    #[diagnostic(
        code("bowl-csv/size-changed"),
        help("Give the same height and width in every row of an image.")
    )]
    SizeChanged {
        /// The line of the later row, counted from 1.
        line: u64,
        /// The image.
        image_id: String,
    },
    /// Two nuclei of an image share a pixel.
    #[error("lines {first_line} and {second_line}, image \"{image_id}\": two nuclei share pixel {pixel}")]
    #[diagnostic(code("bowl-csv/shared-pixel"), help("Give each pixel to one nucleus only."))]
    SharedPixel {
        /// The line of the first nucleus, counted from 1.
        first_line: u64,
        /// The line of the second nucleus, counted from 1.
        second_line: u64,
        /// The image.
        image_id: String,
        /// The number of the first shared pixel, counted from 1.
        pixel: u64,
    },
}

impl BowlCsvError {
    /// The image concerned; `None` if the error concerns the file or a row without an id.
    pub fn image_id(&self) -> Option<&str> {
        match self {
            Self::Empty
            | Self::NotUtf8 { .. }
            | Self::MissingColumn { .. }
            | Self::Limit(_)
            | Self::MissingId { .. } => None,
            Self::FieldCount { image_id, .. }
            | Self::UnclosedQuote { image_id, .. }
            | Self::Mask { image_id, .. }
            | Self::Size { image_id, .. }
            | Self::SizeChanged { image_id, .. }
            | Self::SharedPixel { image_id, .. } => Some(image_id),
        }
    }
}

/// The rows of one image, without the header: one per nucleus, or one with an empty mask.
///
/// ```
/// use nucleoscope::dsb2018::csv::rows;
///
/// let masks = ["1 3 10 5".parse()?, "40 2".parse()?];
/// assert_eq!(rows("0114f484", &masks), "0114f484,1 3 10 5\n0114f484,40 2\n");
/// assert_eq!(rows("2a1b93cc", &[]), "2a1b93cc,\n");
/// assert_eq!(rows("well A1, field 2", &[]), "\"well A1, field 2\",\n");
/// # Ok::<(), nucleoscope::dsb2018::run_length::RunLengthError>(())
/// ```
pub fn rows(image_id: &str, masks: &[Mask]) -> String {
    let image_id = image_id.replace(['\r', '\n'], " ");
    let mut writer = csv::Writer::from_writer(Vec::new());
    let mut write = |mask: &str| writer.write_record([&image_id, mask]).expect(IN_MEMORY);
    if masks.is_empty() {
        write("");
    }
    for mask in masks {
        write(&mask.to_string());
    }
    String::from_utf8(writer.into_inner().expect(IN_MEMORY)).expect(IN_MEMORY)
}

const IN_MEMORY: &str = "text goes to memory, which cannot refuse it";

/// A writer of the rows of several images, one image after the other.
///
/// ```
/// use nucleoscope::dsb2018::csv::Writer;
///
/// let mut writer = Writer::new(Vec::new())?;
/// writer.write_image("a", &["1 3".parse()?])?;
/// writer.write_image("b", &[])?;
/// assert_eq!(writer.finish()?, b"ImageId,EncodedPixels\na,1 3\nb,\n");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Writer<W: Write> {
    to: W,
}

impl<W: Write> Writer<W> {
    /// Writes the header.
    ///
    /// # Errors
    /// An error of the destination `to`.
    pub fn new(mut to: W) -> io::Result<Self> {
        to.write_all(HEADER.as_bytes())?;
        Ok(Self { to })
    }

    /// Writes the rows of one image.
    ///
    /// # Errors
    /// An error of the destination.
    pub fn write_image(&mut self, image_id: &str, masks: &[Mask]) -> io::Result<()> {
        self.to.write_all(rows(image_id, masks).as_bytes())
    }

    /// Flushes and returns the destination.
    ///
    /// # Errors
    /// An error of the destination.
    pub fn finish(mut self) -> io::Result<W> {
        self.to.flush()?;
        Ok(self.to)
    }
}

/// The purpose for which a file is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Predicted nuclei: two that share a pixel are an error.
    Submission,
    /// True nuclei: annotated outlines may overlap, which is a warning.
    Truth,
}

/// The data of one image in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImageRows {
    /// The image.
    pub image_id: String,
    /// Its nuclei in the order of the file, or the first error in them.
    pub masks: Result<Vec<Mask>, BowlCsvError>,
    /// Its size, if the file gives it.
    pub size: Option<Size>,
    /// Whether its usage is `Ignored`, so that it does not count in the score.
    pub ignored: bool,
}

impl ImageRows {
    /// An image with these nuclei and of unknown size that counts in the score.
    pub fn new(image_id: impl Into<String>, masks: Vec<Mask>) -> Self {
        Self { image_id: image_id.into(), masks: Ok(masks), size: None, ignored: false }
    }
}

/// The contents of a file.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct BowlCsv {
    /// The images in the order of their first row; each id occurs once.
    pub images: Vec<ImageRows>,
    /// Tolerated errors: rows without an id and, in ground truth, nuclei that share a pixel.
    pub warnings: Vec<BowlCsvError>,
}

/// Reads a file.
///
/// # Errors
/// Only errors that concern the whole file: [`BowlCsvError::Empty`], [`BowlCsvError::NotUtf8`],
/// [`BowlCsvError::MissingColumn`] and [`BowlCsvError::Limit`]. All other errors concern one image: see [`ImageRows::masks`].
///
/// ```
/// use nucleoscope::dsb2018::csv::{Purpose, read};
///
/// let file = read(b"ImageId,EncodedPixels\na,1 3\nb,1 2 3\nc,\n", Purpose::Submission)?;
/// let ids: Vec<&str> = file.images.iter().map(|image| image.image_id.as_str()).collect();
/// assert_eq!(ids, ["a", "b", "c"]);
/// assert_eq!(file.images[0].masks.as_ref().unwrap().len(), 1);
/// assert_eq!(
///     file.images[1].masks.as_ref().unwrap_err().to_string(),
///     "line 3, image \"b\": there is an odd count of numbers (3): a start or a length is missing",
/// );
/// assert!(file.images[2].masks.as_ref().unwrap().is_empty());
/// # Ok::<(), nucleoscope::dsb2018::csv::BowlCsvError>(())
/// ```
pub fn read(bytes: &[u8], purpose: Purpose) -> Result<BowlCsv, BowlCsvError> {
    read_within(bytes, purpose, &Limits::default())
}

/// Like [`read`], with other limits.
///
/// # Errors
/// As for [`read`].
pub fn read_within(bytes: &[u8], purpose: Purpose, limits: &Limits) -> Result<BowlCsv, BowlCsvError> {
    check_lines(bytes, limits)?;
    let text = text_of(bytes)?;
    let mut lines = lines_of(text).filter(|(_, line)| !line.trim().is_empty());
    let (header_line, header) = lines.next().ok_or(BowlCsvError::Empty)?;
    let columns = Columns::find(header_line, header)?;

    let mut images: Vec<Gathering> = Vec::new();
    let mut positions: HashMap<String, usize> = HashMap::new();
    let mut warnings = Vec::new();
    for (line, text) in lines {
        let row = columns.row(line, text);
        let image_id = match &row {
            Ok(row) => row.image_id.clone(),
            Err(error) => error.image_id().unwrap_or_default().to_owned(),
        };
        if image_id.trim().is_empty() {
            warnings.push(BowlCsvError::MissingId { line });
            continue;
        }
        let position = *positions.entry(image_id.clone()).or_insert_with(|| {
            images.push(Gathering::new(image_id));
            images.len() - 1
        });
        images[position].add(row);
    }
    let images = images.into_iter().map(|image| image.finish(purpose, &mut warnings)).collect();
    Ok(BowlCsv { images, warnings })
}

/// Checks the size of the file and the number, the length and the fields of its lines before they are read.
fn check_lines(bytes: &[u8], limits: &Limits) -> Result<(), LimitError> {
    check::maximum_csv_bytes(limits, bytes.len() as u64)?;
    let (mut rows, mut length, mut columns) = (0, 0, 1);
    for &byte in bytes {
        if matches!(byte, b'\n' | b'\r') {
            // The line ends before this byte; an empty line is no row.
            rows += u64::from(length > 0);
            (length, columns) = (0, 1);
            // One more for the header.
            check::maximum_rows(limits, rows.saturating_sub(1))?;
        } else {
            length += 1;
            columns += u64::from(byte == b',');
            check::maximum_line_bytes(limits, length)?;
            check::maximum_columns(limits, columns)?;
        }
    }
    check::maximum_rows(limits, (rows + u64::from(length > 0)).saturating_sub(1))
}

/// The rows of one image while they are collected.
struct Gathering {
    image: ImageRows,
    lines: Vec<u64>,
}

impl Gathering {
    fn new(image_id: String) -> Self {
        Self { image: ImageRows::new(image_id, Vec::new()), lines: Vec::new() }
    }

    fn add(&mut self, row: Result<Row, BowlCsvError>) {
        let image = &mut self.image;
        let row = match row {
            Ok(row) => row,
            Err(error) => {
                if image.masks.is_ok() {
                    image.masks = Err(error);
                }
                return;
            }
        };
        image.ignored |= row.ignored;
        let Ok(masks) = &mut image.masks else { return };
        let size = match (image.size, row.size) {
            (Some(known), Some(size)) if known != size => {
                image.masks = Err(BowlCsvError::SizeChanged { line: row.line, image_id: row.image_id });
                return;
            }
            (known, size) => known.or(size),
        };
        image.size = size;
        let Some(mask) = row.mask else { return };
        match size.map_or(Ok(()), |size| mask.check(size)) {
            Ok(()) => {
                masks.push(mask);
                self.lines.push(row.line);
            }
            Err(error) => {
                image.masks = Err(BowlCsvError::Mask { line: row.line, image_id: row.image_id, error });
            }
        }
    }

    fn finish(self, purpose: Purpose, warnings: &mut Vec<BowlCsvError>) -> ImageRows {
        let Self { mut image, lines } = self;
        let overlap = image.masks.as_deref().ok().and_then(first_overlap);
        if let Some(overlap) = overlap {
            let error = BowlCsvError::SharedPixel {
                first_line: lines[overlap.first],
                second_line: lines[overlap.second],
                image_id: image.image_id.clone(),
                pixel: overlap.pixel,
            };
            match purpose {
                Purpose::Submission => image.masks = Err(error),
                Purpose::Truth => warnings.push(error),
            }
        }
        image
    }
}

/// A well-formed row.
struct Row {
    line: u64,
    image_id: String,
    mask: Option<Mask>,
    size: Option<Size>,
    ignored: bool,
}

/// The positions of the columns.
struct Columns {
    count: usize,
    image_id: usize,
    encoded_pixels: usize,
    height: Option<usize>,
    width: Option<usize>,
    usage: Option<usize>,
}

impl Columns {
    fn find(line: u64, header: &str) -> Result<Self, BowlCsvError> {
        let names = fields(header).unwrap_or_default();
        let position = |name: &str| names.iter().position(|field| field.trim().eq_ignore_ascii_case(name));
        let required = |column: &'static str| {
            position(column).ok_or_else(|| BowlCsvError::MissingColumn {
                line,
                column,
                header: shortened(header),
            })
        };
        Ok(Self {
            count: names.len(),
            image_id: required("ImageId")?,
            encoded_pixels: required("EncodedPixels")?,
            height: position("Height"),
            width: position("Width"),
            usage: position("Usage"),
        })
    }

    fn row(&self, line: u64, text: &str) -> Result<Row, BowlCsvError> {
        let Some(mut fields) = fields(text) else {
            let rough: Vec<&str> = text.split(',').collect();
            let image_id = rough.get(self.image_id).unwrap_or(&"").replace('"', "");
            return Err(BowlCsvError::UnclosedQuote { line, image_id });
        };
        while fields.len() > self.count && fields.last().is_some_and(|field| field.trim().is_empty()) {
            fields.pop();
        }
        let image_id = fields.get(self.image_id).map(|field| comparable(field)).unwrap_or_default();
        if fields.len() != self.count {
            let (found, expected) = (fields.len(), self.count);
            return Err(BowlCsvError::FieldCount { line, image_id, found, expected });
        }
        let size = self.size(line, &image_id, &fields)?;
        let encoded = fields[self.encoded_pixels].trim();
        let mask = if encoded.is_empty() {
            None
        } else {
            let parsed = encoded.parse();
            Some(parsed.map_err(|error| BowlCsvError::Mask { line, image_id: image_id.clone(), error })?)
        };
        let ignored = self.usage.is_some_and(|usage| fields[usage].trim().eq_ignore_ascii_case("ignored"));
        Ok(Row { line, image_id, mask, size, ignored })
    }

    fn size(&self, line: u64, image_id: &str, fields: &[String]) -> Result<Option<Size>, BowlCsvError> {
        let number = |column: &'static str, position: Option<usize>| {
            let text = position.map_or("", |position| fields[position].trim());
            if text.is_empty() {
                return Ok(None);
            }
            match text.parse::<usize>() {
                Ok(pixels) if pixels > 0 => Ok(Some(pixels)),
                _ => Err(BowlCsvError::Size {
                    line,
                    image_id: image_id.to_owned(),
                    column,
                    text: shortened(text),
                }),
            }
        };
        let height = number("Height", self.height)?;
        let width = number("Width", self.width)?;
        Ok(height.zip(width).map(|(height, width)| Size::new(width, height)))
    }
}

fn text_of(bytes: &[u8]) -> Result<&str, BowlCsvError> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    std::str::from_utf8(bytes).map_err(|error| {
        let valid = &bytes[..error.valid_up_to()];
        BowlCsvError::NotUtf8 { line: valid.iter().filter(|&&byte| byte == b'\n').count() as u64 + 1 }
    })
}

/// Lines with their numbers from 1, terminated by `\n`, `\r\n` or `\r`.
fn lines_of(text: &str) -> impl Iterator<Item = (u64, &str)> {
    let line_feeds = text.split('\n').map(|line| line.strip_suffix('\r').unwrap_or(line));
    (1..).zip(line_feeds.flat_map(|line| line.split('\r')))
}

/// The fields of one line; `None` if a quotation mark is not closed.
fn fields(line: &str) -> Option<Vec<String>> {
    if !line.contains('"') {
        return Some(line.split(',').map(str::to_owned).collect());
    }
    if line.bytes().filter(|&byte| byte == b'"').count() % 2 == 1 {
        return None;
    }
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(line.as_bytes());
    let mut record = csv::StringRecord::new();
    let found = reader.read_record(&mut record).ok()?;
    found.then(|| record.iter().map(str::to_owned).collect())
}

const LONGEST_QUOTE: usize = 60;

fn shortened(text: &str) -> String {
    match text.char_indices().nth(LONGEST_QUOTE) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

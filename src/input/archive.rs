//! ZIP archives: the list of their files, and the contents of one file at a time.
//!
//! Nothing is unpacked to a disk. Names are sanitized nevertheless, because they become image ids and parts
//! of file names later: `../x`, `/x` and `C:\x` all become `x`.
//!
//! # Names
//! A name that is valid UTF-8 is read as such, flagged or not; both `/` and `\` separate folders in it. The
//! encoding of any other name is unknown: it is decoded as CP437, as the ZIP specification requires, which
//! preserves differences between names, but possibly not the original characters. In Shift-JIS, GBK and Big5,
//! the second byte of a character can be that of `\`: after such a first byte it is not a separator and is
//! replaced by `_`.

use std::io::{self, Read, Seek, SeekFrom};
use std::sync::Arc;

use zip::read::{ZipArchiveMetadata, ZipReadOptions};
use zip::result::ZipError;
use zip::{CompressionMethod, ZipArchive};

pub use crate::limits::Limits;
use crate::limits::{LimitError, check};

/// The reason why an archive, or one file in it, could not be read.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
#[non_exhaustive]
pub enum ArchiveError {
    /// The file does not start like a ZIP archive.
    #[error("this is not a ZIP archive")]
    #[diagnostic(
        code("archive/not-an-archive"),
        help("Use a file ending in .zip that other programs can open, or drop the images or their folder.")
    )]
    NotAnArchive,
    /// The central directory, which comes last, or the end of an entry is missing.
    #[error("the ZIP archive is cut short")]
    #[diagnostic(
        code("archive/truncated"),
        help("Download or copy the archive again; the copy was probably interrupted.")
    )]
    Truncated,
    /// The archive violates the format.
    #[error("the ZIP archive is damaged: {reason}")]
    #[diagnostic(
        code("archive/damaged"),
        help("Download or copy the archive again; the copy was probably interrupted.")
    )]
    Damaged {
        /// The problem.
        reason: String,
    },
    /// The archive contains more files than the limits allow.
    #[error("the ZIP archive holds {count} files, the limit is {maximum}")]
    #[diagnostic(
        code("archive/too-many-entries"),
        help(
            "Unpack the archive and drop its folders one after the other; or use the command line with --limit archive-entries=NUMBER."
        )
    )]
    TooManyEntries {
        /// The number of files.
        count: usize,
        /// The limit.
        maximum: u64,
    },
    /// The archive exceeds another limit.
    #[error("the ZIP archive cannot be read: {0}")]
    #[diagnostic(transparent)]
    Limit(#[from] LimitError),
    /// There is no entry with this number.
    #[error("the ZIP archive has no entry {entry}")]
    #[diagnostic(
        code("archive/no-such-entry"),
        help("Download or copy the archive again; the copy was probably interrupted.")
    )]
    NoSuchEntry {
        /// The requested number, from 0.
        entry: usize,
    },
    /// The entry is encrypted.
    #[error("\"{path}\" in the ZIP archive is protected by a password")]
    #[diagnostic(
        code("archive/encrypted"),
        help("Unpack the archive with its password and drop the folder.")
    )]
    Encrypted {
        /// The entry.
        path: String,
    },
    /// The entry is larger than the limits allow; reading was stopped.
    #[error("\"{path}\" in the ZIP archive is larger than the limit of {maximum} bytes")]
    #[diagnostic(
        code("archive/entry-too-large"),
        help(
            "Unpack the archive and drop this file on its own; or use the command line with --limit archive-entry-bytes=NUMBER."
        )
    )]
    EntryTooLarge {
        /// The entry.
        path: String,
        /// The limit in bytes.
        maximum: u64,
    },
    /// The compression method of the entry is not supported.
    #[error("\"{path}\" in the ZIP archive is compressed by a method that cannot be read ({method})")]
    #[diagnostic(
        code("archive/unsupported-compression"),
        help("Unpack the archive and drop the folder, or pack it again as an ordinary ZIP archive.")
    )]
    UnsupportedCompression {
        /// The entry.
        path: String,
        /// The name or number of the method.
        method: String,
    },
    /// The data of the entry is corrupt.
    #[error("\"{path}\" in the ZIP archive is damaged: {reason}")]
    #[diagnostic(
        code("archive/damaged-entry"),
        help("Download or copy the archive again; the copy was probably interrupted.")
    )]
    DamagedEntry {
        /// The entry.
        path: String,
        /// The problem.
        reason: String,
    },
    /// The file of the archive could not be read.
    #[error("the ZIP archive could not be read: {0}")]
    #[diagnostic(code("archive/io"), help("Check that the archive still exists and that you may read it."))]
    Io(#[source] io::Error),
}

/// A file in an archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its path in the archive with `/` as separator, never empty, absolute or containing `..`.
    pub path: String,
    /// Its unpacked size in bytes according to the archive, which may be wrong.
    pub size: u64,
    position: usize,
}

/// The list of contents of an archive. It is read once; afterwards each file can be located without reading
/// the list again, from any number of threads, each with its own reader.
#[derive(Debug, Clone)]
pub struct Directory {
    metadata: Arc<ZipArchiveMetadata>,
    entries: Arc<[Entry]>,
    legacy_names: usize,
    limits: Limits,
}

impl Directory {
    /// Reads the list of contents.
    ///
    /// # Errors
    /// The file is not an archive, truncated, damaged, or has more files than the limits allow.
    pub fn read_from(reader: &mut (impl Read + Seek), limits: Limits) -> Result<Self, ArchiveError> {
        let begins_like_one = begins_like_an_archive(reader).map_err(ArchiveError::Io)?;
        let archive = ZipArchive::new(reader).map_err(|error| match error {
            ZipError::Io(error) if error.kind() != io::ErrorKind::UnexpectedEof => ArchiveError::Io(error),
            _ if !begins_like_one => ArchiveError::NotAnArchive,
            ZipError::UnsupportedArchive(reason) => ArchiveError::Damaged { reason: reason.into() },
            _ => ArchiveError::Truncated,
        })?;
        let metadata = archive.metadata();
        let (count, maximum) = (metadata.len(), limits.maximum_entries);
        if count as u64 > maximum {
            return Err(ArchiveError::TooManyEntries { count, maximum });
        }
        check_entries(&metadata, &limits)?;
        let named = (0..count).filter_map(|position| entry_at(&metadata, position));
        let (entries, is_legacy): (Vec<Entry>, Vec<bool>) = named.unzip();
        let legacy_names = is_legacy.iter().filter(|&&is_legacy| is_legacy).count();
        Ok(Self { metadata, entries: entries.into(), legacy_names, limits })
    }

    /// The files in the order of the archive, without directories and links.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The number of files with names in an unknown encoding.
    pub fn legacy_names(&self) -> usize {
        self.legacy_names
    }

    /// Reads one file, by its index in [`entries`](Self::entries). `reader` must read the same archive as the
    /// list of contents.
    ///
    /// # Errors
    /// The file is encrypted, too large, damaged, truncated, or compressed with an unsupported method.
    pub fn read(&self, reader: &mut (impl Read + Seek), entry: usize) -> Result<Vec<u8>, ArchiveError> {
        let maximum = self.limits.maximum_entry_bytes;
        let bytes = self.read_up_to(reader, entry, maximum.saturating_add(1))?;
        if bytes.len() as u64 > maximum {
            return Err(ArchiveError::EntryTooLarge { path: self.entries[entry].path.clone(), maximum });
        }
        Ok(bytes)
    }

    /// Reads the first bytes of one file, at most `count`; fewer if it is shorter.
    ///
    /// # Errors
    /// As for [`read`](Self::read), but damage after these bytes is not detected.
    pub fn read_beginning(
        &self,
        reader: &mut (impl Read + Seek),
        entry: usize,
        count: u64,
    ) -> Result<Vec<u8>, ArchiveError> {
        self.read_up_to(reader, entry, count)
    }

    fn read_up_to(
        &self,
        reader: &mut (impl Read + Seek),
        entry: usize,
        count: u64,
    ) -> Result<Vec<u8>, ArchiveError> {
        let Entry { path, size, position } =
            self.entries.get(entry).cloned().ok_or(ArchiveError::NoSuchEntry { entry })?;
        let maximum = self.limits.maximum_entry_bytes;
        if size > maximum {
            return Err(ArchiveError::EntryTooLarge { path, maximum });
        }
        let file = match self.metadata.entry(position) {
            Ok(file) => file,
            Err(error) => return Err(entry_error(path, error)),
        };
        if file.encrypted() {
            return Err(ArchiveError::Encrypted { path });
        }
        if !READABLE.contains(&file.compression()) {
            let method = file.compression().to_string();
            return Err(ArchiveError::UnsupportedCompression { path, method });
        }
        let file = match file.with_reader(reader, ZipReadOptions::new()) {
            Ok(file) => file,
            Err(error) => return Err(entry_error(path, error)),
        };
        let mut bytes = Vec::new();
        // The archive may state a wrong size: reserve a limited amount first, and the rest while reading.
        _ = bytes.try_reserve(size.min(count).min(MOST_RESERVED) as usize);
        match file.take(count).read_to_end(&mut bytes) {
            Ok(_) => Ok(bytes),
            Err(error) => Err(entry_error(path, ZipError::Io(error))),
        }
    }
}

/// An open archive: its list of contents and a reader.
///
/// ```no_run
/// use nucleoscope::input::archive::{Archive, Limits};
///
/// let mut archive = Archive::open(std::fs::File::open("stage1_test.zip")?, Limits::default())?;
/// for entry in 0..archive.entries().len() {
///     let bytes = archive.read(entry)?;
///     println!("{}: {} bytes", archive.entries()[entry].path, bytes.len());
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Archive<R> {
    reader: R,
    directory: Directory,
}

impl<R: Read + Seek> Archive<R> {
    /// Reads the list of contents.
    ///
    /// # Errors
    /// As for [`Directory::read_from`].
    pub fn open(mut reader: R, limits: Limits) -> Result<Self, ArchiveError> {
        let directory = Directory::read_from(&mut reader, limits)?;
        Ok(Self { reader, directory })
    }

    /// The files in the order of the archive, without directories and links.
    pub fn entries(&self) -> &[Entry] {
        self.directory.entries()
    }

    /// Reads one file, by its index in [`entries`](Self::entries).
    ///
    /// # Errors
    /// As for [`Directory::read`].
    pub fn read(&mut self, entry: usize) -> Result<Vec<u8>, ArchiveError> {
        self.directory.read(&mut self.reader, entry)
    }
}

/// Rejects files that share bytes, because unpacking them takes unlimited time, and what exceeds the limits.
fn check_entries(metadata: &ZipArchiveMetadata, limits: &Limits) -> Result<(), ArchiveError> {
    let mut unpacked = 0u64;
    let mut ranges = Vec::with_capacity(metadata.len());
    for file in (0..metadata.len()).filter_map(|position| metadata.entry(position).ok()) {
        let name = file.name_raw().len() as u64;
        check::maximum_path_bytes(limits, name)?;
        unpacked = unpacked.saturating_add(file.size());
        let start = file.header_start();
        ranges
            .push((start, start.saturating_add(LOCAL_HEADER + name).saturating_add(file.compressed_size())));
    }
    check::maximum_archive_bytes(limits, unpacked)?;
    ranges.sort_unstable();
    if ranges.windows(2).any(|pair| pair[1].0 < pair[0].1) {
        return Err(ArchiveError::Damaged { reason: "some of its files share bytes".into() });
    }
    Ok(())
}

/// The number of bytes of the header before a file, without the name.
const LOCAL_HEADER: u64 = 30;

const READABLE: [CompressionMethod; 2] = [CompressionMethod::STORE, CompressionMethod::DEFLATE];

const MOST_RESERVED: u64 = 16 << 20;

fn begins_like_an_archive(reader: &mut (impl Read + Seek)) -> io::Result<bool> {
    let mut beginning = Vec::new();
    reader.seek(SeekFrom::Start(0))?;
    reader.by_ref().take(4).read_to_end(&mut beginning)?;
    reader.seek(SeekFrom::Start(0))?;
    Ok(beginning.starts_with(b"PK\x03\x04") || beginning.starts_with(b"PK\x05\x06"))
}

/// The entry, and whether the encoding of its name is unknown.
fn entry_at(metadata: &ZipArchiveMetadata, position: usize) -> Option<(Entry, bool)> {
    let file = metadata.entry(position).ok()?;
    if !file.is_file() {
        return None;
    }
    let raw = file.name_raw();
    let is_legacy = std::str::from_utf8(raw).is_err();
    let name = match file.name() {
        Ok(name) if is_legacy => without_letters_that_separate(raw, &name),
        Ok(name) => name.into_owned(),
        Err(_) => String::from_utf8_lossy(raw).into_owned(),
    };
    let path = harmless(&name)?;
    Some((Entry { path, size: file.size(), position }, is_legacy))
}

/// A name in CP437, one character per byte, with `_` for every `\\` that is the second byte of a character in
/// an East Asian encoding.
fn without_letters_that_separate(raw: &[u8], name: &str) -> String {
    // In Shift-JIS, GBK and Big5: first bytes 0x81 to 0xFE, second bytes from 0x40.
    let mut is_second = false;
    let letters = raw.iter().zip(name.chars()).map(|(&byte, letter)| {
        let ends_letter = is_second && byte >= 0x40;
        is_second = !ends_letter && (0x81..=0xfe).contains(&byte);
        if ends_letter && byte == b'\\' { '_' } else { letter }
    });
    letters.collect()
}

/// A relative path without `.`, `..`, drive letters and control characters; `None` if nothing is left.
fn harmless(name: &str) -> Option<String> {
    let parts: Vec<String> = name
        .split(['/', '\\'])
        .enumerate()
        .filter(|(index, part)| *index > 0 || !is_drive(part))
        .map(|(_, part)| part)
        .filter(|part| !matches!(*part, "" | "." | ".."))
        .map(|part| part.replace(char::is_control, "\u{fffd}"))
        .collect();
    (!parts.is_empty()).then(|| parts.join("/"))
}

fn is_drive(part: &str) -> bool {
    matches!(part.as_bytes(), [letter, b':'] if letter.is_ascii_alphabetic())
}

fn entry_error(path: String, error: ZipError) -> ArchiveError {
    match error {
        ZipError::Io(error) => match error.kind() {
            io::ErrorKind::UnexpectedEof => ArchiveError::Truncated,
            io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput | io::ErrorKind::Other => {
                ArchiveError::DamagedEntry { path, reason: error.to_string() }
            }
            _ => ArchiveError::Io(error),
        },
        error => ArchiveError::DamagedEntry { path, reason: error.to_string() },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Diagnostic;
    use std::io::{Cursor, Write};
    use zip::write::{SimpleFileOptions, ZipWriter};

    const STORED: zip::CompressionMethod = zip::CompressionMethod::Stored;
    const DEFLATED: zip::CompressionMethod = zip::CompressionMethod::Deflated;

    fn packed(files: &[(&str, &[u8])], method: zip::CompressionMethod) -> Vec<u8> {
        let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
        for (name, bytes) in files {
            writer.start_file(*name, SimpleFileOptions::default().compression_method(method)).unwrap();
            writer.write_all(bytes).unwrap();
        }
        writer.finish().unwrap().into_inner()
    }

    fn open(bytes: Vec<u8>) -> Result<Archive<Cursor<Vec<u8>>>, ArchiveError> {
        Archive::open(Cursor::new(bytes), Limits::default())
    }

    fn replace_everywhere(bytes: &mut [u8], from: &[u8], to: &[u8]) -> usize {
        let places: Vec<usize> =
            (0..=bytes.len() - from.len()).filter(|&at| bytes[at..].starts_with(from)).collect();
        for &at in &places {
            bytes[at..at + to.len()].copy_from_slice(to);
        }
        places.len()
    }

    #[test]
    fn gives_back_what_was_packed() {
        let files: [(&str, &[u8]); 3] = [("a/b.png", b"first"), ("c.csv", b""), ("a/d.png", &[7; 5000])];
        for method in [STORED, DEFLATED] {
            let mut archive = open(packed(&files, method)).unwrap();
            let paths: Vec<String> = archive.entries().iter().map(|entry| entry.path.clone()).collect();
            assert_eq!(paths, ["a/b.png", "c.csv", "a/d.png"]);
            for (entry, (_, bytes)) in files.iter().enumerate() {
                assert_eq!(archive.entries()[entry].size, bytes.len() as u64);
                assert_eq!(archive.read(entry).unwrap(), *bytes);
            }
            assert_eq!(archive.read(3).unwrap_err().code(), "archive/no-such-entry");
        }
    }

    #[test]
    fn directories_are_left_out() {
        let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
        writer.add_directory("folder/", SimpleFileOptions::default()).unwrap();
        writer.start_file("folder/a.png", SimpleFileOptions::default()).unwrap();
        let mut archive = open(writer.finish().unwrap().into_inner()).unwrap();
        assert_eq!(archive.entries().len(), 1);
        assert_eq!(archive.read(0).unwrap(), b"");
    }

    #[test]
    fn hostile_names_become_harmless() {
        assert_eq!(harmless("../../x"), Some("x".into()));
        assert_eq!(harmless("/etc/x"), Some("etc/x".into()));
        assert_eq!(harmless("C:\\folder\\x"), Some("folder/x".into()));
        assert_eq!(harmless("a/./b//../c"), Some("a/b/c".into()));
        assert_eq!(harmless("a\u{1b}[2J\0b"), Some("a\u{fffd}[2J\u{fffd}b".into()));
        assert_eq!(harmless("../.."), None);
        let mut archive = open(packed(&[("../../x.png", b"pixels")], STORED)).unwrap();
        assert_eq!(archive.entries()[0].path, "x.png");
        assert_eq!(archive.read(0).unwrap(), b"pixels");
    }

    /// An archive with these raw names, without the flag for UTF-8.
    fn with_names(names: &[&[u8]]) -> Vec<u8> {
        let placeholders: Vec<String> =
            (0..).zip(names).map(|(number, name)| format!("{number:0>width$}", width = name.len())).collect();
        let files: Vec<(&str, &[u8])> =
            placeholders.iter().map(|name| (name.as_str(), name.as_bytes())).collect();
        let mut bytes = packed(&files, STORED);
        for (placeholder, name) in placeholders.iter().zip(names) {
            // The third occurrence is in the contents of the file.
            let headers = [b"PK\x03\x04", b"PK\x01\x02"];
            for (header, length) in headers.into_iter().zip([30, 46]) {
                let at = (0..bytes.len() - length)
                    .find(|&at| {
                        bytes[at..].starts_with(header)
                            && bytes[at + length..].starts_with(placeholder.as_bytes())
                    })
                    .unwrap();
                bytes[at + length..at + length + name.len()].copy_from_slice(name);
            }
        }
        bytes
    }

    fn paths(bytes: Vec<u8>) -> Vec<String> {
        open(bytes).unwrap().entries().iter().map(|entry| entry.path.clone()).collect()
    }

    #[test]
    fn letters_of_old_encodings_do_not_separate_folders() {
        // "表.png" and "well/ソ1.png" in Shift-JIS, "誠.png" in GBK (0xD5 0x5C), "Zürich/ä.png" in CP437.
        let names: [&[u8]; 4] =
            [b"\x95\x5c.png", b"well/\x83\x5c1.png", b"\xd5\x5c.png", b"Z\x81rich/\x84.png"];
        assert_eq!(paths(with_names(&names)), ["ò_.png", "well/â_1.png", "╒_.png", "Zürich/ä.png"]);
        let mut reader = Cursor::new(with_names(&names));
        let directory = Directory::read_from(&mut reader, Limits::default()).unwrap();
        assert_eq!(directory.legacy_names(), 4);
        assert_eq!(directory.read(&mut reader, 3).unwrap(), b"000000000003");
    }

    #[test]
    fn backslashes_of_windows_separate_folders_in_every_encoding() {
        let names: [&[u8]; 3] = [b"A01\\img.png", b"gr\x81n\\img.png", "grün\\é.png".as_bytes()];
        assert_eq!(paths(with_names(&names)), ["A01/img.png", "grün/img.png", "grün/é.png"]);
        let mut reader = Cursor::new(with_names(&names));
        assert_eq!(Directory::read_from(&mut reader, Limits::default()).unwrap().legacy_names(), 1);
    }

    #[test]
    fn the_beginning_of_a_file_is_read_alone() {
        let bytes = packed(&[("a", &[7; 100_000]), ("b", b"short")], DEFLATED);
        let mut reader = Cursor::new(bytes);
        let directory = Directory::read_from(&mut reader, Limits::default()).unwrap();
        assert_eq!(directory.read_beginning(&mut reader, 0, 10).unwrap(), [7; 10]);
        assert_eq!(directory.read_beginning(&mut reader, 1, 10).unwrap(), b"short");
    }

    #[test]
    fn what_is_no_archive_is_refused() {
        for bytes in [&b""[..], b"P", b"not an archive at all, but long enough for its end record to fit in"]
        {
            assert_eq!(open(bytes.to_vec()).unwrap_err().code(), "archive/not-an-archive");
        }
    }

    #[test]
    fn every_cut_is_noticed() {
        let whole = packed(&[("a.png", &[1, 2, 3, 4, 5, 6, 7, 8])], STORED);
        for length in 4..whole.len() {
            let error = open(whole[..length].to_vec()).unwrap_err();
            assert_eq!(error.code(), "archive/truncated", "cut to {length} bytes");
        }
    }

    #[test]
    fn too_much_is_refused() {
        let bytes = packed(&[("a", &[0; 1001]), ("b", &[0; 1000])], DEFLATED);
        let limits = Limits::default().with_maximum_entries(2).with_maximum_entry_bytes(1000);
        let mut archive = Archive::open(Cursor::new(bytes.clone()), limits).unwrap();
        assert_eq!(archive.read(0).unwrap_err().code(), "archive/entry-too-large");
        assert_eq!(archive.read(1).unwrap().len(), 1000);
        let limits = Limits { maximum_entries: 1, ..limits };
        let error = Archive::open(Cursor::new(bytes), limits).unwrap_err();
        assert_eq!(error.code(), "archive/too-many-entries");
    }

    #[test]
    fn a_size_that_lies_does_not_lift_the_limit() {
        let mut bytes = packed(&[("a", &[0; 5000])], DEFLATED);
        let changed = replace_everywhere(&mut bytes, &5000_u32.to_le_bytes(), &10_u32.to_le_bytes());
        assert_eq!(changed, 2, "the local header and the list of contents");
        let limits = Limits { maximum_entry_bytes: 1000, ..Limits::default() };
        let mut archive = Archive::open(Cursor::new(bytes), limits).unwrap();
        assert_eq!(archive.entries()[0].size, 10);
        let error = archive.read(0).unwrap_err();
        assert!(
            ["archive/entry-too-large", "archive/damaged-entry"].contains(&error.code().as_str()),
            "{error}"
        );
    }

    #[test]
    fn one_damaged_file_does_not_spoil_the_others() {
        let mut bytes = packed(&[("a", b"AAAAAAAA"), ("b", b"BBBBBBBB")], STORED);
        replace_everywhere(&mut bytes, b"AAAAAAAA", b"AAAXAAAA");
        let mut archive = open(bytes).unwrap();
        let error = archive.read(0).unwrap_err();
        assert_eq!(error.code(), "archive/damaged-entry");
        assert!(error.to_string().contains("\"a\""), "{error}");
        assert_eq!(archive.read(1).unwrap(), b"BBBBBBBB");
    }

    #[test]
    fn passwords_and_unknown_methods_are_named() {
        let whole = packed(&[("a", b"text")], STORED);
        let local = whole.windows(4).position(|bytes| bytes == b"PK\x03\x04").unwrap();
        let central = whole.windows(4).position(|bytes| bytes == b"PK\x01\x02").unwrap();

        let mut encrypted = whole.clone();
        encrypted[local + 6] |= 1;
        encrypted[central + 8] |= 1;
        assert_eq!(open(encrypted).unwrap().read(0).unwrap_err().code(), "archive/encrypted");

        let mut other = whole;
        other[local + 8] = 9;
        other[central + 10] = 9;
        let error = open(other).unwrap().read(0).unwrap_err();
        assert_eq!(error.code(), "archive/unsupported-compression");
        assert!(error.to_string().ends_with("(Deflate64)"), "{error}");
    }
}

//! Opening what a user gave: archives are expanded, CSV files read, and what is left is a list of
//! images with where their bytes and their truth are.
//!
//! The browser and the command line share this; each brings its own way to open a file.

use std::io::{self, Read, Seek};

use crate::archive::{self, Archive};
use crate::dataset::{CsvFile, Dataset, FileKind, InputFile, classify};
use crate::error::{Error, InFile};

/// A way to open the files that a user gave.
pub trait OpenFile {
    /// An open file.
    type Reader: Read + Seek;

    /// Opens the file at this position of the list of files.
    ///
    /// # Errors
    /// What the system says.
    fn open(&self, file: usize) -> io::Result<Self::Reader>;
}

/// Where the bytes of something are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub struct Source {
    /// Position in the list of files that the user gave.
    pub file: usize,
    /// Position in the archive's list of entries, if that file is an archive.
    pub entry: Option<usize>,
}

/// A data set and where its files are.
#[derive(Debug)]
pub struct Batch {
    /// The images and what is known of them. Positions of files in it are positions in `sources`.
    pub dataset: Dataset,
    /// Where each file of the data set is.
    pub sources: Vec<Source>,
    /// Records of earlier runs among the files: their paths and where they are. They are not read yet.
    pub records: Vec<(String, Source)>,
    /// Files that could not be opened: archives and CSV files. The rest go on.
    pub failures: Vec<Error>,
}

/// Expands archives and reads CSV files. One bad file never loses the others.
pub fn open(given: &[InputFile], store: &impl OpenFile) -> Batch {
    let mut failures = Vec::new();
    let mut files = Vec::new();
    let mut sources = Vec::new();
    for (position, (file, kind)) in given.iter().zip(classify(given)).enumerate() {
        if kind != FileKind::Archive {
            files.push(file.clone());
            sources.push(Source { file: position, entry: None });
            continue;
        }
        match entries(store, position, &file.path) {
            Ok(entries) => {
                for (number, entry) in entries.into_iter().enumerate() {
                    let path = format!("{}/{}", file.path, entry.path);
                    files.push(InputFile { path, size: entry.size, explicit: false });
                    sources.push(Source { file: position, entry: Some(number) });
                }
            }
            Err(error) => failures.push(error),
        }
    }

    // Records are no part of the data set: nobody needs to be told that they are no images.
    let is_record = |(file, _): &(InputFile, Source)| is_record_name(&file.path);
    let (records, rest): (Vec<_>, Vec<_>) = files.into_iter().zip(sources).partition(is_record);
    let records = records.into_iter().map(|(file, source)| (file.path, source)).collect();
    let (files, sources): (Vec<InputFile>, Vec<Source>) = rest.into_iter().unzip();

    let mut csv_files = Vec::new();
    for (position, kind) in classify(&files).into_iter().enumerate() {
        if matches!(kind, FileKind::Csv(_)) {
            match read(store, sources[position], &files[position].path) {
                Ok(bytes) => csv_files.push(CsvFile { file: position, bytes }),
                Err(error) => failures.push(error),
            }
        }
    }
    Batch { dataset: Dataset::build(&files, &csv_files), sources, records, failures }
}

/// Whether a file is named as the records of runs are: `nucleoscope.json`, or with something in front of it.
///
/// ```
/// use nucleoscope::batch::is_record_name;
///
/// assert!(is_record_name("results.zip/nucleoscope.json") && is_record_name(r"results\a-Nucleoscope.JSON"));
/// assert!(!is_record_name("coco.json") && !is_record_name("nucleoscope.json/a.png"));
/// ```
pub fn is_record_name(path: &str) -> bool {
    path.to_lowercase().ends_with("nucleoscope.json")
}

fn entries(store: &impl OpenFile, file: usize, path: &str) -> Result<Vec<archive::Entry>, Error> {
    let reader = store.open(file).map_err(|error| error.in_file(path))?;
    let archive = Archive::open(reader, archive::Limits::default()).map_err(|error| error.in_file(path))?;
    Ok(archive.entries().to_vec())
}

/// Reads the bytes of one source; `path` names it in errors.
///
/// # Errors
/// The file or the archive's entry cannot be read.
pub fn read(store: &impl OpenFile, source: Source, path: &str) -> Result<Vec<u8>, Error> {
    let mut reader = store.open(source.file).map_err(|error| error.in_file(path))?;
    match source.entry {
        Some(entry) => Archive::open(reader, archive::Limits::default())
            .and_then(|mut archive| archive.read(entry))
            .map_err(|error| error.in_file(path)),
        None => {
            let mut bytes = Vec::new();
            reader.read_to_end(&mut bytes).map_err(|error| error.in_file(path))?;
            Ok(bytes)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dataset::Truth;
    use crate::error::Explain;
    use std::io::{Cursor, Write};

    struct Memory(Vec<Vec<u8>>);

    impl OpenFile for Memory {
        type Reader = Cursor<Vec<u8>>;

        fn open(&self, file: usize) -> io::Result<Self::Reader> {
            self.0.get(file).cloned().map(Cursor::new).ok_or_else(|| io::ErrorKind::NotFound.into())
        }
    }

    fn zip(entries: &[(&str, &[u8])]) -> Vec<u8> {
        let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
        for (name, bytes) in entries {
            writer.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
            writer.write_all(bytes).unwrap();
        }
        writer.finish().unwrap().into_inner()
    }

    fn given(files: &[(&str, &[u8])]) -> (Vec<InputFile>, Memory) {
        let named = |(path, bytes): &(&str, &[u8])| InputFile {
            path: (*path).into(),
            size: bytes.len() as u64,
            explicit: true,
        };
        (files.iter().map(named).collect(), Memory(files.iter().map(|(_, bytes)| bytes.to_vec()).collect()))
    }

    #[test]
    fn an_archive_becomes_its_images_and_truth() {
        let packed = zip(&[
            ("test/b/images/b.png", b"image b"),
            ("test/a/images/a.png", b"image a"),
            ("stage1_solution.csv", b"ImageId,EncodedPixels\na,1 2\n"),
        ]);
        let (files, store) = given(&[("single.png", b"image c"), ("bowl.zip", &packed)]);
        let batch = open(&files, &store);
        assert!(batch.failures.is_empty(), "{:?}", batch.failures);
        let ids: Vec<_> = batch.dataset.images.iter().map(|image| image.image_id.as_str()).collect();
        assert_eq!(ids, ["a", "b", "single"]);
        assert!(matches!(batch.dataset.images[0].truth, Truth::RunLengths(_)));
        let bytes = |image: usize| {
            let entry = &batch.dataset.images[image];
            read(&store, batch.sources[entry.file], &entry.path).unwrap()
        };
        assert_eq!([bytes(0), bytes(1), bytes(2)], [b"image a", b"image b", b"image c"]);
    }

    #[test]
    fn records_are_found_wherever_they_are_and_are_no_images() {
        let packed = zip(&[("nucleoscope.json", b"{}"), ("a.geojson", b"{}")]);
        let (files, store) =
            given(&[("cells.png", b"image"), ("run.zip", &packed), ("nucleoscope.json", b"{}")]);
        let batch = open(&files, &store);
        let found: Vec<_> =
            batch.records.iter().map(|(path, source)| (path.as_str(), source.entry)).collect();
        assert_eq!(found, [("run.zip/nucleoscope.json", Some(0)), ("nucleoscope.json", None)]);
        assert_eq!((batch.dataset.images.len(), batch.dataset.failed.len()), (1, 0));
        assert_eq!(read(&store, batch.sources[batch.dataset.images[0].file], "").unwrap(), b"image");
    }

    #[test]
    fn a_broken_archive_does_not_lose_the_rest() {
        let (files, store) =
            given(&[("broken.zip", b"PK\x03\x04 and then nothing"), ("cells.png", b"image")]);
        let batch = open(&files, &store);
        assert_eq!(batch.dataset.images.len(), 1);
        assert_eq!(batch.failures.len(), 1);
        assert!(batch.failures[0].to_string().starts_with("broken.zip: "));
        assert!(batch.failures[0].code().starts_with("archive/"));
    }

    #[test]
    fn a_file_that_is_gone_is_an_error_with_its_name() {
        let (_, store) = given(&[]);
        let error = read(&store, Source { file: 3, entry: None }, "gone.png").unwrap_err();
        assert_eq!((error.file.as_str(), error.code()), ("gone.png", "file/io"));
    }
}

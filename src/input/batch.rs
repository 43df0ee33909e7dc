//! Input files of a run: archives are expanded and CSV files read, which gives a list of images with the
//! locations of their data and their ground truth.
//!
//! The browser and the command line share this code; each has its own way to open a file. The list of
//! contents of an archive is read once and kept ([`Archives`]), regardless of how many of its files are read
//! later.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::io::{self, Cursor, Read, Seek, SeekFrom};

use crate::diagnostic::{Error, InFile};
use crate::dsb2018::run_length::{self, Mask};
use crate::export::{ExportError, signature};
use crate::geometry::Size;
use crate::image::{ImageError, Limits};
use crate::input::archive::Directory;
use crate::input::dataset::{
    CsvFile, Dataset, DatasetWarning, FileKind, Ignored, ImageEntry, InputFile, Truth, classify,
};
use crate::input::truth::{GroundTruth, check_masks};
use crate::limits::check;
use crate::nuclei::LabelImage;

/// A way to open the input files.
pub trait OpenFile {
    /// An open file.
    type Reader: Read + Seek;

    /// Opens the file at this index in the list of files.
    ///
    /// # Errors
    /// The error of the operating system.
    fn open(&self, file: usize) -> io::Result<Self::Reader>;
}

/// The location of the data of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[cfg_attr(feature = "typescript", derive(tsify::Tsify))]
pub struct Source {
    /// The index in the list of input files.
    pub file: usize,
    /// The index in the list of entries of the archive, if that file is an archive.
    pub entry: Option<usize>,
}

/// The lists of contents of opened archives, by the index or number of the archive's file; and the limits on all
/// input files.
#[derive(Debug, Clone, Default)]
pub struct Archives {
    directories: HashMap<usize, Directory>,
    limits: Limits,
}

/// Maximum number of archives that [`Archives::read_and_keep`] keeps; one with 30,000 files takes about 10 MB.
const MOST_ARCHIVES: usize = 8;

impl Archives {
    /// No archives yet, and these limits.
    pub fn new(limits: Limits) -> Self {
        Self { directories: HashMap::new(), limits }
    }

    /// The list of contents of an archive, read from its file on first use.
    fn directory(&mut self, store: &impl OpenFile, file: usize, path: &str) -> Result<&Directory, Error> {
        match self.directories.entry(file) {
            Entry::Occupied(entry) => Ok(entry.into_mut()),
            Entry::Vacant(entry) => {
                let mut reader = store.open(file).map_err(|error| Error::io(error, path))?;
                let directory = Directory::read_from(&mut reader, self.limits);
                Ok(entry.insert(directory.map_err(|error| error.in_file(path))?))
            }
        }
    }

    /// The same archives with new indices; those without a new index are omitted.
    fn renumbered(&self, number: impl Fn(usize) -> Option<usize>) -> Self {
        let renumbered =
            self.directories.iter().filter_map(|(&file, directory)| Some((number(file)?, directory.clone())));
        Self { directories: renumbered.collect(), limits: self.limits }
    }

    /// Reads the data of one source; `path` names it in errors. If an archive was not opened before, its list
    /// of contents is read for this call only.
    ///
    /// # Errors
    /// The file or the entry of the archive cannot be read.
    pub fn read(&self, store: &impl OpenFile, source: Source, path: &str) -> Result<Vec<u8>, Error> {
        let mut reader = store.open(source.file).map_err(|error| Error::io(error, path))?;
        let Some(entry) = source.entry else {
            // A pipe has no size, and cannot be rewound.
            if let Ok(size) = reader.seek(SeekFrom::End(0)) {
                check::maximum_file_bytes(&self.limits, size).map_err(|error| error.in_file(path))?;
                reader.rewind().map_err(|error| Error::io(error, path))?;
            }
            let mut bytes = Vec::new();
            reader.read_to_end(&mut bytes).map_err(|error| Error::io(error, path))?;
            return Ok(bytes);
        };
        let bytes = match self.directories.get(&source.file) {
            Some(directory) => directory.read(&mut reader, entry),
            None => Directory::read_from(&mut reader, self.limits)
                .and_then(|directory| directory.read(&mut reader, entry)),
        };
        bytes.map_err(|error| error.in_file(path))
    }

    /// Like [`Self::read`], and keeps the list of contents of an archive for further calls. If there are many
    /// lists, all earlier ones are dropped.
    ///
    /// # Errors
    /// The file or the entry of the archive cannot be read.
    pub fn read_and_keep(
        &mut self,
        store: &impl OpenFile,
        source: Source,
        path: &str,
    ) -> Result<Vec<u8>, Error> {
        if source.entry.is_some() {
            if self.directories.len() >= MOST_ARCHIVES && !self.directories.contains_key(&source.file) {
                self.directories.clear();
            }
            self.directory(store, source.file, path)?;
        }
        self.read(store, source, path)
    }

    /// Whether Nucleoscope wrote an image, according to its signature. `false` for an unreadable file: the
    /// error is reported when the file is opened.
    fn is_signed(&self, store: &impl OpenFile, source: Source, path: &str) -> bool {
        let lower = path.to_lowercase();
        let is_png = lower.ends_with(".png");
        if !is_png && !lower.ends_with(".tif") {
            return false;
        }
        let Ok(mut reader) = store.open(source.file) else { return false };
        let signed = match (source.entry, self.directories.get(&source.file)) {
            (None, _) => signature::is_signed(&mut reader),
            // A TIFF in an archive would have to be unpacked completely.
            (Some(entry), Some(directory)) if is_png || lower.ends_with("-labels.tif") => {
                let count = if is_png { signature::PNG_BEGINNING } else { u64::MAX };
                let beginning = directory.read_beginning(&mut reader, entry, count).unwrap_or_default();
                signature::is_signed(&mut Cursor::new(beginning))
            }
            _ => Ok(false),
        };
        signed.unwrap_or(false)
    }
}

/// A data set and the locations of its files.
#[derive(Debug)]
pub struct Batch {
    /// The images and their metadata. Indices of files in it are indices in `sources`.
    pub dataset: Dataset,
    /// The location of each file of the data set.
    pub sources: Vec<Source>,
    /// Records of earlier runs among the files: their paths and locations. They are not read yet.
    pub records: Vec<(String, Source)>,
    /// The archives among the files, for reading from them.
    pub archives: Archives,
    /// Archives and CSV files that could not be opened. The other files are used.
    pub failures: Vec<Error>,
}

impl Batch {
    /// Reads a file of the data set, by its index there; `path` names it in errors.
    ///
    /// # Errors
    /// The file or the entry of the archive cannot be read.
    pub fn read(&self, store: &impl OpenFile, file: usize, path: &str) -> Result<Vec<u8>, Error> {
        let source = self.sources.get(file).copied();
        let source = source.ok_or_else(|| Error::io(io::ErrorKind::NotFound.into(), path))?;
        self.archives.read(store, source, path)
    }

    /// The true nuclei of an image of the data set, for its size in pixels; `None` if they are not known. They
    /// may overlap.
    ///
    /// # Errors
    /// The ground truth cannot be read, or does not fit the image; the error names the image and the file.
    pub fn truth(
        &self,
        store: &impl OpenFile,
        image: &ImageEntry,
        size: Size,
    ) -> Result<Option<Vec<Mask>>, Error> {
        let load = |file: usize, decode: &dyn Fn(&[u8]) -> Result<GroundTruth, ImageError>| {
            let path = format!("{} (ground truth {file})", image.path);
            let truth = decode(&self.read(store, file, &path)?).map_err(|error| error.in_file(&path))?;
            truth.masks(size).map_err(|error| error.in_file(path))
        };
        let limits = self.archives.limits;
        let of_mask = |&file: &usize| load(file, &|bytes| GroundTruth::from_mask_files([bytes], limits));
        match &image.truth {
            Truth::Unknown => Ok(None),
            Truth::MaskFiles(files) => {
                files.iter().map(of_mask).collect::<Result<Vec<_>, _>>().map(|masks| Some(masks.concat()))
            }
            Truth::LabelFile(file) => {
                load(*file, &|bytes| GroundTruth::from_label_file(bytes, limits)).map(Some)
            }
            Truth::RunLengths(masks) => check_masks(masks, size)
                .map(|()| Some(masks.clone()))
                .map_err(|error| error.in_file(&image.path)),
        }
    }

    /// The true nuclei of an image as a label image; a pixel of several nuclei belongs to the first.
    ///
    /// # Errors
    /// Those of [`Self::truth`], and [`ExportError::NoNuclei`] if the nuclei are not known.
    pub fn truth_labels(
        &self,
        store: &impl OpenFile,
        image: &ImageEntry,
        size: Size,
    ) -> Result<LabelImage, Error> {
        let masks = self.truth(store, image, size)?;
        let masks = masks.ok_or_else(|| ExportError::NoNuclei.in_file(&image.path))?;
        run_length::decode_overlapping(&masks, size).map_err(|error| error.in_file(&image.path))
    }
}

/// Expands archives and reads CSV files. An unreadable file does not affect the others.
pub fn open(given: &[InputFile], store: &impl OpenFile) -> Batch {
    open_within(given, store, Limits::default())
}

/// Like [`open`], with other limits.
pub fn open_within(given: &[InputFile], store: &impl OpenFile, limits: Limits) -> Batch {
    open_with(given, store, Archives::new(limits))
}

/// Like [`open`], with archives that may have been opened before. `numbers` identify the files: the number of
/// `given[i]` is `numbers[i]`. `archives` are those opened before, by number, and then those of this call.
pub fn open_again(
    given: &[InputFile],
    numbers: &[usize],
    store: &impl OpenFile,
    archives: &mut Archives,
) -> Batch {
    let positions: HashMap<usize, usize> = numbers.iter().copied().zip(0..).collect();
    let batch = open_with(given, store, archives.renumbered(|number| positions.get(&number).copied()));
    *archives = batch.archives.renumbered(|position| numbers.get(position).copied());
    batch
}

fn open_with(given: &[InputFile], store: &impl OpenFile, mut archives: Archives) -> Batch {
    let mut failures = Vec::new();
    let mut files = Vec::new();
    let mut sources = Vec::new();
    let mut warnings = Vec::new();
    for (position, (file, kind)) in given.iter().zip(classify(given)).enumerate() {
        if kind != FileKind::Archive {
            files.push(file.clone());
            sources.push(Source { file: position, entry: None });
            continue;
        }
        match archives.directory(store, position, &file.path) {
            Ok(directory) => {
                for (number, entry) in directory.entries().iter().enumerate() {
                    let path = format!("{}/{}", file.path, entry.path);
                    files.push(InputFile { root: file.root, ..InputFile::found(path, entry.size) });
                    sources.push(Source { file: position, entry: Some(number) });
                }
                let count = directory.legacy_names();
                if count > 0 {
                    warnings.push(DatasetWarning::LegacyNames { archive: file.path.clone(), count });
                }
            }
            Err(error) => failures.push(error),
        }
    }
    for (file, kind) in classify(&files).into_iter().enumerate() {
        if matches!(kind, FileKind::Image | FileKind::Ignored(Ignored::TruthWithoutImage)) {
            files[file].is_export = archives.is_signed(store, sources[file], &files[file].path);
        }
    }

    // Records are not part of the data set, so no warning says that they are not images.
    let is_record = |(file, _): &(InputFile, Source)| is_record_name(&file.path);
    let (records, rest): (Vec<_>, Vec<_>) = files.into_iter().zip(sources).partition(is_record);
    let records = records.into_iter().map(|(file, source)| (file.path, source)).collect();
    let (files, sources): (Vec<InputFile>, Vec<Source>) = rest.into_iter().unzip();

    let mut csv_files = Vec::new();
    for (position, kind) in classify(&files).into_iter().enumerate() {
        if matches!(kind, FileKind::Csv(_)) {
            match archives.read(store, sources[position], &files[position].path) {
                Ok(bytes) => csv_files.push(CsvFile { file: position, bytes }),
                Err(error) => failures.push(error),
            }
        }
    }
    let mut dataset = Dataset::build_within(&files, &csv_files, &archives.limits);
    dataset.warnings.splice(0..0, warnings);
    Batch { dataset, sources, records, archives, failures }
}

/// Whether a file name is that of a record: it ends with `nucleoscope.json`, in any case.
///
/// ```
/// use nucleoscope::input::batch::is_record_name;
///
/// assert!(is_record_name("results.zip/nucleoscope.json") && is_record_name(r"results\a-Nucleoscope.JSON"));
/// assert!(!is_record_name("coco.json") && !is_record_name("nucleoscope.json/a.png"));
/// ```
pub fn is_record_name(path: &str) -> bool {
    path.to_lowercase().ends_with("nucleoscope.json")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Diagnostic;
    use crate::geometry::Size;
    use std::cell::Cell;
    use std::io::{SeekFrom, Write};

    /// An archive in memory that counts the bytes read from its list of contents.
    struct Counting {
        bytes: Vec<u8>,
        directory: u64,
        read: Cell<u64>,
    }

    struct CountingReader<'a> {
        store: &'a Counting,
        at: Cursor<&'a [u8]>,
    }

    impl<'a> OpenFile for &'a Counting {
        type Reader = CountingReader<'a>;

        fn open(&self, _: usize) -> io::Result<CountingReader<'a>> {
            Ok(CountingReader { store: self, at: Cursor::new(&self.bytes) })
        }
    }

    impl Read for CountingReader<'_> {
        fn read(&mut self, target: &mut [u8]) -> io::Result<usize> {
            let count = self.at.read(target)?;
            let in_directory = self.at.position().saturating_sub(self.store.directory).min(count as u64);
            self.store.read.set(self.store.read.get() + in_directory);
            Ok(count)
        }
    }

    impl Seek for CountingReader<'_> {
        fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
            self.at.seek(to)
        }
    }

    #[test]
    fn an_archives_list_of_contents_is_read_once_however_many_files_are_read() {
        let read_of = |images: usize| {
            let names: Vec<String> = (0..images)
                .flat_map(|image| {
                    let mask = move |mask: usize| format!("{image}/masks/{mask}.png");
                    std::iter::once(format!("{image}/images/{image}.png")).chain((0..9).map(mask))
                })
                .collect();
            let files: Vec<(&str, &[u8])> =
                names.iter().map(|name| (name.as_str(), name.as_bytes())).collect();
            let bytes = zip(&files);
            let directory = bytes.windows(4).position(|bytes| bytes == b"PK\x01\x02").unwrap() as u64;
            let size = bytes.len() as u64 - directory;
            let store = Counting { bytes, directory, read: Cell::new(0) };
            let batch = open(&[InputFile::given("train.zip", 1)], &&store);
            assert_eq!(batch.dataset.images.len(), images);
            for entry in &batch.dataset.images {
                assert!(batch.read(&&store, entry.file, &entry.path).unwrap().ends_with(b".png"));
                let Truth::MaskFiles(masks) = &entry.truth else { panic!("{} has no masks", entry.path) };
                assert_eq!(masks.len(), 9);
                masks.iter().for_each(|&mask| _ = batch.read(&&store, mask, "mask").unwrap());
            }
            (store.read.get(), size)
        };
        // Locating its end takes a few more bytes.
        for images in [3, 30, 300] {
            let (read, size) = read_of(images);
            assert!(
                (size..size + 4096).contains(&read),
                "{images} images: {read} bytes read, {size} are there"
            );
        }
    }

    #[test]
    fn what_nucleoscope_wrote_is_no_image() {
        use crate::export::{label_image, overlay};
        use crate::image::Preview;
        use crate::nuclei::LabelImage;
        let labels = LabelImage::from_labels(Size::new(2, 1), vec![0, 1]);
        let png = label_image::encode(&labels, &[true], None).unwrap().bytes;
        let pixel_size = crate::image::PixelSize::new(0.5, 0.5);
        let tif = label_image::encode(&labels, &[true], pixel_size).unwrap().bytes;
        let picture = overlay::encode(Preview { width: 2, height: 1, rgba: vec![9; 8] }, &labels).unwrap();
        let drawn = crate::synthetic::field(&Default::default()).png();
        let files: [(&str, &[u8]); 6] = [
            ("x/f.png", &drawn),
            ("x/f-labels.png", &png),
            ("x/f-labels.tif", &tif),
            ("x/out/f.png", &picture),
            ("x/f-measurements.csv", b"image,nucleus\n"),
            ("x/labels/f.png", &png),
        ];
        let packed = zip(&files);
        let archive = files.map(|(path, _)| format!("a.zip/{path}"));
        let found = |path: &str, bytes: &[u8]| InputFile::found(path, bytes.len() as u64);
        let unpacked: Vec<InputFile> = files.iter().map(|(path, bytes)| found(path, bytes)).collect();
        let store = Memory(files.iter().map(|(_, bytes)| bytes.to_vec()).collect());
        let batches = [open(&unpacked, &store), open(&[InputFile::given("a.zip", 1)], &Memory(vec![packed]))];
        let paths: [Vec<String>; 2] = [files.map(|(path, _)| path.to_owned()).to_vec(), archive.to_vec()];
        for (batch, paths) in batches.iter().zip(paths) {
            let images: Vec<&str> = batch.dataset.images.iter().map(|image| image.path.as_str()).collect();
            assert_eq!(images, [&paths[0]]);
            assert_eq!(batch.dataset.images[0].image_id, "f");
            let mut others = paths[1..].to_vec();
            others.sort();
            assert_eq!(batch.dataset.warnings, [DatasetWarning::OwnExports { files: others }]);
        }
    }

    #[test]
    fn archives_are_known_by_their_numbers_and_only_a_few_are_kept() {
        let packed = zip(&[("a.png", b"image")]);
        let given = [InputFile::found("b.png", 1), InputFile::given("a.zip", 1)];
        let store = Memory(vec![b"image b".to_vec(), packed]);
        let mut archives = Archives::default();
        let batch = open_again(&given, &[70, 71], &store, &mut archives);
        assert_eq!(batch.dataset.images.len(), 2);
        assert_eq!(archives.directories.keys().collect::<Vec<_>>(), [&71]);

        // The archive is not opened again: its bytes are no longer those of an archive.
        let changed = Memory(vec![b"not an archive".to_vec()]);
        let batch = open_again(&given[1..], &[71], &changed, &mut archives);
        assert_eq!((batch.dataset.images.len(), batch.failures.len()), (1, 0));
        open_again(&given[..1], &[70], &store, &mut archives);
        assert!(archives.directories.is_empty());

        struct Same(Vec<u8>);
        impl OpenFile for Same {
            type Reader = Cursor<Vec<u8>>;
            fn open(&self, _: usize) -> io::Result<Self::Reader> {
                Ok(Cursor::new(self.0.clone()))
            }
        }
        let same = Same(store.0[1].clone());
        for file in 0..=MOST_ARCHIVES {
            let bytes = archives.read_and_keep(&same, Source { file, entry: Some(0) }, "a.zip").unwrap();
            assert_eq!((&*bytes, archives.directories.len()), (&b"image"[..], file % MOST_ARCHIVES + 1));
        }
    }

    #[test]
    fn truth_in_every_form_is_one_mask_a_nucleus_and_errors_name_its_file() {
        let png = |values: [u8; 2]| {
            let samples = crate::image::Samples::U8(values.to_vec().into());
            crate::synthetic::encode_png(&crate::image::Image::new(Size::new(2, 1), 1, samples).unwrap())
        };
        let (left, right, labels) = (png([255, 0]), png([0, 255]), png([1, 2]));
        let (files, store) = given(&[
            ("a/images/a.png", &labels),
            ("a/masks/1.png", &left),
            ("a/masks/2.png", &right),
            ("set/images/b.png", &labels),
            ("set/labels/b.png", &labels),
            ("c.png", &labels),
            ("d.png", &labels),
            ("stage1_solution.csv", b"ImageId,EncodedPixels\nc,1 1\nc,2 1\n"),
        ]);
        let batch = open(&files, &store);
        let image_of = |id: &str| batch.dataset.images.iter().find(|image| image.image_id == id).unwrap();
        let truth = |id: &str, size| batch.truth(&store, image_of(id), size);
        for image in ["a", "b", "c"] {
            let masks = truth(image, Size::new(2, 1)).unwrap().unwrap();
            assert_eq!(
                masks.iter().map(Mask::to_string).collect::<Vec<_>>(),
                ["1 1", "2 1"],
                "image {image}"
            );
            let labels = batch.truth_labels(&store, image_of(image), Size::new(2, 1)).unwrap();
            assert_eq!(labels.as_slice(), [1, 2]);
        }
        assert_eq!(truth("d", Size::new(2, 1)).unwrap(), None);
        let missing = batch.truth_labels(&store, image_of("d"), Size::new(2, 1)).unwrap_err();
        assert_eq!((missing.file(), missing.code().as_str()), ("d.png", "export/no-nuclei"));
        let other_size = |image| truth(image, Size::new(1, 1)).unwrap_err();
        assert_eq!(other_size("a").file(), "a/images/a.png (ground truth 1)");
        assert_eq!(other_size("b").code(), "truth/size");
        assert_eq!((other_size("c").file(), other_size("c").code().as_str()), ("c.png", "truth/run"));
    }

    #[test]
    fn names_in_old_encodings_are_told() {
        let mut bytes = zip(&[("aa.png", b"image")]);
        let places: Vec<usize> = (0..bytes.len()).filter(|&at| bytes[at..].starts_with(b"aa.png")).collect();
        places.into_iter().for_each(|at| bytes[at..at + 2].copy_from_slice(b"\x95\x5c"));
        let batch = open(&[InputFile::given("a.zip", 1)], &Memory(vec![bytes]));
        assert_eq!(batch.dataset.images[0].image_id, "ò_");
        assert_eq!(
            batch.dataset.warnings,
            [DatasetWarning::LegacyNames { archive: "a.zip".into(), count: 1 }]
        );
    }

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
        let named = |(path, bytes): &(&str, &[u8])| InputFile::given(*path, bytes.len() as u64);
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
            batch.read(&store, entry.file, &entry.path).unwrap()
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
        assert_eq!(batch.read(&store, batch.dataset.images[0].file, "").unwrap(), b"image");
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
        let source = Source { file: 3, entry: None };
        let error = Archives::default().read(&store, source, "gone.png").unwrap_err();
        assert_eq!((error.file(), error.code().as_str()), ("gone.png", "file/io"));
    }
}

//! The images among the input files and their metadata from the folders and CSV files of the Bowl.
//!
//! Only names are used here; no file is opened. The browser and the command line follow the same three steps:
//! [`classify`] the files, read those that are [CSV files of the Bowl](FileKind::Csv), and
//! [build](Dataset::build) the data set. Archives are expanded before: the file `stage1.zip` is replaced by
//! its entries, named `stage1.zip/path/of/entry`.
//!
//! # Layouts
//! These may be inside any number of folders, and the parts of a path may be separated by `/` or `\`.
//!
//! | files | image id | ground truth |
//! |---|---|---|
//! | `ID/images/NAME.png`, `ID/masks/*.png` | `NAME` | one mask file per nucleus |
//! | `X/images/NAME.png`, `X/labels/NAME.png` | `NAME` | a label image |
//! | `NAME.png` | `NAME` | |
//!
//! # Ids
//! An id is the file name without its extension, in Unicode's composed form (NFC), without surrounding spaces
//! and invisible characters; `unnamed` if nothing remains. If several images would have the same id, all of
//! them get another one, the first of these that distinguishes each from every other image:
//!
//! 1. in the first layout, if the image is alone in its folder, the name `ID` of the folder;
//! 2. the names of one, two … parent folders, joined by `_`: `A01_img` and `A02_img`, without `images`
//!    and without the `.zip` of archives;
//! 3. all folders, unchanged;
//! 4. the name with its extension, with as many parent folders as necessary: `a.png` and `a.tif`.
//!
//! Ids therefore depend on the set of files, but not on their order. Ids in CSV files are compared in the
//! composed form too.
//!
//! # Omitted files
//! Hidden files and those of operating systems; thumbnails (`x_thumb….png`, or files in a folder `thumbs`) of
//! images in the data set; and files written by Nucleoscope: files with its signature
//! ([`InputFile::is_export`]), and files with the names of exports beside such a file, beside the record of
//! the same image or, if they are not images, of an image in the data set. Omitted files are reported in a
//! [`DatasetWarning`].
//!
//! | CSV file | contents |
//! |---|---|
//! | `*sample_submission*.csv` | the requested ids, in order |
//! | `*solution*.csv`, `*labels.csv`, `*truth*.csv` | true nuclei as run lengths, ignored images |
//!
//! If an image has several kinds of ground truth, mask files take precedence over label images, and these
//! over run lengths.

mod id;
mod own_export;
mod path;
mod thumbnail;

use std::collections::{BTreeMap, HashMap, HashSet};

use serde::{Serialize, Serializer};

use crate::diagnostic::{self, first_few};
use crate::dsb2018::csv::{self, BowlCsv, BowlCsvError, Purpose};
use crate::dsb2018::folder::{self, Folder, Layout, TruthFile};
use crate::dsb2018::run_length::Mask;
use crate::export::file_stems;
use crate::image::{is_image_name, unread_format};
use crate::limits::Limits;
pub use folder::CsvRole;
use id::Named;
use path::Path;

/// An input file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InputFile {
    /// The path relative to the input folder, such as `stage1_test/ID/images/ID.png`, or just the name.
    pub path: String,
    /// The size in bytes.
    pub size: u64,
    /// Whether the user named the file itself, rather than a folder or archive that contains it. Such a file
    /// is treated as an image even if its extension is unknown, so that the user gets an error message.
    pub explicit: bool,
    /// Whether Nucleoscope wrote the file, according to its signature: see [`crate::export::signature`].
    pub is_export: bool,
    /// The length in bytes of the input folder in `path`: a hidden folder is read if the user named it.
    pub root: usize,
}

impl InputFile {
    /// A file found in a folder or an archive, of which only the name and size are known.
    pub fn found(path: impl Into<String>, size: u64) -> Self {
        Self { path: path.into(), size, explicit: false, is_export: false, root: 0 }
    }

    /// A file named by the user.
    pub fn given(path: impl Into<String>, size: u64) -> Self {
        Self { explicit: true, ..Self::found(path, size) }
    }
}

/// The kind of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum FileKind {
    /// An image to segment.
    Image,
    /// One true nucleus of the image beside it.
    Mask,
    /// The label image of the true nuclei of the image beside it.
    LabelImage,
    /// A CSV file to read and pass to [`Dataset::build`].
    Csv(CsvRole),
    /// A ZIP archive to expand.
    Archive,
    /// An image in a format that is not supported, according to its name.
    Unread(&'static str),
    /// Not used.
    Ignored(Ignored),
}

/// The reason why a file is not used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Ignored {
    /// Created by an operating system, hidden, or of a type that is not an image.
    OtherType,
    /// A CSV file whose purpose is not known from its name.
    UnknownCsv,
    /// In a folder `masks` or `labels` whose images cannot be determined.
    TruthWithoutImage,
    /// A thumbnail of an image in the data set.
    Thumbnail,
    /// Written by Nucleoscope.
    OwnExport,
}

/// Determines the kind of each file; the results are in the order of the files.
///
/// ```
/// use nucleoscope::input::dataset::{CsvRole, FileKind, Ignored, InputFile, classify};
///
/// let paths = ["set/a/images/a.png", "set/a/masks/1.png", "set/stage1_solution.csv", "set/notes.txt"];
/// let files = paths.map(|path| InputFile::found(path, 1));
/// assert_eq!(classify(&files), [
///     FileKind::Image,
///     FileKind::Mask,
///     FileKind::Csv(CsvRole::Truth),
///     FileKind::Ignored(Ignored::OtherType),
/// ]);
/// ```
pub fn classify(files: &[InputFile]) -> Vec<FileKind> {
    let paths: Vec<Path> =
        files.iter().map(|file| Path::of(&file.path).in_root(&file.path, file.root)).collect();
    let by_name: Vec<FileKind> =
        paths.iter().zip(files).map(|(path, file)| kind_by_name(path, file)).collect();
    let is_picture = |file: usize| by_name[file] == FileKind::Image;
    let mut left_out: HashMap<usize, Ignored> = HashMap::new();
    left_out
        .extend(own_export::find(files, &paths, &by_name).into_iter().map(|file| (file, Ignored::OwnExport)));
    let images: Vec<usize> =
        (0..files.len()).filter(|&file| is_picture(file) && !left_out.contains_key(&file)).collect();
    let thumbnails = thumbnail::find(&paths, &images);
    left_out.extend(thumbnails.into_iter().map(|file| (file, Ignored::Thumbnail)));

    let is_image = |&(file, path): &(usize, &Path)| {
        is_image_name(path.name()) && !path.is_hidden(files[file].explicit) && !left_out.contains_key(&file)
    };
    let layout = Layout::new(paths.iter().enumerate().filter(is_image).map(|(_, path)| path.folder()));
    let kind = |file: usize| {
        let by_name = left_out.get(&file).map_or(by_name[file], |&why| FileKind::Ignored(why));
        let folders = paths[file].folder();
        match layout.truth_file(folders).filter(|_| is_picture(file)) {
            Some(TruthFile::Mask) => FileKind::Mask,
            Some(TruthFile::LabelImage) => FileKind::LabelImage,
            Some(TruthFile::WithoutImage) if left_out.contains_key(&file) => by_name,
            // A file that the user named is an image, unless the images beside it determine its kind.
            Some(TruthFile::WithoutImage) if files[file].explicit && !layout.has_images_beside(folders) => {
                by_name
            }
            Some(TruthFile::WithoutImage) => FileKind::Ignored(Ignored::TruthWithoutImage),
            None => by_name,
        }
    };
    (0..files.len()).map(kind).collect()
}

/// The kind of a file according to its own name, regardless of the other files.
fn kind_by_name(path: &Path, file: &InputFile) -> FileKind {
    if path.is_hidden(file.explicit) {
        return FileKind::Ignored(Ignored::OtherType);
    }
    match path.ending().as_str() {
        "csv" => CsvRole::of(path.stem()).map_or(FileKind::Ignored(Ignored::UnknownCsv), FileKind::Csv),
        "zip" => FileKind::Archive,
        _ if is_image_name(path.name()) || file.explicit => FileKind::Image,
        _ => unread_format(path.name()).map_or(FileKind::Ignored(Ignored::OtherType), FileKind::Unread),
    }
}

/// The contents of a CSV file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CsvFile {
    /// Its index in the list of files.
    pub file: usize,
    /// Its contents.
    pub bytes: Vec<u8>,
}

/// The true nuclei of an image.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Truth {
    /// Unknown.
    #[default]
    Unknown,
    /// One file per nucleus, in which every pixel that is not black belongs to it: indices in the list of
    /// files, in order of paths.
    MaskFiles(Vec<usize>),
    /// A file whose pixels are the numbers of the nuclei: its index in the list of files.
    LabelFile(usize),
    /// Run lengths from a CSV file; whether they fit the image is known only once it is decoded.
    RunLengths(Vec<Mask>),
}

/// An image to segment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImageEntry {
    /// Its id in the CSV of the Bowl, unique in the data set.
    pub image_id: String,
    /// The stem of the names of its files. It is unique in the data set on every file system, even if that is
    /// case-insensitive.
    pub file_stem: String,
    /// Its index in the list of files.
    pub file: usize,
    /// Its path as in the input.
    pub path: String,
    /// Its size in bytes.
    pub size: u64,
    /// Its true nuclei.
    pub truth: Truth,
    /// Whether the ground truth marks it as `Ignored`: the image does not count in the score.
    pub ignored_in_scoring: bool,
    /// Whether it belongs in the submission: `false` only if a sample submission does not contain it.
    pub is_requested: bool,
}

/// A file that cannot be processed, according to its name.
#[derive(Debug)]
pub struct FailedFile {
    /// Its index in the list of files.
    pub file: usize,
    /// Its path as in the input.
    pub path: String,
    /// The reason.
    pub error: DatasetError,
}

/// The reason why files do not form a data set.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, miette::Diagnostic)]
#[non_exhaustive]
pub enum DatasetError {
    /// An image file in a format that is not supported, according to its name.
    #[error("{format} files cannot be read")]
    #[diagnostic(
        code("dataset/unread-format"),
        help(
            "Save the image as OME-TIFF with the program it comes from, or open it in Fiji (Plugins > Bio-Formats) and save it as TIFF."
        )
    )]
    UnreadFormat {
        /// The format.
        format: &'static str,
    },
    /// None of the files is an image.
    #[error("there is no image among the files ({files})")]
    #[diagnostic(
        code("dataset/no-images"),
        help(
            "Give files ending in .png, .jpg, .tif, .bmp, .gif or .webp, or a folder or ZIP archive with some."
        )
    )]
    NoImages {
        /// The number of files.
        files: usize,
    },
}

/// A problem in a data set that can be used nevertheless.
///
/// It is serialized as `{code, message, help}`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, miette::Diagnostic)]
#[non_exhaustive]
pub enum DatasetWarning {
    /// A CSV file could not be read.
    #[error("{file} is not used: {error}")]
    #[diagnostic(code("dataset/unreadable-csv"), help("{}", crate::diagnostic::help_of(error)))]
    UnreadableCsv {
        /// The CSV file.
        file: String,
        /// The reason.
        #[source]
        error: BowlCsvError,
    },
    /// Ids in a sample submission without an image.
    #[error("{file} asks for images that are not among the files ({}): {}", .image_ids.len(), first_few(.image_ids))]
    #[diagnostic(
        code("dataset/requested-without-image"),
        help("Add the missing images, or go on without them; nothing is written for them.")
    )]
    RequestedWithoutImage {
        /// The sample submission.
        file: String,
        /// The ids.
        image_ids: Vec<String>,
    },
    /// Images that the sample submission does not contain.
    #[error("images that the sample submission does not ask for ({}): {}", .image_ids.len(), first_few(.image_ids))]
    #[diagnostic(
        code("dataset/not-requested"),
        help("Leave out the sample submission to have every image in the CSV.")
    )]
    NotRequested {
        /// The ids of the images.
        image_ids: Vec<String>,
    },
    /// True nuclei of images that are not in the data set.
    #[error("{file} has the true nuclei of images that are not among the files ({}): {}", .image_ids.len(), first_few(.image_ids))]
    #[diagnostic(
        code("dataset/truth-without-image"),
        help("Nothing needs to be done unless the images should be there.")
    )]
    TruthWithoutImage {
        /// The CSV file.
        file: String,
        /// The ids.
        image_ids: Vec<String>,
    },
    /// True nuclei that cannot be used because of an invalid row; these images get no score.
    #[error("{file}: true nuclei that cannot be used ({}): {}; the first because of {first}", .image_ids.len(), first_few(.image_ids))]
    #[diagnostic(
        code("dataset/unusable-truth"),
        help("{} Until then these images get no score.", crate::diagnostic::help_of(first))
    )]
    UnusableTruth {
        /// The CSV file.
        file: String,
        /// The ids of the images.
        image_ids: Vec<String>,
        /// The first error.
        first: BowlCsvError,
    },
    /// Rows that were read despite a problem.
    #[error("{file}: something is odd in the true nuclei ({count} times), first in {first}")]
    #[diagnostic(
        code("dataset/odd-truth"),
        help("Nothing needs to be done; overlapping true nuclei are each counted.")
    )]
    OddTruth {
        /// The CSV file.
        file: String,
        /// The number of problems.
        count: usize,
        /// The first problem.
        first: BowlCsvError,
    },
    /// Images whose true nuclei are in two CSV files; the file in `file` is not used for them.
    #[error("{file} repeats images of another CSV file ({}): {}", .image_ids.len(), first_few(.image_ids))]
    #[diagnostic(code("dataset/repeated-truth"), help("Remove the CSV file that should not be used."))]
    RepeatedTruth {
        /// The later CSV file in order of paths.
        file: String,
        /// The ids of the images.
        image_ids: Vec<String>,
    },
    /// Files in a folder of masks or labels that do not belong to an image.
    #[error("masks or label images without the image that they belong to ({}): {}", .files.len(), first_few(.files))]
    #[diagnostic(
        code("dataset/masks-without-image"),
        help(
            "Put masks beside their image as ID/images/ID.png and ID/masks/*.png; or give the files one by one to segment them."
        )
    )]
    MasksWithoutImage {
        /// The files.
        files: Vec<String>,
    },
    /// CSV files whose purpose is not known from their names.
    #[error("CSV files that are not used ({}): {}", .files.len(), first_few(.files))]
    #[diagnostic(
        code("dataset/unknown-csv"),
        help(
            "To use a CSV file as ground truth let its name end in _labels.csv, as a list of requested images in sample_submission.csv."
        )
    )]
    UnknownCsv {
        /// The files.
        files: Vec<String>,
    },
    /// Thumbnails of images in the data set.
    #[error("thumbnails of other images left out ({}): {}", .files.len(), first_few(.files))]
    #[diagnostic(code("dataset/thumbnails"), help("To segment a thumbnail, give it on its own."))]
    Thumbnails {
        /// The files.
        files: Vec<String>,
    },
    /// Files written by Nucleoscope.
    #[error("files written by Nucleoscope left out ({}): {}", .files.len(), first_few(.files))]
    #[diagnostic(
        code("dataset/own-exports"),
        help(
            "Nothing needs to be done. To segment a picture that Nucleoscope made, save it anew with another program."
        )
    )]
    OwnExports {
        /// The files.
        files: Vec<String>,
    },
    /// Images with the same name, whose ids contain more than the name.
    #[error("images with the same name, told apart by their folders or endings ({}): {}", .image_ids.len(), first_few(.image_ids))]
    #[diagnostic(
        code("dataset/longer-ids"),
        help("Nothing needs to be done unless other programs expect the short ids.")
    )]
    LongerIds {
        /// Their ids.
        image_ids: Vec<String>,
    },
    /// Files that were given more than once and are used once.
    #[error("files given more than once ({}): {}", .files.len(), first_few(.files))]
    #[diagnostic(code("dataset/repeated-files"), help("Nothing needs to be done; each is used once."))]
    RepeatedFiles {
        /// The files.
        files: Vec<String>,
    },
    /// Names in an archive in an unknown encoding.
    #[error("{archive}: names of files in an old encoding ({count}), so some letters may be wrong")]
    #[diagnostic(
        code("dataset/legacy-names"),
        help(
            "If names matter, pack the files again with a program that writes UTF-8, or unpack them and give the folder."
        )
    )]
    LegacyNames {
        /// The archive.
        archive: String,
        /// The number of names.
        count: usize,
    },
    /// Archives that were not expanded.
    #[error("archives that were not opened ({}): {}", .files.len(), first_few(.files))]
    #[diagnostic(
        code("dataset/unopened-archives"),
        help("Give these archives on their own, or unpack them.")
    )]
    UnopenedArchives {
        /// The files.
        files: Vec<String>,
    },
    /// Files of other types.
    #[error("files that are not images ({}): {}", .files.len(), first_few(.files))]
    #[diagnostic(
        code("dataset/other-files"),
        help("Nothing needs to be done; give a file on its own to have it tried.")
    )]
    OtherFiles {
        /// The files.
        files: Vec<String>,
    },
}

impl Serialize for DatasetWarning {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        diagnostic::serialize(self, serializer)
    }
}

/// The images of a data set and their metadata.
#[derive(Debug, Default)]
pub struct Dataset {
    /// The images, each with a unique id: first the requested ones in the order of the sample submission,
    /// then the others in order of paths. Without a sample submission all are requested, in order of paths.
    pub images: Vec<ImageEntry>,
    /// Image files that cannot be processed, in order of paths.
    pub failed: Vec<FailedFile>,
    /// The ids in the sample submission, with or without an image; `None` without a sample submission.
    pub requested: Option<Vec<String>>,
    /// Warnings for the user; only a few, regardless of the number of files.
    pub warnings: Vec<DatasetWarning>,
}

impl Dataset {
    /// Builds a data set from the names and the CSV files.
    ///
    /// A CSV file that is not in `csv_files` is skipped: the caller could not read it and has reported that.
    /// A file that [`classify`] does not classify as CSV is skipped too.
    ///
    /// ```
    /// use nucleoscope::input::dataset::{CsvFile, Dataset, InputFile, Truth};
    ///
    /// let paths = ["test/b.png", "test/a.png", "test/truth.csv"];
    /// let files = paths.map(|path| InputFile::found(path, 1));
    /// let truth = CsvFile { file: 2, bytes: b"ImageId,EncodedPixels\na,1 3\n".to_vec() };
    ///
    /// let dataset = Dataset::build(&files, &[truth]);
    /// let ids: Vec<&str> = dataset.images.iter().map(|image| image.image_id.as_str()).collect();
    /// assert_eq!(ids, ["a", "b"]);
    /// assert_eq!(dataset.images[0].truth, Truth::RunLengths(vec!["1 3".parse()?]));
    /// assert_eq!(dataset.images[1].truth, Truth::Unknown);
    /// # Ok::<(), nucleoscope::dsb2018::run_length::RunLengthError>(())
    /// ```
    pub fn build(files: &[InputFile], csv_files: &[CsvFile]) -> Self {
        Self::build_within(files, csv_files, &Limits::default())
    }

    /// Like [`Self::build`], with other limits.
    pub fn build_within(files: &[InputFile], csv_files: &[CsvFile], limits: &Limits) -> Self {
        let kinds = classify(files);
        let paths: Vec<Path> =
            files.iter().map(|file| Path::of(&file.path).in_root(&file.path, file.root)).collect();
        let mut order: Vec<usize> = (0..files.len()).collect();
        // Names in composed and decomposed form have the same parts.
        let key = |file: usize| (paths[file].parts(), &files[file].path);
        order.sort_by(|&one, &other| key(one).cmp(&key(other)));

        let mut dataset = Self::default();
        dataset.add_images(files, &kinds, &paths, &order);
        dataset.add_truth_files(&kinds, &paths, &order);
        let mut csv_files: Vec<&CsvFile> = csv_files.iter().filter(|csv| csv.file < files.len()).collect();
        csv_files.sort_by(|one, other| paths[one.file].parts().cmp(paths[other.file].parts()));
        let with_role = |role| {
            let kinds = &kinds;
            csv_files.iter().filter(move |csv| kinds[csv.file] == FileKind::Csv(role))
        };
        dataset.add_run_lengths(
            with_role(CsvRole::Truth).map(|csv| (&files[csv.file].path, &*csv.bytes)),
            limits,
        );
        dataset.add_requested(
            with_role(CsvRole::Requested).map(|csv| (&files[csv.file].path, &*csv.bytes)),
            limits,
        );
        dataset.add_unused(files, &kinds, &paths, &order);
        dataset
    }

    /// Checks that there is at least one image.
    ///
    /// # Errors
    /// [`DatasetError::NoImages`]; `files` is the number of input files.
    pub fn require_images(&self, files: usize) -> Result<(), DatasetError> {
        if self.images.is_empty() && self.failed.is_empty() {
            return Err(DatasetError::NoImages { files });
        }
        Ok(())
    }

    fn add_images(&mut self, files: &[InputFile], kinds: &[FileKind], paths: &[Path], order: &[usize]) {
        let images: Vec<usize> =
            order.iter().copied().filter(|&file| kinds[file] == FileKind::Image).collect();
        let mut in_folder: HashMap<&[String], usize> = HashMap::new();
        for &file in &images {
            *in_folder.entry(paths[file].folder()).or_default() += 1;
        }
        let named: Vec<Named> = images
            .iter()
            .map(|&file| Named {
                path: &paths[file],
                is_in_folder_of_its_own: paths[file].around_images().is_some()
                    && in_folder[paths[file].folder()] == 1,
            })
            .collect();
        let ids = id::assign(&named);
        let longer: Vec<String> = named
            .iter()
            .zip(&ids)
            .filter(|(named, id)| id::says_more(named, id))
            .map(|(_, id)| id.clone())
            .collect();
        if !longer.is_empty() {
            self.warnings.push(DatasetWarning::LongerIds { image_ids: longer });
        }
        let stems = file_stems(&ids);
        for ((&file, image_id), file_stem) in images.iter().zip(ids).zip(stems) {
            let InputFile { path, size, .. } = &files[file];
            self.images.push(ImageEntry {
                image_id,
                file_stem,
                file,
                path: path.clone(),
                size: *size,
                truth: Truth::Unknown,
                ignored_in_scoring: false,
                is_requested: true,
            });
        }
        for &file in order {
            if let FileKind::Unread(format) = kinds[file] {
                let error = DatasetError::UnreadFormat { format };
                self.failed.push(FailedFile { file, path: files[file].path.clone(), error });
            }
        }
    }

    fn add_truth_files(&mut self, kinds: &[FileKind], paths: &[Path], order: &[usize]) {
        let mut masks: BTreeMap<&[String], Vec<usize>> = BTreeMap::new();
        let mut labels: HashMap<(&[String], &str), usize> = HashMap::new();
        for &file in order {
            let path = &paths[file];
            let Some((_, around)) = Folder::of(path.folder()) else { continue };
            match kinds[file] {
                FileKind::Mask => masks.entry(around).or_default().push(file),
                FileKind::LabelImage => {
                    labels.entry((around, path.stem())).or_insert(file);
                }
                _ => {}
            }
        }
        for image in &mut self.images {
            let path = &paths[image.file];
            let Some(around) = path.around_images() else { continue };
            if let Some(files) = masks.remove(around) {
                image.truth = Truth::MaskFiles(files);
            } else if let Some(&file) = labels.get(&(around, path.stem())) {
                image.truth = Truth::LabelFile(file);
            }
        }
    }

    /// Reads a CSV file; an unreadable one is skipped with a warning.
    fn read_csv(&mut self, file: &str, bytes: &[u8], limits: &Limits) -> Option<BowlCsv> {
        let read = csv::read_within(bytes, Purpose::Truth, limits);
        read.map_err(|error| self.warnings.push(DatasetWarning::UnreadableCsv { file: file.into(), error }))
            .ok()
    }

    fn add_run_lengths<'a>(
        &mut self,
        csv_files: impl Iterator<Item = (&'a String, &'a [u8])>,
        limits: &Limits,
    ) {
        let positions: HashMap<String, usize> =
            (0..).zip(&self.images).map(|(position, image)| (image.image_id.clone(), position)).collect();
        let mut seen: HashSet<String> = HashSet::new();
        for (file, bytes) in csv_files {
            let Some(csv) = self.read_csv(file, bytes, limits) else { continue };
            let file = file.clone();
            let mut without_image = Vec::new();
            let mut repeated = Vec::new();
            let mut unusable: Vec<(String, BowlCsvError)> = Vec::new();
            for rows in csv.images {
                if !seen.insert(rows.image_id.clone()) {
                    repeated.push(rows.image_id);
                    continue;
                }
                let Some(&position) = positions.get(&rows.image_id) else {
                    without_image.push(rows.image_id);
                    continue;
                };
                let image = &mut self.images[position];
                image.ignored_in_scoring = rows.ignored;
                match rows.masks {
                    _ if image.truth != Truth::Unknown => {}
                    Ok(masks) => image.truth = Truth::RunLengths(masks),
                    Err(error) => unusable.push((rows.image_id, error)),
                }
            }
            if let Some((_, first)) = unusable.first().cloned() {
                let image_ids = unusable.into_iter().map(|(image_id, _)| image_id).collect();
                self.warnings.push(DatasetWarning::UnusableTruth { file: file.clone(), image_ids, first });
            }
            if let Some(first) = csv.warnings.first().cloned() {
                self.warnings.push(DatasetWarning::OddTruth {
                    file: file.clone(),
                    count: csv.warnings.len(),
                    first,
                });
            }
            if !repeated.is_empty() {
                self.warnings.push(DatasetWarning::RepeatedTruth { file: file.clone(), image_ids: repeated });
            }
            if !without_image.is_empty() {
                self.warnings.push(DatasetWarning::TruthWithoutImage { file, image_ids: without_image });
            }
        }
    }

    fn add_requested<'a>(
        &mut self,
        csv_files: impl Iterator<Item = (&'a String, &'a [u8])>,
        limits: &Limits,
    ) {
        let present: HashSet<String> = self.images.iter().map(|image| image.image_id.clone()).collect();
        let mut ranks: HashMap<String, usize> = HashMap::new();
        let mut requested: Option<Vec<String>> = None;
        for (file, bytes) in csv_files {
            let Some(csv) = self.read_csv(file, bytes, limits) else { continue };
            let file = file.clone();
            let requested = requested.get_or_insert_default();
            let mut missing = Vec::new();
            for rows in csv.images {
                if ranks.contains_key(&rows.image_id) {
                    continue;
                }
                if !present.contains(&rows.image_id) {
                    missing.push(rows.image_id.clone());
                }
                ranks.insert(rows.image_id.clone(), requested.len());
                requested.push(rows.image_id);
            }
            if !missing.is_empty() {
                self.warnings.push(DatasetWarning::RequestedWithoutImage { file, image_ids: missing });
            }
        }
        if requested.is_some() {
            for image in &mut self.images {
                image.is_requested = ranks.contains_key(&image.image_id);
            }
            self.images.sort_by_key(|image| ranks.get(&image.image_id).copied().unwrap_or(usize::MAX));
            let others = self.images.iter().filter(|image| !image.is_requested);
            let image_ids: Vec<String> = others.map(|image| image.image_id.clone()).collect();
            if !image_ids.is_empty() {
                self.warnings.push(DatasetWarning::NotRequested { image_ids });
            }
        }
        self.requested = requested;
    }

    fn add_unused(&mut self, files: &[InputFile], kinds: &[FileKind], paths: &[Path], order: &[usize]) {
        let used_labels: HashSet<usize> = self
            .images
            .iter()
            .filter_map(|image| match image.truth {
                Truth::LabelFile(file) => Some(file),
                _ => None,
            })
            .collect();
        let with_masks: HashSet<&[String]> = self
            .images
            .iter()
            .filter(|image| matches!(image.truth, Truth::MaskFiles(_)))
            .filter_map(|image| paths[image.file].around_images())
            .collect();
        let outranked = |file: usize| {
            Folder::of(paths[file].folder()).is_some_and(|(_, around)| with_masks.contains(around))
        };
        let mut masks = Vec::new();
        let mut csv = Vec::new();
        let mut archives = Vec::new();
        let mut thumbnails = Vec::new();
        let mut exports = Vec::new();
        let mut others = Vec::new();
        for &file in order {
            let unused = match kinds[file] {
                FileKind::Ignored(Ignored::TruthWithoutImage) => &mut masks,
                FileKind::LabelImage if !used_labels.contains(&file) && !outranked(file) => &mut masks,
                FileKind::Ignored(Ignored::UnknownCsv) => &mut csv,
                FileKind::Archive => &mut archives,
                FileKind::Ignored(Ignored::Thumbnail) => &mut thumbnails,
                FileKind::Ignored(Ignored::OwnExport) => &mut exports,
                FileKind::Ignored(Ignored::OtherType) => &mut others,
                _ => continue,
            };
            unused.push(files[file].path.clone());
        }
        let warnings = [
            (
                masks,
                (|files| DatasetWarning::MasksWithoutImage { files }) as fn(Vec<String>) -> DatasetWarning,
            ),
            (csv, |files| DatasetWarning::UnknownCsv { files }),
            (archives, |files| DatasetWarning::UnopenedArchives { files }),
            (thumbnails, |files| DatasetWarning::Thumbnails { files }),
            (exports, |files| DatasetWarning::OwnExports { files }),
            (others, |files| DatasetWarning::OtherFiles { files }),
        ];
        let said = warnings.into_iter().filter(|(files, _)| !files.is_empty());
        self.warnings.extend(said.map(|(files, warning)| warning(files)));
    }
}

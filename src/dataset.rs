//! Which of the files given are images, and what is known of each: the Bowl's folders and CSV files.
//!
//! Everything here works on names alone; no file is opened. The browser and the command line do it
//! in the same three steps: [`classify`] the files, read those that are [CSV files of the
//! Bowl](FileKind::Csv), and [build](Dataset::build) the data set. Archives are expanded before
//! that: the file `stage1.zip` is replaced by its entries, named `stage1.zip/path/of/entry`.
//!
//! # Layouts
//! Any number of folders may surround these, and parts of a path may be separated by `/` or `\`.
//!
//! | files | image id | truth |
//! |---|---|---|
//! | `ID/images/NAME.png`, `ID/masks/*.png` | `NAME` | one mask file a nucleus |
//! | `X/images/NAME.png`, `X/labels/NAME.png` | `NAME` | a label image |
//! | `NAME.png` | `NAME` | |
//!
//! An id is the file's name without its ending. Where several images have the same one, those in
//! the first layout get the folder's name, `ID`, instead; where ids still clash, the first file in
//! order of paths keeps the id and the others fail with [`DatasetError::DuplicateId`].
//!
//! | CSV file | says |
//! |---|---|
//! | `*sample_submission*.csv` | which ids are wanted, in which order |
//! | `*solution*.csv`, `*labels.csv`, `*truth*.csv` | true nuclei as run lengths, ignored images |
//!
//! Where an image has several truths, mask files come before label images before run lengths.

use std::collections::{BTreeMap, HashMap, HashSet};

use serde::ser::SerializeStruct;
use serde::{Serialize, Serializer};

use crate::error::Explain;
use crate::export::bowl_csv::{self, BowlCsvError, Purpose};
use crate::run_length::Mask;

/// A file as its user gave it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InputFile {
    /// Path relative to what was given, such as `stage1_test/ID/images/ID.png`, or just the name.
    pub path: String,
    /// Size in bytes.
    pub size: u64,
    /// Whether the file itself was given rather than found in a folder or an archive. Such a file
    /// is taken for an image even if its ending is unknown, so that its user learns what is wrong.
    pub explicit: bool,
}

/// What a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum FileKind {
    /// An image to segment.
    Image,
    /// One true nucleus of the image beside it.
    Mask,
    /// The true nuclei of the image beside it as numbers.
    LabelImage,
    /// A CSV file to read and hand to [`Dataset::build`].
    Csv(CsvRole),
    /// A ZIP archive to expand.
    Archive,
    /// Not used.
    Ignored(Ignored),
}

/// What a CSV file of the Bowl says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum CsvRole {
    /// Which images are wanted.
    Wanted,
    /// The true nuclei.
    Truth,
}

/// Why a file is not used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Ignored {
    /// Made by an operating system, hidden, or of a type that is no image.
    OtherType,
    /// A CSV file whose name does not say what it is for.
    UnknownCsv,
    /// In a folder `masks` or `labels` that does not belong to exactly the images it could be for.
    TruthWithoutImage,
}

/// Says what each file is; the answers are in the order of the files.
///
/// ```
/// use nucleoscope::dataset::{CsvRole, FileKind, Ignored, InputFile, classify};
///
/// let paths = ["set/a/images/a.png", "set/a/masks/1.png", "set/stage1_solution.csv", "set/notes.txt"];
/// let files = paths.map(|path| InputFile { path: path.into(), size: 1, explicit: false });
/// assert_eq!(classify(&files), [
///     FileKind::Image,
///     FileKind::Mask,
///     FileKind::Csv(CsvRole::Truth),
///     FileKind::Ignored(Ignored::OtherType),
/// ]);
/// ```
pub fn classify(files: &[InputFile]) -> Vec<FileKind> {
    let paths: Vec<Parts> = files.iter().map(|file| Parts::of(&file.path)).collect();
    let mut images_in: HashMap<Vec<&str>, usize> = HashMap::new();
    for (path, file) in paths.iter().zip(files) {
        if path.has_image_ending() && !path.is_hidden(file.explicit) && path.is_in("images") {
            *images_in.entry(path.surrounding().to_vec()).or_default() += 1;
        }
    }
    let kind = |(path, file): (&Parts, &InputFile)| {
        if path.is_hidden(file.explicit) {
            return FileKind::Ignored(Ignored::OtherType);
        }
        match path.ending().as_str() {
            "csv" => path.csv_role().map_or(FileKind::Ignored(Ignored::UnknownCsv), FileKind::Csv),
            "zip" => FileKind::Archive,
            _ if !path.has_image_ending() && !file.explicit => FileKind::Ignored(Ignored::OtherType),
            _ if !path.is_in("masks") && !path.is_in("labels") => FileKind::Image,
            _ => match images_in.get(path.surrounding()) {
                Some(1) if path.is_in("masks") => FileKind::Mask,
                Some(_) if path.is_in("labels") => FileKind::LabelImage,
                None if file.explicit => FileKind::Image,
                _ => FileKind::Ignored(Ignored::TruthWithoutImage),
            },
        }
    };
    paths.iter().zip(files).map(kind).collect()
}

/// A CSV file that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CsvFile {
    /// Its position in the list of files.
    pub file: usize,
    /// Its contents.
    pub bytes: Vec<u8>,
}

/// The true nuclei of an image.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Truth {
    /// Not known.
    #[default]
    Unknown,
    /// One file a nucleus, every pixel that is not black belongs to it: positions in the list of
    /// files, in order of paths.
    MaskFiles(Vec<usize>),
    /// A file whose pixels are the nuclei's numbers: its position in the list of files.
    LabelFile(usize),
    /// Run lengths from a CSV file; whether they fit the image is known only once that is decoded.
    RunLengths(Vec<Mask>),
}

/// An image to segment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImageEntry {
    /// Its id in the Bowl's CSV.
    pub image_id: String,
    /// Its position in the list of files.
    pub file: usize,
    /// Its path as it was given.
    pub path: String,
    /// Its size in bytes.
    pub size: u64,
    /// Its true nuclei.
    pub truth: Truth,
    /// Whether the ground truth says `Ignored`: the image does not count in the score.
    pub ignored_in_scoring: bool,
    /// Whether it belongs in the submission: `false` only if a sample submission leaves it out.
    pub wanted: bool,
}

/// A file that cannot be processed, known by its name alone.
#[derive(Debug)]
pub struct FailedFile {
    /// Its position in the list of files.
    pub file: usize,
    /// Its path as it was given.
    pub path: String,
    /// Why.
    pub error: DatasetError,
}

/// Why files do not make a data set.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DatasetError {
    /// Two images have the same id, so their rows in the CSV could not be told apart.
    #[error("the image id \"{image_id}\" is taken: \"{second}\" would have the same one as \"{first}\"")]
    DuplicateId {
        /// The id.
        image_id: String,
        /// The file that keeps the id.
        first: String,
        /// The file that is left out.
        second: String,
    },
    /// None of the files is an image.
    #[error("there is no image among the files ({files})")]
    NoImages {
        /// How many files there are.
        files: usize,
    },
}

impl Explain for DatasetError {
    fn code(&self) -> &'static str {
        match self {
            Self::DuplicateId { .. } => "dataset/duplicate-id",
            Self::NoImages { .. } => "dataset/no-images",
        }
    }

    fn remedy(&self) -> String {
        match self {
            Self::DuplicateId { .. } => "Rename one of the two files, or process their folders separately.".into(),
            Self::NoImages { .. } => {
                "Give files ending in .png, .jpg, .tif, .bmp, .gif or .webp, or a folder or ZIP archive with some."
                    .into()
            }
        }
    }
}

/// Something a user should know about a data set that is usable all the same.
///
/// It is serialized as `{code, message, remedy}`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Notice {
    /// A CSV file could not be read at all.
    #[error("{file} is not used: {error}")]
    UnreadableCsv {
        /// The CSV file.
        file: String,
        /// Why.
        #[source]
        error: BowlCsvError,
    },
    /// Ids in a sample submission for which there is no image.
    #[error("{file} asks for images that are not among the files ({}): {}", .image_ids.len(), listed(.image_ids))]
    WantedWithoutImage {
        /// The sample submission.
        file: String,
        /// The ids.
        image_ids: Vec<String>,
    },
    /// Images that the sample submission leaves out.
    #[error("images that the sample submission does not ask for ({}): {}", .image_ids.len(), listed(.image_ids))]
    NotWanted {
        /// The images' ids.
        image_ids: Vec<String>,
    },
    /// True nuclei of images that are not there.
    #[error("{file} has the true nuclei of images that are not among the files ({}): {}", .image_ids.len(), listed(.image_ids))]
    TruthWithoutImage {
        /// The CSV file.
        file: String,
        /// The ids.
        image_ids: Vec<String>,
    },
    /// True nuclei that cannot be used because a row is wrong; these images get no score.
    #[error("{file}: true nuclei that cannot be used ({}): {}; the first because of {first}", .image_ids.len(), listed(.image_ids))]
    UnusableTruth {
        /// The CSV file.
        file: String,
        /// The images' ids.
        image_ids: Vec<String>,
        /// The first thing that is wrong.
        first: BowlCsvError,
    },
    /// Rows that were read with something odd about them.
    #[error("{file}: something is odd in the true nuclei ({count} times), first in {first}")]
    OddTruth {
        /// The CSV file.
        file: String,
        /// How many.
        count: usize,
        /// The first one.
        first: BowlCsvError,
    },
    /// Images of which two CSV files have the true nuclei; the file named is not used for them.
    #[error("{file} repeats images of another CSV file ({}): {}", .image_ids.len(), listed(.image_ids))]
    RepeatedTruth {
        /// The later CSV file in order of paths.
        file: String,
        /// The images' ids.
        image_ids: Vec<String>,
    },
    /// Files in a folder of masks or labels that belong to no image.
    #[error("masks or label images without the image that they belong to ({}): {}", .files.len(), listed(.files))]
    MasksWithoutImage {
        /// The files.
        files: Vec<String>,
    },
    /// CSV files whose names do not say what they are for.
    #[error("CSV files that are not used ({}): {}", .files.len(), listed(.files))]
    UnknownCsv {
        /// The files.
        files: Vec<String>,
    },
    /// Archives that were not expanded.
    #[error("archives that were not opened ({}): {}", .files.len(), listed(.files))]
    UnopenedArchives {
        /// The files.
        files: Vec<String>,
    },
    /// Files of other types.
    #[error("files that are not images ({}): {}", .files.len(), listed(.files))]
    OtherFiles {
        /// The files.
        files: Vec<String>,
    },
}

impl Explain for Notice {
    fn code(&self) -> &'static str {
        match self {
            Self::UnreadableCsv { .. } => "dataset/unreadable-csv",
            Self::WantedWithoutImage { .. } => "dataset/wanted-without-image",
            Self::NotWanted { .. } => "dataset/not-wanted",
            Self::TruthWithoutImage { .. } => "dataset/truth-without-image",
            Self::UnusableTruth { .. } => "dataset/unusable-truth",
            Self::OddTruth { .. } => "dataset/odd-truth",
            Self::RepeatedTruth { .. } => "dataset/repeated-truth",
            Self::MasksWithoutImage { .. } => "dataset/masks-without-image",
            Self::UnknownCsv { .. } => "dataset/unknown-csv",
            Self::UnopenedArchives { .. } => "dataset/unopened-archives",
            Self::OtherFiles { .. } => "dataset/other-files",
        }
    }

    fn remedy(&self) -> String {
        match self {
            Self::UnreadableCsv { error, .. } => error.remedy(),
            Self::WantedWithoutImage { .. } => {
                "Add the missing images, or go on without them; nothing is written for them.".into()
            }
            Self::NotWanted { .. } => "Leave out the sample submission to have every image in the CSV.".into(),
            Self::TruthWithoutImage { .. } => "Nothing needs to be done unless the images should be there.".into(),
            Self::UnusableTruth { first, .. } => {
                format!("{} Until then these images get no score.", first.remedy())
            }
            Self::OddTruth { .. } => "Nothing needs to be done; overlapping true nuclei are each counted.".into(),
            Self::RepeatedTruth { .. } => "Remove the CSV file that should not be used.".into(),
            Self::MasksWithoutImage { .. } => {
                "Put masks beside their image as ID/images/ID.png and ID/masks/*.png; or give the files one by one to segment them."
                    .into()
            }
            Self::UnknownCsv { .. } => {
                "To use a CSV file as ground truth let its name end in _labels.csv, as a list of wanted images in sample_submission.csv."
                    .into()
            }
            Self::UnopenedArchives { .. } => "Give these archives on their own, or unpack them.".into(),
            Self::OtherFiles { .. } => "Nothing needs to be done; give a file on its own to have it tried.".into(),
        }
    }
}

impl Serialize for Notice {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serialize_explained(self, serializer)
    }
}

/// Serializes what explains itself as `{code, message, remedy}`.
pub(crate) fn serialize_explained<S: Serializer>(
    explained: &impl Explain,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    let mut fields = serializer.serialize_struct("Explained", 3)?;
    fields.serialize_field("code", explained.code())?;
    fields.serialize_field("message", &explained.to_string())?;
    fields.serialize_field("remedy", &explained.remedy())?;
    fields.end()
}

/// The first few names and how many more there are.
pub(crate) fn listed(names: &[String]) -> String {
    const SHOWN: usize = 3;
    let shown = names.iter().take(SHOWN).map(String::as_str).collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(SHOWN) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

/// The images of a data set and what is known of them.
#[derive(Debug, Default)]
pub struct Dataset {
    /// The images, each with an id of its own: first the wanted ones in the order of the sample
    /// submission, then the others in order of paths. Without a sample submission all are wanted
    /// and in order of paths.
    pub images: Vec<ImageEntry>,
    /// Files that would have been images, in order of paths.
    pub failed: Vec<FailedFile>,
    /// The ids that a sample submission asks for, with or without image; `None` without one.
    pub wanted: Option<Vec<String>>,
    /// What a user should know, at most a few whatever the number of files.
    pub notices: Vec<Notice>,
}

impl Dataset {
    /// Puts together what the names and the CSV files say.
    ///
    /// A CSV file that is not in `csv_files` is passed over: the caller could not read it and has
    /// said so. So is one that [`classify`] does not call for.
    ///
    /// ```
    /// use nucleoscope::dataset::{CsvFile, Dataset, InputFile, Truth};
    ///
    /// let paths = ["test/b.png", "test/a.png", "test/truth.csv"];
    /// let files = paths.map(|path| InputFile { path: path.into(), size: 1, explicit: false });
    /// let truth = CsvFile { file: 2, bytes: b"ImageId,EncodedPixels\na,1 3\n".to_vec() };
    ///
    /// let dataset = Dataset::build(&files, &[truth]);
    /// let ids: Vec<&str> = dataset.images.iter().map(|image| image.image_id.as_str()).collect();
    /// assert_eq!(ids, ["a", "b"]);
    /// assert_eq!(dataset.images[0].truth, Truth::RunLengths(vec!["1 3".parse()?]));
    /// assert_eq!(dataset.images[1].truth, Truth::Unknown);
    /// # Ok::<(), nucleoscope::run_length::RunLengthError>(())
    /// ```
    pub fn build(files: &[InputFile], csv_files: &[CsvFile]) -> Self {
        let kinds = classify(files);
        let paths: Vec<Parts> = files.iter().map(|file| Parts::of(&file.path)).collect();
        let mut order: Vec<usize> = (0..files.len()).collect();
        order.sort_by(|&one, &other| paths[one].parts.cmp(&paths[other].parts));

        let mut dataset = Self::default();
        dataset.add_images(files, &kinds, &paths, &order);
        dataset.add_truth_files(&kinds, &paths, &order);
        let mut csv_files: Vec<&CsvFile> = csv_files.iter().filter(|csv| csv.file < files.len()).collect();
        csv_files.sort_by(|one, other| paths[one.file].parts.cmp(&paths[other.file].parts));
        let with_role = |role| {
            let kinds = &kinds;
            csv_files.iter().filter(move |csv| kinds[csv.file] == FileKind::Csv(role))
        };
        dataset.add_run_lengths(with_role(CsvRole::Truth).map(|csv| (&files[csv.file].path, &*csv.bytes)));
        dataset.add_wanted(with_role(CsvRole::Wanted).map(|csv| (&files[csv.file].path, &*csv.bytes)));
        dataset.add_unused(files, &kinds, &order);
        dataset
    }

    /// Says whether there is anything to do.
    ///
    /// # Errors
    /// [`DatasetError::NoImages`]; `files` is how many there were.
    pub fn require_images(&self, files: usize) -> Result<(), DatasetError> {
        if self.images.is_empty() && self.failed.is_empty() {
            return Err(DatasetError::NoImages { files });
        }
        Ok(())
    }

    fn add_images(&mut self, files: &[InputFile], kinds: &[FileKind], paths: &[Parts], order: &[usize]) {
        let images: Vec<usize> =
            order.iter().copied().filter(|&file| kinds[file] == FileKind::Image).collect();
        let mut named: HashMap<&str, usize> = HashMap::new();
        let mut in_folder: HashMap<&[&str], usize> = HashMap::new();
        for &file in &images {
            *named.entry(paths[file].stem()).or_default() += 1;
            *in_folder.entry(paths[file].folder()).or_default() += 1;
        }
        let mut first_with: HashMap<&str, usize> = HashMap::new();
        for &file in &images {
            let path = &paths[file];
            let alone = in_folder[path.folder()] == 1;
            let folder_id = path.folder_id().filter(|_| alone && named[path.stem()] > 1);
            let image_id = folder_id.unwrap_or(path.stem());
            let InputFile { path, size, .. } = &files[file];
            if let Some(&first) = first_with.get(image_id) {
                let (image_id, second) = (image_id.to_owned(), path.clone());
                let error = DatasetError::DuplicateId { image_id, first: files[first].path.clone(), second };
                self.failed.push(FailedFile { file, path: path.clone(), error });
                continue;
            }
            first_with.insert(image_id, file);
            self.images.push(ImageEntry {
                image_id: image_id.to_owned(),
                file,
                path: path.clone(),
                size: *size,
                truth: Truth::Unknown,
                ignored_in_scoring: false,
                wanted: true,
            });
        }
    }

    fn add_truth_files(&mut self, kinds: &[FileKind], paths: &[Parts], order: &[usize]) {
        let mut masks: BTreeMap<&[&str], Vec<usize>> = BTreeMap::new();
        let mut labels: HashMap<(&[&str], &str), usize> = HashMap::new();
        for &file in order {
            let path = &paths[file];
            match kinds[file] {
                FileKind::Mask => masks.entry(path.surrounding()).or_default().push(file),
                FileKind::LabelImage => {
                    labels.entry((path.surrounding(), path.stem())).or_insert(file);
                }
                _ => {}
            }
        }
        for image in &mut self.images {
            let path = &paths[image.file];
            if !path.is_in("images") {
                continue;
            }
            if let Some(files) = masks.remove(path.surrounding()) {
                image.truth = Truth::MaskFiles(files);
            } else if let Some(&file) = labels.get(&(path.surrounding(), path.stem())) {
                image.truth = Truth::LabelFile(file);
            }
        }
    }

    fn add_run_lengths<'a>(&mut self, csv_files: impl Iterator<Item = (&'a String, &'a [u8])>) {
        let positions: HashMap<String, usize> =
            (0..).zip(&self.images).map(|(position, image)| (image.image_id.clone(), position)).collect();
        let mut seen: HashSet<String> = HashSet::new();
        for (file, bytes) in csv_files {
            let csv = match bowl_csv::read(bytes, Purpose::Truth) {
                Ok(csv) => csv,
                Err(error) => {
                    self.notices.push(Notice::UnreadableCsv { file: file.clone(), error });
                    continue;
                }
            };
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
            let file = file.clone();
            if let Some((_, first)) = unusable.first().cloned() {
                let image_ids = unusable.into_iter().map(|(image_id, _)| image_id).collect();
                self.notices.push(Notice::UnusableTruth { file: file.clone(), image_ids, first });
            }
            if let Some(first) = csv.notices.first().cloned() {
                self.notices.push(Notice::OddTruth { file: file.clone(), count: csv.notices.len(), first });
            }
            if !repeated.is_empty() {
                self.notices.push(Notice::RepeatedTruth { file: file.clone(), image_ids: repeated });
            }
            if !without_image.is_empty() {
                self.notices.push(Notice::TruthWithoutImage { file, image_ids: without_image });
            }
        }
    }

    fn add_wanted<'a>(&mut self, csv_files: impl Iterator<Item = (&'a String, &'a [u8])>) {
        let present: HashSet<String> = self.images.iter().map(|image| image.image_id.clone()).collect();
        let mut ranks: HashMap<String, usize> = HashMap::new();
        let mut wanted: Option<Vec<String>> = None;
        for (file, bytes) in csv_files {
            let csv = match bowl_csv::read(bytes, Purpose::Truth) {
                Ok(csv) => csv,
                Err(error) => {
                    self.notices.push(Notice::UnreadableCsv { file: file.clone(), error });
                    continue;
                }
            };
            let wanted = wanted.get_or_insert_default();
            let mut missing = Vec::new();
            for rows in csv.images {
                if ranks.contains_key(&rows.image_id) {
                    continue;
                }
                if !present.contains(&rows.image_id) {
                    missing.push(rows.image_id.clone());
                }
                ranks.insert(rows.image_id.clone(), wanted.len());
                wanted.push(rows.image_id);
            }
            if !missing.is_empty() {
                self.notices.push(Notice::WantedWithoutImage { file: file.clone(), image_ids: missing });
            }
        }
        if wanted.is_some() {
            for image in &mut self.images {
                image.wanted = ranks.contains_key(&image.image_id);
            }
            self.images.sort_by_key(|image| ranks.get(&image.image_id).copied().unwrap_or(usize::MAX));
            let others = self.images.iter().filter(|image| !image.wanted);
            let image_ids: Vec<String> = others.map(|image| image.image_id.clone()).collect();
            if !image_ids.is_empty() {
                self.notices.push(Notice::NotWanted { image_ids });
            }
        }
        self.wanted = wanted;
    }

    fn add_unused(&mut self, files: &[InputFile], kinds: &[FileKind], order: &[usize]) {
        let used_labels: HashSet<usize> = self
            .images
            .iter()
            .filter_map(|image| match image.truth {
                Truth::LabelFile(file) => Some(file),
                _ => None,
            })
            .collect();
        let paths: Vec<Parts> = files.iter().map(|file| Parts::of(&file.path)).collect();
        let with_masks: HashSet<&[&str]> = self
            .images
            .iter()
            .filter(|image| matches!(image.truth, Truth::MaskFiles(_)))
            .map(|image| paths[image.file].surrounding())
            .collect();
        let outranked = |file: usize| with_masks.contains(paths[file].surrounding());
        let mut masks = Vec::new();
        let mut csv = Vec::new();
        let mut archives = Vec::new();
        let mut others = Vec::new();
        for &file in order {
            let unused = match kinds[file] {
                FileKind::Ignored(Ignored::TruthWithoutImage) => &mut masks,
                FileKind::LabelImage if !used_labels.contains(&file) && !outranked(file) => &mut masks,
                FileKind::Ignored(Ignored::UnknownCsv) => &mut csv,
                FileKind::Archive => &mut archives,
                FileKind::Ignored(Ignored::OtherType) => &mut others,
                _ => continue,
            };
            unused.push(files[file].path.clone());
        }
        let notices = [
            (masks, (|files| Notice::MasksWithoutImage { files }) as fn(Vec<String>) -> Notice),
            (csv, |files| Notice::UnknownCsv { files }),
            (archives, |files| Notice::UnopenedArchives { files }),
            (others, |files| Notice::OtherFiles { files }),
        ];
        let said = notices.into_iter().filter(|(files, _)| !files.is_empty());
        self.notices.extend(said.map(|(files, notice)| notice(files)));
    }
}

/// A path in its parts; always at least one, the file's name.
struct Parts<'a> {
    parts: Vec<&'a str>,
}

impl<'a> Parts<'a> {
    fn of(path: &'a str) -> Self {
        let mut parts: Vec<&str> =
            path.split(['/', '\\']).filter(|part| !matches!(*part, "" | ".")).collect();
        if parts.is_empty() {
            parts.push("");
        }
        Self { parts }
    }

    fn name(&self) -> &'a str {
        self.parts[self.parts.len() - 1]
    }

    /// The name without its ending; a name that is nothing but an ending is its own stem.
    fn stem(&self) -> &'a str {
        match self.name().rsplit_once('.') {
            Some((stem, _)) if !stem.is_empty() => stem,
            _ => self.name(),
        }
    }

    fn ending(&self) -> String {
        self.name().rsplit_once('.').map_or_else(String::new, |(_, ending)| ending.to_lowercase())
    }

    /// The folders that the file is in.
    fn folder(&self) -> &[&'a str] {
        &self.parts[..self.parts.len() - 1]
    }

    /// The folders around the file's own folder.
    fn surrounding(&self) -> &[&'a str] {
        &self.parts[..self.parts.len().saturating_sub(2)]
    }

    fn is_in(&self, folder: &str) -> bool {
        self.folder().last().is_some_and(|last| last.eq_ignore_ascii_case(folder))
    }

    /// `ID` in `ID/images/name`.
    fn folder_id(&self) -> Option<&'a str> {
        let id = self.surrounding().last().copied().filter(|id| self.is_in("images") && *id != "..")?;
        let archive = id.len().checked_sub(4).and_then(|end| id.split_at_checked(end));
        Some(match archive {
            Some((stem, ending)) if !stem.is_empty() && ending.eq_ignore_ascii_case(".zip") => stem,
            _ => id,
        })
    }

    fn has_image_ending(&self) -> bool {
        crate::image::is_image_name(self.name())
    }

    fn is_hidden(&self, explicit: bool) -> bool {
        let hides = |part: &&str| (part.starts_with('.') && *part != "..") || *part == "__MACOSX";
        let leftover = ["thumbs.db", "desktop.ini"].contains(&self.name().to_lowercase().as_str());
        !explicit && (leftover || self.parts.iter().any(hides))
    }

    fn csv_role(&self) -> Option<CsvRole> {
        let stem = self.stem().to_lowercase();
        if stem.contains("sample_submission") {
            Some(CsvRole::Wanted)
        } else if stem.contains("solution") || stem.ends_with("labels") || stem.contains("truth") {
            Some(CsvRole::Truth)
        } else {
            None
        }
    }
}

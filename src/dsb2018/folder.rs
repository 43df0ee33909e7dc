//! The Bowl's folder layout and the names of its CSV files.
//!
//! ```text
//! stage1_train/ID/images/ID.png
//! stage1_train/ID/masks/*.png       one nucleus each
//! stage1_train_labels.csv           the true nuclei as run lengths
//! stage1_sample_submission.csv      the requested images
//! ```
//! Label images are common in the same layout: `SET/images/NAME.png` beside `SET/labels/NAME.png`.
//!
//! All functions here work on names; a path is given as the list of its folders.

use std::collections::HashMap;

/// The folder of the layout that contains a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Folder {
    /// `images`
    Images,
    /// `masks`
    Masks,
    /// `labels`
    Labels,
}

impl Folder {
    /// The folder of the layout at the end of `folders`, and its parent folders; `None` for any other folder.
    ///
    /// ```
    /// use nucleoscope::dsb2018::folder::Folder;
    ///
    /// let folders = ["train", "0114f484", "Images"].map(String::from);
    /// assert_eq!(Folder::of(&folders), Some((Folder::Images, &folders[..2])));
    /// assert_eq!(Folder::of(&folders[..2]), None);
    /// ```
    pub fn of(folders: &[String]) -> Option<(Self, &[String])> {
        let (last, around) = folders.split_last()?;
        let known = [("images", Self::Images), ("masks", Self::Masks), ("labels", Self::Labels)];
        let (_, folder) = known.into_iter().find(|(name, _)| last.eq_ignore_ascii_case(name))?;
        Some((folder, around))
    }
}

/// The parent folders of a folder `images` that contains a file; `None` for any other file.
pub fn around_images(folders: &[String]) -> Option<&[String]> {
    Folder::of(folders).filter(|(folder, _)| *folder == Folder::Images).map(|(_, around)| around)
}

/// The kind of a ground truth file, determined from its folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TruthFile {
    /// One true nucleus of the image beside it.
    Mask,
    /// The label image of the true nuclei of the image beside it.
    LabelImage,
    /// A file in a folder `masks` or `labels` without images, or in `masks` beside several images.
    WithoutImage,
}

/// The number of images in each folder `images`.
#[derive(Debug, Clone, Default)]
pub struct Layout<'a> {
    images: HashMap<&'a [String], usize>,
}

impl<'a> Layout<'a> {
    /// The layout of these images, each given as the list of its folders. Images outside folders named
    /// `images` are not included.
    pub fn new(images: impl IntoIterator<Item = &'a [String]>) -> Self {
        let mut layout = Self::default();
        for around in images.into_iter().filter_map(around_images) {
            *layout.images.entry(around).or_default() += 1;
        }
        layout
    }

    /// The kind of ground truth in a file in these folders; `None` for a file outside `masks` and `labels`.
    /// Masks belong to a single image, label images to any number of images.
    pub fn truth_file(&self, folders: &[String]) -> Option<TruthFile> {
        let (folder, around) = Folder::of(folders)?;
        let images = self.images.get(around).copied().unwrap_or_default();
        match (folder, images) {
            (Folder::Images, _) => None,
            (Folder::Masks, 1) => Some(TruthFile::Mask),
            (Folder::Labels, 1..) => Some(TruthFile::LabelImage),
            (Folder::Masks | Folder::Labels, _) => Some(TruthFile::WithoutImage),
        }
    }

    /// Whether there is an image beside this folder of masks or labels.
    pub fn has_images_beside(&self, folders: &[String]) -> bool {
        Folder::of(folders).is_some_and(|(_, around)| self.images.contains_key(around))
    }
}

/// The contents of a CSV file of the Bowl.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "camelCase"))]
pub enum CsvRole {
    /// The requested images.
    Requested,
    /// The true nuclei.
    Truth,
}

impl CsvRole {
    /// The contents of a CSV file, determined from its name without `.csv`; `None` for any other name.
    ///
    /// ```
    /// use nucleoscope::dsb2018::folder::CsvRole;
    ///
    /// assert_eq!(CsvRole::of("stage1_sample_submission"), Some(CsvRole::Requested));
    /// assert_eq!(CsvRole::of("stage1_train_labels"), Some(CsvRole::Truth));
    /// assert_eq!(CsvRole::of("measurements"), None);
    /// ```
    pub fn of(stem: &str) -> Option<Self> {
        let stem = stem.to_lowercase();
        if stem.contains("sample_submission") {
            Some(Self::Requested)
        } else if stem.contains("solution") || stem.ends_with("labels") || stem.contains("truth") {
            Some(Self::Truth)
        } else {
            None
        }
    }
}

/// The path of an image below the folder of its set: `ID/images/ID.png`.
pub fn image_path(image_id: &str) -> String {
    format!("{image_id}/images/{image_id}.png")
}

/// The path of the mask of one of its nuclei: `ID/masks/NAME.png`.
pub fn mask_path(image_id: &str, name: &str) -> String {
    format!("{image_id}/masks/{name}.png")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folders(path: &str) -> Vec<String> {
        path.split('/').map(str::to_owned).collect()
    }

    #[test]
    fn masks_are_of_one_image_and_labels_of_any_number() {
        let images = ["s/a/images", "t/images", "t/images", "other"].map(folders);
        let layout = Layout::new(images.iter().map(Vec::as_slice));
        let truth = |path: &str| layout.truth_file(&folders(path));
        assert_eq!(truth("s/a/masks"), Some(TruthFile::Mask));
        assert_eq!([truth("s/a/labels"), truth("t/Labels")], [Some(TruthFile::LabelImage); 2]);
        assert_eq!([truth("t/masks"), truth("s/b/labels")], [Some(TruthFile::WithoutImage); 2]);
        assert_eq!([truth("s/a/images"), truth("other")], [None; 2]);
        assert!(
            layout.has_images_beside(&folders("t/masks")) && !layout.has_images_beside(&folders("s/b/masks"))
        );
    }

    #[test]
    fn paths_are_written_as_they_are_read() {
        let (image, mask) = (folders(&image_path("a")), folders(&mask_path("a", "1")));
        let layout = Layout::new([&image[..2]]);
        assert_eq!(layout.truth_file(&mask[..2]), Some(TruthFile::Mask));
    }
}

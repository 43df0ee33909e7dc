//! A file's path in its parts.

use unicode_normalization::UnicodeNormalization;

use crate::dsb2018::folder::around_images;

/// A path in its parts, in Unicode's composed form (NFC): file systems and archives keep names in either
/// form, and both are the same name. Always at least one part, the file's name.
#[derive(Debug, Clone)]
pub(super) struct Path {
    parts: Vec<String>,
    /// How many of them are the folder that was given.
    root: usize,
}

impl Path {
    /// Parts a path at `/` and `\`.
    pub(super) fn of(path: &str) -> Self {
        let mut parts: Vec<String> = path
            .split(['/', '\\'])
            .filter(|part| !matches!(*part, "" | "."))
            .map(|part| part.nfc().collect())
            .collect();
        if parts.is_empty() {
            parts.push(String::new());
        }
        Self { parts, root: 0 }
    }

    /// The same where the first bytes of `path` are the folder that was given.
    pub(super) fn in_root(self, path: &str, root: usize) -> Self {
        let named = path.get(..root).unwrap_or_default().split(['/', '\\']);
        let root = named.filter(|part| !matches!(*part, "" | ".")).count().min(self.parts.len() - 1);
        Self { root, ..self }
    }

    /// All of them, the name last.
    pub(super) fn parts(&self) -> &[String] {
        &self.parts
    }

    /// The file's name.
    pub(super) fn name(&self) -> &str {
        &self.parts[self.parts.len() - 1]
    }

    /// The name without its ending; a name that is nothing but an ending is its own stem.
    pub(super) fn stem(&self) -> &str {
        match self.name().rsplit_once('.') {
            Some((stem, _)) if !stem.is_empty() => stem,
            _ => self.name(),
        }
    }

    /// What follows the name's last point, in small letters.
    pub(super) fn ending(&self) -> String {
        self.name().rsplit_once('.').map_or_else(String::new, |(_, ending)| ending.to_lowercase())
    }

    /// The folders that the file is in.
    pub(super) fn folder(&self) -> &[String] {
        &self.parts[..self.parts.len() - 1]
    }

    /// The folders around a folder `images` that the file is in; `None` for any other file.
    pub(super) fn around_images(&self) -> Option<&[String]> {
        around_images(self.folder())
    }

    /// Made by an operating system, or hidden. What is hidden by a point may have been given itself.
    pub(super) fn is_hidden(&self, explicit: bool) -> bool {
        let hides = |part: &String| part.starts_with('.') && part != "..";
        let by_system = |part: &String| part == "__MACOSX" || part == "@eaDir" || part.starts_with("._");
        let leftover =
            ["thumbs.db", "desktop.ini", ".ds_store"].contains(&self.name().to_lowercase().as_str());
        let below = &self.parts[self.root..];
        leftover || below.iter().any(by_system) || (!explicit && below.iter().any(hides))
    }
}

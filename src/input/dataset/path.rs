//! The components of a file path.

use unicode_normalization::UnicodeNormalization;

use crate::dsb2018::folder::around_images;

/// The components of a path in Unicode's composed form (NFC): file systems and archives store names in either
/// form, and both are the same name. Always at least one component, the file name.
#[derive(Debug, Clone)]
pub(super) struct Path {
    parts: Vec<String>,
    /// The number of components that belong to the input folder.
    root: usize,
}

impl Path {
    /// Splits a path at `/` and `\`.
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

    /// Sets the input folder, which is the first `root` bytes of `path`.
    pub(super) fn in_root(self, path: &str, root: usize) -> Self {
        let named = path.get(..root).unwrap_or_default().split(['/', '\\']);
        let root = named.filter(|part| !matches!(*part, "" | ".")).count().min(self.parts.len() - 1);
        Self { root, ..self }
    }

    /// All components, the name last.
    pub(super) fn parts(&self) -> &[String] {
        &self.parts
    }

    /// The file name.
    pub(super) fn name(&self) -> &str {
        &self.parts[self.parts.len() - 1]
    }

    /// The name without its extension; a name such as `.png` is its own stem.
    pub(super) fn stem(&self) -> &str {
        match self.name().rsplit_once('.') {
            Some((stem, _)) if !stem.is_empty() => stem,
            _ => self.name(),
        }
    }

    /// The part of the name after the last dot, in lower case.
    pub(super) fn ending(&self) -> String {
        self.name().rsplit_once('.').map_or_else(String::new, |(_, ending)| ending.to_lowercase())
    }

    /// The folders of the file.
    pub(super) fn folder(&self) -> &[String] {
        &self.parts[..self.parts.len() - 1]
    }

    /// The parent folders of a folder `images` that contains the file; `None` for any other file.
    pub(super) fn around_images(&self) -> Option<&[String]> {
        around_images(self.folder())
    }

    /// Created by an operating system, or hidden. The user may have named a file that starts with a dot.
    pub(super) fn is_hidden(&self, explicit: bool) -> bool {
        let hides = |part: &String| part.starts_with('.') && part != "..";
        let by_system = |part: &String| part == "__MACOSX" || part == "@eaDir" || part.starts_with("._");
        let leftover =
            ["thumbs.db", "desktop.ini", ".ds_store"].contains(&self.name().to_lowercase().as_str());
        let below = &self.parts[self.root..];
        leftover || below.iter().any(by_system) || (!explicit && below.iter().any(hides))
    }
}

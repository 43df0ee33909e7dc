//! Annotated datasets, and the selection of images from them.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};

use clap::Args;
use nucleoscope::dsb2018::comparable;
use nucleoscope::export::tables::for_spreadsheet;
use nucleoscope::input::dataset::{ImageEntry, Truth};
use nucleoscope::{Error, InFile};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::fault::Fault;
use crate::inputs::{self, Inputs};
use crate::table;
use crate::work::{self, Options, Work};

/// The options that select annotated images.
#[derive(Args)]
pub(crate) struct Choice {
    /// Datasets: folders with images/ID.png, labels/ID.png and index.csv, folders of such folders, or folders
    /// in the Bowl's layout
    #[arg(required = true, value_name = "DIR")]
    folders: Vec<PathBuf>,
    /// Use only images with this number in the column "fold" of index.csv
    #[arg(long, value_name = "N")]
    fold: Option<String>,
    /// Exclude images with this number in the column "fold" of index.csv
    #[arg(long, value_name = "N")]
    without_fold: Option<String>,
    /// Use only images with these conditions in the column "condition" of index.csv
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    conditions: Vec<String>,
    /// Use only images whose IDs are listed in this file, one per line
    #[arg(long, value_name = "FILE")]
    ids: Option<PathBuf>,
    /// Model for each dataset or condition, so that no image is segmented by a model trained on it: a CSV
    /// with the columns "set" (the folder's name) or "condition" or both, and "model" (a path relative to the
    /// CSV); if several rows match an image, the most specific one is used
    #[arg(long, value_name = "FILE.csv", conflicts_with = "model")]
    models: Option<PathBuf>,
    /// Change the scales at which the network works, to find the best ones: names as in the model's metadata,
    /// without "scale_" (printed by "nucleoscope model")
    #[arg(long, value_name = "NAME=NUMBER", value_delimiter = ',', value_parser = change)]
    scale_range: Vec<(String, f64)>,
}

fn change(text: &str) -> Result<(String, f64), String> {
    let (name, number) = text.split_once('=').ok_or("not NAME=NUMBER")?;
    let number = number.parse().map_err(|_| format!("{number:?} is not a number"))?;
    Ok((name.trim().to_owned(), number))
}

/// The selected images.
pub(crate) struct Chosen {
    /// Number of files that could not be opened; their errors have been printed.
    pub failures: usize,
    sets: Vec<Set>,
    /// For each image, the index of its set, and its index in that set.
    positions: Vec<(usize, usize)>,
    /// Empty if the same model is used for all images.
    models: Vec<ModelRow>,
    scale_range: Vec<(String, f64)>,
}

/// A folder of annotated images.
struct Set {
    name: String,
    inputs: Inputs,
    index: HashMap<String, Row>,
}

/// An annotated image.
#[derive(Clone, Copy)]
pub(crate) struct Annotated<'a> {
    /// The image's entry in its dataset.
    pub entry: &'a ImageEntry,
    set: &'a Set,
}

/// An image's row in index.csv.
#[derive(Deserialize)]
struct Row {
    image_id: String,
    condition: String,
    #[serde(default)]
    fold: Option<String>,
}

/// A row of the table of models.
#[derive(Deserialize)]
struct ModelRow {
    #[serde(default)]
    set: Option<String>,
    #[serde(default)]
    condition: Option<String>,
    model: PathBuf,
}

impl<'a> Annotated<'a> {
    /// The name of its set.
    pub(crate) fn set(&self) -> &'a str {
        &self.set.name
    }

    /// Its condition; "all" if index.csv does not contain it.
    pub(crate) fn condition(&self) -> &'a str {
        self.row().map_or("all", |row| &row.condition)
    }

    fn row(&self) -> Option<&'a Row> {
        self.names().iter().find_map(|name| self.set.index.get(name))
    }

    /// Its id as it may be written in tables: unchanged, or as in those of this program.
    fn names(&self) -> [String; 2] {
        let id = &self.entry.image_id;
        [comparable(id), comparable(&for_spreadsheet(id))]
    }
}

impl Choice {
    /// Opens the folders and selects the images.
    ///
    /// # Errors
    /// A file with the selection cannot be read, or no image is left.
    pub(crate) fn make(&self) -> Result<Chosen, Error> {
        let sets = self.read_sets()?;
        let mut failures = 0;
        for Set { inputs, .. } in &sets {
            let failed = &inputs.batch.dataset.failed;
            failures += inputs.failures.len() + inputs.batch.failures.len() + failed.len();
            inputs.failures.iter().chain(&inputs.batch.failures).for_each(table::print_failure);
            failed.iter().for_each(|failed| table::print_failure(&failed.error));
        }
        let ids = self.read_ids()?;
        let models = self.read_models()?;
        let is_chosen = |image: &Annotated| {
            let fold = image.row().and_then(|row| row.fold.as_ref());
            let condition = image.row().map(|row| &row.condition);
            image.entry.truth != Truth::Unknown
                && (self.fold.is_none() || self.fold.as_ref() == fold)
                && (self.without_fold.is_none() || self.without_fold.as_ref() != fold)
                && (self.conditions.is_empty() || self.conditions.iter().any(|name| Some(name) == condition))
                && ids.as_ref().is_none_or(|ids| image.names().iter().any(|name| ids.contains(name)))
        };
        let mut positions = Vec::new();
        for (place, set) in sets.iter().enumerate() {
            let images = set.inputs.batch.dataset.images.iter().enumerate();
            let chosen = images.filter(|(_, entry)| is_chosen(&Annotated { entry, set }));
            positions.extend(chosen.map(|(position, _)| (place, position)));
        }
        if positions.is_empty() {
            return Err(Fault::NothingChosen.in_file("the folders"));
        }
        let chosen = Chosen { failures, sets, positions, models, scale_range: self.scale_range.clone() };
        let lacks_model = |image: &Annotated| chosen.model(image).is_none();
        if let (Some(path), Some(image)) = (&self.models, chosen.images().into_iter().find(lacks_model)) {
            let (condition, set) = (image.condition().to_owned(), image.set().to_owned());
            return Err(Fault::NoModelFor { condition, set }.in_file(path.display().to_string()));
        }
        Ok(chosen)
    }

    fn read_sets(&self) -> Result<Vec<Set>, Error> {
        let folders: Vec<PathBuf> = self.folders.iter().flat_map(|folder| set_folders(folder)).collect();
        let name_of = |folder: &Path| {
            let whole = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
            whole.file_name().unwrap_or(folder.as_os_str()).to_string_lossy().into_owned()
        };
        let names: Vec<String> = folders.iter().map(|folder| name_of(folder)).collect();
        let is_alone = |name: &String| names.iter().filter(|other| *other == name).count() == 1;
        let set = |(folder, name): (&PathBuf, &String)| {
            let path = folder.join("index.csv");
            let rows: Vec<Row> = if path.exists() {
                read_csv(&path, "image_id and condition (and fold)")?
            } else {
                Vec::new()
            };
            Ok(Set {
                name: if is_alone(name) { name.clone() } else { folder.display().to_string() },
                inputs: Inputs::gather(std::slice::from_ref(folder)),
                index: rows.into_iter().map(|row| (comparable(&row.image_id), row)).collect(),
            })
        };
        folders.iter().zip(&names).map(set).collect()
    }

    fn read_models(&self) -> Result<Vec<ModelRow>, Error> {
        let Some(path) = &self.models else { return Ok(Vec::new()) };
        let beside = |row: ModelRow| ModelRow { model: path.with_file_name(row.model), ..row };
        Ok(read_csv(path, "model, and condition or set")?.into_iter().map(beside).collect())
    }

    fn read_ids(&self) -> Result<Option<HashSet<String>>, Error> {
        let Some(path) = &self.ids else { return Ok(None) };
        let bytes = inputs::read(path)?;
        Ok(Some(String::from_utf8_lossy(&bytes).lines().map(comparable).collect()))
    }
}

/// The images in the form that [`work::for_each`] takes.
fn given<'a>(images: &[Annotated<'a>]) -> Vec<(&'a Inputs, &'a ImageEntry)> {
    images.iter().map(|image| (&image.set.inputs, image.entry)).collect()
}

/// The sets in a folder: its subfolders with an index.csv, or the folder itself if it has an index.csv or no
/// subfolder has one.
fn set_folders(folder: &Path) -> Vec<PathBuf> {
    let has_index = |folder: &Path| folder.join("index.csv").exists();
    let mut inside: Vec<PathBuf> = match std::fs::read_dir(folder) {
        Ok(entries) if !has_index(folder) => entries.flatten().map(|entry| entry.path()).collect(),
        _ => Vec::new(),
    };
    inside.retain(|folder| has_index(folder));
    inside.sort();
    if inside.is_empty() { vec![folder.to_owned()] } else { inside }
}

/// Reads the rows of a table; `columns` are the names of the required columns, for errors.
fn read_csv<T: DeserializeOwned>(path: &Path, columns: &'static str) -> Result<Vec<T>, Error> {
    let bytes = inputs::read(path)?;
    let rows: Result<_, _> = csv::Reader::from_reader(&*bytes).deserialize().collect();
    let fault = |error: csv::Error| Fault::Table { reason: error.to_string(), columns };
    rows.map_err(|error| fault(error).in_file(path.display().to_string()))
}

impl Chosen {
    /// Calls [`work::for_each`] for some of the images, each with its model; the results are in the order of
    /// the images.
    ///
    /// # Errors
    /// A model cannot be loaded, or the scales are invalid.
    pub(crate) fn for_each<T: Send>(
        &self,
        images: &[Annotated],
        options: &Options,
        job: impl Fn(Work) -> Result<T, Error> + Sync,
    ) -> Result<Vec<Option<Result<T, Error>>>, Error> {
        let options = options.with_scales(&self.scale_range);
        if self.models.is_empty() {
            return work::for_each(&given(images), &options, job);
        }
        let mut results: Vec<_> = images.iter().map(|_| None).collect();
        let mut models: Vec<&Path> = images.iter().filter_map(|image| self.model(image)).collect();
        models.sort_unstable();
        models.dedup();
        // All are tried before the first image is segmented.
        models.iter().try_for_each(|model| options.with_model(model).model_hash().map(drop))?;
        for model in models {
            let is_for = |image: &Annotated| self.model(image) == Some(model);
            let (places, chosen): (Vec<usize>, Vec<Annotated>) =
                images.iter().copied().enumerate().filter(|(_, image)| is_for(image)).unzip();
            let found = work::for_each(&given(&chosen), &options.with_model(model), &job)?;
            for (place, result) in places.into_iter().zip(found) {
                results[place] = result;
            }
        }
        Ok(results)
    }

    /// The images, ordered by set.
    pub(crate) fn images(&self) -> Vec<Annotated<'_>> {
        let image = |&(set, position): &(usize, usize)| {
            let set = &self.sets[set];
            Annotated { entry: &set.inputs.batch.dataset.images[position], set }
        };
        self.positions.iter().map(image).collect()
    }

    /// The model for an image, if models are assigned to images.
    fn model(&self, image: &Annotated) -> Option<&Path> {
        let fits = |row: &&ModelRow| {
            let is = |wanted: &Option<String>, name: &str| {
                wanted.as_deref().is_none_or(|wanted| wanted.is_empty() || wanted == name)
            };
            is(&row.set, image.set()) && is(&row.condition, image.condition())
        };
        let says = |row: &&ModelRow| {
            let is_said = |name: &Option<String>| name.as_ref().is_some_and(|name| !name.is_empty());
            2 * usize::from(is_said(&row.condition)) + usize::from(is_said(&row.set))
        };
        // Of equally specific rows, the first one is used.
        self.models.iter().filter(fits).rev().max_by_key(says).map(|row| &*row.model)
    }
}

//! Annotated folders, and the choice of images from them.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::path::{Path, PathBuf};

use clap::Args;
use nucleoscope::dataset::{ImageEntry, Truth, comparable};
use nucleoscope::{Error, InFile};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::inputs::{self, Inputs};
use crate::table;
use crate::work::{self, Options, Work};

/// Which annotated images to use.
#[derive(Args)]
pub(crate) struct Choice {
    /// Folders with images/ID.png, labels/ID.png and index.csv; or in the Bowl's layout
    #[arg(required = true, value_name = "DIR")]
    folders: Vec<PathBuf>,
    /// Only images with this number in the column "fold" of index.csv
    #[arg(long, value_name = "N")]
    fold: Option<String>,
    /// Only images of these conditions, as in the column "condition" of index.csv
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    conditions: Vec<String>,
    /// Only images whose ids stand in this file, one a line
    #[arg(long, value_name = "FILE")]
    ids: Option<PathBuf>,
    /// A model for each condition, so that each is looked at by one that has never seen it: a CSV with
    /// the columns "condition" and "model" (a path from the CSV's folder)
    #[arg(long, value_name = "FILE.csv", conflicts_with = "model")]
    models: Option<PathBuf>,
}

/// The images that were chosen.
pub(crate) struct Chosen {
    /// Where they are.
    pub inputs: Inputs,
    /// How many files could not be opened; that has been said.
    pub failures: usize,
    positions: Vec<usize>,
    index: HashMap<String, Row>,
    /// The model for each condition; empty if one model is for all.
    models: HashMap<String, PathBuf>,
}

/// What index.csv says of an image.
#[derive(Deserialize)]
struct Row {
    image_id: String,
    condition: String,
    #[serde(default)]
    fold: Option<String>,
}

/// A row of the file that names a model for each condition.
#[derive(Deserialize)]
struct ModelRow {
    condition: String,
    model: PathBuf,
}

impl Choice {
    /// Looks at the folders and chooses.
    ///
    /// # Errors
    /// A file that says what to choose cannot be read, or no image is left.
    pub(crate) fn make(&self) -> Result<Chosen, Error> {
        let inputs = Inputs::gather(&self.folders);
        let failures = inputs.failures.len() + inputs.batch.failures.len();
        inputs.failures.iter().chain(&inputs.batch.failures).for_each(table::say_failure);
        let index = self.read_indexes()?;
        let ids = self.read_ids()?;
        let models = self.read_models()?;
        let is_chosen = |image: &ImageEntry| {
            let row = index.get(&image.image_id);
            let condition = row.map(|row| &row.condition);
            image.truth != Truth::Unknown
                && (self.fold.is_none() || self.fold.as_ref() == row.and_then(|row| row.fold.as_ref()))
                && (self.conditions.is_empty() || self.conditions.iter().any(|name| Some(name) == condition))
                && ids.as_ref().is_none_or(|ids| ids.contains(&image.image_id))
        };
        let images = inputs.batch.dataset.images.iter().enumerate();
        let positions: Vec<usize> =
            images.filter(|(_, image)| is_chosen(image)).map(|(position, _)| position).collect();
        if positions.is_empty() {
            let nothing = std::io::Error::other("no image with ground truth fits the choice");
            return Err(nothing.in_file("the folders"));
        }
        let chosen = Chosen { inputs, failures, positions, index, models };
        let lacks_model = |image: &&ImageEntry| !chosen.models.contains_key(chosen.condition(image));
        if let (Some(path), Some(image)) = (&self.models, chosen.images().into_iter().find(lacks_model)) {
            let reason = format!("it names no model for the condition {:?}", chosen.condition(image));
            return Err(std::io::Error::other(reason).in_file(path.display().to_string()));
        }
        Ok(chosen)
    }

    fn read_indexes(&self) -> Result<HashMap<String, Row>, Error> {
        let mut rows = HashMap::new();
        for path in self.folders.iter().map(|folder| folder.join("index.csv")).filter(|path| path.exists()) {
            rows.extend(read_csv(&path)?.into_iter().map(|row: Row| (comparable(&row.image_id), row)));
        }
        Ok(rows)
    }

    fn read_models(&self) -> Result<HashMap<String, PathBuf>, Error> {
        let Some(path) = &self.models else { return Ok(HashMap::new()) };
        let beside = |row: ModelRow| (row.condition, path.with_file_name(row.model));
        Ok(read_csv(path)?.into_iter().map(beside).collect())
    }

    fn read_ids(&self) -> Result<Option<HashSet<String>>, Error> {
        let Some(path) = &self.ids else { return Ok(None) };
        let bytes = inputs::read(path)?;
        Ok(Some(String::from_utf8_lossy(&bytes).lines().map(comparable).collect()))
    }
}

fn read_csv<T: DeserializeOwned>(path: &Path) -> Result<Vec<T>, Error> {
    let bytes = inputs::read(path)?;
    let rows: Result<_, _> = csv::Reader::from_reader(&*bytes).deserialize().collect();
    rows.map_err(|error| std::io::Error::other(error).in_file(path.display().to_string()))
}

impl Chosen {
    /// [`work::for_each`] over some of the images, each with the model that is for its condition; the
    /// results are in the images' order.
    ///
    /// # Errors
    /// A model cannot be loaded.
    pub(crate) fn for_each<T: Send>(
        &self,
        images: &[&ImageEntry],
        options: &Options,
        job: impl Fn(Work) -> Result<T, Error> + Sync,
    ) -> Result<Vec<Option<Result<T, Error>>>, Error> {
        if self.models.is_empty() {
            return work::for_each(&self.inputs, images, options, job);
        }
        let mut results: Vec<_> = images.iter().map(|_| None).collect();
        for model in self.models.values().collect::<BTreeSet<_>>() {
            let is_for = |image: &ImageEntry| self.models.get(self.condition(image)) == Some(model);
            let (places, chosen): (Vec<usize>, Vec<&ImageEntry>) =
                images.iter().copied().enumerate().filter(|(_, image)| is_for(image)).unzip();
            if chosen.is_empty() {
                continue;
            }
            let found = work::for_each(&self.inputs, &chosen, &options.with_model(model), &job)?;
            for (place, result) in places.into_iter().zip(found) {
                results[place] = result;
            }
        }
        Ok(results)
    }

    /// The images.
    pub(crate) fn images(&self) -> Vec<&ImageEntry> {
        self.positions.iter().map(|&position| &self.inputs.batch.dataset.images[position]).collect()
    }

    /// The condition of an image; "all" where index.csv does not have it.
    pub(crate) fn condition(&self, image: &ImageEntry) -> &str {
        self.index.get(&image.image_id).map_or("all", |row| &row.condition)
    }
}

//! Processing of many images on several threads.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::Once;
use std::sync::atomic::{AtomicBool, Ordering};

use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use nucleoscope::diagnostic::guarded;
use nucleoscope::dsb2018::run_length::Mask;
use nucleoscope::image::{self, ChannelChoice, Image, Opened, Selection, Slice};
use nucleoscope::input::dataset::ImageEntry;
use nucleoscope::network::{Network, SHIPPED_MODEL, TractNetwork};
use nucleoscope::nuclei::{self, Edited};
use nucleoscope::record::Provenance;
use nucleoscope::record::{Record, Start, sha256};
use nucleoscope::segment::tiled::Sizes;
use nucleoscope::segment::{Segmentation, Settings};
use nucleoscope::{Error, InFile, Segmenter};
use rayon::prelude::*;

use crate::fault::Fault;
use crate::inputs::Inputs;
use crate::model_check::{self, ModelOptions};
use crate::watershed_options::WatershedOptions;
use crate::{limits, table};

/// The options shared by the commands that run the network.
#[derive(Args, Clone)]
pub(crate) struct Options {
    /// Model to use instead of the built-in one
    #[arg(long, value_name = "FILE.onnx")]
    model: Option<PathBuf>,
    #[command(flatten)]
    model_options: ModelOptions,
    /// Number of images processed at a time [default: number of processors]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    threads: Option<u16>,
    /// Diameter of a typical nucleus in pixels [default: estimated for each image]
    #[arg(long, value_name = "PIXELS", value_parser = positive)]
    diameter: Option<f32>,
    /// Has no effect: there was once a second, slower mode, which this option turned off
    #[arg(long, hide = true)]
    fast: bool,
    #[command(flatten)]
    watershed: WatershedOptions,
    /// Process images of more than PIXELS × PIXELS in blocks of at most that size, as the program does for
    /// images of more than 4096 × 4096: smaller blocks take less memory and more time
    #[arg(long, value_name = "PIXELS", value_parser = clap::value_parser!(u32).range(320..))]
    block: Option<u32>,
    /// Channel to segment, by number from 1 or by name [default: the one whose name or colour indicates
    /// nuclei]
    #[arg(long, value_name = "N|NAME", value_parser = channel)]
    channel: Option<ChannelChoice>,
    /// Slice of a z-stack to segment, from 1, or max for the maximum projection [default: max]
    #[arg(long, value_name = "N|max", value_parser = slice)]
    slice: Option<Slice>,
    /// Frame of a time series to segment, from 1 [default: 1]
    #[arg(long, value_name = "N", value_parser = from_one)]
    frame: Option<usize>,
    /// The record of the runs to repeat; it takes precedence over the options.
    #[arg(skip)]
    record: Option<Arc<Runs>>,
    /// Changes to the model's scales.
    #[arg(skip)]
    scale_range: Vec<(String, f64)>,
}

/// The runs of a record, by the id of the image.
struct Runs {
    record: Record,
    places: HashMap<String, usize>,
}

impl Runs {
    fn new(record: Record) -> Self {
        // Of entries with the same id, the last.
        let places =
            record.images.iter().enumerate().map(|(place, image)| (image.id.clone(), place)).collect();
        Self { record, places }
    }

    fn of_image(&self, id: &str) -> Option<&Provenance> {
        Some(&self.record.images.get(*self.places.get(id)?)?.provenance)
    }
}

fn channel(text: &str) -> Result<ChannelChoice, String> {
    if text.parse::<usize>().is_ok() {
        from_one(text).map(ChannelChoice::Index)
    } else {
        Ok(ChannelChoice::Name(text.to_owned()))
    }
}

fn slice(text: &str) -> Result<Slice, String> {
    if text.eq_ignore_ascii_case("max") {
        Ok(Slice::MaximumProjection)
    } else {
        from_one(text).map(Slice::Single)
    }
}

/// Parses a number that starts at 1; returns it starting at 0.
fn from_one(text: &str) -> Result<usize, String> {
    let number: usize = text.parse().map_err(|_| "not a whole number".to_owned())?;
    number.checked_sub(1).ok_or_else(|| "numbers begin at 1".to_owned())
}

fn positive(text: &str) -> Result<f32, String> {
    let number: f32 = text.parse().map_err(|_| "not a number".to_owned())?;
    if number.is_finite() && number > 0.0 { Ok(number) } else { Err("not above 0".into()) }
}

/// Parses a number from 0 to 1.
pub(crate) fn fraction(text: &str) -> Result<f32, String> {
    let number: f32 = text.parse().map_err(|_| "not a number".to_owned())?;
    if (0.0..=1.0).contains(&number) { Ok(number) } else { Err("not from 0 to 1".into()) }
}

impl Options {
    /// Returns the options with another model.
    pub(crate) fn with_model(&self, model: &Path) -> Self {
        Self { model: Some(model.to_owned()), ..self.clone() }
    }

    /// Returns the options for repeating a record's runs on the images in it.
    pub(crate) fn repeating(&self, record: Record) -> Self {
        Self { record: Some(Arc::new(Runs::new(record))), ..self.clone() }
    }

    /// A record's entry for an image.
    fn run(&self, entry: &ImageEntry) -> Option<&Provenance> {
        self.record.as_ref()?.of_image(&entry.image_id)
    }

    /// Returns the options with changes to the model's scales.
    pub(crate) fn with_scales(&self, changes: &[(String, f64)]) -> Self {
        Self { scale_range: changes.to_vec(), ..self.clone() }
    }

    fn settings(&self) -> Settings {
        Settings::default().diameter(self.diameter).watershed(self.watershed.0)
    }

    /// SHA-256 of the model's file in hexadecimal. A model of others is tried first.
    pub(crate) fn model_hash(&self) -> Result<String, Error> {
        match &self.model {
            Some(path) => model_check::read(path, &self.model_options.limits).map(|bytes| sha256(&bytes)),
            None => Ok(sha256(SHIPPED_MODEL)),
        }
    }

    /// The side of the blocks of a tiled image in pixels, if it was given.
    pub(crate) fn block(&self) -> Option<u32> {
        self.block
    }

    fn sizes(&self) -> Sizes {
        self.block.map_or_else(Sizes::default, |side| Sizes::of_block(side as usize))
    }

    fn selection(&self) -> Selection {
        let selection = Selection::default().channel(self.channel.clone());
        selection.slice(self.slice.unwrap_or_default()).frame(self.frame.unwrap_or(0))
    }

    fn network(&self) -> Result<TractNetwork, Error> {
        let network = match &self.model {
            Some(path) => model_check::load(path, &self.model_options.limits),
            None => TractNetwork::shipped().map_err(|error| error.in_file("the built-in model")),
        }?;
        let changes = self.scale_range.iter().map(|(name, value)| (name.as_str(), *value));
        let scales = network.metadata().scales.with(changes);
        let scales = scales.map_err(|reason| Error::io(std::io::Error::other(reason), "the scale range"))?;
        Ok(network.with_scales(scales))
    }
}

/// An opened image, with what is needed to process it.
pub(crate) struct Work<'a> {
    /// The image's entry in its dataset.
    pub entry: &'a ImageEntry,
    /// The opened file: the image to segment, all channels, the pixel size.
    pub opened: Opened,
    /// The network to use.
    pub network: &'a TractNetwork,
    /// The settings to use.
    pub settings: Settings,
    sizes: Sizes,
    run: Option<&'a Provenance>,
    inputs: &'a Inputs,
}

/// The file of an image before it is opened, and what to do with it.
pub(crate) struct ImageFile<'a> {
    /// The image's entry in its dataset.
    pub entry: &'a ImageEntry,
    /// The contents.
    pub bytes: Vec<u8>,
    /// The network to use.
    pub network: &'a TractNetwork,
    /// The settings to use.
    pub settings: Settings,
    /// The selected part of its stack.
    pub selection: &'a Selection,
    /// The image's entry in the record, if its run is repeated.
    pub run: Option<&'a Provenance>,
    sizes: Sizes,
    inputs: &'a Inputs,
    bar: &'a ProgressBar,
}

impl<'a> ImageFile<'a> {
    /// Opens the image, and prints warnings about it.
    pub(crate) fn open(self) -> Result<Work<'a>, Error> {
        let Self { entry, network, settings, sizes, run, inputs, .. } = self;
        let opened = open(&self.bytes, entry, self.selection)?;
        self.bar.suspend(|| print_warnings(entry, &opened));
        Ok(Work { entry, opened, network, settings, sizes, run, inputs })
    }
}

impl Work<'_> {
    /// Finds the nuclei, and applies the record's corrections.
    pub(crate) fn find(&self) -> Result<Edited, Error> {
        let Some(run) = self.run else {
            return Ok(Edited::unedited(self.segment()?.labels));
        };
        let labels = match run.start {
            Start::Network => self.segment()?.labels,
            Start::GroundTruth => self.inputs.truth_labels(self.entry, self.opened.image.size())?,
        };
        let found = nuclei::corrected(labels, &run.edits);
        for refused in &found.refused {
            let fault = Fault::RefusedEdit { edit: refused.edit + 1, reason: refused.reason.to_string() };
            table::print_warning(&fault.in_file(&self.entry.path));
        }
        Ok(found)
    }

    /// Finds the nuclei; the blocks of a tiled image are processed on several threads.
    pub(crate) fn segment(&self) -> Result<Segmentation, Error> {
        let segmenter = Segmenter::new(self.network).with_settings(self.settings).with_sizes(self.sizes);
        let found = segmenter
            .segment_mapped(&self.opened.image, |blocks, find| blocks.par_iter().map(find).collect());
        found.map_err(|error| error.in_file(&self.entry.path))
    }

    /// The true nuclei, if known, checked against the image's size.
    pub(crate) fn truth(&self) -> Result<Option<Vec<Mask>>, Error> {
        self.inputs.truth(self.entry, self.opened.image.size())
    }
}

/// Decodes the images on several threads and calls `job` for each; the results are in the order of the
/// images. `None` for images that were not started before the user stopped.
///
/// # Errors
/// The model cannot be loaded.
pub(crate) fn for_each<T: Send>(
    images: &[(&Inputs, &ImageEntry)],
    options: &Options,
    job: impl Fn(Work) -> Result<T, Error> + Sync,
) -> Result<Vec<Option<Result<T, Error>>>, Error> {
    for_each_file(images, options, |file| job(file.open()?), |_, _| {})
}

/// Like [`for_each`], but images are not opened yet; `report` is called with every result.
///
/// # Errors
/// The model cannot be loaded.
pub(crate) fn for_each_file<T: Send>(
    images: &[(&Inputs, &ImageEntry)],
    options: &Options,
    job: impl Fn(ImageFile) -> Result<T, Error> + Sync,
    report: impl Fn(&ImageEntry, &Result<T, Error>) + Sync,
) -> Result<Vec<Option<Result<T, Error>>>, Error> {
    listen_for_interrupt();
    if options.fast {
        static WARNED: Once = Once::new();
        WARNED.call_once(|| table::print_warning(&Fault::Fast));
    }
    let network = options.network()?;
    let settings = options.settings();
    let selection = options.selection();
    let sizes = options.sizes();
    let bar = progress_bar(images.len() as u64);
    let one = |inputs: &Inputs, entry: &ImageEntry| {
        let work = || {
            let run = options.run(entry);
            let selection = run.map_or(&selection, |run| &run.selection);
            let settings = run.and_then(|run| run.settings).unwrap_or(settings);
            let bytes = inputs.read(entry.file, &entry.path)?;
            let (network, bar) = (&network, &bar);
            job(ImageFile { entry, bytes, network, settings, selection, run, sizes, inputs, bar })
        };
        // A panic in a decoder or the engine fails one image, not the batch.
        let result = guarded(&entry.path, work);
        report(entry, &result);
        result
    };
    let all = || {
        images
            .par_iter()
            .map(|(inputs, entry)| {
                let result = (!STOPPED.load(Ordering::Relaxed)).then(|| one(inputs, entry));
                bar.inc(1);
                result
            })
            .collect()
    };
    let threads = options.threads.map_or(0, usize::from);
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
    let results =
        pool.map_err(|error| Fault::Threads(error.to_string()).in_file("the program"))?.install(all);
    bar.finish_and_clear();
    Ok(results)
}

/// Opens an image; errors include its path.
pub(crate) fn open(bytes: &[u8], entry: &ImageEntry, selection: &Selection) -> Result<Opened, Error> {
    image::open(bytes, selection, limits::get()).map_err(|error| error.in_file(&entry.path))
}

/// Prints warnings about what was guessed or repaired when an image was opened.
pub(crate) fn print_warnings(entry: &ImageEntry, opened: &Opened) {
    let warnings = opened.info.warnings.iter().cloned();
    warnings.for_each(|warning| table::print_warning(&warning.in_file(&entry.path)));
}

/// Reads and decodes an image; errors include its path.
pub(crate) fn decode(inputs: &Inputs, entry: &ImageEntry) -> Result<Image, Error> {
    let bytes = inputs.read(entry.file, &entry.path)?;
    image::decode(&bytes, limits::get()).map_err(|error| error.in_file(&entry.path))
}

/// Set by Ctrl-C and [`stop`]; no further image is started.
static STOPPED: AtomicBool = AtomicBool::new(false);

/// Starts no further image.
pub(crate) fn stop() {
    STOPPED.store(true, Ordering::Relaxed);
}

/// Makes Ctrl-C set [`STOPPED`]. A second Ctrl-C ends the program at once; no file is left half-written.
fn listen_for_interrupt() {
    // Fails if the system has no such signal, in which case there is nothing to catch, or if a handler is
    // already set.
    _ = ctrlc::set_handler(|| {
        if STOPPED.swap(true, Ordering::Relaxed) {
            std::process::exit(130);
        }
    });
}

/// A progress bar on a terminal, hidden otherwise.
fn progress_bar(images: u64) -> ProgressBar {
    let style = ProgressStyle::with_template("{wide_bar} {pos}/{len} images, {eta} left");
    let bar = ProgressBar::new(images);
    style.map_or(bar.clone(), |style| bar.with_style(style))
}

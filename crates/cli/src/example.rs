//! `nucleoscope example`: synthetic images in the Bowl's layout, for trying the program.

use std::path::{Path, PathBuf};

use clap::Args;
use nucleoscope::dsb2018::{csv, folder, run_length};
use nucleoscope::geometry::Size;
use nucleoscope::image::{Image, Samples};
use nucleoscope::synthetic::{FieldOptions, Modality, encode_png, field};
use nucleoscope::{Error, InFile};

use crate::output::{create_folder, write_whole};
use crate::{Outcome, table, work};

#[derive(Args)]
pub(crate) struct Arguments {
    /// Output folder: stage1_test/ID/images/ID.png, .../masks/*.png and two CSV files
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    /// Number of images; fluorescence, 16-bit fluorescence and stained images alternate
    #[arg(long, default_value_t = 3, value_name = "N")]
    count: u32,
    /// Random seed
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Width and height of each image
    #[arg(long, default_value_t = 256, value_name = "PIXELS", value_parser = clap::value_parser!(u32).range(16..=8192))]
    side: u32,
    /// Number of nuclei in each image
    #[arg(long, default_value_t = 24, value_name = "N")]
    nuclei: usize,
    /// Fraction of a nucleus that others may cover, 0 to 1
    #[arg(long, default_value_t = 0.0, value_name = "SHARE", value_parser = work::fraction)]
    overlap: f32,
}

pub(crate) fn run(arguments: &Arguments) -> Result<Outcome, Error> {
    let mut solution = String::from("ImageId,EncodedPixels,Height,Width,Usage\n");
    let mut sample = csv::HEADER.to_owned();
    let side = arguments.side as usize;
    for index in 0..arguments.count {
        let modality = match index % 3 {
            0 => Modality::Fluorescence,
            1 => Modality::DeepFluorescence,
            _ => Modality::Stained,
        };
        let seed = arguments.seed.wrapping_mul(1000).wrapping_add(index.into());
        let options = FieldOptions {
            seed,
            width: side,
            height: side,
            nuclei: arguments.nuclei,
            overlap: arguments.overlap,
            modality,
            ..Default::default()
        };
        let drawn = field(&options);
        let image_id = format!("example-{seed:06}");
        let set = arguments.folder.join("stage1_test");
        write(&set.join(folder::image_path(&image_id)), &drawn.png())?;
        for label in 1..=drawn.truth.count() {
            let inside = drawn.truth.as_slice().iter().map(|&other| if other == label { 255 } else { 0 });
            let mask = Image::new(Size::new(side, side), 1, Samples::U8(inside.collect()))
                .map_err(|error| error.in_file(&image_id))?;
            let path = folder::mask_path(&image_id, &format!("{image_id}-{label:04}"));
            write(&set.join(path), &encode_png(&mask))?;
        }
        for row in csv::rows(&image_id, &run_length::encode(&drawn.truth)).lines() {
            solution.push_str(&format!("{row},{side},{side},Public\n"));
        }
        sample.push_str(&csv::rows(&image_id, &[]));
    }
    write(&arguments.folder.join("stage1_solution.csv"), solution.as_bytes())?;
    write(&arguments.folder.join("stage1_sample_submission.csv"), sample.as_bytes())?;
    table::say(format_args!("{} images: {}", arguments.count, arguments.folder.display()));
    Ok(Outcome::Complete)
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    if let Some(folder) = path.parent() {
        create_folder(folder)?;
    }
    write_whole(path, bytes)
}

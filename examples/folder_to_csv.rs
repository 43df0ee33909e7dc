//! Segments every image of a folder and writes the CSV of the 2018 Data Science Bowl.
//!
//! `cargo run --release --example folder_to_csv -- images submission.csv`
#![expect(clippy::print_stderr, reason = "an example")]

use std::error::Error;
use std::path::Path;

use nucleoscope::dsb2018::{csv, run_length};
use nucleoscope::image::{self, Limits};
use nucleoscope::network::TractNetwork;
use nucleoscope::{Diagnostic, InFile, Segmenter};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [folder, output] = &arguments[..] else {
        return Err("name a folder of images and the CSV to write".into());
    };
    let segmenter = Segmenter::new(TractNetwork::shipped()?);
    let mut table = csv::HEADER.to_owned();
    let mut paths: Vec<_> =
        std::fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<std::io::Result<_>>()?;
    paths.sort();
    for path in paths.iter().filter(|path| image::is_image_name(&path.to_string_lossy())) {
        // One bad file does not lose the others' results.
        match rows(&segmenter, path) {
            Ok(rows) => table.push_str(&rows),
            Err(error) => eprintln!("{error} {}", error.help()),
        }
    }
    std::fs::write(output, table)?;
    Ok(())
}

/// The rows of one image.
fn rows(segmenter: &Segmenter<TractNetwork>, path: &Path) -> Result<String, nucleoscope::Error> {
    let name = path.display().to_string();
    let bytes = std::fs::read(path).map_err(|error| nucleoscope::Error::io(error, &name))?;
    let cells = image::decode(&bytes, Limits::default()).map_err(|error| error.in_file(&name))?;
    let found = segmenter.segment(&cells).map_err(|error| error.in_file(&name))?;
    let image_id = path.file_stem().unwrap_or_default().to_string_lossy();
    Ok(csv::rows(&image_id, &run_length::encode(&found.labels)))
}

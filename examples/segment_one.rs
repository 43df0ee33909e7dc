//! Finds the nuclei of one image, or of a drawn one, and prints how many there are and how large they are.
//!
//! `cargo run --release --example segment_one -- cells.tif`
#![expect(clippy::print_stdout, reason = "an example")]

use std::error::Error;

use nucleoscope::network::TractNetwork;
use nucleoscope::{Segmenter, image, synthetic};

fn main() -> Result<(), Box<dyn Error>> {
    let cells = match std::env::args().nth(1) {
        Some(path) => image::decode(&std::fs::read(path)?, image::Limits::default())?,
        None => synthetic::field(&Default::default()).image,
    };
    let found = Segmenter::new(TractNetwork::shipped()?).segment(&cells)?;
    println!("{} nuclei", found.labels.count());
    if let Some(diameter) = found.diameter {
        println!("typical diameter {diameter:.1} px");
    }
    Ok(())
}

//! The stages from a file to nuclei, to be measured one by one.

use std::hint::black_box;

use nucleoscope::dsb2018::csv;
use nucleoscope::dsb2018::run_length::encode;
use nucleoscope::geometry::Size;
use nucleoscope::image::{Image, Limits, decode, normalize};
use nucleoscope::network::{Network, TractNetwork};
use nucleoscope::nuclei::{LabelImage, WatershedSettings, outlines, watershed};
use nucleoscope::prediction::ProbabilityMaps;

use crate::{BenchError, picture};

/// An image that is being processed. Each stage uses the result of the previous one, in the order of the
/// methods.
#[derive(Debug)]
pub struct Stages {
    network: TractNetwork,
    file: Vec<u8>,
    image: Image,
    /// `[1, 3, height, width]`.
    input: Vec<f32>,
    maps: ProbabilityMaps,
    labels: LabelImage,
}

impl Stages {
    /// Creates a square image before the first stage; its side is a multiple of the network's stride.
    ///
    /// # Errors
    /// The image is larger than the limit.
    pub fn new(network: TractNetwork, side: usize) -> Result<Self, BenchError> {
        let file = picture(side, 1)?;
        let image = decode(&file, Limits::default())?;
        let (maps, labels) =
            (ProbabilityMaps::zeros(Size::new(side, side)), LabelImage::empty(Size::new(side, side)));
        Ok(Self { network, file, image, input: Vec::new(), maps, labels })
    }

    /// Decodes the file.
    ///
    /// # Errors
    /// The image cannot be decoded.
    pub fn decode(&mut self) -> Result<(), BenchError> {
        self.image = decode(&self.file, Limits::default())?;
        Ok(())
    }

    /// Computes the network's input.
    pub fn normalize(&mut self) {
        let planes = normalize(&self.image, &self.network.metadata().normalization).planes();
        self.input = planes.iter().cycle().take(3).flatten().copied().collect();
    }

    /// Runs the network once, at the image's own scale.
    ///
    /// # Errors
    /// The network's error.
    pub fn infer(&mut self) -> Result<(), BenchError> {
        let size = self.image.size();
        let answer = self.network.run(self.input.clone(), size)?;
        for (map, values) in self.maps.channels_mut().into_iter().zip(answer.chunks_exact(size.area())) {
            map.copy_from_slice(values);
        }
        Ok(())
    }

    /// Runs the watershed, up to numbered nuclei.
    pub fn watershed(&mut self) {
        self.labels = watershed(&self.maps, &WatershedSettings::default());
    }

    /// Traces the nuclei's outlines.
    pub fn outlines(&self) {
        black_box(outlines(&self.labels));
    }

    /// Writes the nuclei's run lengths, as rows of the Bowl's CSV.
    pub fn run_lengths(&self) {
        black_box(csv::rows("picture", &encode(&self.labels)));
    }

    /// Number of nuclei found.
    pub fn count(&self) -> u32 {
        self.labels.count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Operators, load};

    #[test]
    fn the_stages_lead_to_the_nuclei_of_the_picture() {
        let model = std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/../../model/nuclei.onnx")).unwrap();
        let mut stages = Stages::new(load(&model, Operators::Own).unwrap(), 256).unwrap();
        stages.decode().unwrap();
        stages.normalize();
        stages.infer().unwrap();
        stages.watershed();
        assert!((20..=26).contains(&stages.count()), "{} nuclei", stages.count());
    }
}

//! The complete segmentation of an image in one type: [`Segmenter`].

use std::cell::Cell;
use std::ops::ControlFlow;

use crate::geometry::Size;
use crate::image::{Image, ImagePart};
use crate::network::{ModelMetadata, Network, NetworkError};
use crate::nuclei::{LabelImage, watershed};
use crate::prediction::ProbabilityMaps;
use crate::segment::tiled::{Assembly, Block, BlockNuclei, Plan, Sizes};
use crate::segment::{self, Inference, Progress, SegmentError, Segmentation, Settings};

/// Segments the nuclei in images with a network and settings.
///
/// [`segment`](Self::segment) does the complete segmentation of an image of any size. Each step is also
/// public, for callers that keep intermediate results or distribute the work: [`predict`](Self::predict) and
/// [`label`](Self::label) for an image as a whole; [`plan`](Self::plan), [`find`](Self::find) and
/// [`assemble`](Self::assemble) for a tiled one.
///
/// ```
/// # #[cfg(feature = "onnx")] {
/// use nucleoscope::{Segmenter, network::TractNetwork, synthetic};
///
/// let cells = synthetic::field(&Default::default()).image;
/// let segmenter = Segmenter::new(TractNetwork::shipped()?);
/// let found = segmenter.segment(&cells)?;
/// assert!(found.labels.count() > 10);
/// # }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Segmenter<N> {
    network: N,
    settings: Settings,
    sizes: Sizes,
}

impl<N: Network> Segmenter<N> {
    /// Creates a segmenter with the default settings.
    pub fn new(network: N) -> Self {
        Self { network, settings: Settings::default(), sizes: Sizes::default() }
    }

    /// Changes the settings.
    #[must_use]
    pub fn with_settings(self, settings: Settings) -> Self {
        Self { settings, ..self }
    }

    /// Changes the limit between whole and tiled images, and the size of blocks.
    #[must_use]
    pub fn with_sizes(self, sizes: Sizes) -> Self {
        Self { sizes, ..self }
    }

    /// The network.
    pub fn network(&self) -> &N {
        &self.network
    }

    /// The network's metadata.
    pub fn metadata(&self) -> &ModelMetadata {
        self.network.metadata()
    }

    /// The settings.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Whether an image is segmented block by block, because its probability maps would take too much memory.
    pub fn is_tiled(&self, image: &Image) -> bool {
        self.sizes.is_tiled(image.size())
    }

    /// Segments the nuclei of an image.
    ///
    /// # Errors
    /// The network failed, or the label image does not fit into memory.
    pub fn segment(&self, image: &Image) -> Result<Segmentation, SegmentError> {
        self.segment_with(image, &mut |_| ControlFlow::Continue(()))
    }

    /// Like [`Self::segment`], and reports progress; [`ControlFlow::Break`] cancels before the next tile.
    ///
    /// # Errors
    /// Those of [`Self::segment`], and [`SegmentError::Cancelled`].
    ///
    /// ```
    /// # #[cfg(feature = "onnx")] {
    /// use std::ops::ControlFlow;
    /// use nucleoscope::{Segmenter, network::TractNetwork, segment::SegmentError, synthetic};
    ///
    /// let cells = synthetic::field(&Default::default()).image;
    /// let segmenter = Segmenter::new(TractNetwork::shipped()?);
    /// let cancelled = segmenter.segment_with(&cells, &mut |_| ControlFlow::Break(()));
    /// assert!(matches!(cancelled, Err(SegmentError::Cancelled)));
    /// # }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn segment_with(
        &self,
        image: &Image,
        progress: &mut dyn FnMut(Progress) -> ControlFlow<()>,
    ) -> Result<Segmentation, SegmentError> {
        if !self.is_tiled(image) {
            let inference = self.predict(image, progress)?;
            let labels = self.label(&inference.maps);
            let Inference { scale, passes, .. } = inference;
            return Ok(Segmentation { diameter: segment::typical_diameter(&labels), labels, scale, passes });
        }
        // Fails before the work if there is not enough memory for the result.
        let assembly = self.assembly(image)?;
        let plan = self.plan(image, &mut |_, _| ControlFlow::Continue(()))?;
        let total = plan.blocks.len();
        let mut found = Vec::with_capacity(total);
        for (done, block) in plan.blocks.iter().enumerate() {
            if progress(Progress { pass: 1, passes: 1, done, total }).is_break() {
                return Err(SegmentError::Cancelled);
            }
            found.push(self.find(image, &plan, block, &mut |_, _| ControlFlow::Continue(()))?);
        }
        _ = progress(Progress { pass: 1, passes: 1, done: total, total });
        Ok(finish(assembly, &plan, &found))
    }

    /// Like [`Self::segment`], but the blocks of a tiled image are processed by `map`, which may use several
    /// threads: it must call the given function for each block and return the results in the order of the
    /// blocks.
    ///
    /// # Errors
    /// Those of [`Self::segment`].
    pub fn segment_mapped<M>(&self, image: &Image, map: M) -> Result<Segmentation, SegmentError>
    where
        N: Sync,
        M: FnOnce(
            &[Block],
            &(dyn Fn(&Block) -> Result<BlockNuclei, SegmentError> + Sync),
        ) -> Result<Vec<BlockNuclei>, SegmentError>,
    {
        if !self.is_tiled(image) {
            return self.segment(image);
        }
        let assembly = self.assembly(image)?;
        let plan = self.plan(image, &mut |_, _| ControlFlow::Continue(()))?;
        let find = |block: &Block| self.find(image, &plan, block, &mut |_, _| ControlFlow::Continue(()));
        let found = map(&plan.blocks, &find)?;
        Ok(finish(assembly, &plan, &found))
    }

    /// Predicts the probability maps of an image as a whole, at the scale for its nuclei.
    ///
    /// # Errors
    /// The network failed, or `progress` cancelled it.
    pub fn predict(
        &self,
        image: &Image,
        progress: &mut dyn FnMut(Progress) -> ControlFlow<()>,
    ) -> Result<Inference, SegmentError> {
        let network = Cancellable::new(&self.network);
        let mut report = |done: Progress| network.note(progress(done));
        network.outcome(segment::predict(&network, image, &self.settings, &mut report))
    }

    /// Labels the nuclei in probability maps. This is fast and depends only on the watershed settings.
    pub fn label(&self, maps: &ProbabilityMaps) -> LabelImage {
        watershed(maps, &self.settings.watershed)
    }

    /// Plans the segmentation of a tiled image: its levels, the scale, the blocks. `progress` is called with
    /// the number of windows predicted so far to estimate the scale, and the total.
    ///
    /// # Errors
    /// The network failed, or `progress` cancelled it.
    pub fn plan(
        &self,
        image: &Image,
        progress: &mut dyn FnMut(usize, usize) -> ControlFlow<()>,
    ) -> Result<Plan, SegmentError> {
        let network = Cancellable::new(&self.network);
        let mut report = |done, total| network.note(progress(done, total));
        network.outcome(Plan::new(&network, image, &self.settings, &self.sizes, &mut report))
    }

    /// Finds the nuclei of one block of a tiled image; an [`ImagePart`] that contains [`Plan::source`] is
    /// enough. `progress` is called with the numbers of finished tiles and of all tiles.
    ///
    /// # Errors
    /// The network failed, or `progress` cancelled it.
    ///
    /// # Panics
    /// Those of [`Plan::find`].
    pub fn find<'a>(
        &self,
        image: impl Into<ImagePart<'a>>,
        plan: &Plan,
        block: &Block,
        progress: &mut dyn FnMut(usize, usize) -> ControlFlow<()>,
    ) -> Result<BlockNuclei, SegmentError> {
        let network = Cancellable::new(&self.network);
        let mut report = |done, total| network.note(progress(done, total));
        network.outcome(plan.find(&network, image, &self.settings, block, &mut report))
    }

    /// Assembles the nuclei of all blocks, in the order of the plan.
    ///
    /// # Errors
    /// [`SegmentError::OutOfMemory`].
    pub fn assemble(
        &self,
        image: &Image,
        plan: &Plan,
        found: &[BlockNuclei],
    ) -> Result<Segmentation, SegmentError> {
        Ok(finish(self.assembly(image)?, plan, found))
    }

    fn assembly(&self, image: &Image) -> Result<Assembly, SegmentError> {
        Assembly::new(image.size(), self.settings.watershed.minimum_area)
    }
}

fn finish(mut assembly: Assembly, plan: &Plan, found: &[BlockNuclei]) -> Segmentation {
    found.iter().for_each(|block| assembly.add(block));
    let labels = assembly.finish();
    let passes = plan.passes.iter().copied().chain(found.iter().filter_map(BlockNuclei::pass)).collect();
    Segmentation { diameter: segment::typical_diameter(&labels), labels, scale: plan.scale, passes }
}

/// A network that fails once the work is cancelled.
struct Cancellable<'a> {
    network: &'a dyn Network,
    is_cancelled: Cell<bool>,
}

impl<'a> Cancellable<'a> {
    fn new(network: &'a dyn Network) -> Self {
        Self { network, is_cancelled: Cell::new(false) }
    }

    /// Records what a progress callback returned.
    fn note(&self, flow: ControlFlow<()>) {
        if flow.is_break() {
            self.is_cancelled.set(true);
        }
    }

    /// The result of the work, or [`SegmentError::Cancelled`] if it was cancelled.
    fn outcome<T>(&self, result: Result<T, NetworkError>) -> Result<T, SegmentError> {
        if self.is_cancelled.get() { Err(SegmentError::Cancelled) } else { Ok(result?) }
    }
}

impl Network for Cancellable<'_> {
    fn metadata(&self) -> &ModelMetadata {
        self.network.metadata()
    }

    fn run(&self, input: Vec<f32>, size: Size) -> Result<Vec<f32>, NetworkError> {
        if self.is_cancelled.get() {
            return Err(NetworkError::Failed { size, reason: "cancelled".into() });
        }
        self.network.run(input, size)
    }
}

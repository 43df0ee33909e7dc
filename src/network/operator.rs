//! Kernels as tract operators.

use std::fmt::Debug;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use nucleoscope_kernels::{Kernel, Plane};
use tract_onnx::tract_core::internal::*;

/// A kernel's output shape, relative to that of its last input.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Shape {
    /// Factor by which rows and columns are multiplied, before [`Self::shrink`].
    pub(super) grow: usize,
    /// Factor by which rows and columns are divided.
    pub(super) shrink: usize,
    /// Number of channels; that of the input if `None`.
    pub(super) channels: Option<usize>,
}

impl Shape {
    /// The shape of the input.
    pub(super) const SAME: Self = Self { grow: 1, shrink: 1, channels: None };
}

/// A kernel on tensors `[N, H, W, C]`.
#[derive(Debug)]
pub(super) struct Operator<K> {
    kernel: Arc<K>,
    shape: Shape,
}

impl<K: Kernel> Operator<K> {
    pub(super) fn new(kernel: K, shape: Shape) -> Self {
        Self { kernel: Arc::new(kernel), shape }
    }

    fn shape<D: DimLike>(&self, input: &[D]) -> TractResult<TVec<D>> {
        let [images, height, width, channels] = input else { bail!("not a batch of images: {input:?}") };
        let Shape { grow, shrink, channels: ours } = self.shape;
        let side = |length: &D| length.clone() * grow / shrink;
        let channels = ours.map_or_else(|| channels.clone(), D::from);
        Ok(tvec!(images.clone(), side(height), side(width), channels))
    }
}

impl<K> Clone for Operator<K> {
    fn clone(&self) -> Self {
        Self { kernel: Arc::clone(&self.kernel), shape: self.shape }
    }
}

/// Operators are equal only if they share the same weights, not if the values are equal.
impl<K> PartialEq for Operator<K> {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.kernel, &other.kernel)
    }
}

impl<K> Eq for Operator<K> {}

impl<K> Hash for Operator<K> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        Arc::as_ptr(&self.kernel).hash(state);
    }
}

impl<K: Kernel> Op for Operator<K> {
    fn name(&self) -> StaticName {
        K::NAME.into()
    }

    op_as_typed_op!();
}

impl<K: Kernel> EvalOp for Operator<K> {
    op_out_of_plan!();

    fn eval(&self, _: &EvalContext, inputs: TVec<TValue>) -> TractResult<TVec<TValue>> {
        let last = inputs.last().context("no input")?;
        let mut output = Tensor::zero::<f32>(&self.shape(last.shape())?)?;
        let length = output.len() / last.shape()[0].max(1);
        let plain: TVec<_> =
            inputs.iter().map(|input| input.try_as_plain_ram()).collect::<TractResult<_>>()?;
        for (image, target) in
            output.try_as_plain_ram_mut()?.as_slice_mut::<f32>()?.chunks_exact_mut(length.max(1)).enumerate()
        {
            let planes: TVec<_> = (inputs.iter().zip(&plain))
                .map(|(input, plain)| {
                    let &[_, height, width, channels] = input.shape() else { bail!("not a batch of images") };
                    let length = height * width * channels;
                    let values = &plain.as_slice::<f32>()?[image * length..][..length];
                    Ok(Plane { values, height, width, channels })
                })
                .collect::<TractResult<_>>()?;
            self.kernel.run(&planes, target);
        }
        Ok(tvec!(output.into_tvalue()))
    }
}

impl<K: Kernel> TypedOp for Operator<K> {
    fn output_facts(&self, inputs: &[&TypedFact]) -> TractResult<TVec<TypedFact>> {
        let last = inputs.last().context("no input")?;
        Ok(tvec!(f32::fact(&*self.shape(&last.shape.to_tvec())?)))
    }

    as_op!();
}

//! Arrays without copies, and the type hints of NumPy arrays.

use nucleoscope::image::Buffer;
use numpy::ndarray::Dimension;
use numpy::{Element, PyArray};
use pyo3::buffer::{self, PyBuffer};
use pyo3::inspect::PyStaticExpr;
use pyo3::prelude::*;
use pyo3::{type_hint_identifier, type_hint_subscript};

/// The values of an array in Python, which stays alive as long as this.
struct Values<T: buffer::Element>(PyBuffer<T>);

impl<T: buffer::Element> AsRef<[T]> for Values<T> {
    fn as_ref(&self) -> &[T] {
        #[expect(
            unsafe_code,
            reason = "NumPy gives out a pointer; nothing else reads an array without a copy"
        )]
        // SAFETY: the buffer keeps the memory alive and fixed; `PyBuffer` has checked the type and the alignment of
        // the values. That nobody changes the array while it is segmented is a condition in the documentation of
        // `segment`; if somebody does, other numbers are read, which all are valid values.
        self.0.as_slice_ptr().map_or(&[], |values| unsafe { values.as_ref() })
    }
}

/// The values of a C-contiguous array in its order, without copying them.
pub(crate) fn values<T: buffer::Element + Send + Sync + 'static>(
    array: &Bound<'_, PyAny>,
) -> PyResult<Buffer<T>> {
    Ok(Buffer::shared(Values(PyBuffer::<T>::get(array)?)))
}

/// A NumPy array with a type hint.
pub(crate) struct Array<'py, T, D>(pub Bound<'py, PyArray<T, D>>);

/// The name of a type in NumPy.
pub(crate) trait Named: Element {
    /// The type hint.
    const NAME: PyStaticExpr;
}

impl Named for u32 {
    const NAME: PyStaticExpr = type_hint_identifier!("numpy", "uint32");
}

impl Named for i32 {
    const NAME: PyStaticExpr = type_hint_identifier!("numpy", "int32");
}

impl Named for u8 {
    const NAME: PyStaticExpr = type_hint_identifier!("numpy", "uint8");
}

impl Named for bool {
    const NAME: PyStaticExpr = type_hint_identifier!("numpy", "bool_");
}

impl<'py, T: Named, D: Dimension> IntoPyObject<'py> for Array<'py, T, D> {
    type Target = PyArray<T, D>;
    type Output = Bound<'py, Self::Target>;
    type Error = std::convert::Infallible;

    const OUTPUT_TYPE: PyStaticExpr =
        type_hint_subscript!(type_hint_identifier!("numpy.typing", "NDArray"), T::NAME);

    fn into_pyobject(self, _: Python<'py>) -> Result<Self::Output, Self::Error> {
        Ok(self.0)
    }
}

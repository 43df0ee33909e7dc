//! Type hints of arguments that Rust types do not describe.

use std::convert::Infallible;
use std::marker::PhantomData;

use pyo3::inspect::{PyStaticConstant, PyStaticExpr};
use pyo3::prelude::*;
use pyo3::{Borrowed, type_hint_identifier, type_hint_subscript, type_hint_union};

/// An argument of any type, with the type hint `H`.
pub(crate) struct Given<'py, H> {
    /// The argument.
    pub(crate) object: Bound<'py, PyAny>,
    hint: PhantomData<H>,
}

/// A type hint.
pub(crate) trait Hint {
    /// The type hint.
    const HINT: PyStaticExpr;
}

impl<'py, H: Hint> FromPyObject<'_, 'py> for Given<'py, H> {
    type Error = Infallible;

    const INPUT_TYPE: PyStaticExpr = H::HINT;

    fn extract(object: Borrowed<'_, 'py, PyAny>) -> Result<Self, Infallible> {
        Ok(Self { object: object.to_owned(), hint: PhantomData })
    }
}

const STR: PyStaticExpr = type_hint_identifier!("builtins", "str");
const INT: PyStaticExpr = type_hint_identifier!("builtins", "int");
const FLOAT: PyStaticExpr = type_hint_identifier!("builtins", "float");

/// What NumPy makes an array of.
pub(crate) const ARRAY_LIKE: PyStaticExpr = type_hint_identifier!("numpy.typing", "ArrayLike");

/// A path, the bytes of a file, or an array.
pub(crate) struct ImageLike;

impl Hint for ImageLike {
    const HINT: PyStaticExpr = type_hint_union!(
        STR,
        type_hint_subscript!(type_hint_identifier!("os", "PathLike"), STR),
        type_hint_identifier!("builtins", "bytes"),
        ARRAY_LIKE
    );
}

/// A label image, masks, or run lengths.
pub(crate) struct NucleiLike;

impl Hint for NucleiLike {
    const HINT: PyStaticExpr = type_hint_union!(
        ARRAY_LIKE,
        type_hint_subscript!(
            type_hint_identifier!("collections.abc", "Iterable"),
            type_hint_union!(ARRAY_LIKE, STR)
        )
    );
}

/// Numbers by name.
pub(crate) struct NumbersByName;

impl Hint for NumbersByName {
    const HINT: PyStaticExpr =
        type_hint_subscript!(type_hint_identifier!("collections.abc", "Mapping"), STR, FLOAT);
}

/// A function of the amount of finished work and the total.
pub(crate) struct Report;

impl Hint for Report {
    const HINT: PyStaticExpr = type_hint_subscript!(
        type_hint_identifier!("collections.abc", "Callable"),
        PyStaticExpr::List { elts: &[INT, INT] },
        type_hint_identifier!("builtins", "object")
    );
}

/// One of these words.
const fn word(value: &'static str) -> PyStaticExpr {
    PyStaticExpr::Constant { value: PyStaticConstant::Str(value) }
}

/// The library of a table.
pub(crate) struct TableLibrary;

impl Hint for TableLibrary {
    const HINT: PyStaticExpr = type_hint_subscript!(
        type_hint_identifier!("typing", "Literal"),
        word("pandas"),
        word("polars"),
        word("dict")
    );
}

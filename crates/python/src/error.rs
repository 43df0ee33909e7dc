//! Errors as exceptions, with a message, a code, help, and the file.

use nucleoscope::plain_text::plain;
use nucleoscope::{Diagnostic, Error};
use pyo3::prelude::*;
use pyo3::types::PyType;

/// The module that defines the exceptions.
const EXCEPTIONS: &str = "nucleoscope._errors";

/// What errors call an image that is not a file.
pub(crate) const ARRAY: &str = "the array";
/// What errors call the bytes of a file.
pub(crate) const BYTES: &str = "the bytes";
/// What errors call the model inside the module.
pub(crate) const BUILT_IN: &str = "the built-in model";

/// The exception for an error of the library.
pub(crate) fn raised(py: Python<'_>, error: &Error) -> PyErr {
    let file = Some(error.file()).filter(|file| ![ARRAY, BYTES, BUILT_IN].contains(file));
    exception(py, &error.to_string(), &error.code(), &error.help(), file)
}

/// The exception for an error of the library that concerns no file.
pub(crate) fn thrown(py: Python<'_>, error: &(impl Diagnostic + ?Sized)) -> PyErr {
    exception(py, &error.to_string(), &error.code(), &error.help(), None)
}

/// The exception for an argument that cannot be used.
pub(crate) fn refused(py: Python<'_>, message: &str, help: &str) -> PyErr {
    exception(py, message, "argument/invalid", help, None)
}

fn exception(py: Python<'_>, message: &str, code: &str, help: &str, file: Option<&str>) -> PyErr {
    let made = || -> PyResult<PyErr> {
        let module = py.import(EXCEPTIONS)?;
        let class = module.call_method1("class_for", (code,))?.cast_into::<PyType>()?;
        Ok(PyErr::from_value(class.call1((plain(message), code, plain(help), file))?))
    };
    made().unwrap_or_else(|error| error)
}

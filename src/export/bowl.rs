//! The CSV file of the 2018 Data Science Bowl, for all images; see [`csv`] for the format.

use std::io::Write;

use serde_json::Value;

use super::tables::Dialect;
use super::{Basis, BatchParts, ExportError, Exporter, FileName, Format, FormatInfo, Subject};
use crate::dsb2018::csv;
use crate::dsb2018::run_length;

/// `submission.csv`: run lengths in the format of the Bowl.
pub const BOWL: Format = Format::new(&Bowl);

struct Bowl;

impl Exporter for Bowl {
    fn info(&self) -> FormatInfo {
        FormatInfo {
            name: "bowl",
            label: "Bowl CSV (run lengths)",
            description: "The run lengths of all images, in the format of the 2018 Data Science Bowl",
            defined_by: "[above](#the-bowls-csv)",
            file: FileName::OfBatch("submission.csv"),
        }
    }

    fn image_part(&self, subject: &Subject, basis: &Basis) -> Result<Option<Value>, ExportError> {
        let masks = run_length::encode(subject.labels).into_iter().zip(&basis.counted().included);
        let masks: Vec<_> = masks.filter(|(_, included)| **included).map(|(mask, _)| mask).collect();
        Ok(Some(Value::String(csv::rows(subject.image_id, &masks))))
    }

    fn batch_file(
        &self,
        images: &BatchParts,
        _dialect: Dialect,
        file: &mut dyn Write,
    ) -> Result<(), ExportError> {
        file.write_all(csv::HEADER.as_bytes())?;
        images.for_each(&mut |_, rows: String| Ok(file.write_all(rows.as_bytes())?))
    }
}

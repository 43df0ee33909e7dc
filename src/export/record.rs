//! The record of the processing of each image, for reproducing it: [`crate::record`] writes and reads it.

use std::io::Write;

use serde_json::Value;

use super::tables::Dialect;
use super::{Basis, BatchParts, ExportError, Exporter, FileName, Format, FormatInfo, Subject};
use crate::record::{ImageRecord, Outcome, RecordWriter};

/// `nucleoscope.json`: the record of the processing, for reproducing it.
pub const RECORD: Format = Format::new(&Record);

struct Record;

impl Exporter for Record {
    fn info(&self) -> FormatInfo {
        FormatInfo {
            name: "record",
            label: "Settings and corrections (nucleoscope.json)",
            description: "What was done to each image, so that it can be done again",
            defined_by: "below",
            file: FileName::OfBatch("nucleoscope.json"),
        }
    }

    fn image_part(&self, subject: &Subject, basis: &Basis) -> Result<Option<Value>, ExportError> {
        RECORD.part(ImageRecord {
            id: subject.image_id.into(),
            provenance: subject.provenance.clone(),
            outcome: Some(Outcome {
                width: subject.image.width(),
                height: subject.image.height(),
                bit_depth: subject.image.bit_depth(),
                channels: subject.channels.iter().map(|channel| channel.name.clone()).collect(),
                pixel_size_used: subject.pixel_size,
                nuclei: subject.labels.count(),
                nuclei_counted: basis.counted().count(),
                nuclei_edited: subject.edited.iter().filter(|edited| **edited).count(),
                warnings: subject.warnings.to_vec(),
            }),
        })
    }

    fn batch_file(
        &self,
        images: &BatchParts,
        _dialect: Dialect,
        file: &mut dyn Write,
    ) -> Result<(), ExportError> {
        let mut writer = RecordWriter::new(file).map_err(|error| RECORD.not_serialized(error))?;
        images.for_each(&mut |_, record: ImageRecord| {
            writer.add(&record).map_err(|error| RECORD.not_serialized(error))
        })?;
        Ok(writer.finish()?)
    }
}

//! JSON files: records and regions.

use nucleoscope::export::geojson::{self, Nuclei};
use nucleoscope::geometry::Point;
use nucleoscope::image::split;
use nucleoscope::nuclei::summary::Summary;
use nucleoscope::nuclei::{
    MeasurementTable, Region, Rules, apply, area, count, inside, polygons, region_names, watershed,
};
use nucleoscope::record::{self, RepeatedImage};
use nucleoscope::synthetic::{Modality, maps};

use super::refused;
use crate::Outcome;
use crate::seeds::{SIZE, drawn, exported};

pub(super) fn record_seeds() -> Vec<Vec<u8>> {
    let texts = [
        r#"{ "images": [{ "id": "a", "input": { "sha256": "00" } }, { "id": "b" }] }"#,
        r#"{ "format": 2, "images": [{ "id": "a", "settings": { "interiorThreshold": 0.5, "h": 0.1 } }] }"#,
        r#"{ "images": [{ "id": "cells", "edits": [{ "kind": "erase", "path": [[3, 4], [9.5, 8]], "radius": 3 }],
             "regions": [{ "kind": "polygon", "points": [[0, 0], [30, 0], [9, 20]] }] }] }"#,
    ];
    texts.iter().map(|text| text.as_bytes().to_vec()).chain([exported("nucleoscope.json")]).collect()
}

/// Reads a record, and repeats what it describes on a small image.
pub(super) fn record(input: &[u8]) -> Outcome {
    let record = record::read(input).map_err(|error| refused(&error))?;
    let images = ["cells", "a"].map(|id| RepeatedImage { id, path: id });
    let mismatches = record.compare("00", &images, |_| Some("00".into()));
    mismatches.iter().for_each(|mismatch| drop(refused(mismatch)));
    let drawn = drawn(Modality::Fluorescence);
    let channels = split(&drawn.image).unwrap_or_default();
    for image in record.images.iter().take(3) {
        let provenance = &image.provenance;
        provenance.fingerprint();
        let settings = provenance.settings.unwrap_or_default();
        let labels = watershed(&maps(&drawn.truth), &settings.watershed);
        let edited = apply(&labels, &provenance.edits);
        edited.refused.iter().for_each(|refusal| drop(refused(&refusal.reason)));
        let table = MeasurementTable::new(&edited.labels, &channels, provenance.pixel_size, &edited.edited);
        let table =
            table.with_cells(&edited.labels, &channels, provenance.pixel_size, provenance.cell_expansion);
        let rules = Rules { regions: &provenance.regions, gates: &provenance.gates };
        let counted = count(&table, SIZE, &rules).classified(&table, provenance.positive.as_ref());
        Summary::new(&table, &counted, provenance.pixel_size);
    }
    let all: Vec<_> = record.images.iter().collect();
    let again = record::encode(&all).ok().map(|bytes| record::read(&bytes).map_err(|error| refused(&error)));
    assert_eq!(again.map(|again| again.map(|again| again.images.len())), Some(Ok(record.images.len())));
    Ok(())
}

pub(super) fn region_seeds() -> Vec<Vec<u8>> {
    let texts = [
        r#"{ "type": "Polygon", "coordinates": [[[1, 1], [30, 2], [15, 25], [1, 1]]] }"#,
        r#"[{ "type": "Feature", "geometry": { "type": "MultiPolygon", "coordinates":
             [[[[0, 0], [9, 0], [9, 9], [0, 9], [0, 0]], [[2, 2], [4, 2], [4, 4], [2, 2]]]] },
             "properties": { "name": "a", "classification": { "name": "b" }, "objectType": "annotation" } }]"#,
        r#"{ "type": "FeatureCollection", "features": [{ "type": "Feature", "properties": null, "geometry":
             { "type": "GeometryCollection", "geometries": [{ "type": "Polygon", "coordinates":
             [[[5, 5], [-5, 9], [50, 90], [5.5, 5], [5, 5]]] }] } }] }"#,
    ];
    texts.iter().map(|text| text.as_bytes().to_vec()).chain([exported(".geojson")]).collect()
}

/// Reads regions, counts in them, and writes them again.
pub(super) fn regions(input: &[u8]) -> Outcome {
    let regions = geojson::read_regions(input).map_err(|error| refused(&error))?;
    assert!(area(SIZE, &regions) <= SIZE.area());
    let points: Vec<Point> = (0..40).map(|x| Point::new(f64::from(x) + 0.5, 12.5)).collect();
    assert_eq!(inside(&points, &regions).len(), points.len());
    region_names(&points, &regions);
    regions.iter().for_each(|region: &Region| drop(region.polygons(SIZE)));
    let drawn = drawn(Modality::Fluorescence);
    let table = MeasurementTable::new(&drawn.truth, &[], None, &[]);
    let counted = count(&table, SIZE, &Rules { regions: &regions, gates: &[] });
    let polygons = polygons(&drawn.truth);
    let nuclei = Nuclei { polygons: &polygons, cells: None, table: &table, counted: &counted };
    let written = geojson::encode(&nuclei, &regions, SIZE).map_err(|error| refused(&error))?;
    assert!(serde_json::from_slice::<serde_json::Value>(&written).is_ok(), "the GeoJSON is not JSON");
    _ = geojson::read_regions(&written).map_err(|error| refused(&error));
    Ok(())
}

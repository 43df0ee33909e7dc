//! GeoJSON (RFC 7946) as QuPath 0.4 and later reads it: one detection a nucleus, with measurements.
//!
//! QuPath's part of the format is what its `qupath.lib.io.PathObjectTypeAdapters` reads: `objectType`,
//! `name` and `measurements` among a feature's properties. Coordinates are pixels from the upper left
//! corner, along the sides of pixels; a nucleus of several parts is a `MultiPolygon`.

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use super::{ExportError, Format, MeasurementTable};
use crate::nuclei::{Polygon, Ring};

#[derive(Serialize)]
struct FeatureCollection<'a> {
    r#type: &'static str,
    features: Vec<Feature<'a>>,
}

#[derive(Serialize)]
struct Feature<'a> {
    r#type: &'static str,
    geometry: Geometry,
    properties: Properties<'a>,
}

#[derive(Serialize)]
#[serde(tag = "type", content = "coordinates")]
enum Geometry {
    Polygon(Rings),
    MultiPolygon(Vec<Rings>),
}

/// A shell and its holes; the first point of each is repeated at its end.
type Rings = Vec<Ring>;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Properties<'a> {
    object_type: &'static str,
    name: String,
    is_locked: bool,
    measurements: Row<'a>,
}

/// A nucleus's measurements: QuPath shows the keys as they are.
struct Row<'a> {
    table: &'a MeasurementTable,
    row: usize,
}

impl Serialize for Row<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for (column, value) in self.table.row(self.row).filter(|(_, value)| value.is_finite()) {
            match column.unit {
                "" => map.serialize_entry(&column.label, &value)?,
                unit => map.serialize_entry(&format!("{} {unit}", column.label), &value)?,
            }
        }
        map.end()
    }
}

/// Writes the nuclei and their measurements, `table` having one row a nucleus.
///
/// # Errors
/// [`ExportError::Encode`] never in practice: text goes to memory.
pub fn encode(nuclei: &[Vec<Polygon>], table: &MeasurementTable) -> Result<Vec<u8>, ExportError> {
    let feature = |(row, parts): (usize, &Vec<Polygon>)| Feature {
        r#type: "Feature",
        geometry: match &parts[..] {
            [part] => Geometry::Polygon(rings(part)),
            parts => Geometry::MultiPolygon(parts.iter().map(rings).collect()),
        },
        properties: Properties {
            object_type: "detection",
            name: (row + 1).to_string(),
            is_locked: false,
            measurements: Row { table, row },
        },
    };
    let features = nuclei.iter().enumerate().map(feature).collect();
    let collection = FeatureCollection { r#type: "FeatureCollection", features };
    serde_json::to_vec(&collection)
        .map_err(|error| ExportError::Encode { format: Format::Geojson, reason: error.to_string() })
}

fn rings(part: &Polygon) -> Rings {
    let closed = |ring: &Ring| ring.iter().chain(ring.first()).copied().collect();
    std::iter::once(&part.shell).chain(&part.holes).map(closed).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nuclei::{LabelImage, polygons};
    use serde_json::{Value, json};

    #[test]
    fn parts_and_holes_become_polygons() {
        let labels = LabelImage::from_labels(4, 3, vec![1, 1, 1, 3, 1, 0, 1, 2, 1, 1, 1, 3]);
        let table = MeasurementTable::new(&labels, &[], None, &[]);
        let bytes = encode(&polygons(&labels), &table).unwrap();
        let found: Value = serde_json::from_slice(&bytes).unwrap();
        assert_eq!(found["type"], "FeatureCollection");
        let features = found["features"].as_array().unwrap();
        let ring =
            json!([[[0, 0], [3, 0], [3, 3], [0, 3], [0, 0]], [[1, 2], [2, 2], [2, 1], [1, 1], [1, 2]]]);
        assert_eq!(features[0]["geometry"], json!({ "type": "Polygon", "coordinates": ring }));
        assert_eq!(features[2]["geometry"]["type"], "MultiPolygon");
        let properties = &features[1]["properties"];
        assert_eq!((&properties["objectType"], &properties["name"]), (&json!("detection"), &json!("2")));
        assert_eq!(properties["measurements"]["Area px²"], 1.0);
    }
}

//! GeoJSON (RFC 7946) for QuPath 0.4 and later: one detection per nucleus, with measurements, and one
//! annotation per region of interest; also the import of regions of interest from such files.
//!
//! The QuPath extensions are those read by its `qupath.lib.io.PathObjectTypeAdapters`: the properties
//! `objectType`, `name`, `classification` and `measurements` of a feature. `included` states whether a nucleus
//! counts. If nuclei are expanded into cells, features are cells with a `nucleusGeometry`.
//! Coordinates are pixels from the upper left corner; those of nuclei follow the pixel edges. A nucleus of
//! several parts is a `MultiPolygon`. No ring touches itself.

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use serde_json::Value;

use super::{Basis, ExportError, Exporter, FileName, Format, FormatInfo, ImageFile, Subject};
use crate::geometry::{Point, Size};
use crate::limits::{LimitError, Limits};
use crate::nuclei::{Counted, MeasurementTable, Polygon, Region, Ring};
use crate::record::{check_json, check_regions};

/// `ID.geojson`: detections and annotations for QuPath.
pub const GEOJSON: Format = Format::new(&Geojson);

struct Geojson;

impl Exporter for Geojson {
    fn info(&self) -> FormatInfo {
        FormatInfo {
            name: "geojson",
            label: "QuPath (GeoJSON)",
            description: "One detection a nucleus for QuPath, with measurements, and one annotation a region",
            defined_by: "RFC 7946; QuPath's `PathObjectTypeAdapters`",
            file: FileName::OfImage(&[".geojson"]),
        }
    }

    fn image_file(&self, subject: &Subject, basis: &Basis) -> Result<Option<ImageFile>, ExportError> {
        let cells = basis.cell_polygons();
        let nuclei = Nuclei {
            polygons: basis.polygons(),
            cells: cells.as_deref(),
            table: basis.table(),
            counted: basis.counted(),
        };
        let bytes = encode(&nuclei, &subject.provenance.regions, basis.size())?;
        Ok(Some(ImageFile { ending: ".geojson".into(), bytes }))
    }
}

#[derive(Serialize)]
struct FeatureCollection<'a> {
    r#type: &'static str,
    features: Vec<Feature<'a>>,
}

#[derive(Serialize)]
struct Feature<'a> {
    r#type: &'static str,
    geometry: Geometry,
    #[serde(rename = "nucleusGeometry", skip_serializing_if = "Option::is_none")]
    nucleus_geometry: Option<Geometry>,
    properties: Properties<'a>,
}

#[derive(Serialize)]
#[serde(tag = "type", content = "coordinates")]
enum Geometry {
    Polygon(Rings),
    MultiPolygon(Vec<Rings>),
}

/// An outer ring and its holes; the first point of each is repeated at the end.
type Rings = Vec<Vec<(Coordinate, Coordinate)>>;

/// A coordinate; integers are written without a decimal point.
#[derive(Clone, Copy)]
struct Coordinate(f64);

impl Serialize for Coordinate {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        // More than any coordinate in an image.
        let is_whole = self.0.fract() == 0.0 && self.0.abs() < 1e15;
        if is_whole { serializer.serialize_i64(self.0 as i64) } else { serializer.serialize_f64(self.0) }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Properties<'a> {
    object_type: &'static str,
    name: String,
    is_locked: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    classification: Option<Class>,
    #[serde(skip_serializing_if = "Option::is_none")]
    included: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    measurements: Option<Row<'a>>,
}

/// A class that QuPath has by default.
#[derive(Serialize)]
struct Class {
    name: &'static str,
}

/// The measurements of a nucleus: QuPath displays the keys unchanged.
struct Row<'a> {
    table: &'a MeasurementTable,
    row: usize,
}

impl Serialize for Row<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for (column, value) in self.table.row(self.row).filter(|(_, value)| value.is_finite()) {
            match &*column.unit {
                "" => map.serialize_entry(&column.label, &value)?,
                unit => map.serialize_entry(&format!("{} {unit}", column.label), &value)?,
            }
        }
        map.end()
    }
}

/// The nuclei of an image, as they are written.
#[derive(Debug, Clone, Copy)]
pub struct Nuclei<'a> {
    /// Their outlines.
    pub polygons: &'a [Vec<Polygon>],
    /// The outlines of the cells into which they are expanded, if they are.
    pub cells: Option<&'a [Vec<Polygon>]>,
    /// Their measurements, one row per nucleus.
    pub table: &'a MeasurementTable,
    /// Which of them count and are positive.
    pub counted: &'a Counted,
}

/// Writes the nuclei and their measurements, then the regions of interest of an image of `size`.
///
/// # Errors
/// [`ExportError::Encode`], but never in practice, because the text is written to memory.
pub fn encode(nuclei: &Nuclei, regions: &[Region], size: Size) -> Result<Vec<u8>, ExportError> {
    let &Nuclei { polygons, cells, table, counted } = nuclei;
    let outline = |parts: &Vec<Polygon>| geometry(parts.iter().map(rings).collect());
    let nucleus = |(row, parts): (usize, &Vec<Polygon>)| {
        let cell = cells.and_then(|cells| cells.get(row));
        let is_included = counted.included.get(row) == Some(&true);
        let positive = counted.positive.as_ref().and_then(|positive| positive.get(row));
        let class = |&positive: &bool| Class { name: if positive { "Positive" } else { "Negative" } };
        Feature {
            r#type: "Feature",
            geometry: outline(cell.unwrap_or(parts)),
            nucleus_geometry: cell.map(|_| outline(parts)),
            properties: Properties {
                object_type: if cell.is_some() { "cell" } else { "detection" },
                name: (row + 1).to_string(),
                is_locked: false,
                classification: positive.filter(|_| is_included).map(class),
                included: Some(is_included),
                measurements: Some(Row { table, row }),
            },
        }
    };
    let region = |(place, region): (usize, &Region)| {
        let parts = region.polygons(size);
        let close = |ring: &Vec<Point>| {
            let points = ring.iter().chain(ring.first());
            points.map(|point| (Coordinate(point.x), Coordinate(point.y))).collect()
        };
        let closed = |part: &Vec<Vec<Point>>| part.iter().map(close).collect::<Rings>();
        (!parts.is_empty()).then(|| Feature {
            r#type: "Feature",
            geometry: geometry(parts.iter().map(closed).collect()),
            nucleus_geometry: None,
            properties: Properties {
                object_type: "annotation",
                name: region.display_name(place),
                is_locked: false,
                classification: None,
                included: None,
                measurements: None,
            },
        })
    };
    let features = polygons.iter().enumerate().map(nucleus);
    let features = features.chain(regions.iter().enumerate().filter_map(region)).collect();
    let collection = FeatureCollection { r#type: "FeatureCollection", features };
    serde_json::to_vec(&collection).map_err(|error| GEOJSON.refused(error))
}

fn geometry(mut parts: Vec<Rings>) -> Geometry {
    match parts.len() {
        1 => Geometry::Polygon(parts.remove(0)),
        _ => Geometry::MultiPolygon(parts),
    }
}

fn rings(part: &Polygon) -> Rings {
    let place = |corner: &Point<u32>| (Coordinate(corner.x.into()), Coordinate(corner.y.into()));
    let closed = |ring: &Ring| ring.iter().chain(ring.first()).map(place).collect();
    std::iter::once(&part.shell).chain(&part.holes).map(closed).collect()
}

/// The reason why regions of interest could not be read from a file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, miette::Diagnostic)]
#[non_exhaustive]
pub enum RegionError {
    /// The file is not JSON.
    #[error("not JSON: {reason}")]
    #[diagnostic(
        code("regions/not-json"),
        help("Export the regions as GeoJSON, for example from QuPath (\"Export objects as GeoJSON\").")
    )]
    NotJson {
        /// The error message of the parser, with line and column.
        reason: String,
    },
    /// The file exceeds a limit.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Limit(#[from] LimitError),
    /// The file is JSON, but not GeoJSON.
    #[error("not GeoJSON: there is no \"type\" that GeoJSON knows")]
    #[diagnostic(
        code("regions/not-geojson"),
        help("Export the regions as GeoJSON, for example from QuPath (\"Export objects as GeoJSON\").")
    )]
    NotGeoJson,
    /// A geometry does not consist of rings of numbers.
    #[error("feature {feature}: the coordinates are not rings of at least three places")]
    #[diagnostic(
        code("regions/coordinates"),
        help("Export the regions again from the program that made them.")
    )]
    Coordinates {
        /// The position of the feature, counted from 1.
        feature: usize,
    },
    /// No feature is a polygon that can be a region.
    #[error("no polygon among the features is a region of interest")]
    #[diagnostic(
        code("regions/none"),
        help("Draw annotations that have an area: detections, points and lines are no regions.")
    )]
    NoRegions,
}

/// Reads regions of interest from GeoJSON: a feature collection, one feature, an array of features as written
/// by QuPath, or a plain geometry. Polygons in pixels of the image are read, except features marked as a
/// detection, a cell or a tile; if some are marked as annotations, only those are read. A region has the name of
/// its feature, except the one that [`encode`] writes for a region without a name.
///
/// # Errors
/// The file is not GeoJSON, or has no region; the message gives the feature.
///
/// ```
/// use nucleoscope::export::geojson::read_regions;
/// use nucleoscope::geometry::Size;
/// use nucleoscope::nuclei::{Region, area};
///
/// let ring = "[[1, 1], [5, 1], [5, 5], [1, 5], [1, 1]], [[2, 2], [4, 2], [4, 4], [2, 4], [2, 2]]";
/// let text = format!(r#"{{ "type": "Polygon", "coordinates": [{ring}] }}"#);
/// let regions = read_regions(text.as_bytes())?;
/// assert_eq!(area(Size::new(9, 9), &regions), 16 - 4);
/// # Ok::<(), nucleoscope::export::geojson::RegionError>(())
/// ```
pub fn read_regions(bytes: &[u8]) -> Result<Vec<Region>, RegionError> {
    read_regions_within(bytes, &Limits::default())
}

/// Like [`read_regions`], with other limits.
///
/// # Errors
/// As for [`read_regions`].
pub fn read_regions_within(bytes: &[u8], limits: &Limits) -> Result<Vec<Region>, RegionError> {
    check_json(bytes, limits)?;
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let value: Value =
        serde_json::from_slice(bytes).map_err(|error| RegionError::NotJson { reason: error.to_string() })?;
    let features: Vec<&Value> = match (&value["type"], &value["features"], &value) {
        (Value::String(kind), Value::Array(features), _) if kind == "FeatureCollection" => {
            features.iter().collect()
        }
        (_, _, Value::Array(features)) => features.iter().collect(),
        (Value::String(kind), _, _) if KINDS.contains(&kind.as_str()) => vec![&value],
        _ => return Err(RegionError::NotGeoJson),
    };
    let object_type = |feature: &Value| -> Option<String> {
        let properties = &feature["properties"];
        let name = properties["objectType"].as_str().or_else(|| properties["object_type"].as_str());
        name.map(str::to_lowercase)
    };
    let has_annotations =
        features.iter().any(|feature| object_type(feature).as_deref() == Some("annotation"));
    let is_region = |feature: &Value| match object_type(feature).as_deref() {
        Some("annotation") => true,
        Some("detection" | "cell" | "tile" | "tma_core") => false,
        _ => !has_annotations,
    };
    let mut regions = Vec::new();
    for (number, feature) in features.into_iter().enumerate().filter(|(_, feature)| is_region(feature)) {
        let geometry = if feature["geometry"].is_object() { &feature["geometry"] } else { feature };
        let found = polygons_of(geometry).ok_or(RegionError::Coordinates { feature: number + 1 })?;
        let name = feature["properties"]["name"].as_str().unwrap_or_default();
        for region in found {
            let is_default = name == region.display_name(regions.len());
            regions.push(region.named(if is_default { "" } else { name }));
        }
    }
    if regions.is_empty() {
        return Err(RegionError::NoRegions);
    }
    check_regions(&regions, limits)?;
    Ok(regions)
}

/// Types of the top-level object of a file with a single object.
const KINDS: [&str; 4] = ["Feature", "Polygon", "MultiPolygon", "GeometryCollection"];

/// The regions of a geometry, without those of zero area. `None` if the geometry is not valid for its type.
fn polygons_of(geometry: &Value) -> Option<Vec<Region>> {
    let coordinates = &geometry["coordinates"];
    match geometry["type"].as_str() {
        Some("Polygon") => Some(vec![region(coordinates)?]),
        Some("MultiPolygon") => coordinates.as_array()?.iter().map(region).collect(),
        Some("GeometryCollection") => {
            let parts = geometry["geometries"].as_array()?.iter().map(polygons_of);
            Some(parts.collect::<Option<Vec<_>>>()?.concat())
        }
        _ => Some(Vec::new()),
    }
}

/// An outer ring and its holes as one closed line: from the first point of the outer ring to each hole,
/// around it and back. With the even-odd rule, the connecting segments cancel out.
fn region(rings: &Value) -> Option<Region> {
    let mut points: Vec<Point> = Vec::new();
    for ring in rings.as_array()? {
        let place = |place: &Value| Some(Point::new(place.get(0)?.as_f64()?, place.get(1)?.as_f64()?));
        let mut ring: Vec<Point> = ring.as_array()?.iter().map(place).collect::<Option<_>>()?;
        if ring.len() > 1 && ring.first() == ring.last() {
            ring.pop();
        }
        if ring.len() < 3 {
            return None;
        }
        let first = points.first().copied();
        points.extend(&ring);
        if let Some(first) = first {
            points.extend([ring[0], first]);
        } else if rings.as_array()?.len() > 1 {
            points.push(ring[0]);
        }
    }
    if points.is_empty() { None } else { Some(Region::polygon(points)) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Diagnostic;
    use crate::nuclei::{LabelImage, area, inside, polygons};
    use proptest::prelude::*;
    use serde_json::json;

    fn written(labels: &LabelImage, included: &[bool], regions: &[Region]) -> Value {
        let table = MeasurementTable::new(labels, &[], None, &[]);
        let counted = Counted { included: included.to_vec(), ..Counted::all(included.len(), labels.size()) };
        let polygons = polygons(labels);
        let nuclei = Nuclei { polygons: &polygons, cells: None, table: &table, counted: &counted };
        let bytes = encode(&nuclei, regions, labels.size()).unwrap();
        serde_json::from_slice(&bytes).unwrap()
    }

    #[test]
    fn parts_and_holes_become_polygons() {
        let labels = LabelImage::from_labels(Size::new(4, 3), vec![1, 1, 1, 3, 1, 0, 1, 2, 1, 1, 1, 3]);
        let found = written(&labels, &[true, false, true], &[]);
        assert_eq!(found["type"], "FeatureCollection");
        let features = found["features"].as_array().unwrap();
        let ring =
            json!([[[0, 0], [3, 0], [3, 3], [0, 3], [0, 0]], [[1, 2], [2, 2], [2, 1], [1, 1], [1, 2]]]);
        assert_eq!(features[0]["geometry"], json!({ "type": "Polygon", "coordinates": ring }));
        assert_eq!(features[2]["geometry"]["type"], "MultiPolygon");
        let properties = &features[1]["properties"];
        assert_eq!((&properties["objectType"], &properties["name"]), (&json!("detection"), &json!("2")));
        assert_eq!(properties["measurements"]["Area px²"], 1.0);
        let included: Vec<&Value> = features.iter().map(|one| &one["properties"]["included"]).collect();
        assert_eq!(included, [&json!(true), &json!(false), &json!(true)]);
    }

    #[test]
    fn regions_are_annotations_and_are_read_back_without_the_nuclei() {
        let labels = LabelImage::from_labels(Size::new(8, 8), vec![1; 64]);
        let regions = [
            Region::rectangle(6.5, 6.0, -4.0, -5.0).named("cortex"),
            Region::polygon([(0.0, 0.0), (7.5, 0.0), (0.0, 7.0)].map(Point::from).to_vec()),
        ];
        let found = written(&labels, &[true], &regions);
        assert_eq!(found["features"][1]["properties"]["objectType"], "annotation");
        let read = read_regions(found.to_string().as_bytes()).unwrap();
        let names: Vec<Option<&str>> = read.iter().map(|region| region.name.as_deref()).collect();
        assert_eq!(names, [Some("cortex"), None]);
        assert_eq!(area(labels.size(), &read), area(labels.size(), &regions));
    }

    #[test]
    fn cells_contain_their_nuclei_and_have_qupaths_classes() {
        let labels = LabelImage::from_labels(Size::new(5, 1), vec![0, 1, 0, 0, 2]);
        let table = MeasurementTable::new(&labels, &[], None, &[]);
        let counted = Counted { positive: Some(vec![true, false]), ..Counted::all(2, labels.size()) };
        let (nuclei, cells) = (polygons(&labels), polygons(&crate::nuclei::expand(&labels, 1.0, None)));
        let nuclei = Nuclei { polygons: &nuclei, cells: Some(&cells), table: &table, counted: &counted };
        let found: Value = serde_json::from_slice(&encode(&nuclei, &[], labels.size()).unwrap()).unwrap();
        let [first, second] = [0, 1].map(|place| &found["features"][place]);
        assert_eq!(first["properties"]["objectType"], "cell");
        assert_eq!(first["geometry"]["coordinates"], json!([[[0, 0], [3, 0], [3, 1], [0, 1], [0, 0]]]));
        assert_eq!(
            first["nucleusGeometry"]["coordinates"],
            json!([[[1, 0], [2, 0], [2, 1], [1, 1], [1, 0]]])
        );
        let classes = [first, second].map(|one| &one["properties"]["classification"]["name"]);
        assert_eq!(classes, ["Positive", "Negative"]);
        assert_eq!(read_regions(found.to_string().as_bytes()), Err(RegionError::NoRegions));
    }

    #[test]
    fn what_others_write_is_read_and_what_is_no_region_is_named() {
        let square = json!([[[0, 0], [4, 0], [4, 4], [0, 4], [0, 0]]]);
        let feature = |kind: &str| {
            json!({ "type": "Feature", "properties": { "objectType": kind },
                    "geometry": { "type": "Polygon", "coordinates": square } })
        };
        let count = |value: &Value| read_regions(value.to_string().as_bytes()).map(|regions| regions.len());
        assert_eq!(count(&feature("annotation")), Ok(1));
        assert_eq!(count(&json!([feature("annotation"), feature("detection")])), Ok(1));
        assert_eq!(count(&json!([feature("annotation"), feature("other")])), Ok(1));
        assert_eq!(count(&json!({ "type": "MultiPolygon", "coordinates": [square, square] })), Ok(2));
        assert_eq!(count(&json!([feature("detection")])), Err(RegionError::NoRegions));
        assert_eq!(count(&json!({ "a": 1 })), Err(RegionError::NotGeoJson));
        let broken = json!({ "type": "Polygon", "coordinates": [[[0, 0], [1, 1]]] });
        assert_eq!(count(&broken), Err(RegionError::Coordinates { feature: 1 }));
        assert_eq!(read_regions(b"{").unwrap_err().code(), "regions/not-json");
    }

    proptest! {
        #[test]
        fn a_region_that_crosses_itself_keeps_its_pixels(points in prop::collection::vec((-3.0f64..15.0, -3.0f64..15.0), 3..9)) {
            let regions = [Region::polygon(points.into_iter().map(Point::from).collect())];
            let labels = LabelImage::from_labels(Size::new(12, 11), vec![0; 132]);
            let text = written(&labels, &[], &regions).to_string();
            let read = read_regions(text.as_bytes()).unwrap_or_default();
            let kept = if read.is_empty() { 0 } else { area(labels.size(), &read) };
            prop_assert_eq!(kept, area(labels.size(), &regions));
            let centre = |pixel: u32| Point::new(f64::from(pixel % 12) + 0.5, f64::from(pixel / 12) + 0.5);
            let centres: Vec<Point> = (0..132).map(centre).collect();
            if !read.is_empty() {
                prop_assert_eq!(inside(&centres, &read), inside(&centres, &regions));
            }
        }
    }
}

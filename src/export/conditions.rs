//! `conditions.csv`: the groups of images (conditions), with one row per group and measure; and how a group is
//! found from the path of an image.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::io::Write;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::tables::{Dialect, Field};
use super::{Basis, BatchParts, ExportError, Exporter, FileName, Format, FormatInfo, Subject};
use crate::nuclei::summary::{Moments, Summary};
use crate::nuclei::table::is_main_column;

/// `conditions.csv`: one row per group and measure.
pub const CONDITIONS: Format = Format::new(&ConditionsTable);

struct ConditionsTable;

impl Exporter for ConditionsTable {
    fn info(&self) -> FormatInfo {
        FormatInfo {
            name: "conditions",
            label: "Conditions, groups of images compared (CSV)",
            description: "A table with one row a group of images and measure: mean and spread of the images' values",
            defined_by: "below",
            file: FileName::OfBatch("conditions.csv"),
        }
    }

    fn image_part(&self, subject: &Subject, basis: &Basis) -> Result<Option<Value>, ExportError> {
        let summary = Summary::new(basis.table(), basis.counted(), subject.pixel_size);
        CONDITIONS.part(image_values(&summary, basis.measures()))
    }

    fn batch_file(
        &self,
        images: &BatchParts,
        dialect: Dialect,
        file: &mut dyn Write,
    ) -> Result<(), ExportError> {
        let mut all: Vec<(String, Vec<ImageValue>)> = Vec::new();
        images.for_each(&mut |image, values| {
            all.push((image.group.to_owned(), values));
            Ok(())
        })?;
        let images = all.iter().map(|(group, values)| (group.as_str(), &**values));
        Ok(file.write_all(&conditions_csv(&images.collect::<Vec<_>>(), dialect))?)
    }
}

/// The value of an image in one measure.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ImageValue {
    /// The measure: a column of the summary, or of the measurements for the mean of the counted nuclei.
    pub measure: String,
    /// The value; `None` if the image has none.
    pub value: Option<f64>,
    /// The number of nuclei behind the value.
    pub nuclei: usize,
}

/// The values of an image: number and densities of the counted nuclei, the percentage of positive ones, and means of
/// the main measurements and those in `measures`.
fn image_values(summary: &Summary, measures: &[String]) -> Vec<ImageValue> {
    let of_image = |measure: &str, value: Option<f64>| ImageValue {
        measure: measure.into(),
        value,
        nuclei: summary.included,
    };
    let mut values = vec![of_image("nuclei_counted", Some(summary.included as f64))];
    values.push(of_image("density_per_megapixel", summary.per_megapixel()));
    if summary.square_millimetres.is_some() {
        values.push(of_image("density_per_mm2", summary.per_square_millimetre()));
    }
    if summary.positive.is_some() {
        values.push(of_image("positive_percent", summary.positive_percent()));
    }
    let columns = summary.columns.iter().map(|column| (&column.column.key, &column.moments));
    let chosen = columns.filter(|(key, _)| is_main_column(key) || measures.contains(key));
    values.extend(chosen.map(|(key, moments)| ImageValue {
        measure: key.clone(),
        value: Some(moments.mean).filter(|mean| mean.is_finite()),
        nuclei: moments.count,
    }));
    values
}

/// Writes `conditions.csv` from the group and the values of each image: groups in alphabetical order, images
/// without a group last. Every image has equal weight in the mean and the standard deviation (n - 1); an image
/// without a value is not among the images of a row.
///
/// ```
/// use nucleoscope::export::conditions::{ImageValue, conditions_csv};
///
/// let area = |value, nuclei| [ImageValue { measure: "area_px2".into(), value, nuclei }];
/// let images = [area(Some(30.0), 5), area(Some(10.0), 2), area(Some(14.0), 3), area(None, 0)];
/// let [treated, one, other, without] = &images;
/// let groups = [("treated", &treated[..]), ("control", one), ("control", other), ("control", without)];
/// assert_eq!(
///     String::from_utf8(conditions_csv(&groups, Default::default()))?,
///     "group,measure,images,nuclei,mean_of_images,sd_of_images\n\
///      control,area_px2,2,5,12,2.82842712\n\
///      treated,area_px2,1,5,30,\n"
/// );
/// # Ok::<(), std::string::FromUtf8Error>(())
/// ```
pub fn conditions_csv(images: &[(&str, &[ImageValue])], dialect: Dialect) -> Vec<u8> {
    let mut seen = HashSet::new();
    let all = images.iter().flat_map(|(_, values)| values.iter().map(|value| value.measure.as_str()));
    let measures: Vec<&str> = all.filter(|measure| seen.insert(*measure)).collect();
    let mut groups: BTreeMap<(bool, &str), Vec<&[ImageValue]>> = BTreeMap::new();
    for (group, values) in images {
        groups.entry((group.is_empty(), group)).or_default().push(values);
    }
    let header = ["group", "measure", "images", "nuclei", "mean_of_images", "sd_of_images"].map(String::from);
    let rows = groups.iter().flat_map(|((_, group), images)| {
        let mut by_measure: HashMap<&str, Vec<&ImageValue>> = HashMap::new();
        for one in images.iter().flat_map(|values| values.iter()).filter(|one| one.value.is_some()) {
            by_measure.entry(&one.measure).or_default().push(one);
        }
        measures.iter().map(move |measure| {
            let values = by_measure.get(measure).into_iter().flatten();
            let moments = Moments::of(values.clone().filter_map(|one| one.value));
            let fields = [
                Field::Text((*group).into()),
                Field::Text((*measure).into()),
                Field::of_count(moments.count),
                Field::of_count(values.map(|one| one.nuclei).sum()),
                Field::of(moments.mean),
                Field::of(moments.standard_deviation()),
            ];
            fields.iter().map(|field| dialect.write(field)).collect()
        })
    });
    dialect.table(&header, rows)
}

/// A template for the group of an image, such as `{group}_*`: `{group}` stands for the group, `*` for any text.
/// It describes the file's whole name without extension or, if it contains a `/`, the last folders and the name.
/// The text before `{group}` takes as much as possible, then the group as little as possible.
///
/// ```
/// use nucleoscope::export::conditions::GroupTemplate;
///
/// let template: GroupTemplate = "{group}_*".parse()?;
/// assert_eq!(template.group("plate/control_a_01.ome.tif"), Some("control".into()));
/// assert_eq!(template.group("plate/plain.png"), None);
/// let template: GroupTemplate = "*_{group}".parse()?;
/// assert_eq!(template.group("01_a_control.tif"), Some("control".into()));
/// let template: GroupTemplate = "{group}/*".parse()?;
/// assert_eq!(template.group(r"plate\control\1.tif"), Some("control".into()));
/// assert!("*_control".parse::<GroupTemplate>().is_err());
/// # Ok::<(), nucleoscope::export::ExportError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupTemplate {
    before: String,
    after: String,
    /// The number of parts of the path that the template describes.
    parts: usize,
}

impl FromStr for GroupTemplate {
    type Err = ExportError;

    fn from_str(text: &str) -> Result<Self, ExportError> {
        let template = text.trim().replace('\\', "/");
        let halves: Vec<&str> = template.split("{group}").collect();
        let [before, after] = halves[..] else {
            return Err(ExportError::GroupTemplate { text: text.into() });
        };
        let parts = 1 + before.matches('/').count() + after.matches('/').count();
        Ok(Self { before: before.into(), after: after.into(), parts })
    }
}

impl GroupTemplate {
    /// The group of the image with this path; `None` if the path does not fit the template.
    pub fn group(&self, path: &str) -> Option<String> {
        let all: Vec<&str> = path.split(['/', '\\']).filter(|part| !part.is_empty()).collect();
        let name = all.get(all.len().checked_sub(self.parts)?..)?.join("/");
        let name = without_extension(&name);
        let places: Vec<usize> = name.char_indices().map(|(place, _)| place).chain([name.len()]).collect();
        for (at, &start) in places.iter().enumerate().rev().filter(|(_, start)| **start < name.len()) {
            if !fits(&self.before, &name[..start]) {
                continue;
            }
            if let Some(&end) = places[at + 1..].iter().find(|end| fits(&self.after, &name[**end..])) {
                return Some(name[start..end].trim().to_owned()).filter(|group| !group.is_empty());
            }
        }
        None
    }
}

/// Whether a whole text fits a pattern in which `*` stands for any text.
fn fits(pattern: &str, text: &str) -> bool {
    let mut pieces = pattern.split('*');
    let Some(rest) = pieces.next().and_then(|first| text.strip_prefix(first)) else { return false };
    let Some(last) = pieces.next_back() else { return rest.is_empty() };
    let Some(mut rest) = rest.strip_suffix(last) else { return false };
    for piece in pieces {
        let Some((_, after)) = rest.split_once(piece) else { return false };
        rest = after;
    }
    true
}

/// The name without its extension, and without `.ome` before that.
fn without_extension(name: &str) -> &str {
    let start = name.rfind('/').map_or(0, |place| place + 1);
    let last_point =
        |name: &str| name[start..].rfind('.').filter(|place| *place > 0).map(|place| start + place);
    let Some(end) = last_point(name) else { return name };
    let stem = &name[..end];
    match last_point(stem) {
        Some(end) if stem[end..].eq_ignore_ascii_case(".ome") => &stem[..end],
        _ => stem,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Diagnostic;
    use crate::export::{Part, batch_files, image_files, tables::SUMMARY};
    use crate::geometry::Size;
    use crate::image::{Image, PixelSize, Samples};
    use crate::nuclei::LabelImage;
    use crate::record::{FileIdentity, Provenance};
    use proptest::prelude::*;

    /// The part of an image with nuclei of these areas.
    fn part(path: &str, group: Option<&str>, areas: &[usize], gate: Option<&str>) -> Part {
        let labels: Vec<u32> =
            (1..).zip(areas).flat_map(|(label, area)| std::iter::repeat_n(label, *area)).chain([0]).collect();
        let width = labels.len();
        let size = Size::new(width, 1);
        let labels = LabelImage::from_labels(size, labels);
        let image = Image::new(size, 1, Samples::U8(vec![0; width].into())).unwrap();
        let provenance = Provenance {
            input: FileIdentity::new(path, b""),
            group: group.map(str::to_owned),
            gates: gate.map(|gate| gate.parse().unwrap()).into_iter().collect(),
            ..Default::default()
        };
        let subject = Subject {
            image_id: path,
            file_stem: path,
            image: &image,
            channels: &[],
            pixel_size: PixelSize::new(1.0, 1.0),
            labels: &labels,
            edited: &[],
            warnings: &[],
            provenance: &provenance,
        };
        image_files(&subject, &[SUMMARY, CONDITIONS], &[]).unwrap().part
    }

    /// The rows of a table, each the text by column.
    fn rows(parts: &[Part], format: Format) -> Vec<BTreeMap<String, String>> {
        let files = batch_files(parts, &[format], Dialect::default()).unwrap();
        let mut reader = csv::Reader::from_reader(&*files[0].bytes);
        reader.deserialize().map(Result::unwrap).collect()
    }

    fn column(rows: &[BTreeMap<String, String>], key: &str) -> Vec<String> {
        rows.iter().map(|row| row[key].clone()).collect()
    }

    #[test]
    fn a_group_has_mean_and_deviation_of_the_counted_nuclei_of_its_images() {
        let parts = [
            part("t1", Some("treated"), &[30, 50], None),
            part("c1", Some("control"), &[10, 20, 3], Some("area:5..")),
            part("c2", Some("control"), &[30], None),
            part("x", Some(""), &[8], None),
            part("c3", Some("control"), &[1], Some("area:5..")),
        ];
        let rows = rows(&parts, CONDITIONS);
        let of = |measure: &str| -> Vec<Vec<&str>> {
            let fields = ["group", "images", "nuclei", "mean_of_images", "sd_of_images"];
            let chosen = rows.iter().filter(|row| row["measure"] == measure);
            chosen.map(|row| fields.iter().map(|field| row[*field].as_str()).collect()).collect()
        };
        assert_eq!(
            of("area_px2"),
            [
                vec!["control", "2", "3", "22.5", "10.6066017"],
                vec!["treated", "1", "2", "40", ""],
                vec!["", "1", "1", "8", ""]
            ]
        );
        // An image without counted nuclei has no mean area, but it has a number and a density.
        assert_eq!(of("nuclei_counted")[0], ["control", "3", "3", "1", "1"]);
        assert_eq!(of("density_per_mm2")[0][1], "3");
    }

    #[test]
    fn groups_that_were_set_take_the_place_of_folders_in_every_table() {
        let set = [part("p/a/1", None, &[1], None), part("p/b/2", Some("b"), &[1], None)];
        let mut set = set.to_vec();
        set.push(Part::failed("f", "p/a/f.tif", "cut short").in_group(Some("c".into())));
        assert_eq!(column(&rows(&set, SUMMARY), "group"), ["", "b", "c"]);
        let folders = [part("p/a/1", None, &[1], None), part("p/a/2", None, &[1], None)];
        let mut folders = folders.to_vec();
        folders.push(Part::failed("f", "p/b/f.tif", "cut short"));
        assert_eq!(column(&rows(&folders, SUMMARY), "group"), ["a", "a", "b"]);
        assert_eq!(rows(&folders, CONDITIONS)[0]["group"], "a");
    }

    proptest! {
        #[test]
        fn the_order_of_the_images_changes_no_number(
            images in prop::collection::vec((0usize..3, prop::collection::vec(1usize..40, 0..4)), 1..8),
            turn in 0usize..8,
        ) {
            let names = [Some("a"), Some("b"), Some("")];
            let mut parts: Vec<Part> = (0..)
                .zip(&images)
                .map(|(place, (group, areas))| part(&format!("{place}"), names[*group], areas, None))
                .collect();
            let before = rows(&parts, CONDITIONS);
            let turn = turn % parts.len();
            parts.rotate_left(turn);
            prop_assert_eq!(rows(&parts, CONDITIONS), before);
        }

        #[test]
        fn any_template_and_path_give_a_part_of_the_path(template in "[a{}*/_]{0,6}", path in r"[a-c_./\\é]{0,12}") {
            let template = format!("{template}{{group}}*").parse::<GroupTemplate>();
            if let Some(group) = template.ok().and_then(|template| template.group(&path)) {
                prop_assert!(path.contains(&group) && !group.contains('/'));
            }
        }
    }

    #[test]
    fn templates_give_what_the_page_shows() {
        // The same cases as in `tests/page/groups.test.ts`.
        for (template, path, group) in [
            ("{group}_*", "x/control_a_01.tif", Some("control")),
            ("{group}_*", "treated_02.ome.tif", Some("treated")),
            ("{group}_*", "plain.png", None),
            ("*_{group}", "01_a_control.tif", Some("control")),
            ("*_{group}_*", "2024_e1_control_01.png", Some("control")),
            ("a.(b)+{group}-*", "a.(b)+c-1.tif", Some("c")),
            ("a.(b)+{group}-*", "aX(b)+c-1.tif", None),
            ("{group}", "dose 2.tif", Some("dose 2")),
            ("{group}", ".tif", Some(".tif")),
            ("{group}/*", "plate/control/1.tif", Some("control")),
            ("{group}/*", "1.tif", None),
            ("{group}/*/*", "plate/control/1.tif", Some("plate")),
            ("*/{group}", "a/b/c.tif", Some("c")),
            ("{group}_*", " control _1.tif", Some("control")),
            ("{group}_*", " _2.tif", None),
        ] {
            let found = template.parse::<GroupTemplate>().unwrap().group(path);
            assert_eq!(found.as_deref(), group, "{template} of {path}");
        }
        for template in ["", "*_control", "{group}_{group}"] {
            let error = template.parse::<GroupTemplate>().unwrap_err();
            assert_eq!(error.code(), "export/group-template");
            assert!(error.help().contains("\"{group}_*\""), "{}", error.help());
        }
    }
}

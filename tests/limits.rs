//! The limits on input files, and that nothing takes time that grows faster than its input.
//!
//! `cargo test --test limits -- --ignored --nocapture` measures each case at its largest size, for
//! `docs/reliability.md`.

#![allow(clippy::unwrap_used, reason = "a helper of a test fails the test")]
#![allow(clippy::print_stdout, reason = "measurements are printed")]

use std::hint::black_box;
use std::io::{self, Cursor, Write};
use std::sync::Arc;
use std::time::Instant;

use nucleoscope::dsb2018::csv::{self, Purpose};
use nucleoscope::dsb2018::run_length::{Mask, decode_overlapping};
use nucleoscope::dsb2018::score::score_image;
use nucleoscope::export::conditions::{ImageValue, conditions_csv};
use nucleoscope::export::geojson::{read_regions, read_regions_within};
use nucleoscope::geometry::{Point, Size};
use nucleoscope::image::{Channel, Image, Samples, Selection, Slice, open};
use nucleoscope::input::batch::{self, OpenFile};
use nucleoscope::input::dataset::{Dataset, InputFile, Truth};
use nucleoscope::limits::{LIMITS, Limits};
use nucleoscope::nuclei::{
    LabelImage, MeasurementTable, Region, WatershedSettings, area, inside, measure, region_names, watershed,
};
use nucleoscope::prediction::ProbabilityMaps;
use nucleoscope::record::{self, RepeatedImage};
use nucleoscope::{Diagnostic, Error};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

// Input files.

/// A page of 8-bit gray values, one row a strip, with a description and a name.
#[derive(Clone, Default)]
struct Page {
    width: usize,
    height: usize,
    description: Vec<u8>,
    name: Vec<u8>,
}

/// A little-endian TIFF; all strips share the pixels, which are behind the header.
fn tiff(pages: &[Page]) -> Vec<u8> {
    let widest = pages.iter().map(|page| page.width).max().unwrap_or(1);
    let mut file = b"II\x2a\0\0\0\0\0".to_vec();
    file.extend(vec![7; widest + widest % 2]);
    let mut link = 4;
    for page in pages {
        let mut fields: Vec<(u16, u16, u32, u32)> = Vec::new();
        let mut list = |file: &mut Vec<u8>, tag: u16, kind: u16, bytes: &[u8], count: usize| {
            let value = if bytes.len() <= 4 {
                let mut value = [0; 4];
                value[..bytes.len()].copy_from_slice(bytes);
                u32::from_le_bytes(value)
            } else {
                let place = file.len() as u32;
                file.extend(bytes);
                file.resize(file.len().next_multiple_of(2), 0);
                place
            };
            fields.push((tag, kind, count as u32, value));
        };
        let longs = |value: usize, count: usize| (value as u32).to_le_bytes().repeat(count);
        list(&mut file, 256, 4, &longs(page.width, 1), 1);
        list(&mut file, 257, 4, &longs(page.height, 1), 1);
        list(&mut file, 258, 3, &8u16.to_le_bytes(), 1);
        list(&mut file, 259, 3, &1u16.to_le_bytes(), 1);
        list(&mut file, 262, 3, &1u16.to_le_bytes(), 1);
        if !page.description.is_empty() {
            list(&mut file, 270, 2, &page.description, page.description.len());
        }
        list(&mut file, 273, 4, &longs(8, page.height), page.height);
        list(&mut file, 278, 4, &longs(1, 1), 1);
        list(&mut file, 279, 4, &longs(page.width, page.height), page.height);
        if !page.name.is_empty() {
            list(&mut file, 285, 2, &page.name, page.name.len());
        }
        let place = file.len() as u32;
        file[link..link + 4].copy_from_slice(&place.to_le_bytes());
        file.extend((fields.len() as u16).to_le_bytes());
        for (tag, kind, count, value) in fields {
            file.extend(tag.to_le_bytes());
            file.extend(kind.to_le_bytes());
            file.extend(count.to_le_bytes());
            file.extend(value.to_le_bytes());
        }
        link = file.len();
        file.extend([0; 4]);
    }
    file
}

fn one_page(width: usize, height: usize, description: &str) -> Vec<u8> {
    tiff(&[Page { width, height, description: description.as_bytes().to_vec(), name: Vec::new() }])
}

/// OME-XML with this inside `Pixels`.
fn ome(attributes: &str, inside: &str) -> String {
    format!(
        r#"<OME><Image><Pixels DimensionOrder="XYZCT" SizeC="1" {attributes}>{inside}</Pixels></Image></OME>"#
    )
}

fn archive(files: impl Iterator<Item = (String, Vec<u8>)>) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::STORE);
    for (name, bytes) in files {
        writer.start_file(name, options).unwrap();
        writer.write_all(&bytes).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

/// Files in memory.
struct Files(Vec<Arc<[u8]>>);

impl OpenFile for Files {
    type Reader = Cursor<Arc<[u8]>>;

    fn open(&self, file: usize) -> io::Result<Self::Reader> {
        self.0.get(file).cloned().map(Cursor::new).ok_or(io::ErrorKind::NotFound.into())
    }
}

/// Opens an archive and reads all of its images and masks.
fn read_all(bytes: Arc<[u8]>, limits: Limits) -> Result<usize, Error> {
    let given = [InputFile::given("set.zip", bytes.len() as u64)];
    let files = Files(vec![bytes]);
    let mut batch = batch::open_within(&given, &files, limits);
    if let Some(error) = batch.failures.pop() {
        return Err(error);
    }
    let mut read = 0;
    for image in &batch.dataset.images {
        read += batch.read(&files, image.file, &image.path)?.len();
        if let Truth::MaskFiles(_) = image.truth {
            read += batch.truth(&files, image, Size::new(4, 1))?.map_or(0, |masks| masks.len());
        }
    }
    Ok(read)
}

// Cases: for a size, the input is prepared, and the work on it returned.

type Work = Box<dyn FnOnce()>;

struct Case {
    name: &'static str,
    /// A size that takes some milliseconds.
    small: usize,
    /// The size that is measured for the documentation.
    large: usize,
    prepare: fn(usize) -> Work,
}

macro_rules! case {
    ($name:expr, $small:expr, $large:expr, $prepare:expr) => {
        Case { name: $name, small: $small, large: $large, prepare: $prepare }
    };
}

fn work<T>(work: impl FnOnce() -> T + 'static) -> Work {
    Box::new(move || _ = black_box(work()))
}

fn opened(bytes: Vec<u8>, limits: Limits) -> Work {
    work(move || open(&bytes, &Selection::default().slice(Slice::Single(0)), limits).unwrap())
}

/// A line that goes up and down between the rows 0 and 4000, around an area.
fn zigzag(corners: usize) -> Vec<Point> {
    let x = |corner: usize| corner as f64 * 4000.0 / corners as f64;
    let top = (0..corners).map(|corner| Point::new(x(corner), (corner % 2) as f64));
    let bottom = (0..corners).rev().map(|corner| Point::new(x(corner), 3000.0 + (corner % 2) as f64));
    top.chain(bottom).collect()
}

/// Masks of `width` pixels each that all have the pixels from 1 on but for one.
fn nested(count: usize) -> Vec<Mask> {
    (0..count).map(|mask| format!("1 {}", 2 * count - mask % 7).parse().unwrap()).collect()
}

fn apart(count: usize) -> Vec<Mask> {
    (0..count).map(|mask| format!("{} 1", 2 * mask + 1).parse().unwrap()).collect()
}

fn gray(width: usize, height: usize) -> Image {
    Image::new(Size::new(width, height), 1, Samples::U8(vec![7; width * height].into())).unwrap()
}

fn geojson(rings: impl Iterator<Item = Vec<Point>>) -> String {
    let features = rings.map(|ring| {
        let points = ring.iter().map(|point| format!("[{},{}]", point.x, point.y)).collect::<Vec<_>>();
        let geometry = format!(r#"{{"type":"Polygon","coordinates":[[{}]]}}"#, points.join(","));
        format!(r#"{{"type":"Feature","properties":{{}},"geometry":{geometry}}}"#)
    });
    let features = features.collect::<Vec<_>>().join(",");
    format!(r#"{{"type":"FeatureCollection","features":[{features}]}}"#)
}

const CASES: &[Case] = &[
    case!("XML elements of a TIFF", 14_000, 500_000, |count| {
        opened(one_page(1, 1, &ome("", &r#"<Plane A="1"/>"#.repeat(count))), Limits::default())
    }),
    case!("XML that is nested", 20_000, 500_000, |depth| {
        let text = ome("", &("<a>".repeat(depth) + &"</a>".repeat(depth)));
        opened(one_page(1, 1, &text), Limits::default())
    }),
    case!("XML that is not well formed", 2000, 100_000, |count| {
        opened(one_page(1, 1, &ome("", &r#"<Channel Name="&"/><Plane>"#.repeat(count))), Limits::default())
    }),
    case!("strips of a TIFF page", 40_000, 1_000_000, |strips| opened(
        one_page(1, strips, ""),
        Limits::default()
    )),
    case!("TIFF pages with different names", 2500, 70_000, |count| {
        let name = |page: usize| format!("page {page}").into_bytes();
        let page = |page| Page { width: 1, height: 1, name: name(page), ..Page::default() };
        opened(tiff(&(0..count).map(page).collect::<Vec<_>>()), Limits::default())
    }),
    case!("samples of a TIFF page, as channels", 15_000, 30_000, |count| {
        let channels = (0..count).map(|_| ("DAPI".to_owned(), Samples::U8(vec![7].into()))).collect();
        let selection = Selection::default();
        work(move || {
            nucleoscope::image::Opened::from_channels(Size::new(1, 1), channels, &selection).unwrap()
        })
    }),
    case!("images in a ZIP archive", 500, 5000, |count| {
        let file = one_page(4, 1, "");
        let bytes = archive((0..count).map(|image| (format!("plate/{image}.tif"), file.clone())));
        work(move || read_all(bytes.into(), Limits::default()).unwrap())
    }),
    case!("masks of one image in a ZIP archive", 200, 20_000, |count| {
        let file = one_page(4, 1, "");
        let masks = (0..count).map(|mask| format!("set/a/masks/{mask}.tif"));
        let names = std::iter::once("set/a/images/a.tif".to_owned()).chain(masks);
        let bytes = archive(names.map(|name| (name, file.clone())));
        work(move || read_all(bytes.into(), Limits::default()).unwrap())
    }),
    case!("images whose names differ in spaces only", 150, 20_000, |count| {
        let name = |image: usize| format!("{}a{}.png", " ".repeat(image % 300), " ".repeat(image / 300));
        let files: Vec<InputFile> = (0..count).map(|image| InputFile::found(name(image), 1)).collect();
        work(move || Dataset::build(&files, &[]).images.len())
    }),
    case!("rows of a CSV file", 6000, 1_000_000, |rows| {
        let rows = (0..rows).map(|row| format!("image {},{} 1\n", row / 100, 3 * (row % 100) + 1));
        let text: String = std::iter::once("ImageId,EncodedPixels\n".to_owned()).chain(rows).collect();
        work(move || csv::read(text.as_bytes(), Purpose::Truth).unwrap().images.len())
    }),
    case!("numbers in a line of a CSV file", 35_000, 6_000_000, |runs| {
        let runs: String = (0..runs).map(|run| format!("{} 1 ", 2 * run + 1)).collect();
        let text = format!("ImageId,EncodedPixels\na,{runs}\n");
        work(move || csv::read(text.as_bytes(), Purpose::Truth).unwrap().images.len())
    }),
    case!("masks that cover the whole image", 20_000, 20_000, |count| {
        let masks: Vec<Mask> = (0..count).map(|_| format!("1 {count}").parse().unwrap()).collect();
        work(move || decode_overlapping(&masks, Size::new(count, 1)).unwrap().count())
    }),
    case!("score of overlapping true nuclei", 8000, 20_000, |count| {
        let (truth, predicted) = (nested(count), apart(count));
        work(move || score_image(&truth, &predicted).score)
    }),
    case!("images of a record", 5000, 20_000, |count| {
        let entry = |image: usize| format!(r#"{{"id":"image number {image}"}}"#);
        let text = format!(r#"{{"images":[{}]}}"#, (0..count).map(entry).collect::<Vec<_>>().join(","));
        let ids: Vec<String> = (0..count).rev().map(|image| format!("image number {image}")).collect();
        work(move || {
            let record = record::read(text.as_bytes()).unwrap();
            let images: Vec<RepeatedImage> = ids.iter().map(|id| RepeatedImage { id, path: id }).collect();
            assert!(record.compare("", &images, |_| None).is_empty());
        })
    }),
    case!("corners of a region in GeoJSON", 14_000, 500_000, |corners| {
        let text = geojson(std::iter::once(zigzag(corners)));
        work(move || read_regions(text.as_bytes()).unwrap().len())
    }),
    case!("corners of a region, its area and 20,000 nuclei", 5000, 500_000, |corners| {
        let region = Region::polygon(zigzag(corners));
        let count = corners.min(20_000);
        let nuclei: Vec<Point> =
            (0..count).map(|at| Point::new(3.0 + (at % 141) as f64, 2.0 + (at / 141) as f64)).collect();
        work(move || {
            let regions = [region];
            (inside(&nuclei, &regions), region_names(&nuclei, &regions), area(Size::new(500, 500), &regions))
        })
    }),
    case!("corners of a region, as valid polygons", 12_000, 500_000, |corners| {
        let region = Region::polygon(zigzag(corners));
        work(move || region.polygons(Size::new(500, 500)).len())
    }),
    case!("regions that cover the image", 50, 2000, |count| {
        let regions: Vec<Region> =
            (0..count).map(|at| Region::rectangle(0.0, 0.0, 4000.0, 400.0 + at as f64 / 9.0)).collect();
        work(move || area(Size::new(400, 400), &regions))
    }),
    case!("nuclei of a watershed, measured", 2000, 250_000, |count| {
        // Single pixels in a checkerboard, 500 in a row.
        let (width, height) = (1000, (count / 500).max(1) * 2);
        let value = |at: usize| {
            if (at % width).is_multiple_of(2) && (at / width).is_multiple_of(2) { 0.9 } else { 0.0 }
        };
        let values: Vec<f32> = (0..width * height).map(value).collect();
        work(move || {
            let size = Size::new(width, height);
            let maps = ProbabilityMaps {
                interior: values.clone(),
                distance: values,
                ..ProbabilityMaps::zeros(size)
            };
            let labels = watershed(&maps, &WatershedSettings::default().minimum_area(1));
            measure(&labels, &[]).len()
        })
    }),
    case!("nuclei in one column, measured", 2500, 250_000, |count| {
        let labels = (0..2 * count).map(|row| if row % 2 == 0 { row as u32 / 2 + 1 } else { 0 }).collect();
        let labels = LabelImage::from_labels(Size::new(1, 2 * count), labels);
        work(move || measure(&labels, &[]).len())
    }),
    case!("nuclei of two distant pixels each, measured", 1500, 20_000, |count| {
        // In one row, so that every bounding box has half of the image.
        let labels = (0..2 * count).map(|at| (at % count) as u32 + 1).collect();
        let labels = LabelImage::from_labels(Size::new(2 * count, 1), labels);
        work(move || measure(&labels, &[]).len())
    }),
    case!("channels with the same name, measured", 3000, 20_000, |count| {
        let labels = LabelImage::from_labels(Size::new(1, 1), vec![1]);
        let channels: Vec<Channel> =
            (0..count).map(|_| Channel { name: "DAPI".into(), image: gray(1, 1) }).collect();
        work(move || MeasurementTable::new(&labels, &channels, None, &[]).columns.len())
    }),
    case!("images and measures in the table of conditions", 6000, 100_000, |count| {
        let value =
            |image: usize| [ImageValue { measure: format!("channel {image}"), value: Some(1.0), nuclei: 1 }];
        let values: Vec<_> = (0..count).map(value).collect();
        work(move || {
            let images: Vec<_> = values.iter().map(|values| ("control", &values[..])).collect();
            conditions_csv(&images, nucleoscope::export::tables::Dialect::default()).len()
        })
    }),
];

/// Seconds that this thread has computed, where the system tells; otherwise since the first call.
fn processor_seconds() -> f64 {
    let nanoseconds = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
    let nanoseconds = nanoseconds.and_then(|text| text.split(' ').next()?.parse::<f64>().ok());
    static START: std::sync::OnceLock<Instant> = std::sync::OnceLock::new();
    nanoseconds.map_or_else(|| START.get_or_init(Instant::now).elapsed().as_secs_f64(), |time| time / 1e9)
}

/// The least time of two runs.
fn seconds(case: &Case, size: usize) -> f64 {
    let run = || {
        let work = (case.prepare)(size);
        let start = processor_seconds();
        work();
        processor_seconds() - start
    };
    run().min(run())
}

/// Eight times as much may take 24 times as long, which leaves room for sorting and for noise; where the time grows with
/// the square, it is 64.
#[test]
fn nothing_takes_time_that_grows_with_the_square_of_its_input() {
    const GROWTH: usize = 8;
    let mut slow = Vec::new();
    for case in CASES {
        let (small, large) = (seconds(case, case.small), seconds(case, GROWTH * case.small));
        println!("{}: {small:.4} s, {large:.4} s", case.name);
        // Less than a few milliseconds is noise.
        let most = 24.0 * small.max(0.004);
        if large > most {
            slow.push(format!("{}: {small:.4} s, and {large:.4} s for {GROWTH} times as much", case.name));
        }
    }
    assert!(slow.is_empty(), "{slow:#?}");
}

/// Measures each case in a process of its own, because the peak of memory is that of a process.
#[test]
#[ignore = "measures for some minutes"]
fn figures() {
    if let Ok(name) = std::env::var("NUCLEOSCOPE_CASE") {
        let case = CASES.iter().find(|case| case.name == name).unwrap();
        let work = (case.prepare)(case.large);
        let before = peak();
        let start = processor_seconds();
        work();
        let (time, peak) = (processor_seconds() - start, peak());
        println!("| {} | {} | {time:.2} | {before} | {peak} |", case.name, case.large);
        return;
    }
    println!(
        "| input | size | seconds | peak memory of the input (MB) | with the work (MB) |\n|---|---|---|---|---|"
    );
    for case in CASES {
        let program = std::env::current_exe().unwrap();
        let arguments = ["--exact", "figures", "--ignored", "--nocapture"];
        let output = std::process::Command::new(program)
            .args(arguments)
            .env("NUCLEOSCOPE_CASE", case.name)
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        println!("{}", text.lines().find(|line| line.starts_with("| ")).unwrap_or(case.name));
    }
}

/// The largest amount of memory that this process had, in MB; 0 where the system does not tell.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.trim().split(' ').next()?.parse::<u64>().ok()).unwrap_or(0) / 1000
}

/// Checks the code, the numbers and the help of a refusal.
fn refused(error: &dyn std::fmt::Display, code: &str, help: &str, limit: &str, found: u64, maximum: u64) {
    assert_eq!(code, format!("limit/{limit}"), "{error}");
    let text = error.to_string();
    for number in [found, maximum] {
        assert!(text.contains(&number.to_string()), "{text}: {number}");
    }
    assert!(help.contains(&format!("--limit {limit}=")), "{help}");
}

#[test]
fn a_tiff_above_a_limit_is_refused_with_the_number_the_limit_and_help() {
    let plain = Limits::default();
    let attributes: String = (0..100_000).map(|number| format!(r#" a{number}="1""#)).collect();
    let pages = |count: usize, name: &str| {
        tiff(&vec![Page { width: 1, height: 1, name: name.into(), ..Page::default() }; count])
    };
    let names: String = (0..300).map(|number| format!(r#" xmlns:a{number}="b""#)).collect();
    let tags = "<a/>".repeat(100);
    let cases = [
        (one_page(1, 1, &ome(&attributes, "")), plain, "xml-element-attributes", 100_002, 1000),
        // An attribute with an apostrophe and a comment with one do not hide what follows.
        (
            one_page(1, 1, &ome("", &format!("<!-- ' --><a b=\"'\"/><c{attributes}/>"))),
            plain,
            "xml-element-attributes",
            100_000,
            1000,
        ),
        (one_page(1, 1, &ome(&names, "")), plain, "xml-namespaces", 300, 256),
        (one_page(1, 1, &ome("", &tags)), plain.with_maximum_xml_tags(50), "xml-tags", 106, 50),
        (one_page(1, 1, &ome("", &tags)), plain.with_maximum_xml_attributes(1), "xml-attributes", 2, 1),
        (
            one_page(1, 1, &ome("", &tags)),
            plain.with_maximum_metadata_bytes(99),
            "metadata-bytes",
            ome("", &tags).len() as u64,
            99,
        ),
        (pages(3, "name of a page"), plain.with_maximum_metadata_bytes(20), "metadata-bytes", 42, 20),
        (pages(5, ""), plain.with_maximum_pages(4), "tiff-pages", 5, 4),
        (pages(5, ""), plain.with_maximum_tags(30), "tiff-entries", 32, 30),
        (pages(5, ""), plain.with_maximum_tag_values(4), "tiff-values", 5, 4),
        (pages(5, ""), plain.with_maximum_planes(4), "tiff-planes", 5, 4),
        (
            one_page(1, 99, ""),
            plain.with_maximum_strips(10).with_maximum_stack(64).with_maximum_pixels(99),
            "tiff-strips",
            99,
            10,
        ),
        (
            one_page(100_000, 20, ""),
            plain.with_maximum_pixels(2_000_000).with_maximum_pixel_bytes(0),
            "pixel-bytes",
            1,
            0,
        ),
    ];
    for (file, limits, limit, found, maximum) in cases {
        let error = open(&file, &Selection::default(), limits).unwrap_err();
        refused(&error, &error.code(), &error.help(), limit, found, maximum);
        if limits != plain {
            assert!(open(&file, &Selection::default(), plain).is_ok(), "{limit}");
        }
    }
}

#[test]
fn an_archive_above_a_limit_is_refused_with_the_number_the_limit_and_help() {
    let plain = Limits::default();
    let files = |name: &str| {
        let names: Vec<String> = (0..3).map(|number| format!("{name}{number}.tif")).collect();
        Arc::<[u8]>::from(archive(names.into_iter().map(|name| (name, one_page(1, 1, "")))))
    };
    let bytes = one_page(1, 1, "").len() as u64;
    let long = "a".repeat(5000);
    let cases = [
        (files(&long), plain, "archive-path-bytes", 5005, 4096),
        (files(""), plain.with_maximum_archive_bytes(bytes), "archive-bytes", 3 * bytes, bytes),
    ];
    for (file, limits, limit, found, maximum) in cases {
        let error = read_all(file, limits).unwrap_err();
        refused(&error, &error.code(), &error.help(), limit, found, maximum);
    }
    let error = read_all(files(""), plain.with_maximum_entries(2)).unwrap_err();
    assert_eq!(error.code(), "archive/too-many-entries");
    assert!(error.help().contains("--limit archive-entries="), "{}", error.help());
    let error = read_all(files(""), plain.with_maximum_entry_bytes(2)).unwrap_err();
    assert_eq!(error.code(), "archive/entry-too-large");
    assert!(error.help().contains("--limit archive-entry-bytes="), "{}", error.help());
    assert!(read_all(files(""), plain).is_ok());

    let given = [InputFile::given("a.tif", bytes)];
    let files = Files(vec![one_page(1, 1, "").into()]);
    let batch = batch::open_within(&given, &files, plain.with_maximum_file_bytes(bytes - 1));
    let error = batch.read(&files, 0, "a.tif").unwrap_err();
    refused(&error, &error.code(), &error.help(), "file-bytes", bytes, bytes - 1);
}

#[test]
fn an_archive_whose_files_share_bytes_is_refused() {
    let mut bytes = archive((0..9).map(|image| (format!("{image}.tif"), one_page(1, 1, ""))));
    assert!(read_all(bytes.clone().into(), Limits::default()).is_ok());
    // The list of contents has every file at the place of the first one.
    let entries: Vec<usize> =
        (0..bytes.len() - 4).filter(|&at| bytes[at..].starts_with(b"PK\x01\x02")).collect();
    assert_eq!(entries.len(), 9);
    for at in entries {
        bytes[at + 42..at + 46].fill(0);
    }
    let error = read_all(bytes.into(), Limits::default()).unwrap_err();
    assert_eq!(error.code(), "archive/damaged");
    assert!(error.to_string().contains("share bytes"), "{error}");
}

#[test]
fn a_table_above_a_limit_is_refused_with_the_number_the_limit_and_help() {
    let plain = Limits::default();
    let text = b"ImageId,EncodedPixels\na,1 3\r\nb,1 3\rc,1 3";
    let cases = [
        (plain.with_maximum_rows(2), "csv-rows", 3, 2),
        (plain.with_maximum_line_bytes(20), "csv-line-bytes", 21, 20),
        (plain.with_maximum_columns(1), "csv-columns", 2, 1),
        (plain.with_maximum_csv_bytes(30), "csv-bytes", text.len() as u64, 30),
    ];
    for (limits, limit, found, maximum) in cases {
        let error = csv::read_within(text, Purpose::Truth, &limits).unwrap_err();
        refused(&error, &error.code(), &error.help(), limit, found, maximum);
        assert_eq!(error.image_id(), None);
    }
    let enough = plain.with_maximum_rows(3).with_maximum_line_bytes(21).with_maximum_columns(2);
    assert_eq!(csv::read_within(text, Purpose::Truth, &enough).unwrap().images.len(), 3);
    // Before a line is read, however long it is.
    let line = vec![b','; 100_000_000];
    let error = csv::read(&line, Purpose::Truth).unwrap_err();
    refused(&error, &error.code(), &error.help(), "csv-columns", 1001, 1000);
}

#[test]
fn regions_above_a_limit_are_refused_with_the_number_the_limit_and_help() {
    let plain = Limits::default();
    let square = [(0.0, 0.0), (9.0, 0.0), (9.0, 9.0), (0.0, 9.0)].map(Point::from).to_vec();
    let text = geojson(std::iter::repeat_n(square, 3));
    let values = text.bytes().filter(|byte| b",[{".contains(byte)).count() as u64;
    let cases = [
        (plain.with_maximum_regions(2), "regions", 3, 2),
        (plain.with_maximum_region_points(11), "region-points", 12, 11),
        (plain.with_maximum_region_rows(53), "region-rows", 54, 53),
        (plain.with_maximum_json_values(9), "json-values", values, 9),
        (plain.with_maximum_json_bytes(9), "json-bytes", text.len() as u64, 9),
    ];
    let entry = |list: &str, values: &str| format!(r#"{{"images":[{{"id":"a","{list}":[{values}]}}]}}"#);
    let region = r#"{"kind":"rectangle","x":0,"y":0,"width":9,"height":9}"#;
    let regions = entry("regions", &[region; 3].join(","));
    for (limits, limit, found, maximum) in cases {
        let error = read_regions_within(text.as_bytes(), &limits).unwrap_err();
        refused(&error, &error.code(), &error.help(), limit, found, maximum);
        let error = record::read_within(regions.as_bytes(), &limits).unwrap_err();
        assert_eq!(error.code(), format!("limit/{limit}"));
    }
    assert_eq!(read_regions(text.as_bytes()).unwrap().len(), 3);
    assert_eq!(record::read(regions.as_bytes()).unwrap().images[0].provenance.regions.len(), 3);

    let edits = entry("edits", &[r#"{"kind":"delete","at":[[1,1]]}"#; 3].join(","));
    let error = record::read_within(edits.as_bytes(), &plain.with_maximum_edits(2)).unwrap_err();
    refused(&error, &error.code(), &error.help(), "edits", 3, 2);
    let gates = entry("gates", &[r#"{"key":"area_px2","minimum":1}"#; 3].join(","));
    let error = record::read_within(gates.as_bytes(), &plain.with_maximum_gates(2)).unwrap_err();
    refused(&error, &error.code(), &error.help(), "gates", 3, 2);
}

#[test]
fn the_documentation_lists_every_limit_with_its_default() {
    let text = include_str!("../docs/reliability.md").replace(',', "");
    for limit in LIMITS {
        let (name, default) = (format!("| `{}` |", limit.name), format!("| {} |", limit.default));
        let is_listed = text.lines().any(|line| line.starts_with(&name) && line.contains(&default));
        assert!(is_listed, "{}", limit.name);
    }
}

#[test]
fn json_that_is_nested_deeply_is_refused() {
    for text in ["[".repeat(1_000_000), r#"{"images":["#.repeat(100_000)] {
        assert_eq!(record::read(text.as_bytes()).unwrap_err().code(), "record/not-json");
        assert_eq!(read_regions(text.as_bytes()).unwrap_err().code(), "regions/not-json");
    }
}

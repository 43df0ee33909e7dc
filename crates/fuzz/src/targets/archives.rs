//! Archives, and the names of files in them.

use std::io::{self, Cursor};

use nucleoscope::export::conditions::GroupTemplate;
use nucleoscope::export::{file_stems, tables};
use nucleoscope::geometry::Size;
use nucleoscope::input::archive::{Archive, Limits};
use nucleoscope::input::batch::{self, OpenFile};
use nucleoscope::input::dataset::{Dataset, InputFile, classify};
use nucleoscope::input::shard::Shard;
use nucleoscope::record;
use nucleoscope::synthetic::Modality;

use super::refused;
use crate::Outcome;
use crate::seeds::{self, drawn, exported, exports};

/// A data set, a session with its exports, and ImageJ's regions.
pub(super) fn seeds() -> Vec<Vec<u8>> {
    let image = drawn(Modality::Fluorescence).png();
    let labels = exported("-labels.png");
    let csv = b"ImageId,EncodedPixels\na,1 3 10 5\nb,\n";
    let data_set: [(&str, &[u8]); 7] = [
        ("stage1/a/images/a.png", &image),
        ("stage1/a/masks/1.png", &labels),
        ("stage1/b/images/b.png", &image),
        ("stage1_solution.csv", csv),
        ("labels/c.png", &labels),
        ("c.png", &image),
        ("../x\\y/", b""),
    ];
    let exports = exports();
    let mut session: Vec<(&str, &[u8])> =
        exports.iter().map(|file| (file.name.as_str(), file.bytes.as_slice())).collect();
    session.push(("cells.png", &image));
    vec![seeds::zip(&data_set), seeds::zip(&session), exported("-RoiSet.zip"), seeds::zip(&[])]
}

struct Memory<'a>(&'a [u8]);

impl<'a> OpenFile for Memory<'a> {
    type Reader = Cursor<&'a [u8]>;

    fn open(&self, _: usize) -> io::Result<Self::Reader> {
        Ok(Cursor::new(self.0))
    }
}

/// Reads an archive, entry by entry and as a batch.
pub(super) fn zip(input: &[u8]) -> Outcome {
    let limits = Limits::default().with_maximum_entries(1000).with_maximum_entry_bytes(1 << 20);
    let mut archive = Archive::open(Cursor::new(input), limits).map_err(|error| refused(&error))?;
    for entry in 0..archive.entries().len().min(16) {
        let path = &archive.entries()[entry].path;
        let parts: Vec<&str> = path.split('/').collect();
        assert!(!parts.contains(&"..") && !parts.contains(&""), "{path:?} leaves its folder");
        _ = archive.read(entry).map_err(|error| refused(&error));
    }
    let store = Memory(input);
    let batch = batch::open(&[InputFile::given("a.zip", input.len() as u64)], &store);
    for image in batch.dataset.images.iter().take(4) {
        _ = batch.truth(&store, image, Size::new(40, 30)).map_err(|error| refused(&error));
        _ = batch.truth_labels(&store, image, Size::new(40, 30)).map_err(|error| refused(&error));
    }
    for (path, source) in batch.records.iter().take(2) {
        if let Ok(bytes) = batch.archives.read(&store, *source, path) {
            _ = record::read(&bytes).map_err(|error| refused(&error));
        }
    }
    batch.dataset.warnings.iter().for_each(|warning| drop(refused(warning)));
    Ok(())
}

pub(super) fn path_seeds() -> Vec<Vec<u8>> {
    let lists = [
        "stage1/a/images/a.png\nstage1/a/masks/1.png\nstage1/b/images/b.png\nstage1_solution.csv",
        "x/f.png\nx/f-labels.png\nx/labels/f.png\nx/f-measurements.csv\nx/nucleoscope.json\nx/F.PNG",
        "a.tif\na.png\nb/a.tif\nC:\\b\\a.tif\n../../a.tif\n/a.tif\n.hidden/a.tif\ncon\nnul.png\na_control.tif",
        "Thumbs.db\n__MACOSX/._a.png\na.zip\nb.czi\nc.nd2\nplate/treated/1.tif\nplate/control/1.tif\n3/8",
    ];
    lists.map(|list| list.as_bytes().to_vec()).into()
}

/// Takes each line as the path of a file.
pub(super) fn paths(input: &[u8]) -> Outcome {
    let text = String::from_utf8_lossy(input);
    let lines: Vec<&str> = text.split('\n').collect();
    let files: Vec<InputFile> = lines
        .iter()
        .zip(0..)
        .map(
            |(line, size)| {
                if size % 3 == 0 { InputFile::given(*line, size) } else { InputFile::found(*line, size) }
            },
        )
        .collect();
    assert_eq!(classify(&files).len(), files.len());
    let dataset = Dataset::build(&files, &[]);
    let ids: Vec<String> = dataset.images.iter().map(|image| image.image_id.clone()).collect();
    let mut unique = ids.clone();
    unique.sort();
    unique.dedup();
    assert_eq!(unique.len(), ids.len(), "two images have one id");
    dataset.warnings.iter().for_each(|warning| drop(refused(warning)));
    dataset.failed.iter().for_each(|failed| drop(refused(&failed.error)));
    let mut stems = file_stems(&ids);
    assert!(stems.iter().all(|stem| is_safe(stem)), "{stems:?}");
    stems.iter_mut().for_each(|stem| *stem = stem.to_lowercase());
    stems.sort();
    stems.dedup();
    assert_eq!(stems.len(), ids.len(), "two images have one file name");
    let folders: Vec<String> = lines.iter().map(ToString::to_string).collect();
    assert_eq!(tables::groups(&folders).len(), folders.len());
    for line in lines.iter().take(8) {
        if let Ok(template) = line.parse::<GroupTemplate>() {
            lines.iter().for_each(|line| drop(template.group(line)));
        }
        if let Ok(shard) = line.parse::<Shard>() {
            assert!(shard.range(1000).end <= 1000);
        }
    }
    if dataset.images.is_empty() { Err("dataset/no-images".into()) } else { Ok(()) }
}

/// Whether a name can be that of a file on every system.
pub(super) fn is_safe(name: &str) -> bool {
    let forbidden = |letter: char| letter.is_control() || r#"/\:*?"<>|"#.contains(letter);
    !name.is_empty() && name.len() <= 255 && !name.contains(forbidden) && !name.ends_with(['.', ' '])
}

//! The Bowl's CSV: written files can be read, and an error affects only one image.

#![allow(clippy::unwrap_used, reason = "a helper of a test fails the test")]

use nucleoscope::Diagnostic;
use nucleoscope::dsb2018::comparable;
use nucleoscope::dsb2018::csv::{BowlCsv, BowlCsvError, HEADER, ImageRows, Purpose, Writer, read, rows};
use nucleoscope::dsb2018::run_length::{Mask, RunLengthError, encode};
use nucleoscope::geometry::Size;
use nucleoscope::nuclei::LabelImage;
use proptest::prelude::*;

fn parsed(texts: &[&str]) -> Vec<Mask> {
    texts.iter().map(|text| text.parse().unwrap()).collect()
}

fn submission(text: &str) -> BowlCsv {
    read(text.as_bytes(), Purpose::Submission).unwrap()
}

fn image<'a>(file: &'a BowlCsv, image_id: &str) -> &'a ImageRows {
    file.images.iter().find(|image| image.image_id == image_id).unwrap()
}

fn error_of(file: &BowlCsv, image_id: &str) -> BowlCsvError {
    image(file, image_id).masks.clone().unwrap_err()
}

#[test]
fn columns_in_any_order_with_a_mark_and_windows_lines() {
    let text = "\u{feff}Usage,Width , encodedpixels,IMAGEID,Height,Comment\r\n\
        Public,5,1 3 10 5,b,4,x\r\n\
        \r\n\
        IGNORED,,1 1,a,,\r\n\
        Public,5,\"20 1\",b,4,\"x, y\"\r\n";
    let file = read(text.as_bytes(), Purpose::Truth).unwrap();
    assert_eq!(file.warnings, []);
    assert_eq!(file.images.len(), 2);
    assert_eq!(file.images[0].image_id, "b");
    assert_eq!(file.images[0].size, Some(Size { height: 4, width: 5 }));
    assert!(!file.images[0].ignored);
    assert_eq!(file.images[0].masks, Ok(parsed(&["1 3 10 5", "20 1"])));
    assert_eq!((file.images[1].size, file.images[1].ignored), (None, true));
}

#[test]
fn old_macintosh_lines_and_no_line_end_at_the_end() {
    let file = submission("ImageId,EncodedPixels\ra,1 3\rb,");
    assert_eq!(file.images.len(), 2);
    assert_eq!(image(&file, "a").masks, Ok(parsed(&["1 3"])));
}

#[test]
fn errors_are_named_and_the_rest_is_kept() {
    let file = submission(
        "ImageId,EncodedPixels\n\
         odd,1 2 3\n\
         unsorted,10 2 1 2\n\
         overlapping,1 5 3 1\n\
         zero,0 5\n\
         none,1 0\n\
         text,1 x\n\
         commas,1,3\n\
         short\n\
         \"open,1 3\n\
         good,1 3\n\
         twice,1 3\n\
         twice,9 1 3 1\n\
         ,1 3\n\
         trailing,1 3,,\n",
    );
    let codes = [
        ("odd", 2, "run-length/odd-count"),
        ("unsorted", 3, "run-length/unsorted"),
        ("overlapping", 4, "run-length/overlapping"),
        ("zero", 5, "run-length/zero-start"),
        ("none", 6, "run-length/zero-length"),
        ("text", 7, "run-length/not-a-number"),
        ("commas", 8, "bowl-csv/field-count"),
        ("short", 9, "bowl-csv/field-count"),
        ("open", 10, "bowl-csv/unclosed-quote"),
    ];
    for (image_id, line, code) in codes {
        let error = error_of(&file, image_id);
        assert_eq!(error.code(), code);
        let place = format!("line {line}, image \"{image_id}\": ");
        assert!(error.to_string().starts_with(&place), "{error}");
        assert_eq!(error.image_id(), Some(image_id));
        assert!(!error.help().is_empty());
    }
    assert_eq!(image(&file, "good").masks, Ok(parsed(&["1 3"])));
    assert_eq!(image(&file, "trailing").masks, Ok(parsed(&["1 3"])));
    let unsorted = RunLengthError::Unsorted { run: 2, start: 3, previous_start: 9 };
    assert_eq!(
        error_of(&file, "twice"),
        BowlCsvError::Mask { line: 13, image_id: "twice".into(), error: unsorted }
    );
    assert_eq!(file.warnings, [BowlCsvError::MissingId { line: 14 }]);
}

#[test]
fn masks_are_checked_against_the_size() {
    let file = read(
        b"ImageId,EncodedPixels,Height,Width\na,1 12,3,4\nb,1 13,3,4\nc,1 1,3,4\nc,2 1,4,3\nd,1 1,-3,4\ne,1 1,3,0\n",
        Purpose::Truth,
    )
    .unwrap();
    assert!(image(&file, "a").masks.is_ok());
    assert_eq!(error_of(&file, "b").code(), "run-length/outside-image");
    assert_eq!(error_of(&file, "c"), BowlCsvError::SizeChanged { line: 5, image_id: "c".into() });
    assert!(error_of(&file, "d").to_string().ends_with("Height is not a size in pixels: \"-3\""));
    assert!(error_of(&file, "e").to_string().ends_with("Width is not a size in pixels: \"0\""));
}

#[test]
fn a_shared_pixel_is_an_error_in_a_submission_and_a_warning_in_truth() {
    let text = "ImageId,EncodedPixels\na,1 3\nb,9 1\nb,1 1\nb,7 3\n";
    let shared = BowlCsvError::SharedPixel { first_line: 3, second_line: 5, image_id: "b".into(), pixel: 9 };
    let file = submission(text);
    assert_eq!(error_of(&file, "b"), shared);
    assert!(image(&file, "a").masks.is_ok());
    assert_eq!(file.warnings, []);
    let file = read(text.as_bytes(), Purpose::Truth).unwrap();
    assert_eq!(image(&file, "b").masks.as_ref().unwrap().len(), 3);
    assert_eq!(file.warnings, [shared]);
}

#[test]
fn files_that_are_not_the_bowls_csv_are_refused() {
    let code = |bytes: &[u8]| read(bytes, Purpose::Truth).unwrap_err().code();
    assert_eq!(code(b""), "bowl-csv/empty");
    assert_eq!(code(b"\xef\xbb\xbf\r\n \n"), "bowl-csv/empty");
    assert_eq!(code(b"ImageId;EncodedPixels\na;1 3\n"), "bowl-csv/missing-column");
    assert_eq!(code(b"id,mask\na,1 3\n"), "bowl-csv/missing-column");
    assert_eq!(code(b"\xff\xfeI\0m\0"), "bowl-csv/not-utf8");
    assert_eq!(
        read(b"ImageId,EncodedPixels\na,1 3\nb\xe9,1 3\n", Purpose::Truth),
        Err(BowlCsvError::NotUtf8 { line: 3 })
    );
    assert_eq!(
        read(b"\nImageId,Pixels\n", Purpose::Truth).unwrap_err().to_string(),
        "line 2: the header has no column \"EncodedPixels\"; it reads \"ImageId,Pixels\""
    );
}

#[test]
fn a_header_alone_has_no_images() {
    assert_eq!(submission(HEADER), BowlCsv::default());
}

fn written(images: &[(String, Vec<Mask>)]) -> String {
    let mut writer = Writer::new(Vec::new()).unwrap();
    for (image_id, masks) in images {
        writer.write_image(image_id, masks).unwrap();
    }
    String::from_utf8(writer.finish().unwrap()).unwrap()
}

fn images() -> impl Strategy<Value = Vec<(String, Vec<Mask>)>> {
    let masks = (1_usize..8, 1_usize..8).prop_flat_map(|(width, height)| {
        prop::collection::vec(0_u32..4, width * height)
            .prop_map(move |labels| encode(&LabelImage::from_labels(Size::new(width, height), labels)))
    });
    let image_id = prop_oneof!["[a-f0-9]{8}", "[a-z,\"' ;\\t]{0,6}[a-z]", "\\PC{0,4}[a-z]"];
    // Like all ids of a data set: without surrounding spaces, composed.
    let image_id = image_id.prop_map(|image_id| comparable(&image_id));
    prop::collection::btree_map(image_id, masks, 0..6).prop_map(|images| images.into_iter().collect())
}

#[test]
fn ids_are_read_composed_and_without_surrounding_spaces() {
    let text = "ImageId,EncodedPixels\n cafe\u{301} ,1 1\ncafé,3 1\n";
    let file = read(text.as_bytes(), Purpose::Submission).unwrap();
    assert_eq!(file.images.len(), 1);
    assert_eq!(file.images[0].image_id, "café");
    assert_eq!(file.images[0].masks.as_ref().unwrap().len(), 2);
}

proptest! {
    #[test]
    fn reading_undoes_writing(images in images()) {
        for purpose in [Purpose::Submission, Purpose::Truth] {
            let file = read(written(&images).as_bytes(), purpose).unwrap();
            prop_assert_eq!(&file.warnings, &[]);
            let again: Vec<(String, Vec<Mask>)> =
                file.images.into_iter().map(|image| (image.image_id, image.masks.unwrap())).collect();
            prop_assert_eq!(&again, &images);
        }
    }

    #[test]
    fn written_files_follow_the_rules(images in images()) {
        let text = written(&images);
        prop_assert!(text.starts_with("ImageId,EncodedPixels\n"));
        prop_assert!(text.ends_with('\n') && !text.contains('\r'));
        let expected: usize = images.iter().map(|(_, masks)| masks.len().max(1)).sum();
        prop_assert_eq!(text.lines().count(), 1 + expected);
        let together: String = images.iter().map(|(image_id, masks)| rows(image_id, masks)).collect();
        prop_assert_eq!(text, format!("{HEADER}{together}"));
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        _ = read(&bytes, Purpose::Truth);
    }

    #[test]
    fn any_rows_are_read(text in "([ab,\"\r\n ]|[0-9]{1,20}|Ignored){0,60}") {
        let header = "ImageId,EncodedPixels,Height,Width,Usage\n";
        for purpose in [Purpose::Submission, Purpose::Truth] {
            let file = read(format!("{header}{text}").as_bytes(), purpose).unwrap();
            for image in &file.images {
                prop_assert!(!image.image_id.trim().is_empty());
                if let Err(error) = &image.masks {
                    prop_assert_eq!(error.image_id(), Some(image.image_id.as_str()));
                }
            }
        }
    }
}

#[test]
fn a_line_break_in_an_id_becomes_a_space() {
    let text = format!("{HEADER}{}", rows("two\r\nlines", &[]));
    assert_eq!(text, "ImageId,EncodedPixels\ntwo  lines,\n");
}

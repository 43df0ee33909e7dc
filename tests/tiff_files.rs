//! TIFF files as used in microscopy. They are written here by a writer that shares no code with the reader.

use std::collections::BTreeMap;
use std::io::Write;

use nucleoscope::Diagnostic;
use nucleoscope::image::{
    ChannelChoice, ImageError, Limits, Opened, PixelSize, Samples, Selection, Slice, decode, open,
};
use proptest::prelude::*;

/// The values of a tag.
#[derive(Clone)]
enum Values {
    Short(Vec<u16>),
    Long(Vec<u32>),
    Text(String),
    Bytes(Vec<u8>),
    Fraction(u32, u32),
}
use Values::{Bytes, Fraction, Long, Short, Text};

/// A page: its tags and its strips or tiles, as stored.
#[derive(Clone)]
struct Page {
    tags: BTreeMap<u16, Values>,
    chunks: Vec<Vec<u8>>,
}

impl Page {
    /// A page of one strip.
    fn new(width: u32, height: u32, bits: u16, samples: u16, strip: Vec<u8>) -> Self {
        let tags = BTreeMap::from([
            (256, Long(vec![width])),
            (257, Long(vec![height])),
            (258, Short(vec![bits; usize::from(samples)])),
            (262, Short(vec![1])),
            (277, Short(vec![samples])),
        ]);
        Self { tags, chunks: vec![strip] }
    }

    fn gray8(width: u32, height: u32, values: &[u8]) -> Self {
        Self::new(width, height, 8, 1, values.to_vec())
    }

    fn with(mut self, tag: u16, values: Values) -> Self {
        self.tags.insert(tag, values);
        self
    }

    fn short(self, tag: u16, value: u16) -> Self {
        self.with(tag, Short(vec![value]))
    }

    fn described(self, text: &str) -> Self {
        self.with(270, Text(text.to_owned()))
    }

    fn strips(mut self, rows: u32, chunks: Vec<Vec<u8>>) -> Self {
        self.chunks = chunks;
        self.with(278, Long(vec![rows]))
    }

    fn tiles(mut self, width: u32, height: u32, chunks: Vec<Vec<u8>>) -> Self {
        self.chunks = chunks;
        self.with(322, Long(vec![width])).with(323, Long(vec![height]))
    }
}

#[derive(Clone, Copy, Default, Debug)]
struct Style {
    big_endian: bool,
    big_tiff: bool,
}

impl Style {
    const ALL: [Self; 4] = [
        Self { big_endian: false, big_tiff: false },
        Self { big_endian: true, big_tiff: false },
        Self { big_endian: false, big_tiff: true },
        Self { big_endian: true, big_tiff: true },
    ];

    fn number(self, value: u64, size: usize) -> Vec<u8> {
        if self.big_endian {
            value.to_be_bytes()[8 - size..].to_vec()
        } else {
            value.to_le_bytes()[..size].to_vec()
        }
    }

    /// Values with this many bits, each row starting at a new byte.
    fn pack(self, values: &[u64], bits: usize, row: usize) -> Vec<u8> {
        if matches!(bits, 8 | 16 | 24 | 32 | 64) {
            return values.iter().flat_map(|&value| self.number(value, bits / 8)).collect();
        }
        let of_row = |row: &[u64]| {
            let digits: String = row.iter().map(|value| format!("{value:0bits$b}")).collect();
            let digits = format!("{digits:0<width$}", width = digits.len().next_multiple_of(8));
            let byte = |at: usize| u8::from_str_radix(&digits[at..at + 8], 2).unwrap();
            (0..digits.len()).step_by(8).map(byte).collect::<Vec<u8>>()
        };
        values.chunks(row).flat_map(of_row).collect()
    }

    fn write(self, pages: &[Page]) -> Vec<u8> {
        let offset = if self.big_tiff { 8 } else { 4 };
        let mut file = if self.big_endian { b"MM".to_vec() } else { b"II".to_vec() };
        file.extend(self.number(if self.big_tiff { 43 } else { 42 }, 2));
        if self.big_tiff {
            file.extend([self.number(8, 2), self.number(0, 2)].concat());
        }
        let mut link = file.len();
        file.extend(self.number(0, offset));
        for page in pages {
            let mut page = page.clone();
            let mut places = Vec::new();
            for chunk in &page.chunks {
                places.push(file.len() as u32);
                file.extend(chunk);
            }
            let lengths = page.chunks.iter().map(|chunk| chunk.len() as u32).collect();
            let tiled = page.tags.contains_key(&322);
            page = page.with(if tiled { 324 } else { 273 }, Long(places));
            page = page.with(if tiled { 325 } else { 279 }, Long(lengths));

            let mut directory = self.number(page.tags.len() as u64, if self.big_tiff { 8 } else { 2 });
            for (&tag, values) in &page.tags {
                let (kind, count, mut bytes) = self.values(values);
                directory.extend([self.number(tag.into(), 2), self.number(kind, 2)].concat());
                directory.extend(self.number(count as u64, offset));
                if bytes.len() > offset {
                    let place = self.number(file.len() as u64, offset);
                    file.extend(bytes);
                    bytes = place;
                }
                bytes.resize(offset, 0);
                directory.extend(bytes);
            }
            let place = self.number(file.len() as u64, offset);
            file[link..link + offset].copy_from_slice(&place);
            file.extend(directory);
            link = file.len();
            file.extend(self.number(0, offset));
        }
        file
    }

    fn values(self, values: &Values) -> (u64, usize, Vec<u8>) {
        match values {
            Short(values) => {
                (3, values.len(), values.iter().flat_map(|&value| self.number(value.into(), 2)).collect())
            }
            Long(values) => {
                (4, values.len(), values.iter().flat_map(|&value| self.number(value.into(), 4)).collect())
            }
            Text(text) => (2, text.len() + 1, [text.as_bytes(), &[0]].concat()),
            Bytes(bytes) => (1, bytes.len(), bytes.clone()),
            Fraction(above, below) => {
                (5, 1, [self.number((*above).into(), 4), self.number((*below).into(), 4)].concat())
            }
        }
    }
}

fn write(pages: &[Page]) -> Vec<u8> {
    Style::default().write(pages)
}

fn opened(bytes: &[u8], selection: &Selection) -> Opened {
    open(bytes, selection, Limits::default()).unwrap_or_else(|error| panic!("{error}"))
}

fn all(bytes: &[u8]) -> Opened {
    opened(bytes, &Selection::default())
}

fn samples(bytes: &[u8]) -> Samples {
    decode(bytes, Limits::default()).unwrap_or_else(|error| panic!("{error}")).samples().clone()
}

fn error(bytes: &[u8]) -> ImageError {
    open(bytes, &Selection::default(), Limits::default()).unwrap_err()
}

fn names(opened: &Opened) -> Vec<&str> {
    assert_eq!(opened.channels.len(), opened.info.channels.len());
    opened.channels.iter().map(|channel| channel.name.as_str()).collect()
}

/// Values that use all of this many bits, for 7 × 3 pixels.
fn ramp(bits: u32) -> Vec<u64> {
    let most = u64::MAX >> (64 - bits);
    (0..21).map(|index| if index == 20 { most } else { ((most / 20).max(1) * index) & most }).collect()
}

fn expected(values: &[u64], bits: u32) -> Samples {
    if bits <= 8 {
        Samples::U8(values.iter().map(|&value| value as u8).collect())
    } else if bits <= 16 {
        Samples::U16(values.iter().map(|&value| value as u16).collect())
    } else {
        Samples::F32(values.iter().map(|&value| value as f32).collect())
    }
}

#[test]
fn unsigned_integers_of_every_depth_keep_their_values() {
    for style in Style::ALL {
        for bits in (1..=17).chain([24, 31, 32, 64]) {
            let values = ramp(bits);
            let strip = style.pack(&values, bits as usize, 7);
            let file = style.write(&[Page::new(7, 3, bits as u16, 1, strip)]);
            assert_eq!(samples(&file), expected(&values, bits), "{bits} bits, {style:?}");
            assert_eq!(u32::from(all(&file).info.bit_depth), bits);
        }
    }
}

#[test]
fn zero_can_be_white() {
    for bits in [1, 4, 8, 12, 16] {
        let values = ramp(bits);
        let turned: Vec<u64> = values.iter().map(|value| (u64::MAX >> (64 - bits)) - value).collect();
        let strip = Style::default().pack(&values, bits as usize, 7);
        let file = write(&[Page::new(7, 3, bits as u16, 1, strip).short(262, 0)]);
        assert_eq!(samples(&file), expected(&turned, bits), "{bits} bits");
    }
    let strip = [0.25f32, 1.0].iter().flat_map(|value| value.to_le_bytes()).collect();
    let file = write(&[Page::new(2, 1, 32, 1, strip).short(262, 0).short(339, 3)]);
    assert_eq!(samples(&file), Samples::F32(vec![0.75, 0.0].into()));
}

#[test]
fn signed_integers_and_floats_become_floats() {
    for style in Style::ALL {
        for bits in [8usize, 12, 16, 32, 64] {
            let numbers = [-100i64, 0, 100, -1];
            let stored: Vec<u64> =
                numbers.iter().map(|&value| value as u64 & (u64::MAX >> (64 - bits))).collect();
            let page = Page::new(4, 1, bits as u16, 1, style.pack(&stored, bits, 4)).short(339, 2);
            let expected = Samples::F32(vec![-100.0, 0.0, 100.0, -1.0].into());
            assert_eq!(samples(&style.write(&[page])), expected, "{bits} bits, {style:?}");
        }
        // 1, -2 and 65504 at half precision, from IEEE 754's table of examples.
        let half = style.pack(&[0x3c00, 0xc000, 0x7bff], 16, 3);
        let single = style.pack(&[1.0f32, -2.0, 65_504.0].map(|value| value.to_bits().into()), 32, 3);
        let double = style.pack(&[1.0f64, -2.0, 65_504.0].map(f64::to_bits), 64, 3);
        for (bits, strip) in [(16, half), (32, single), (64, double)] {
            let file = style.write(&[Page::new(3, 1, bits, 1, strip).short(339, 3)]);
            assert_eq!(
                samples(&file),
                Samples::F32(vec![1.0, -2.0, 65_504.0].into()),
                "{bits} bits, {style:?}"
            );
        }
    }
    let nan = write(&[Page::new(1, 1, 16, 1, vec![0, 0x7e]).short(339, 3)]);
    assert_eq!(codes(&all(&nan)), ["image/non-finite"]);
}

#[test]
fn palettes_become_colours_but_stay_values_if_they_are_for_display() {
    let map: Vec<u16> =
        (0..3).flat_map(|color| (0..16).map(move |index| 256 * (color * 16 + index))).collect();
    let strip = Style::default().pack(&[0, 15, 1], 4, 3);
    let page = Page::new(3, 1, 4, 1, strip).short(262, 3).with(320, Short(map));
    let color = all(&write(std::slice::from_ref(&page)));
    assert_eq!(color.image.samples(), &Samples::U8(vec![0, 16, 32, 15, 31, 47, 1, 17, 33].into()));
    assert_eq!((color.info.is_color, names(&color)), (true, vec!["red", "green", "blue"]));

    let shown = all(&write(&[page.described("ImageJ=1.54f\nimages=1\n")]));
    assert_eq!(shown.image.samples(), &Samples::U8(vec![0, 15, 1].into()));
    assert_eq!(shown.info.channels[0].color, Some([15, 31, 47]));
}

#[test]
fn cmyk_becomes_rgb() {
    let page = Page::new(2, 1, 8, 4, vec![0, 255, 100, 0, 0, 0, 0, 255]).short(262, 5);
    assert_eq!(samples(&write(&[page])), Samples::U8(vec![255, 0, 155, 0, 0, 0].into()));
}

/// 5 × 4 pixels with this many samples, all values different.
fn pixels(count: u8) -> Vec<u8> {
    (0..20 * count).map(|index| index.wrapping_mul(7).wrapping_add(index / 13)).collect()
}

#[test]
fn strips_tiles_and_planes_have_the_same_pixels() {
    for style in Style::ALL {
        let rgb = pixels(3);
        let plane = |sample: usize| rgb.iter().skip(sample).step_by(3).copied().collect::<Vec<u8>>();
        let page = || Page::new(5, 4, 8, 3, rgb.clone()).short(262, 2);
        let tile = |left: usize, top: usize| {
            let at = |x: usize, y: usize| if x < 5 && y < 4 { (y * 5 + x) * 3 } else { 0 };
            let places = (top..top + 3).flat_map(|y| (left..left + 4).map(move |x| (x, y)));
            places.flat_map(|(x, y)| rgb[at(x, y)..at(x, y) + 3].to_vec()).collect::<Vec<u8>>()
        };
        let tiles = vec![tile(0, 0), tile(4, 0), tile(0, 3), tile(4, 3)];
        let pages = [
            page(),
            page().strips(3, rgb.chunks(45).map(<[u8]>::to_vec).collect()),
            page().tiles(4, 3, tiles),
            page().short(284, 2).strips(4, (0..3).map(plane).collect()),
            page()
                .short(284, 2)
                .strips(3, (0..3).flat_map(|s| [plane(s)[..15].to_vec(), plane(s)[15..].to_vec()]).collect()),
        ];
        for (number, page) in pages.into_iter().enumerate() {
            assert_eq!(
                samples(&style.write(&[page])),
                Samples::U8(rgb.clone().into()),
                "page {number}, {style:?}"
            );
        }
    }
}

#[test]
fn samples_of_a_page_are_channels_unless_they_are_alpha() {
    let values: Vec<u8> = (0..20).collect();
    let five = all(&write(&[Page::new(2, 2, 8, 5, values.clone())]));
    assert_eq!(names(&five), ["channel 1", "channel 2", "channel 3", "channel 4", "channel 5"]);
    assert!(!five.info.is_color);
    assert_eq!(five.channels[3].image.samples(), &Samples::U8(vec![3, 8, 13, 18].into()));
    let planar =
        Page::new(2, 2, 8, 5, vec![]).short(284, 2).strips(2, values.chunks(4).map(<[u8]>::to_vec).collect());
    assert_eq!(all(&write(&[planar])).channels[3].image.samples(), &Samples::U8(vec![12, 13, 14, 15].into()));

    let two = Page::new(2, 1, 8, 2, vec![1, 9, 2, 8]);
    assert_eq!(all(&write(std::slice::from_ref(&two))).channels.len(), 2);
    assert_eq!(all(&write(&[two.clone().with(338, Short(vec![0]))])).channels.len(), 2);
    let alpha = all(&write(&[two.with(338, Short(vec![2]))]));
    assert_eq!((names(&alpha), alpha.image.samples()), (vec!["gray"], &Samples::U8(vec![1, 2].into())));

    let second = Selection::default().channel(ChannelChoice::Index(1));
    let chosen = opened(&write(&[Page::new(2, 2, 8, 5, values)]), &second);
    assert_eq!(
        (chosen.image.samples(), chosen.info.segmented_channel),
        (&Samples::U8(vec![1, 6, 11, 16].into()), 1)
    );
}

fn deflate(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn lzw(bytes: &[u8]) -> Vec<u8> {
    weezl::encode::Encoder::with_tiff_size_switch(weezl::BitOrder::Msb, 8).encode(bytes).unwrap()
}

fn old_lzw(bytes: &[u8]) -> Vec<u8> {
    weezl::encode::Encoder::new(weezl::BitOrder::Lsb, 8).encode(bytes).unwrap()
}

fn zstd(bytes: &[u8]) -> Vec<u8> {
    ruzstd::encoding::compress_to_vec(bytes, ruzstd::encoding::CompressionLevel::Fastest)
}

/// Every run of at most 100 bytes as a literal, and then a run of the last byte.
fn pack_bits(bytes: &[u8]) -> Vec<u8> {
    let (last, rest) = bytes.split_last().unwrap();
    let literal = |part: &[u8]| [&[part.len() as u8 - 1], part].concat();
    rest.chunks(100).flat_map(literal).chain([0, *last]).collect()
}

type Method = (u16, fn(&[u8]) -> Vec<u8>);
const METHODS: [Method; 6] =
    [(5, lzw), (5, old_lzw), (8, deflate), (32_946, deflate), (50_000, zstd), (32_773, pack_bits)];

#[test]
fn compressed_strips_are_decompressed() {
    for (method, compress) in METHODS {
        for bits in [1, 8, 12, 16, 32] {
            let values = ramp(bits);
            let strip = Style::default().pack(&values, bits as usize, 7);
            let page = Page::new(7, 3, bits as u16, 1, compress(&strip)).short(259, method);
            assert_eq!(samples(&write(&[page])), expected(&values, bits), "method {method}, {bits} bits");
        }
    }
}

#[test]
fn differences_are_added_up() {
    for style in Style::ALL {
        for (method, compress) in &METHODS[..5] {
            for bits in [8u32, 10, 12, 16, 32] {
                let values = ramp(bits);
                let mask = u64::MAX >> (64 - bits);
                let difference = |row: &[u64]| {
                    (0..7)
                        .map(|x| row[x].wrapping_sub(if x == 0 { 0 } else { row[x - 1] }) & mask)
                        .collect::<Vec<_>>()
                };
                let differences: Vec<u64> = values.chunks(7).flat_map(difference).collect();
                let strip = compress(&style.pack(&differences, bits as usize, 7));
                let page = Page::new(7, 3, bits as u16, 1, strip).short(259, *method).short(317, 2);
                assert_eq!(
                    samples(&style.write(&[page])),
                    expected(&values, bits),
                    "{method}, {bits} bits, {style:?}"
                );
            }
        }
    }
}

#[test]
fn bytes_of_floats_are_put_together() {
    let values = [1.5f32, -2.25, 1e6, 0.0, 3.0];
    for style in Style::ALL {
        let planes: Vec<u8> = (0..4).flat_map(|byte| values.map(|value| value.to_be_bytes()[byte])).collect();
        let differences: Vec<u8> =
            (0..20).map(|at| planes[at].wrapping_sub(if at == 0 { 0 } else { planes[at - 1] })).collect();
        let page = Page::new(5, 1, 32, 1, deflate(&differences)).short(259, 8).short(317, 3).short(339, 3);
        assert_eq!(samples(&style.write(&[page])), Samples::F32(values.to_vec().into()), "{style:?}");
    }
}

/// A JPEG file, its tables alone, and the image without them.
fn jpeg(values: &[u8], color: image::ExtendedColorType) -> (Vec<u8>, Vec<u8>, Vec<u8>) {
    let mut whole = Vec::new();
    image::codecs::jpeg::JpegEncoder::new_with_quality(&mut whole, 100)
        .encode(values, 16, 16, color)
        .unwrap();
    let (mut tables, mut picture) = (vec![0xff, 0xd8], vec![0xff, 0xd8]);
    let mut at = 2;
    while whole[at + 1] != 0xda {
        let length = 2 + usize::from(whole[at + 2]) * 256 + usize::from(whole[at + 3]);
        let goes_apart = matches!(whole[at + 1], 0xdb | 0xc4);
        if goes_apart { &mut tables } else { &mut picture }.extend(&whole[at..at + length]);
        at += length;
    }
    picture.extend(&whole[at..]);
    tables.extend([0xff, 0xd9]);
    (whole, tables, picture)
}

fn is_near(found: &Samples, expected: &[u8]) -> bool {
    let Samples::U8(found) = found else { return false };
    found.len() == expected.len() && found.iter().zip(expected).all(|(&a, &b)| a.abs_diff(b) <= 4)
}

#[test]
fn jpeg_is_decoded_with_and_without_shared_tables() {
    let gray: Vec<u8> = (0..=255).collect();
    let (whole, tables, picture) = jpeg(&gray, image::ExtendedColorType::L8);
    let page = Page::new(16, 16, 8, 1, whole).short(259, 7);
    assert!(is_near(&samples(&write(&[page])), &gray));
    let page = Page::new(16, 16, 8, 1, picture.clone()).short(259, 7);
    assert_eq!(error(&write(std::slice::from_ref(&page))).code(), "image/corrupt", "no tables");
    assert!(is_near(&samples(&write(&[page.with(347, Bytes(tables))])), &gray));

    let rgb: Vec<u8> = (0..=255).flat_map(|value| [value, 255 - value, value / 2]).collect();
    let (whole, ..) = jpeg(&rgb, image::ExtendedColorType::Rgb8);
    let page = Page::new(16, 16, 8, 3, whole).short(259, 7).short(262, 6);
    assert!(is_near(&samples(&write(&[page])), &rgb));
}

#[test]
fn unsupported_features_are_named() {
    let page = || Page::gray8(2, 1, &[1, 2]);
    let cases = [
        (page().short(259, 4), "CCITT fax group 4"),
        (page().short(259, 34_887), "LERC"),
        (page().short(259, 33_003), "JPEG 2000"),
        (page().short(259, 999), "method 999"),
        (page().short(262, 8), "CIE L*a*b*"),
        (page().short(262, 32_803), "filter array"),
        (page().short(262, 6), "YCbCr without JPEG"),
        (page().short(339, 6), "complex"),
        (Page::new(1, 1, 48, 1, vec![0; 6]), "48 bits"),
        (Page::new(1, 1, 8, 2, vec![0; 3]).with(258, Short(vec![8, 16])), "different numbers of bits"),
    ];
    for (page, words) in cases {
        let error = error(&write(&[page]));
        assert_eq!(error.code(), "image/unsupported", "{error}");
        assert!(error.to_string().contains(words), "{error}");
    }
}

/// Pages of a hyperstack: at each pixel `100 · channel + 10 · slice + frame`, and 1 more at one pixel
/// that moves with the slice.
fn planes(order: &[(usize, usize, usize)]) -> Vec<Page> {
    let plane = |&(c, z, t): &(usize, usize, usize)| {
        let value = |pixel: usize| (100 * c + 10 * z + t + usize::from(pixel == z)) as u8;
        Page::gray8(4, 1, &(0..4).map(value).collect::<Vec<u8>>())
    };
    order.iter().map(plane).collect()
}

/// All planes of 2 channels, 3 slices and 2 frames; the first letter is the fastest index.
fn ordered(order: &str) -> Vec<(usize, usize, usize)> {
    let length = |letter| if letter == 'Z' { 3 } else { 2 };
    let position = |mut place: usize| {
        let mut found = BTreeMap::new();
        for letter in order.chars() {
            found.insert(letter, place % length(letter));
            place /= length(letter);
        }
        (found[&'C'], found[&'Z'], found[&'T'])
    };
    (0..12).map(position).collect()
}

fn imagej(text: &str) -> Vec<u8> {
    let mut pages = planes(&ordered("CZT"));
    pages[0] = pages[0].clone().described(text);
    write(&pages)
}

const HYPERSTACK: &str =
    "ImageJ=1.54f\nimages=12\nchannels=2\nslices=3\nframes=2\nhyperstack=true\nmode=composite\n";

/// Checks the stack that [`planes`] describes.
fn check_hyperstack(file: &[u8]) {
    let whole = all(file);
    assert_eq!((whole.info.slices, whole.info.frames, whole.info.is_color), (3, 2, false));
    assert_eq!(whole.channels[0].image.samples(), &Samples::U8(vec![20, 20, 21, 20].into()));
    assert_eq!(whole.channels[1].image.samples(), &Samples::U8(vec![120, 120, 121, 120].into()));
    assert_eq!(whole.image, whole.channels[whole.info.segmented_channel].image);
    assert_eq!(whole.image, decode(file, Limits::default()).unwrap());

    let selection = Selection::default().channel(ChannelChoice::Index(1)).slice(Slice::Single(1)).frame(1);
    let one = opened(file, &selection);
    assert_eq!(one.image.samples(), &Samples::U8(vec![111, 112, 111, 111].into()));
    assert_eq!(one.channels[0].image.samples(), &Samples::U8(vec![11, 12, 11, 11].into()));
    assert_eq!((one.info.segmented_channel, one.info.slices), (1, 3));
}

#[test]
fn an_imagej_hyperstack_is_read() {
    let file = imagej(HYPERSTACK);
    check_hyperstack(&file);
    assert_eq!(names(&all(&file)), ["channel 1", "channel 2"]);
    assert_eq!(all(&file).info.pixel_size, None);
}

#[test]
fn an_imagej_stack_has_names_colours_and_a_pixel_size() {
    for style in Style::ALL {
        for (unit, expected) in [("micron", 0.25), ("\\u00B5m", 0.25), ("Âµm", 0.25), ("nm", 0.25e-3)] {
            let mut pages = planes(&ordered("CZT"));
            let blue: Vec<u8> = [vec![0; 512], (0..=255).collect()].concat();
            let green: Vec<u8> = [vec![0; 256], (0..=255).collect(), vec![0; 256]].concat();
            let label =
                |text: &str| text.encode_utf16().flat_map(|unit| style.number(unit.into(), 2)).collect();
            let labels: [Vec<u8>; 2] = [label("GFP"), label("nuclei µ")];
            let code = |text: &[u8; 4]| style.number(u32::from_be_bytes(*text).into(), 4);
            let head = [code(b"IJIJ"), code(b"labl"), style.number(2, 4), code(b"luts"), style.number(2, 4)]
                .concat();
            let sizes = vec![20, labels[0].len() as u32, labels[1].len() as u32, 768, 768];
            pages[0] = pages[0]
                .clone()
                .described(&format!("{HYPERSTACK}unit={unit}\nspacing=2\n"))
                .with(282, Fraction(4_000_000, 1_000_000))
                .with(283, Fraction(2_000_000, 1_000_000))
                .short(296, 1)
                .with(50_838, Long(sizes))
                .with(50_839, Bytes([head, labels.concat(), green, blue].concat()));
            let whole = all(&style.write(&pages));
            assert_eq!(names(&whole), ["GFP", "nuclei µ"], "{style:?}");
            let colors: Vec<_> = whole.info.channels.iter().map(|channel| channel.color).collect();
            assert_eq!(colors, [Some([0, 255, 0]), Some([0, 0, 255])]);
            assert_eq!(whole.info.segmented_channel, 1);
            let size = whole.info.pixel_size.unwrap();
            assert!((size.x / expected - 1.0).abs() < 1e-9 && (size.y / size.x - 2.0).abs() < 1e-9, "{unit}");
        }
    }
}

/// The codes of the warnings.
fn codes(opened: &Opened) -> Vec<&str> {
    opened.info.warnings.iter().map(|warning| warning.code.as_str()).collect()
}

#[test]
fn planes_that_imagej_wrote_behind_one_page_are_read() {
    let values = |plane: u8| vec![plane, plane + 100, 0, 9];
    let all_planes: Vec<u8> = (0..12).flat_map(values).collect();
    for style in Style::ALL {
        let file = style.write(&[Page::gray8(4, 1, &all_planes).described(HYPERSTACK)]);
        let whole = all(&file);
        assert_eq!((whole.info.slices, whole.info.frames, whole.channels.len()), (3, 2, 2));
        assert_eq!(codes(&whole), [""; 0]);
        let last = Selection::default().channel(ChannelChoice::Index(1)).slice(Slice::Single(2)).frame(1);
        assert_eq!(opened(&file, &last).image.samples(), &Samples::U8(values(11).into()));
    }
    // Part of such a stack, saved with its description by another program.
    let one = all(&write(&[Page::gray8(4, 1, &values(3)).described(HYPERSTACK)]));
    assert_eq!((one.image.samples(), one.info.slices), (&Samples::U8(values(3).into()), 1));
    assert!(one.info.warnings[0].message.contains("12 images, but 1"), "{:?}", one.info.warnings);
}

#[test]
fn planes_behind_one_page_may_be_beyond_four_gigabytes() {
    // 70,000 planes of 64 KiB: memory that is not accessed is not allocated.
    const PLANES: usize = 70_000;
    const SIDE: usize = 256;
    let described = format!("ImageJ=1.54f\nimages={PLANES}\nslices={PLANES}\n");
    let page = Page::gray8(SIDE as u32, SIDE as u32, &[]).described(&described);
    let head = write(&[page]);
    // The directory is before the pixels, as ImageJ writes it; the strip begins after it.
    let mut file = vec![0u8; head.len() + PLANES * SIDE * SIDE];
    file[..head.len()].copy_from_slice(&head);
    let entry = head.windows(4).position(|bytes| bytes == [0x11, 1, 4, 0]).unwrap();
    file[entry + 8..entry + 12].copy_from_slice(&(head.len() as u32).to_le_bytes());
    let last = head.len() + (PLANES - 1) * SIDE * SIDE;
    assert!(last as u64 > u64::from(u32::MAX));
    file[last + 1] = 77;
    let selection = Selection::default().slice(Slice::Single(PLANES - 1));
    let one = opened(&file, &selection);
    assert_eq!((one.info.slices, one.info.warnings.len()), (PLANES, 0));
    let Samples::U8(values) = one.image.samples() else { panic!() };
    assert_eq!((values[0], values[1], values[2]), (0, 77, 0));
}

#[test]
fn print_resolutions_in_inches_are_not_pixel_sizes_in_imagej_files() {
    let size = |unit: &str, a_unit: u32| {
        let page = Page::gray8(1, 1, &[1]).described(&format!("ImageJ=1.54f\nunit={unit}\n"));
        all(&write(&[page.with(282, Fraction(a_unit, 1)).with(283, Fraction(a_unit, 1))])).info.pixel_size
    };
    for (unit, a_unit) in
        [("inch", 72), ("inch", 300), ("inch", 1200), ("inch", 4800), ("cm", 28), ("pixel", 1)]
    {
        assert_eq!(size(unit, a_unit), None, "{a_unit} a {unit}");
    }
    assert_eq!(size("inch", 50_800), PixelSize::new(0.5, 0.5));
    assert_eq!(size("cm", 20_000), PixelSize::new(0.5, 0.5));
}

#[test]
fn imagej_stacks_may_be_in_another_order() {
    for order in ["CZT", "ZCT", "TZC", "CTZ", "ZTC", "TCZ"] {
        let mut pages = planes(&ordered(order));
        pages[0] = pages[0].clone().described(&format!("{HYPERSTACK}order={}\n", order.to_lowercase()));
        check_hyperstack(&write(&pages));
    }
}

#[test]
fn slices_of_a_composite_are_channels() {
    let described = |text: &str| {
        let mut pages: Vec<Page> = (1..=3).map(|value| Page::gray8(2, 1, &[value, 0])).collect();
        pages[0] = pages[0].clone().described(text);
        all(&write(&pages))
    };
    let composite = described("ImageJ=1.54f\nimages=3\nslices=3\nmode=composite\n");
    assert_eq!((composite.info.slices, composite.channels.len()), (1, 3));
    assert_eq!(codes(&composite), ["image/slices-as-channels"]);
    let stack = described("ImageJ=1.54f\nimages=3\nslices=3\n");
    assert_eq!((stack.info.slices, stack.channels.len(), codes(&stack).len()), (3, 1, 0));
}

#[test]
fn labels_that_name_channels_turn_slices_into_channels() {
    let labels = ["c:1/2 z:1/1 - GFP", "c:2/2 z:1/1 - DAPI"];
    let style = Style::default();
    let texts = labels
        .map(|text| text.encode_utf16().flat_map(|unit| style.number(unit.into(), 2)).collect::<Vec<u8>>());
    let code = |text: &[u8; 4]| style.number(u32::from_be_bytes(*text).into(), 4);
    let head = [code(b"IJIJ"), code(b"labl"), style.number(2, 4)].concat();
    let page = Page::gray8(2, 1, &[1, 2])
        .described("ImageJ=1.54f\nimages=2\nslices=2\n")
        .with(50_838, Long(vec![12, texts[0].len() as u32, texts[1].len() as u32]))
        .with(50_839, Bytes([head, texts.concat()].concat()));
    let whole = all(&write(&[page, Page::gray8(2, 1, &[3, 4])]));
    assert_eq!((names(&whole), whole.info.slices, whole.info.segmented_channel), (vec!["GFP", "DAPI"], 1, 1));
    assert_eq!(codes(&whole), ["image/pages-as-channels"]);
}

/// OME-XML for [`planes`]; `data` are its TiffData elements.
fn ome(order: &str, data: &str) -> String {
    format!(
        r##"<?xml version="1.0" encoding="UTF-8"?><!-- a comment -->
        <OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06" UUID="urn:uuid:1">
        <Image ID="Image:0"><Pixels ID="Pixels:0" DimensionOrder="XY{order}" Type="uint8" SignificantBits="7"
         SizeX="4" SizeY="1" SizeC="2" SizeZ="3" SizeT="2" PhysicalSizeX="325" PhysicalSizeXUnit="nm"
         PhysicalSizeY="0.65"><Channel ID="Channel:0:0" Name="GFP &amp; more" Color="16711935"/>
        <Channel ID="Channel:0:1" Name="DAPI" Color="65535"/>{data}</Pixels></Image></OME>"##
    )
}

#[test]
fn ome_tiff_is_read_in_every_order() {
    for order in ["CZT", "ZCT", "TZC", "CTZ", "ZTC", "TCZ"] {
        let mut pages = planes(&ordered(order));
        for data in ["<TiffData/>", r#"<TiffData IFD="0" PlaneCount="12"/>"#] {
            pages[0] = pages[0].clone().described(&ome(order, data));
            let file = write(&pages);
            check_hyperstack(&file);
            let whole = all(&file);
            assert_eq!(names(&whole), ["GFP & more", "DAPI"]);
            assert_eq!((whole.info.segmented_channel, whole.info.bit_depth), (1, 7));
            assert_eq!(whole.info.channels[0].color, Some([0, 255, 0]));
            assert_eq!(whole.info.channels[1].color, Some([0, 0, 255]));
            assert_eq!(whole.info.pixel_size, PixelSize::new(0.325, 0.65));
        }
    }
}

#[test]
fn ome_tiff_assigns_pages_to_planes() {
    let mut order = ordered("TCZ");
    order.reverse();
    let data: String = order
        .iter()
        .enumerate()
        .map(|(page, (c, z, t))| {
            format!(r#"<TiffData IFD="{page}" FirstC="{c}" FirstZ="{z}" FirstT="{t}" PlaneCount="1"/>"#)
        })
        .collect();
    let mut pages = planes(&order);
    pages[0] = pages[0].clone().described(&ome("CZT", &data));
    check_hyperstack(&write(&pages));
}

#[test]
fn planes_of_other_files_are_missing() {
    let part = |uuid: u32, c: usize, slices: usize| -> String {
        let one = |z: usize| {
            format!(
                r#"<TiffData IFD="{z}" FirstC="{c}" FirstZ="{z}"><UUID FileName="{c}.tif">urn:uuid:{uuid}</UUID></TiffData>"#
            )
        };
        (0..slices).map(one).collect()
    };
    let mut pages = planes(&[(1, 0, 0), (1, 1, 0)]);
    pages[0] = pages[0].clone().described(&ome("CZT", &(part(2, 0, 2) + &part(1, 1, 2))));
    let here = all(&write(&pages));
    assert_eq!((names(&here), here.info.slices, here.info.frames), (vec!["DAPI"], 2, 1));
    assert_eq!(here.image.samples(), &Samples::U8(vec![110, 111, 110, 110].into()));

    pages[0] = pages[0].clone().described(&ome("CZT", &part(2, 0, 2)));
    // All planes in one other file: that file under another name. In several: ambiguous.
    let renamed = all(&write(&pages));
    assert_eq!(
        (names(&renamed), renamed.info.slices, codes(&renamed)),
        (vec!["GFP & more"], 2, vec!["image/ome-uuid"])
    );
    pages[0] = pages[0].clone().described(&ome("CZT", &(part(2, 0, 2) + &part(3, 1, 2))));
    let elsewhere = all(&write(&pages));
    assert_eq!((names(&elsewhere), elsewhere.info.slices), (vec!["gray"], 2));
    assert_eq!(elsewhere.info.pixel_size, PixelSize::new(0.325, 0.65));
    assert!(elsewhere.info.warnings[0].message.contains("in other files"), "{:?}", elsewhere.info.warnings);
    let nameless = ome("CZT", &(part(2, 0, 2) + &part(3, 1, 2))).replace(" UUID=\"urn:uuid:1\"", "");
    pages[0] = pages[0].clone().described(&nameless);
    assert!(all(&write(&pages)).info.warnings[0].message.contains("not which of them"));

    let mut pages = planes(&[(0, 0, 0), (0, 1, 0), (1, 0, 0)]);
    let holes = part(1, 0, 2) + r#"<TiffData IFD="2" FirstC="1"/>"#;
    pages[0] = pages[0].clone().described(&ome("CZT", &holes));
    let missing = error(&write(&pages));
    assert_eq!(missing.to_string(), "channel 2 of slice 2 and frame 1 is not in this file");
}

#[test]
fn ome_tiff_of_colour_pages_is_one_colour_image() {
    let xml = r#"<OME xmlns="x"><Image><Pixels DimensionOrder="XYCZT" SizeC="3" SizeZ="1" SizeT="1">
        <Channel SamplesPerPixel="3"/><TiffData/></Pixels></Image></OME>"#;
    let file = write(&[Page::new(1, 1, 8, 3, vec![1, 2, 3]).short(262, 2).described(xml)]);
    let whole = all(&file);
    assert!(whole.info.is_color);
    assert_eq!((names(&whole), whole.image.channels()), (vec!["red", "green", "blue"], 3));
}

#[test]
fn ome_xml_that_cannot_be_used_is_ignored_with_the_reason() {
    let cases = [
        ("<OME><Image", "not valid"),
        ("<OME BinaryOnly='1'/>", "another file"),
        (
            "<OME><Image><Pixels SizeC='9999999' SizeZ='9999999' SizeT='9999999'/></Image></OME>",
            "9999999 channels",
        ),
        ("<OME><Image><Pixels DimensionOrder='XYZZT'/></Image></OME>", "DimensionOrder"),
        ("<OME><Image><Pixels SizeZ='2'><TiffData FirstZ='7'/></Pixels></Image></OME>", "slice 7"),
    ];
    for (xml, words) in cases {
        let whole = all(&write(&[Page::gray8(1, 1, &[1]).described(xml), Page::gray8(1, 1, &[2])]));
        assert_eq!((whole.info.slices, whole.image.samples()), (2, &Samples::U8(vec![2].into())), "{xml}");
        let warning = &whole.info.warnings[0];
        assert!(warning.message.contains(words) && warning.code == "image/ome-xml", "{warning}");
    }
}

#[test]
fn ome_xml_that_is_not_well_formed_is_read_as_far_as_possible() {
    let right = ome("CZT", "<TiffData/>");
    let cases = [
        right.replace("GFP &amp; more", "GFP & more"),
        right.replace("<Image ", "<Description>laser \u{2} 488 &#2;</Description><Image "),
        right.replace("<OME ", "<!DOCTYPE OME [<!ENTITY a \"b>\">]><OME "),
        right.replace("</Pixels></Image>", "</Image>"),
        right.replace("</Image></OME>", ""),
        right.replace("<!-- a comment -->", "\u{b}"),
    ];
    for xml in cases {
        let mut pages = planes(&ordered("CZT"));
        pages[0] = pages[0].clone().described(&xml);
        let file = write(&pages);
        check_hyperstack(&file);
        let whole = all(&file);
        assert_eq!(
            (names(&whole), codes(&whole)),
            (vec!["GFP & more", "DAPI"], vec!["image/ome-xml"]),
            "{xml}"
        );
        assert_eq!(whole.info.pixel_size, PixelSize::new(0.325, 0.65));
    }
    // As it should be, in any encoding.
    let utf16: Vec<u8> = right.replace("GFP", "GFP µ").encode_utf16().flat_map(u16::to_le_bytes).collect();
    let latin: Vec<u8> = right.replace("GFP", "GFP µ").chars().map(|c| c as u8).collect();
    for bytes in [[vec![0xff, 0xfe], utf16.clone()].concat(), utf16, latin] {
        let mut pages = planes(&ordered("CZT"));
        pages[0] = pages[0].clone().with(270, Bytes(bytes));
        let whole = all(&write(&pages));
        assert_eq!((names(&whole), codes(&whole).len()), (vec!["GFP µ & more", "DAPI"], 0));
    }
}

#[test]
fn ome_channels_that_are_called_slices_are_channels() {
    let xml = r#"<OME><Image><Pixels DimensionOrder="XYZCT" SizeC="1" SizeZ="2" SizeT="2"><Channel Name="GFP"/>
        <Channel Name="DAPI"/><TiffData IFD="1" FirstZ="1" FirstT="1"/><TiffData IFD="0"/></Pixels></Image></OME>"#;
    let pages = [Page::gray8(1, 1, &[1]).described(xml), Page::gray8(1, 1, &[2])];
    let frame = |frame, channel| {
        let selection = Selection::default().channel(ChannelChoice::Index(channel)).frame(frame);
        open(&write(&pages), &selection, Limits::default()).map(|opened| opened.image.samples().clone()).ok()
    };
    assert_eq!(frame(1, 1), None, "the other channel of this frame is missing, so nothing can be measured");
    let xml =
        xml.replace("<TiffData IFD=\"1\" FirstZ=\"1\" FirstT=\"1\"/><TiffData IFD=\"0\"/>", "<TiffData/>");
    let xml = xml.replace("SizeT=\"2\"", "SizeT=\"1\"");
    let whole = all(&write(&[pages[0].clone().described(&xml), pages[1].clone()]));
    assert_eq!((names(&whole), whole.info.slices, whole.info.segmented_channel), (vec!["GFP", "DAPI"], 1, 1));
    assert_eq!(
        (whole.image.samples(), codes(&whole)),
        (&Samples::U8(vec![2].into()), vec!["image/slices-as-channels"])
    );
}

#[test]
fn named_axes_define_the_pages() {
    let shaped = |shape: &str, axes: &str| format!(r#"{{"shape": [{shape}], "axes": "{axes}"}}"#);
    let scifio = |axes: &str, lengths: &str| {
        format!(
            "SCIFIO=0.41.0\naxes={axes}\nlengths={lengths}\nscales=0.5,0.25,1,1,1\nunits=um,micron,null,null,null\n"
        )
    };
    let cases = [
        (shaped("2, 3, 2, 1, 4", "TZCYX"), "CZT"),
        (shaped("3, 2, 2, 1, 4", "ZCTYX"), "TCZ"),
        (scifio("X,Y,Channel,Z,Time", "4,1,2,3,2"), "CZT"),
        (scifio("X,Y,Z,Time,Channel", "4,1,3,2,2"), "ZTC"),
    ];
    for (description, order) in cases {
        let mut pages = planes(&ordered(order));
        pages[0] = pages[0].clone().described(&description);
        check_hyperstack(&write(&pages));
        let size = all(&write(&pages)).info.pixel_size;
        assert_eq!(size, description.starts_with("SCIFIO").then(|| PixelSize::new(0.5, 0.25)).flatten());
    }
    // One page with its channels in planes, and channels behind one page.
    let page =
        Page::new(2, 1, 8, 3, vec![]).short(284, 2).strips(1, vec![vec![1, 1], vec![2, 2], vec![3, 3]]);
    let planar = all(&write(&[page.described(&shaped("3, 1, 2", "CYX"))]));
    assert_eq!((planar.channels.len(), planar.info.slices), (3, 1));
    // Channels that a writer stores as colours, the fourth as alpha.
    let strips: Vec<Vec<u8>> = (1..=4).map(|value| vec![value; 2]).collect();
    let colours = Page::new(2, 1, 8, 4, vec![]).short(262, 2).short(284, 2).short(338, 2).strips(1, strips);
    let channels = all(&write(&[colours.clone().described(&shaped("4, 1, 2", "CYX"))]));
    assert_eq!(
        (channels.channels.len(), channels.info.is_color, codes(&channels)),
        (4, false, vec!["image/axes"])
    );
    assert_eq!(channels.channels[3].image.samples(), &Samples::U8(vec![4, 4].into()));
    let one_by_one = r#"<Channel Name="a"/><Channel Name="b"/><Channel Name="c"/><Channel Name="DAPI"/>"#;
    let xml = format!("<OME><Image><Pixels SizeC='4'>{one_by_one}<TiffData/></Pixels></Image></OME>");
    let named = all(&write(&[colours.described(&xml)]));
    assert_eq!(
        (names(&named), named.image.samples()),
        (vec!["a", "b", "c", "DAPI"], &Samples::U8(vec![4, 4].into()))
    );
    let behind = Page::gray8(2, 1, &[1, 1, 2, 2, 3, 3]).described(&shaped("3, 1, 2", "CYX"));
    let behind = all(&write(&[behind]));
    assert_eq!(
        (behind.channels.len(), behind.channels[2].image.samples()),
        (3, &Samples::U8(vec![3, 3].into()))
    );
    let shape = Page::gray8(2, 1, &[1, 1, 2, 2, 3, 3]).described(r#"{"shape": [3, 1, 2]}"#);
    let shape = all(&write(&[shape]));
    assert_eq!((shape.info.slices, codes(&shape)), (3, vec!["image/pages-as-slices"]));
    // Other axes, and axes that do not fit.
    let pages = |description: String| {
        [Page::gray8(2, 1, &[1, 1]).described(&description), Page::gray8(2, 1, &[2, 2])]
    };
    let positions = all(&write(&pages(shaped("2, 1, 2", "PYX"))));
    assert_eq!((positions.info.frames, positions.info.slices, codes(&positions)), (2, 1, vec!["image/axes"]));
    let wrong = all(&write(&pages(shaped("5, 1, 2", "CYX"))));
    assert_eq!((wrong.info.slices, codes(&wrong)), (2, vec!["image/axes", "image/pages-as-slices"]));
}

#[test]
fn names_of_pages_can_be_those_of_channels() {
    let named = |names: &[&str]| {
        let page =
            |(name, value): (&&str, u8)| Page::gray8(2, 1, &[value, 0]).with(285, Text((*name).into()));
        all(&write(&names.iter().zip(1..).map(page).collect::<Vec<_>>()))
    };
    let whole = named(&["GFP", "DAPI", "CD3"]);
    assert_eq!((names(&whole), whole.info.slices), (vec!["GFP", "DAPI", "CD3"], 1));
    assert_eq!(
        (whole.image.samples(), codes(&whole)),
        (&Samples::U8(vec![2, 0].into()), vec!["image/pages-as-channels"])
    );
    let both = named(&["GFP", "DAPI", "GFP", "DAPI"]);
    assert_eq!(
        (names(&both), both.info.slices, both.image.samples()),
        (vec!["GFP", "DAPI"], 2, &Samples::U8(vec![4, 0].into()))
    );
    let blocks = named(&["GFP", "GFP", "DAPI", "DAPI"]);
    assert_eq!((names(&blocks), blocks.info.slices), (vec!["GFP", "DAPI"], 2));
    assert_eq!(blocks.channels[0].image.samples(), &Samples::U8(vec![2, 0].into()));
    for slices in [&["z 1", "z 2", "z 3"][..], &["a.tif", "b.tif"], &["", "DAPI"], &["same", "same"]] {
        let whole = named(slices);
        assert_eq!((whole.info.slices, names(&whole)), (slices.len(), vec!["gray"]), "{slices:?}");
    }
}

#[test]
fn metamorph_planes_are_stored_behind_one_page() {
    let stk = |z: [u32; 3], times: [u32; 3], inside: Vec<u8>| {
        let mut words = Vec::new();
        for (z, time) in z.into_iter().zip(times) {
            words.extend([z, 1, 2_450_000, time, 0, 0].into_iter().flat_map(u32::to_le_bytes));
        }
        let mut file = write(&[Page::gray8(2, 1, &inside).with(33_629, Bytes(words))]);
        // The writer counts bytes; MetaMorph counts planes, as fractions.
        let entry = file.windows(4).position(|bytes| bytes[..2] == [0x5d, 0x83] && bytes[3] == 0).unwrap();
        file[entry + 2..entry + 8].copy_from_slice(&[5, 0, 3, 0, 0, 0]);
        file
    };
    let planes = vec![1, 1, 2, 2, 3, 3];
    let stack = all(&stk([0, 1, 2], [7; 3], planes.clone()));
    assert_eq!(
        (stack.info.slices, stack.info.frames, stack.image.samples()),
        (3, 1, &Samples::U8(vec![3, 3].into()))
    );
    let series = all(&stk([5; 3], [1, 2, 3], planes));
    assert_eq!(
        (series.info.slices, series.info.frames, series.image.samples()),
        (1, 3, &Samples::U8(vec![1, 1].into()))
    );
}

#[test]
fn zeiss_lsm_describes_its_pages() {
    let mut block = vec![0; 112];
    let mut put = |at: usize, bytes: &[u8]| block[at..at + bytes.len()].copy_from_slice(bytes);
    for (at, number) in [(0, 0x0400_494cu32), (4, 112), (8, 2), (12, 1), (16, 2), (20, 2), (24, 2)] {
        put(at, &number.to_le_bytes());
    }
    put(40, &0.25e-6f64.to_le_bytes());
    put(48, &0.5e-6f64.to_le_bytes());
    let page = |value: u8| {
        let page = Page::new(2, 1, 8, 2, vec![]).short(284, 2);
        page.strips(1, vec![vec![value; 2], vec![value + 100; 2]])
    };
    let thumbnail = Page::gray8(1, 1, &[0]).with(254, Long(vec![1]));
    let mut pages: Vec<Page> = (0..4).flat_map(|value| [page(value), thumbnail.clone()]).collect();
    pages[0] = pages[0].clone().with(34_412, Bytes(block));
    let file = write(&pages);
    let last = Selection::default().channel(ChannelChoice::Index(1)).slice(Slice::Single(0)).frame(1);
    let one = opened(&file, &last);
    assert_eq!((one.info.slices, one.info.frames, one.channels.len()), (2, 2, 2));
    assert_eq!(one.image.samples(), &Samples::U8(vec![102; 2].into()));
    assert_eq!(one.info.pixel_size, PixelSize::new(0.25, 0.5));
}

#[test]
fn channels_of_a_scanned_slide_have_names_and_thumbnails_are_skipped() {
    let described = |kind: &str, name: &str, marker: &str| {
        format!(
            "<?xml version=\"1.0\" encoding=\"utf-16\"?><PerkinElmer-QPI-ImageDescription><ImageType>{kind}\
             </ImageType><Name>{name}</Name><Biomarker>{marker}</Biomarker><Color>0,0,255</Color>\
             </PerkinElmer-QPI-ImageDescription>"
        )
    };
    let pages = [
        Page::gray8(2, 1, &[1, 2]).described(&described("FullResolution", "Opal 520", "CD8")),
        Page::gray8(2, 1, &[3, 4]).described(&described("FullResolution", "DAPI", "DAPI")),
        Page::gray8(1, 1, &[9]).described(&described("ReducedResolution", "Opal 520", "CD8")),
        Page::gray8(2, 1, &[9, 9]).described(&described("Label", "", "")),
    ];
    let whole = all(&write(&pages));
    assert_eq!((names(&whole), whole.info.slices), (vec!["CD8 (Opal 520)", "DAPI"], 1));
    assert_eq!((whole.image.samples(), codes(&whole).len()), (&Samples::U8(vec![3, 4].into()), 0));
    let aperio = Page::gray8(2, 1, &[1, 2])
        .described("Aperio Image Library v11\r\n2x1|AppMag = 20|MPP = 0.4990|Left = 1");
    assert_eq!(all(&write(&[aperio])).info.pixel_size, PixelSize::new(0.499, 0.499));
    let properties = [
        ("spatial-calibration-x", "0.65"),
        ("spatial-calibration-y", "0.65"),
        ("spatial-calibration-units", "um"),
        ("_IllumSetting_", "DAPI"),
    ];
    let properties =
        properties.map(|(id, value)| format!(r#"<prop id="{id}" type="x" value="{value}"/>"#)).concat();
    let plane = all(&write(&[Page::gray8(1, 1, &[9])
        .described(&format!("<MetaData><PlaneInfo>{properties}</PlaneInfo></MetaData>"))]));
    assert_eq!((names(&plane), plane.info.pixel_size), (vec!["DAPI"], PixelSize::new(0.65, 0.65)));
    let overview = Page::gray8(1, 1, &[9]).described("<?xml version=\"1.0\"?><scn xmlns=\"x\"/>");
    assert_eq!(
        all(&write(&[overview, Page::gray8(2, 1, &[5, 6])])).image.samples(),
        &Samples::U8(vec![5, 6].into())
    );
}

#[test]
fn missing_tiles_and_strips_are_background() {
    let tile = |value: u8| vec![value; 4];
    let page = Page::gray8(4, 4, &[]).tiles(2, 2, vec![tile(1), tile(2), tile(3), tile(4)]);
    let missing = |file: &[u8], place_too: bool| {
        // The tags 324 and 325 have the offsets and lengths of the tiles; the third is removed.
        let mut file = file.to_vec();
        for (tag, is_changed) in [(324u16, place_too), (325, true)] {
            let entry = [tag.to_le_bytes(), 4u16.to_le_bytes()].concat();
            let at = file.windows(4).position(|bytes| bytes == entry).unwrap();
            let place = u32::from_le_bytes(file[at + 8..at + 12].try_into().unwrap()) as usize;
            if is_changed {
                file[place + 8..place + 12].fill(0);
            }
        }
        all(&file)
    };
    for place_too in [true, false] {
        let whole = missing(&write(std::slice::from_ref(&page)), place_too);
        assert_eq!(
            whole.image.samples(),
            &Samples::U8(vec![1, 1, 2, 2, 1, 1, 2, 2, 0, 0, 4, 4, 0, 0, 4, 4].into())
        );
        assert_eq!(codes(&whole), ["image/sparse"]);
        assert!(whole.info.warnings[0].message.starts_with("1 of 4 tiles"), "{}", whole.info.warnings[0]);
        let with_value = missing(&write(&[page.clone().with(42_113, Text("7".into()))]), place_too);
        assert_eq!(
            with_value.image.samples(),
            &Samples::U8(vec![1, 1, 2, 2, 1, 1, 2, 2, 7, 7, 4, 4, 7, 7, 4, 4].into())
        );
    }
    let strips = Page::gray8(2, 2, &[]).strips(1, vec![vec![5, 6], vec![]]).short(259, 32_773);
    let packed = |bytes: &[u8]| [vec![bytes.len() as u8 - 1], bytes.to_vec()].concat();
    let mut strips = strips;
    strips.chunks[0] = packed(&[5, 6]);
    assert_eq!(all(&write(&[strips])).image.samples(), &Samples::U8(vec![5, 6, 0, 0].into()));
}

#[test]
fn offsets_of_tiles_may_be_in_the_tags_for_strips() {
    let tiles: Vec<Vec<u8>> = (1..=4).map(|value| vec![value; 4]).collect();
    for rows in [None, Some(2)] {
        let mut page = Page::gray8(4, 4, &[]).tiles(2, 2, tiles.clone());
        if let Some(rows) = rows {
            page = page.with(278, Long(vec![rows]));
        }
        let mut file = write(&[page]);
        for (tag, instead) in [(324u16, 273u16), (325, 279)] {
            let entry = [tag.to_le_bytes(), 4u16.to_le_bytes()].concat();
            let at = file.windows(4).position(|bytes| bytes == entry).unwrap();
            file[at..at + 2].copy_from_slice(&instead.to_le_bytes());
        }
        let expected = vec![1, 1, 2, 2, 1, 1, 2, 2, 3, 3, 4, 4, 3, 3, 4, 4];
        assert_eq!(all(&file).image.samples(), &Samples::U8(expected.into()));
    }
}

#[test]
fn pixels_are_read_as_stored_and_an_orientation_tag_is_a_warning() {
    let whole = all(&write(&[Page::gray8(2, 1, &[1, 2]).short(274, 6)]));
    assert_eq!(whole.image.samples(), &Samples::U8(vec![1, 2].into()));
    assert_eq!(codes(&whole), ["image/orientation"]);
    assert!(whole.info.warnings[0].message.contains("rotated by 90°"), "{}", whole.info.warnings[0]);
    assert_eq!(codes(&all(&write(&[Page::gray8(2, 1, &[1, 2]).short(274, 1)]))), [""; 0]);
}

#[test]
fn pages_without_a_description_are_slices_and_thumbnails_are_skipped() {
    let pages = [
        Page::gray8(2, 1, &[9, 9]).with(254, Long(vec![1])),
        Page::gray8(2, 1, &[1, 5]),
        Page::gray8(1, 1, &[200]),
        Page::gray8(2, 1, &[3, 4]),
        Page::gray8(2, 1, &[99, 99]).with(254, Long(vec![1])),
    ];
    let whole = all(&write(&pages));
    assert_eq!((whole.info.slices, whole.info.frames, names(&whole)), (2, 1, vec!["gray"]));
    assert_eq!(whole.image.samples(), &Samples::U8(vec![3, 5].into()));
}

#[test]
fn only_the_resolution_of_a_microscope_is_a_pixel_size() {
    let size = |above, below, unit| {
        let page = Page::gray8(1, 1, &[1]);
        let page = page.with(282, Fraction(above, below)).with(283, Fraction(above, below)).short(296, unit);
        all(&write(&[page])).info.pixel_size
    };
    assert_eq!(size(20_000, 1, 3), PixelSize::new(0.5, 0.5));
    assert_eq!(size(50_800, 1, 2), PixelSize::new(0.5, 0.5));
    for (above, below, unit) in [
        (72, 1, 2),
        (96, 1, 2),
        (300, 1, 2),
        (1200, 1, 2),
        (1, 1, 3),
        (28, 1, 3),
        (0, 1, 3),
        (1, 0, 3),
        (20_000, 1, 1),
    ] {
        assert_eq!(size(above, below, unit), None, "{above}/{below} per unit {unit}");
    }
}

#[test]
fn selections_that_do_not_exist_are_errors_that_list_the_existing_ones() {
    let file = imagej(HYPERSTACK);
    let refused = |selection: Selection| open(&file, &selection, Limits::default()).unwrap_err();
    let channel = |choice| refused(Selection::default().channel(choice));
    let cases = [
        (
            channel(ChannelChoice::Index(2)),
            "there is no single channel 3; the channels are 1 channel 1, 2 channel 2",
        ),
        (
            channel(ChannelChoice::Name("RFP".into())),
            "there is no single channel “RFP”; the channels are 1 channel 1, 2 channel 2",
        ),
        (refused(Selection::default().slice(Slice::Single(3))), "there is no slice 4; there are 3 slices"),
        (refused(Selection::default().frame(2)), "there is no frame 3; there are 2 frames"),
    ];
    for (error, words) in cases {
        assert_eq!(error.to_string(), words);
        assert!(!error.help().is_empty());
    }
}

#[test]
fn a_circular_chain_of_pages_is_read_up_to_the_repeated_page() {
    let mut file = imagej(HYPERSTACK);
    let first = file[4..8].to_vec();
    let end = file.len() - 4;
    file[end..].copy_from_slice(&first);
    check_hyperstack(&file);
    assert_eq!(codes(&all(&file)), ["image/page-loop"]);
    assert!(all(&file).info.warnings[0].message.contains("12 pages"));
}

#[test]
fn a_stack_is_checked_against_the_limits_as_a_whole() {
    let pages: Vec<Page> = (0..65).map(|_| Page::gray8(4, 1, &[1; 4])).collect();
    let file = write(&pages);
    let limits = Limits::default().with_maximum_pixels(4);
    let error = decode(&file, limits).unwrap_err();
    assert!(matches!(error, ImageError::StackTooLarge { values: 260, maximum_values: 256 }), "{error}");
    let one = Selection::default().slice(Slice::Single(64));
    assert!(open(&file, &one, limits).is_ok());
    assert!(matches!(
        decode(&file, Limits::default().with_maximum_pixels(3)),
        Err(ImageError::TooLarge { .. })
    ));
}

#[test]
fn pages_with_too_many_strips_are_refused() {
    let page = Page::gray8(1, 70_000, &[]).strips(1, vec![vec![0]; 70_000]);
    let error = decode(&write(&[page]), Limits::default().with_maximum_pixels(1 << 20)).unwrap_err();
    assert!(error.to_string().contains("70000 strips"), "{error}");
}

#[test]
fn a_header_with_too_large_sizes_is_refused_before_memory_is_allocated() {
    let page = || Page::gray8(4, 1, &[1; 4]);
    let huge = [
        page().with(256, Long(vec![u32::MAX])).with(257, Long(vec![u32::MAX])),
        page().tiles(1 << 30, 1 << 30, vec![vec![1; 4]]),
        page().short(277, 65_535).with(257, Long(vec![10_000])).with(256, Long(vec![20_000])),
    ];
    for page in huge {
        let error = error(&write(&[page]));
        assert!(["image/too-large", "image/stack-too-large"].contains(&error.code().as_str()), "{error}");
    }
}

/// Small files of many kinds.
fn files() -> Vec<Vec<u8>> {
    let strip = Style::default().pack(&ramp(12), 12, 7);
    let mut ome_pages = planes(&ordered("ZCT"));
    ome_pages[0] = ome_pages[0].clone().described(&ome("ZCT", "<TiffData/>"));
    let (_, tables, picture) = jpeg(&(0..=255).collect::<Vec<u8>>(), image::ExtendedColorType::L8);
    let mut files = vec![
        imagej(HYPERSTACK),
        write(&ome_pages),
        Style { big_endian: true, big_tiff: true }.write(&planes(&ordered("CZT"))[..2]),
        write(&[Page::new(16, 16, 8, 1, picture).short(259, 7).with(347, Bytes(tables))]),
        write(&[Page::new(5, 4, 8, 3, vec![]).short(262, 2).tiles(4, 3, vec![vec![7; 36]; 4])]),
    ];
    for (method, compress) in METHODS {
        files.push(write(&[Page::new(7, 3, 12, 1, compress(&strip)).short(259, method).short(317, 2)]));
    }
    files
}

#[test]
fn a_file_truncated_anywhere_is_an_error() {
    for (number, file) in files().into_iter().enumerate() {
        for length in 0..file.len() {
            let error = decode(&file[..length], Limits::default())
                .expect_err(&format!("file {number}, {length} bytes"));
            assert!(!error.help().is_empty());
        }
        assert!(decode(&file, Limits::default()).is_ok(), "file {number}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn flipped_bytes_never_panic_or_hang(
        which in 0usize..11,
        flips in prop::collection::vec((any::<prop::sample::Index>(), 1u8..=255), 1..6),
        frame in 0usize..2,
    ) {
        let mut bytes = files().swap_remove(which);
        for (place, mask) in flips {
            let at = place.index(bytes.len());
            bytes[at] ^= mask;
        }
        let selection = Selection::default().frame(frame);
        match open(&bytes, &selection, Limits::default().with_maximum_pixels(1 << 16)) {
            Ok(opened) => {
                prop_assert_eq!(opened.image.width() * opened.image.height(), opened.info.width * opened.info.height);
                prop_assert_eq!(opened.channels.len(), opened.info.channels.len());
            }
            Err(error) => prop_assert!(!error.to_string().is_empty() && !error.help().is_empty()),
        }
    }

    #[test]
    fn any_bytes_behind_a_header_never_panic(style in 0usize..4, rest in prop::collection::vec(any::<u8>(), 0..400)) {
        let style = Style::ALL[style];
        let mut bytes = style.write(&[]);
        let length = bytes.len();
        let offset = if style.big_tiff { 8 } else { 4 };
        bytes[length - offset..].copy_from_slice(&style.number(length as u64, offset));
        bytes.extend(rest);
        _ = decode(&bytes, Limits::default().with_maximum_pixels(1 << 16));
    }
}

//! A writer of small TIFF files as microscopes write them.

use std::collections::BTreeMap;
use std::io::Write;

/// The type of a field, and its bytes.
type Field = (u16, Vec<u8>);

/// A page: its fields without those that locate the strips, and the strips or tiles.
struct Page {
    fields: BTreeMap<u16, Field>,
    chunks: Vec<Vec<u8>>,
}

const WIDTH: usize = 13;
const HEIGHT: usize = 7;

/// Byte order and size of offsets.
#[derive(Clone, Copy)]
struct Style {
    big_endian: bool,
    big_tiff: bool,
}

impl Style {
    fn number(self, value: u64, size: usize) -> Vec<u8> {
        if self.big_endian {
            value.to_be_bytes()[8 - size..].to_vec()
        } else {
            value.to_le_bytes()[..size].to_vec()
        }
    }

    fn shorts(self, values: &[u16]) -> Field {
        (3, values.iter().flat_map(|&value| self.number(value.into(), 2)).collect())
    }

    fn longs(self, values: &[u32]) -> Field {
        (4, values.iter().flat_map(|&value| self.number(value.into(), 4)).collect())
    }

    /// A page with samples of some bits.
    fn page(self, bits: u16, samples: u16) -> Page {
        let row = (WIDTH * usize::from(samples) * usize::from(bits)).div_ceil(8);
        let values = (0..row * HEIGHT).map(|value| (value * 37 % 251) as u8).collect();
        let fields = BTreeMap::from([
            (256, self.longs(&[WIDTH as u32])),
            (257, self.longs(&[HEIGHT as u32])),
            (258, self.shorts(&vec![bits; samples.into()])),
            (262, self.shorts(&[if samples == 3 { 2 } else { 1 }])),
            (277, self.shorts(&[samples])),
            (278, self.longs(&[HEIGHT as u32])),
        ]);
        Page { fields, chunks: vec![values] }
    }

    fn write(self, pages: Vec<Page>) -> Vec<u8> {
        let offset = if self.big_tiff { 8 } else { 4 };
        let mut file = if self.big_endian { b"MM".to_vec() } else { b"II".to_vec() };
        if self.big_tiff {
            file.extend([self.number(43, 2), self.number(8, 2), self.number(0, 2)].concat());
        } else {
            file.extend(self.number(42, 2));
        }
        let mut link = file.len();
        file.extend(self.number(0, offset));
        for mut page in pages {
            let (mut places, mut lengths) = (Vec::new(), Vec::new());
            for chunk in &page.chunks {
                places.push(file.len() as u32);
                lengths.push(chunk.len() as u32);
                file.extend(chunk);
            }
            let tags = if page.fields.contains_key(&322) { [324, 325] } else { [273, 279] };
            page.fields.insert(tags[0], self.longs(&places));
            page.fields.insert(tags[1], self.longs(&lengths));
            let mut directory = self.number(page.fields.len() as u64, if self.big_tiff { 8 } else { 2 });
            for (&tag, (kind, bytes)) in &page.fields {
                let size = [1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8][usize::from(*kind) - 1];
                directory.extend([self.number(tag.into(), 2), self.number((*kind).into(), 2)].concat());
                directory.extend(self.number((bytes.len() / size) as u64, offset));
                let mut value = bytes.clone();
                if value.len() > offset {
                    value = self.number(file.len() as u64, offset);
                    file.extend(bytes);
                }
                value.resize(offset, 0);
                directory.extend(value);
            }
            let place = self.number(file.len() as u64, offset);
            file[link..link + offset].copy_from_slice(&place);
            file.extend(directory);
            link = file.len();
            file.extend(self.number(0, offset));
        }
        file
    }
}

impl Page {
    fn with(mut self, tag: u16, field: Field) -> Self {
        self.fields.insert(tag, field);
        self
    }

    fn described(self, text: &str) -> Self {
        self.with(270, (2, [text.as_bytes(), &[0]].concat()))
    }

    fn compressed(mut self, style: Style, method: u16, compress: impl Fn(&[u8]) -> Vec<u8>) -> Self {
        self.chunks = self.chunks.iter().map(|chunk| compress(chunk)).collect();
        self.with(259, style.shorts(&[method]))
    }
}

const STYLES: [Style; 4] = [
    Style { big_endian: false, big_tiff: false },
    Style { big_endian: true, big_tiff: false },
    Style { big_endian: false, big_tiff: true },
    Style { big_endian: true, big_tiff: true },
];

/// Single pages of every depth and compression, in strips and tiles.
pub(crate) fn pages() -> Vec<Vec<u8>> {
    let mut files = Vec::new();
    for (place, bits) in [1, 4, 8, 10, 12, 16, 32, 64].into_iter().enumerate() {
        let style = STYLES[place % 4];
        files.push(style.write(vec![style.page(bits, 1)]));
        files.push(style.write(vec![style.page(bits.min(16), 3)]));
    }
    for format in [2, 3] {
        for bits in [16, 32] {
            let style = STYLES[bits as usize / 32];
            let page = style.page(bits, 1).with(339, style.shorts(&[format]));
            files.push(style.write(vec![page]));
        }
    }
    let style = STYLES[0];
    files.push(style.write(vec![style.page(8, 1).compressed(style, 8, zlib).with(317, style.shorts(&[2]))]));
    files.push(style.write(vec![style.page(16, 1).compressed(style, 32773, pack_bits)]));
    files.push(style.write(vec![style.page(8, 1).compressed(style, 5, lzw)]));
    files.push(style.write(vec![style.page(8, 1).compressed(style, 50000, zstd)]));
    // JPEG: the strip is a whole file.
    let mut page = style.page(8, 1).with(256, style.longs(&[32])).with(257, style.longs(&[32]));
    page.chunks = super::jpeg::files().into_iter().take(1).collect();
    files.push(style.write(vec![page.with(278, style.longs(&[32])).with(259, style.shorts(&[7]))]));
    // Tiles, several strips, separate planes, a palette.
    let mut page = style.page(8, 1).with(322, style.longs(&[16])).with(323, style.longs(&[16]));
    page.chunks = vec![vec![7; 256]];
    files.push(style.write(vec![page]));
    let mut page = style.page(8, 1).with(278, style.longs(&[2]));
    page.chunks = page.chunks[0].chunks(2 * WIDTH).map(<[u8]>::to_vec).collect();
    files.push(style.write(vec![page]));
    let mut page = style.page(8, 3).with(284, style.shorts(&[2]));
    page.chunks = page.chunks[0].chunks(WIDTH * HEIGHT).map(<[u8]>::to_vec).collect();
    files.push(style.write(vec![page]));
    // Alpha.
    files.push(style.write(vec![style.page(16, 2).with(338, style.shorts(&[1]))]));
    files.push(
        style.write(vec![style.page(8, 4).with(262, style.shorts(&[2])).with(338, style.shorts(&[2]))]),
    );
    let colours: Vec<u16> = (0..768).map(|value| value * 85).collect();
    let page = style.page(8, 1).with(262, style.shorts(&[3])).with(320, style.shorts(&colours));
    files.push(style.write(vec![page.with(274, style.shorts(&[6]))]));
    files
}

/// Stacks with the metadata of the programs that write them.
pub(crate) fn stacks() -> Vec<Vec<u8>> {
    let ome = |attributes: &str, inside: &str| {
        format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?><OME xmlns=\"http://www.openmicroscopy.org/Schemas/OME/2016-06\" \
             UUID=\"urn:uuid:1\"><Image ID=\"Image:0\"><Pixels ID=\"Pixels:0\" DimensionOrder=\"XYCZT\" Type=\"uint8\" \
             SizeX=\"13\" SizeY=\"7\" {attributes}>{inside}</Pixels></Image></OME>"
        )
    };
    let scaled = "SizeC=\"2\" SizeZ=\"2\" SizeT=\"1\" PhysicalSizeX=\"0.5\" PhysicalSizeXUnit=\"µm\" \
                  PhysicalSizeY=\"500\" PhysicalSizeYUnit=\"nm\"";
    let channels = "<Channel ID=\"Channel:0:0\" Name=\"GFP\" Color=\"16711935\"/>\
                    <Channel ID=\"Channel:0:1\" Name=\"DAPI\" Color=\"65535\" SamplesPerPixel=\"1\"/>";
    let located = "<TiffData FirstC=\"1\" FirstZ=\"1\" FirstT=\"0\" IFD=\"0\" PlaneCount=\"1\"><UUID \
                   FileName=\"a.ome.tif\">urn:uuid:1</UUID></TiffData><TiffData IFD=\"1\" PlaneCount=\"3\"/>";
    let texts = [
        ome(scaled, &format!("{channels}<TiffData/>")),
        ome(scaled, &format!("{channels}{located}")),
        ome("SizeC=\"4\" SizeZ=\"1\" SizeT=\"1\"", "<TiffData IFD=\"0\" PlaneCount=\"4\"/>"),
        "ImageJ=1.54f\nimages=4\nchannels=2\nslices=2\nhyperstack=true\nmode=composite\nunit=\\u00B5m\nspacing=0.5\n\
         min=0.0\nmax=255.0\n"
            .into(),
        "ImageJ=1.54f\nimages=4\nframes=4\nloop=false\nunit=inch\n".into(),
        "{\"shape\": [2, 2, 7, 13], \"axes\": \"CZYX\"}".into(),
        "Aperio Image Library v1\r\n13x7 [0,0 13x7] (4x4) J2K|AppMag = 20|MPP = 0.5".into(),
        "PMD <custom-prop id=\"x\"/>\nspatial-calibration-x".into(),
        "plain".into(),
    ];
    let mut files = Vec::new();
    for (place, text) in texts.iter().enumerate() {
        for style in [STYLES[place % 4], STYLES[0]] {
            let mut pages: Vec<Page> = (0..4).map(|_| style.page(8, 1)).collect();
            let page = pages
                .remove(0)
                .described(text)
                .with(282, (5, [style.number(2, 4), style.number(1, 4)].concat()));
            let page = page.with(283, (5, [style.number(3, 4), style.number(1, 4)].concat()));
            pages.insert(0, page.with(296, style.shorts(&[3])));
            files.push(style.write(pages));
        }
    }
    let style = STYLES[0];
    // ImageJ's own tags with labels and ranges, all planes behind one directory.
    let mut page = style.page(8, 1).described("ImageJ=1.54f\nimages=4\nchannels=4\n");
    page.chunks = vec![vec![9; 4 * WIDTH * HEIGHT]];
    page = page.with(279, style.longs(&[(WIDTH * HEIGHT) as u32]));
    let labels: Vec<u8> = b"IJIJlabl\0\0\0\x02\0D\0A\0P\0I\0G\0F\0P".to_vec();
    page = page.with(50838, style.longs(&[12, 8, 6])).with(50839, (1, labels));
    files.push(style.write(vec![page]));
    // MetaMorph: UIC1, UIC2 and UIC3.
    let numbers =
        |count: usize| (5, (0..count).flat_map(|value| style.number(value as u64 + 1, 4)).collect());
    let page = style
        .page(8, 1)
        .with(33629, numbers(12))
        .with(33628, style.longs(&[4, 1, 5, 2]))
        .with(33630, numbers(4));
    files.push(style.write(vec![page]));
    // LSM: a block of numbers behind a magic number.
    let mut block = style.number(0x0040_0494, 4);
    for number in [500, 13, 7, 1, 2, 1, 1, 0, 0] {
        block.extend(style.number(number, 4));
    }
    block.resize(500, 0);
    files.push(style.write(vec![style.page(8, 2).with(34412, (1, block))]));
    files
}

fn zlib(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
    _ = encoder.write_all(bytes);
    encoder.finish().unwrap_or_default()
}

/// Runs of two and pieces of up to 100 bytes.
fn pack_bits(bytes: &[u8]) -> Vec<u8> {
    let mut packed = Vec::new();
    for piece in bytes.chunks(100) {
        if piece.len() > 2 {
            packed.push(piece.len() as u8 - 3);
            packed.extend(&piece[..piece.len() - 2]);
        }
        packed.extend([255, piece[piece.len() - 1]]);
    }
    packed
}

/// LZW that clears its table before it grows to codes of ten bits.
fn lzw(bytes: &[u8]) -> Vec<u8> {
    let mut codes = Vec::new();
    for piece in bytes.chunks(200) {
        codes.push(256);
        codes.extend(piece.iter().map(|&byte| u32::from(byte)));
    }
    codes.push(257);
    let digits: String = codes.iter().map(|code| format!("{code:09b}")).collect();
    let byte = |digits: &[u8]| {
        digits.iter().fold(0, |byte, digit| (byte << 1) | (digit - b'0')) << (8 - digits.len())
    };
    digits.as_bytes().chunks(8).map(byte).collect()
}

/// Zstandard with one stored block (RFC 8878): a frame with its content size in one byte.
fn zstd(bytes: &[u8]) -> Vec<u8> {
    let header = ((bytes.len() as u32) << 3) | 1;
    let frame = [&[0x28, 0xb5, 0x2f, 0xfd, 0x20, bytes.len() as u8][..], &header.to_le_bytes()[..3]];
    [&frame.concat(), bytes].concat()
}

//! The label image as a file for other programs: ImageJ, QuPath, CellProfiler, scikit-image.

use std::borrow::Cow;
use std::io::{Cursor, Seek, Write};

use image::ExtendedColorType;
use tiff::TiffResult;
use tiff::encoder::colortype::{ColorType, Gray16, Gray32};
use tiff::encoder::{Compression, Rational, TiffEncoder, TiffValue};
use tiff::tags::{ResolutionUnit, Tag};

use super::signature;
use super::{Basis, ExportError, Exporter, FileName, Format, FormatInfo, ImageFile, Subject};
use crate::image::PixelSize;
use crate::nuclei::LabelImage;

/// `ID-labels.png` or `.tif`: the label image.
pub const LABELS: Format = Format::new(&Labels);

struct Labels;

impl Exporter for Labels {
    fn info(&self) -> FormatInfo {
        FormatInfo {
            name: "labels",
            label: "Label image (PNG or TIFF)",
            description: "The label image: 0 is background, every other value the number of a nucleus",
            defined_by: "PNG; TIFF 6.0 and ImageJ's use of it",
            file: FileName::OfImage(&["-labels.png", "-labels.tif"]),
        }
    }

    fn image_file(&self, subject: &Subject, basis: &Basis) -> Result<Option<ImageFile>, ExportError> {
        let file = encode(subject.labels, &basis.counted().included, subject.pixel_size);
        let LabelFile { extension, bytes } = file.map_err(|error| LABELS.refused(error))?;
        Ok(Some(ImageFile { ending: format!("-labels.{extension}"), bytes }))
    }
}

/// A label image file: its contents and its extension.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LabelFile {
    /// `png` or `tif`.
    pub extension: &'static str,
    /// The file's contents.
    pub bytes: Vec<u8>,
}

/// Writes a grayscale image in which 0 is background and every other value the number of a nucleus: 16 bits
/// up to 65,535 nuclei, 32 bits above. Nuclei that are not included become background; the others keep their
/// numbers. The first entry of `included` is nucleus 1.
///
/// The file is a PNG, or a TIFF if a PNG is not sufficient: for more than 16 bits, or a known pixel size. The
/// pixel size is stored as in ImageJ, which Bio-Formats can read: the resolution is in pixels per micrometre,
/// its unit is "none", and the description starts with `ImageJ=` and contains `unit=micron`.
///
/// # Errors
/// The encoder does not support the size (a side of 0, or more than 2³¹ pixels).
///
/// ```
/// use nucleoscope::geometry::Size;
/// use nucleoscope::{export, image, nuclei::LabelImage};
///
/// let labels = LabelImage::from_labels(Size::new(2, 1), vec![0, 1]);
/// let file = export::label_image::encode(&labels, &[true], None)?;
/// let read_back = image::decode(&file.bytes, image::Limits::default())?;
/// assert_eq!(read_back.samples(), &image::Samples::U16(vec![0, 1].into()));
///
/// let file = export::label_image::encode(&labels, &[true], image::PixelSize::new(0.325, 0.325))?;
/// assert_eq!(file.extension, "tif");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn encode(
    labels: &LabelImage,
    included: &[bool],
    pixel_size: Option<PixelSize>,
) -> std::io::Result<LabelFile> {
    let is_left_out = |label: u32| label != 0 && included.get(label as usize - 1) != Some(&true);
    let kept: Cow<[u32]> = if included.iter().all(|included| *included) {
        Cow::Borrowed(labels.as_slice())
    } else {
        labels.as_slice().iter().map(|&label| if is_left_out(label) { 0 } else { label }).collect()
    };
    let fits_16_bits = labels.count() <= u32::from(u16::MAX);
    let narrow = || kept.iter().map(|&label| label as u16);
    let (extension, bytes) = if !fits_16_bits {
        ("tif", tiff::<Gray32>(labels, &kept, pixel_size).map_err(std::io::Error::other)?)
    } else if pixel_size.is_some() {
        let values: Vec<u16> = narrow().collect();
        ("tif", tiff::<Gray16>(labels, &values, pixel_size).map_err(std::io::Error::other)?)
    } else {
        let bytes: Vec<u8> = narrow().flat_map(u16::to_ne_bytes).collect();
        let size = labels.size();
        ("png", signature::png(&bytes, size, ExtendedColorType::L16)?)
    };
    Ok(LabelFile { extension, bytes })
}

fn tiff<C: ColorType>(
    labels: &LabelImage,
    values: &[C::Inner],
    pixel_size: Option<PixelSize>,
) -> TiffResult<Vec<u8>>
where
    [C::Inner]: TiffValue,
{
    let mut file = Cursor::new(Vec::new());
    write_tiff::<C, _>(&mut file, labels, values, pixel_size)?;
    Ok(file.into_inner())
}

fn write_tiff<C: ColorType, W: Write + Seek>(
    file: W,
    labels: &LabelImage,
    values: &[C::Inner],
    pixel_size: Option<PixelSize>,
) -> TiffResult<()>
where
    [C::Inner]: TiffValue,
{
    let mut encoder = TiffEncoder::new(file)?.with_compression(Compression::Deflate(Default::default()));
    let mut image = encoder.new_image::<C>(labels.width() as u32, labels.height() as u32)?;
    // ImageJ displays the values from `min` to `max` as black to white.
    let unit = if pixel_size.is_some() { "unit=micron\n" } else { "" };
    let description = format!("ImageJ=1.53t\n{unit}min=0.0\nmax={}.0\n", labels.count());
    image.encoder().write_tag(Tag::ImageDescription, description.as_str())?;
    image.encoder().write_tag(Tag::Software, signature::SOFTWARE)?;
    if let Some(size) = pixel_size {
        image.resolution_unit(ResolutionUnit::None);
        image.x_resolution(per_micrometre(size.x));
        image.y_resolution(per_micrometre(size.y));
    }
    image.write_data(values)
}

/// Pixels per micrometre as the most precise fraction that fits, never 0.
fn per_micrometre(side: f64) -> Rational {
    let pixels = side.recip();
    let denominator = (f64::from(u32::MAX) / pixels.max(1.0)).floor().max(1.0);
    // Conversion to `u32` saturates.
    let numerator = (pixels * denominator).round().max(1.0) as u32;
    Rational { n: numerator, d: denominator as u32 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::Size;
    use crate::image::{Limits, Samples, decode};
    use tiff::decoder::Decoder;

    #[test]
    fn many_nuclei_need_a_tiff() {
        let numbers: Vec<u32> = (1..=65_536).collect();
        let file =
            encode(&LabelImage::from_labels(Size::new(256, 256), numbers.clone()), &[true; 65_536], None)
                .unwrap();
        assert_eq!(file.extension, "tif");
        let read_back = decode(&file.bytes, Limits::default()).unwrap();
        assert_eq!(read_back.samples(), &Samples::F32(numbers.iter().map(|&number| number as f32).collect()));
    }

    #[test]
    fn nuclei_keep_their_numbers_when_others_are_left_out() {
        let labels = LabelImage::from_labels(Size::new(4, 1), vec![1, 0, 2, 3]);
        let file = encode(&labels, &[true, false, true], None).unwrap();
        let read_back = decode(&file.bytes, Limits::default()).unwrap();
        assert_eq!(read_back.samples(), &Samples::U16(vec![1, 0, 0, 3].into()));
    }

    #[test]
    fn a_pixel_size_is_kept() {
        let labels = LabelImage::from_labels(Size::new(2, 1), vec![0, 1]);
        for (x, y) in [(0.325, 0.65), (1.0, 12.5), (1e-4, 3e4)] {
            let file = encode(&labels, &[true], PixelSize::new(x, y)).unwrap();
            assert_eq!(
                decode(&file.bytes, Limits::default()).unwrap().samples(),
                &Samples::U16(vec![0, 1].into())
            );
            let mut decoder = Decoder::new(Cursor::new(&file.bytes)).unwrap();
            let description = decoder.get_tag_ascii_string(Tag::ImageDescription).unwrap();
            assert_eq!(description, "ImageJ=1.53t\nunit=micron\nmin=0.0\nmax=1.0\n");
            for (tag, side) in [(Tag::XResolution, x), (Tag::YResolution, y)] {
                let parts = decoder.get_tag_u32_vec(tag).unwrap();
                let found = f64::from(parts[1]) / f64::from(parts[0]);
                assert!((found / side - 1.0).abs() < 1e-5, "{found}, not {side}");
            }
        }
    }
}

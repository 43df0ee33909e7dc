//! What is tested. To add a target, write its function in one of these modules and add it to the list.

mod archives;
mod documents;
mod exports;
mod images;
#[cfg(feature = "onnx")]
mod model;
mod nuclei;
mod tables;

use crate::Target;
use crate::seeds;
use nucleoscope::Diagnostic;

/// All targets.
pub static TARGETS: &[Target] = &[
    Target {
        name: "decode",
        runs: "PNG, BMP, GIF and WebP: decoding, normalisation, preview, masks and label images",
        memory: 192 << 20,
        seeds: seeds::pictures,
        words: &["IHDR", "IDAT", "PLTE", "tRNS", "IEND", "acTL", "RIFF", "WEBP", "VP8L", "VP8X", "ALPH", "GIF89a"],
        repair: seeds::repair_png,
        run: images::picture,
    },
    Target {
        name: "jpeg",
        runs: "JPEG: the same",
        memory: 192 << 20,
        seeds: seeds::jpeg::files,
        words: &["\u{0}\u{8}", "Exif\0\0", "Adobe", "JFIF"],
        repair: unchanged,
        run: images::picture,
    },
    Target {
        name: "tiff-pages",
        runs: "TIFF: pages of every depth, compression and layout",
        memory: 256 << 20,
        seeds: seeds::tiff::pages,
        words: &[],
        repair: unchanged,
        run: images::picture,
    },
    Target {
        name: "tiff-stacks",
        runs: "TIFF: directories, and the metadata of OME, ImageJ, MetaMorph, LSM and others",
        memory: 256 << 20,
        seeds: seeds::tiff::stacks,
        words: &[
            "SizeC", "SizeZ", "SizeT", "SizeX", "TiffData", "PlaneCount", "FirstC", "FirstZ", "FirstT", "IFD", "<Image>",
            "</Image>", "<Channel ", "DimensionOrder", "XYZCT", "SamplesPerPixel", "BigEndian", "Interleaved",
            "PhysicalSizeX", "<!DOCTYPE OME [<!ENTITY a \"b\">]>", "&a;", "]]>", "<![CDATA[", "channels=", "slices=",
            "frames=", "images=", "hyperstack=true", "unit=", "shape", "axes", "MPP = ", "AppMag",
        ],
        repair: unchanged,
        run: images::stack,
    },
    Target {
        name: "zip",
        runs: "ZIP: list of contents, entries, and a batch with images, ground truth, tables and a record",
        memory: 192 << 20,
        seeds: archives::seeds,
        words: &["PK\u{1}\u{2}", "PK\u{3}\u{4}", "PK\u{5}\u{6}", "PK\u{6}\u{6}", "../", "masks/", ".png", ".csv", "up"],
        repair: unchanged,
        run: archives::zip,
    },
    Target {
        name: "paths",
        runs: "names of files and folders: data sets, ids, file names, groups, parts of a run",
        memory: 64 << 20,
        seeds: archives::path_seeds,
        words: &["/images/", "/masks/", "/labels/", "..", "\\", ".png", ".tif", ".zip", "-labels", "__MACOSX", "C:", "{group}"],
        repair: unchanged,
        run: archives::paths,
    },
    Target {
        name: "csv",
        runs: "the Bowl's CSV: masks, label images, scores",
        memory: 128 << 20,
        seeds: tables::csv_seeds,
        words: &["ImageId", "EncodedPixels", "Height", "Width", "Usage", "Ignored", "\"", ",", "\r", "\u{feff}", "1 1"],
        repair: unchanged,
        run: tables::csv,
    },
    Target {
        name: "masks",
        runs: "masks, probability maps and blocks as workers and the stored session pass them",
        memory: 128 << 20,
        seeds: tables::mask_seeds,
        words: &[],
        repair: unchanged,
        run: tables::masks,
    },
    Target {
        name: "record",
        runs: "nucleoscope.json, and its corrections, regions and gates applied to an image",
        memory: 128 << 20,
        seeds: documents::record_seeds,
        words: &[
            "\"edits\":", "\"kind\": \"draw\"", "\"radius\": 1e300", "null", "[", "{", "1e400", "\"x\":", "\\u0000",
            "\"images\":", "\"format\": 1", "\"selection\":", "\"settings\":", "\"minimumArea\":", "\"diameter\":",
        ],
        repair: unchanged,
        run: documents::record,
    },
    Target {
        name: "regions",
        runs: "regions from GeoJSON: areas, memberships, valid polygons, and written again",
        memory: 128 << 20,
        seeds: documents::region_seeds,
        words: &[
            "\"Polygon\"", "\"MultiPolygon\"", "\"GeometryCollection\"", "\"Feature\"", "\"FeatureCollection\"",
            "\"coordinates\":", "\"geometry\":", "\"properties\":", "\"name\":", "[[", "]]", "1e308", "-1e308", "null",
        ],
        repair: unchanged,
        run: documents::regions,
    },
    #[cfg(feature = "onnx")]
    Target {
        name: "model",
        runs: "a foreign ONNX model: loading, metadata, check, and one pass",
        memory: 512 << 20,
        seeds: seeds::model::files,
        words: &[
            "Conv", "Relu", "Reshape", "Transpose", "Concat", "Gather", "Slice", "Pad", "Resize", "MaxPool", "Sigmoid",
            "MatMul", "Gemm", "Expand", "Constant", "Split", "Unsqueeze", "kernel_shape", "strides", "pads", "axis",
        ],
        repair: unchanged,
        run: model::load,
    },
    Target {
        name: "watershed",
        runs: "the watershed with any probability maps and settings: labels, outlines, polygons, masks",
        memory: 64 << 20,
        seeds: nuclei::map_seeds,
        words: &[],
        repair: unchanged,
        run: nuclei::watershed,
    },
    Target {
        name: "segment",
        runs: "segmentation of any image with a network that returns anything: scale, tiles, blocks, assembly",
        memory: 128 << 20,
        seeds: seeds::noise,
        words: &[],
        repair: unchanged,
        run: nuclei::segment,
    },
    Target {
        name: "edits",
        runs: "corrections of any nuclei, in a label image and sparsely, which must agree",
        memory: 64 << 20,
        seeds: seeds::noise,
        words: &[],
        repair: unchanged,
        run: nuclei::edits,
    },
    Target {
        name: "exports",
        runs: "every export of any nuclei with any names; what is written is read again",
        memory: 192 << 20,
        seeds: seeds::noise,
        words: &[],
        repair: unchanged,
        run: exports::all,
    },
];

fn unchanged(_: &mut [u8]) {}

/// The code of an error, as the outcome of a case. Its texts are made as well.
fn refused(error: &impl Diagnostic) -> String {
    assert!(!error.to_string().is_empty() && !error.help().is_empty(), "{} has no help", error.code());
    error.code()
}

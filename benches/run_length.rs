//! Benchmark of the Bowl's run-length encoding, on a crowded image of one megapixel:
//! `cargo bench --bench run_length`.

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use nucleoscope::dsb2018::csv::rows;
use nucleoscope::dsb2018::run_length::{Mask, decode, encode};
use nucleoscope::geometry::Size;
use nucleoscope::synthetic::{FieldOptions, field};

const SIDE: usize = 1024;

fn run_lengths(criterion: &mut Criterion) {
    let labels = field(&FieldOptions::crowd(SIDE)).truth;
    let masks = encode(&labels);
    let texts: Vec<String> = masks.iter().map(Mask::to_string).collect();
    let parse = |text: &String| text.parse::<Mask>();
    assert!(texts.iter().map(parse).eq(masks.iter().cloned().map(Ok)), "what is written is read");
    assert_eq!(decode(&masks, Size::new(SIDE, SIDE)).as_ref(), Ok(&labels));
    let mut bench = |name: &str, stage: &mut dyn FnMut()| {
        criterion.bench_function(name, |bencher| bencher.iter(&mut *stage));
    };
    bench("labels to runs", &mut || _ = black_box(encode(black_box(&labels))));
    bench("runs to labels", &mut || _ = black_box(decode(black_box(&masks), Size::new(SIDE, SIDE))));
    bench("runs to text", &mut || _ = black_box(rows("image", black_box(&masks))));
    bench("text to runs", &mut || black_box(&texts).iter().for_each(|text| _ = black_box(parse(text))));
}

criterion_group! {
    name = formats;
    config = Criterion::default().sample_size(20);
    targets = run_lengths
}
criterion_main!(formats);

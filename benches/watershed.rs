//! What follows the network, on a crowded image of a megapixel: `cargo bench --bench watershed`.

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use nucleoscope::image::Channel;
use nucleoscope::nuclei::{Edit, Region, WatershedSettings, apply, inside, measure, outlines, watershed};
use nucleoscope::synthetic::{Field, FieldOptions, field, maps};

const SIDE: usize = 1024;

/// Edits of every kind, all over the image.
fn edits(count: usize) -> Vec<Edit> {
    let edit = |number: usize| {
        let (x, y) = ((number * 137 % SIDE) as f64, (number * 71 % SIDE) as f64);
        match number % 6 {
            0 => Edit::Delete { at: vec![(x, y)] },
            1 => Edit::Merge { at: vec![(x, y), (x + 24.0, y)] },
            2 => Edit::Split { line: vec![(x - 40.0, y - 9.0), (x + 40.0, y + 9.0)] },
            3 => Edit::Draw { path: vec![(x, y), (x + 30.0, y + 20.0)], radius: 6.0, to: None },
            4 => Edit::Erase { path: vec![(x, y), (x, y + 30.0)], radius: 4.0 },
            _ => Edit::Add { outline: vec![(x, y), (x + 30.0, y), (x + 15.0, y + 30.0)] },
        }
    };
    (0..count).map(edit).collect()
}

fn stages(criterion: &mut Criterion) {
    let Field { truth, image } = field(&FieldOptions::crowd(SIDE));
    let maps = maps(&truth);
    let settings = WatershedSettings::default();
    let labels = watershed(&maps, &settings);
    let count = labels.count();
    assert!((900..1100).contains(&count), "{count} nuclei are not about a thousand");
    let mut bench = |name: &str, stage: &mut dyn FnMut()| {
        criterion.bench_function(name, |bencher| bencher.iter(&mut *stage));
    };
    let flood = |settings| _ = black_box(watershed(black_box(&maps), &settings));
    bench("watershed", &mut || flood(settings));
    bench("watershed, smoothed", &mut || flood(WatershedSettings { smoothing: 1.5, ..settings }));
    let labels = black_box(&labels);
    let correct = |edits: &[Edit]| _ = black_box(apply(labels, edits));
    for count in [1, 50] {
        let edits = edits(count);
        bench(&format!("edits, {count}"), &mut || correct(&edits));
    }
    let across = [Edit::Split { line: vec![(0.0, 0.0), (SIDE as f64, SIDE as f64)] }];
    bench("edits, a line across the image", &mut || correct(&across));
    let half = [Region::Polygon { points: vec![(0.0, 0.0), (SIDE as f64, 0.0), (0.0, SIDE as f64)] }];
    let places: Vec<(f64, f64)> = measure(labels, &[]).iter().map(|nucleus| nucleus.centroid).collect();
    bench("inside a region", &mut || _ = black_box(inside(&places, &half)));
    bench("outlines", &mut || _ = black_box(outlines(labels)));
    let channels = [Channel { name: "gray".into(), image }];
    bench("measurements", &mut || _ = black_box(measure(labels, black_box(&channels))));
}

criterion_group! {
    name = after_the_network;
    config = Criterion::default().sample_size(20);
    targets = stages
}
criterion_main!(after_the_network);

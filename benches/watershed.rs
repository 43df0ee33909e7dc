//! Benchmarks of the steps after the network, on a crowded image of one megapixel:
//! `cargo bench --bench watershed`.

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use nucleoscope::geometry::Point;
use nucleoscope::image::Channel;
use nucleoscope::nuclei::{Edit, Region, WatershedSettings, apply, inside, measure, outlines, watershed};
use nucleoscope::synthetic::{Field, FieldOptions, field, maps};

const SIDE: usize = 1024;

/// Edits of every kind, distributed over the image.
fn edits(count: usize) -> Vec<Edit> {
    let edit = |number: usize| {
        let (x, y) = ((number * 137 % SIDE) as f64, (number * 71 % SIDE) as f64);
        let points = |moves: &[(f64, f64)]| moves.iter().map(|(dx, dy)| Point::new(x + dx, y + dy)).collect();
        match number % 6 {
            0 => Edit::Delete { at: points(&[(0.0, 0.0)]) },
            1 => Edit::Merge { at: points(&[(0.0, 0.0), (24.0, 0.0)]) },
            2 => Edit::Split { line: points(&[(-40.0, -9.0), (40.0, 9.0)]) },
            3 => Edit::Draw { path: points(&[(0.0, 0.0), (30.0, 20.0)]), radius: 6.0, to: None },
            4 => Edit::Erase { path: points(&[(0.0, 0.0), (0.0, 30.0)]), radius: 4.0 },
            _ => Edit::Add { outline: points(&[(0.0, 0.0), (30.0, 0.0), (15.0, 30.0)]) },
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
    bench("watershed, smoothed", &mut || flood(settings.smoothing(1.5)));
    let labels = black_box(&labels);
    let correct = |edits: &[Edit]| _ = black_box(apply(labels, edits));
    for count in [1, 50] {
        let edits = edits(count);
        bench(&format!("edits, {count}"), &mut || correct(&edits));
    }
    let corner = |x: usize, y: usize| Point::new(x as f64, y as f64);
    let across = [Edit::Split { line: vec![corner(0, 0), corner(SIDE, SIDE)] }];
    bench("edits, a line across the image", &mut || correct(&across));
    let half = [Region::polygon(vec![corner(0, 0), corner(SIDE, 0), corner(0, SIDE)])];
    let places: Vec<Point> = measure(labels, &[]).iter().map(|nucleus| nucleus.centroid).collect();
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

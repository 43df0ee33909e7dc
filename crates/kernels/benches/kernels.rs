//! Benchmarks of the kernels on the sizes that the built-in network uses for 256 × 256 pixels:
//! `cargo bench --package nucleoscope-kernels`. Throughput counts the multiplications of the definition, each
//! with an addition.

use std::hint::black_box;

use criterion::{
    BenchmarkGroup, Criterion, Throughput, criterion_group, criterion_main, measurement::WallTime,
};
use nucleoscope_kernels::{Kernel, MaxPool2x2, PatchConvolution, Plane, UpsampleAdd, Winograd};

fn values(count: usize) -> Vec<f32> {
    let mut random = fastrand::Rng::with_seed(1);
    (0..count).map(|_| random.f32() - 0.5).collect()
}

/// Runs a kernel on square images, `(side, channels)` each.
fn measure(
    group: &mut BenchmarkGroup<'_, WallTime>,
    name: String,
    kernel: &impl Kernel,
    images: &[(usize, usize)],
    output: usize,
) {
    let images: Vec<_> =
        images.iter().map(|&(side, channels)| (side, channels, values(side * side * channels))).collect();
    let plane = |(side, channels, values)| Plane { values, height: side, width: side, channels };
    let planes: Vec<_> =
        images.iter().map(|(side, channels, values)| plane((*side, *channels, values))).collect();
    let mut output = vec![0.0; output];
    group.bench_function(name, |bencher| bencher.iter(|| kernel.run(black_box(&planes), &mut output)));
}

fn convolutions(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("convolution");
    for (side, inputs, outputs) in
        [(128, 16, 32), (128, 32, 32), (64, 48, 48), (32, 80, 80), (16, 128, 128), (8, 160, 160)]
    {
        let winograd = Winograd::new(inputs, &values(9 * inputs * outputs), values(outputs), 0.0);
        let winograd = winograd.expect("multiples of four");
        group.throughput(Throughput::Elements((side * side * 9 * inputs * outputs) as u64));
        let name = format!("3x3, {side} x {side}, {inputs} to {outputs}");
        measure(&mut group, name, &winograd, &[(side, inputs)], side * side * outputs);
    }
    for (side, step, inputs, outputs) in [(256, 2, 3, 16), (64, 1, 48, 32), (128, 1, 32, 12)] {
        let weights = values(step * step * inputs * outputs);
        let patches = PatchConvolution::new(step, inputs, &weights, values(outputs), 0.0);
        let area = (side / step) * (side / step);
        group.throughput(Throughput::Elements((area * step * step * inputs * outputs) as u64));
        let name = format!("{step}x{step} of stride {step}, {side} x {side}, {inputs} to {outputs}");
        measure(&mut group, name, &patches, &[(side, inputs)], area * outputs);
    }
}

fn others(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("other");
    measure(&mut group, "max-pool".into(), &MaxPool2x2, &[(128, 32)], 64 * 64 * 32);
    measure(&mut group, "upsample and add".into(), &UpsampleAdd, &[(64, 32), (128, 32)], 128 * 128 * 32);
}

criterion_group!(benches, convolutions, others);
criterion_main!(benches);

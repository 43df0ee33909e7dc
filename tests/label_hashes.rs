//! The same probability maps give the same labels on every platform, bit for bit: this test checks them natively,
//! `tests/wasm/labels.test.ts` in WebAssembly, both against `tests/fixtures/label-hashes.json`.

use nucleoscope::geometry::Size;
use nucleoscope::nuclei::{WatershedSettings, watershed};
use nucleoscope::prediction::ProbabilityMaps;

const EXPECTED: &str = include_str!("fixtures/label-hashes.json");
const WIDTH: usize = 131;
const HEIGHT: usize = 97;

/// Numbers that any platform computes exactly: a linear congruential generator (Numerical Recipes),
/// its upper 12 bits as multiples of 1/4096.
struct Exact(u32);

impl Exact {
    fn next(&mut self) -> f32 {
        self.0 = self.0.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (self.0 >> 20) as f32 / 4096.0
    }
}

/// Random numbers on a coarse grid, interpolated in steps of 1/8: hills and valleys.
fn hills(random: &mut Exact) -> Vec<f32> {
    const GRAIN: usize = 8;
    let columns = WIDTH / GRAIN + 2;
    let knots: Vec<f32> = (0..columns * (HEIGHT / GRAIN + 2)).map(|_| random.next()).collect();
    let value = |pixel: usize| {
        let (x, y) = (pixel % WIDTH, pixel / WIDTH);
        let (column, row) = (x / GRAIN, y / GRAIN);
        let (u, v) = ((x % GRAIN) as f32 / 8.0, (y % GRAIN) as f32 / 8.0);
        let knot = |column: usize, row: usize| knots[row * columns + column];
        let upper = knot(column, row) * (1.0 - u) + knot(column + 1, row) * u;
        let lower = knot(column, row + 1) * (1.0 - u) + knot(column + 1, row + 1) * u;
        upper * (1.0 - v) + lower * v
    };
    (0..WIDTH * HEIGHT).map(value).collect()
}

/// FNV-1a over the labels, 32 bits.
fn hash(labels: &[u32]) -> String {
    let hash = labels.iter().fold(0x811c_9dc5u32, |hash, &label| (hash ^ label).wrapping_mul(0x0100_0193));
    format!("{hash:08x}")
}

#[test]
fn labels_are_the_same_bit_for_bit() {
    let mut actual = String::from("[\n");
    for seed in 0..8u32 {
        let mut random = Exact(seed);
        let [interior, boundary, distance] = [(); 3].map(|()| hills(&mut random));
        let maps = ProbabilityMaps::new(Size::new(WIDTH, HEIGHT), interior, boundary, distance).unwrap();
        let settings = WatershedSettings::default()
            .interior_threshold(0.375)
            .boundary_weight(if seed % 2 == 0 { 0.0 } else { 0.25 })
            .h(0.0625)
            .peak_threshold(0.125)
            .minimum_confidence(0.5)
            .minimum_area(6)
            .fill_holes(true);
        let labels = watershed(&maps, &settings);
        let end = if seed < 7 { "," } else { "" };
        actual += &format!(
            "  {{ \"seed\": {seed}, \"nuclei\": {}, \"hash\": \"{}\" }}{end}\n",
            labels.count(),
            hash(labels.as_slice())
        );
    }
    actual += "]\n";
    assert_eq!(actual, EXPECTED);
}

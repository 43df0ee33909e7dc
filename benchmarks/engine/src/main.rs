//! Native measurements for `npm run bench`, in one thread.
//!
//! - `nucleoscope-bench files MODEL FOLDER` writes the inputs of the other programs: `input-256.f32` and
//!   `input-512.f32` (the network's input, 32-bit floats) and `crowd.f32` (the input of the watershed).
//! - `nucleoscope-bench picture SIDE SEED FILE` writes a PNG.
//! - `nucleoscope-bench serve MODEL` answers each line of its input with a line of JSON: `own SIDE` and
//!   `stock SIDE` run the network once and `crowd` runs the watershed, with the answer `{"milliseconds":…}`;
//!   `peak` answers `{"gflops":…}`. The answer to an error is `{"error":…}`.

use std::error::Error;
use std::io::{BufRead, Write, stdin, stdout};
use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant};
use std::{env, fs};

use nucleoscope::geometry::Size;
use nucleoscope::network::{Network, TractNetwork};
use nucleoscope_bench::{CHAINS, Crowd, Operators, load, multiply_add, network_input, picture};
use serde_json::{Value, json};

type Outcome<T> = Result<T, Box<dyn Error>>;

/// Sides of the other programs' inputs.
const SIDES: [usize; 2] = [256, 512];
/// Number of steps in one measurement of the peak rate, which takes a few milliseconds.
const STEPS: u32 = 2_000_000;
/// Number of measurements of the peak rate. The best one counts, because disturbances can only lower the
/// rate.
const PEAK_ROUNDS: usize = 10;

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let outcome = match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["files", model, folder] => files(model.as_ref(), folder.as_ref()),
        ["picture", side, seed, file] => write_picture(side, seed, file.as_ref()),
        ["serve", model] => serve(model.as_ref()),
        _ => {
            eprintln!("usage: nucleoscope-bench files MODEL FOLDER | picture SIDE SEED FILE | serve MODEL");
            return ExitCode::from(2);
        }
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("nucleoscope-bench: {error}");
            ExitCode::FAILURE
        }
    }
}

fn files(model: &Path, folder: &Path) -> Outcome<()> {
    let network = load(&fs::read(model)?, Operators::Own)?;
    for side in SIDES {
        let values = network_input(network.metadata(), side)?;
        let bytes: Vec<u8> = values.into_iter().flat_map(f32::to_le_bytes).collect();
        fs::write(folder.join(format!("input-{side}.f32")), bytes)?;
    }
    fs::write(folder.join("crowd.f32"), Crowd::new()?.maps().to_bytes())?;
    Ok(())
}

fn write_picture(side: &str, seed: &str, file: &Path) -> Outcome<()> {
    Ok(fs::write(file, picture(side.parse()?, seed.parse()?)?)?)
}

fn serve(model: &Path) -> Outcome<()> {
    let model = fs::read(model)?;
    let mut contestants = Contestants {
        own: load(&model, Operators::Own)?,
        stock: load(&model, Operators::Stock)?,
        crowd: Crowd::new()?,
        input: Vec::new(),
    };
    for line in stdin().lock().lines() {
        let answer = contestants.answer(&line?).unwrap_or_else(|error| json!({ "error": error.to_string() }));
        writeln!(stdout(), "{answer}")?;
    }
    Ok(())
}

struct Contestants {
    own: TractNetwork,
    stock: TractNetwork,
    crowd: Crowd,
    /// The last input, with its side.
    input: Vec<f32>,
}

impl Contestants {
    fn answer(&mut self, line: &str) -> Outcome<Value> {
        match line.split_whitespace().collect::<Vec<_>>()[..] {
            ["own", side] => self.run(Operators::Own, side.parse()?),
            ["stock", side] => self.run(Operators::Stock, side.parse()?),
            ["crowd"] => {
                let start = Instant::now();
                let count = self.crowd.watershed();
                Ok(json!({ "milliseconds": milliseconds(start.elapsed()), "nuclei": count }))
            }
            ["peak"] => Ok(json!({ "gflops": peak()? })),
            _ => Err(format!("\"{line}\" is not known").into()),
        }
    }

    fn run(&mut self, operators: Operators, side: usize) -> Outcome<Value> {
        let network = if operators == Operators::Own { &self.own } else { &self.stock };
        if self.input.len() != 3 * side * side {
            self.input = network_input(network.metadata(), side)?;
        }
        let start = Instant::now();
        network.run(self.input.clone(), Size::new(side, side))?;
        Ok(json!({ "milliseconds": milliseconds(start.elapsed()) }))
    }
}

/// The peak rate of multiplications and additions, in 10⁹ per second.
fn peak() -> Outcome<f64> {
    let mut best = 0.0_f64;
    for chains in CHAINS.into_iter().cycle().take(PEAK_ROUNDS * CHAINS.len()) {
        let start = Instant::now();
        let operations = multiply_add(chains, STEPS)?;
        best = best.max(operations / start.elapsed().as_secs_f64() / 1e9);
    }
    Ok(best)
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

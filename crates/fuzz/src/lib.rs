//! Fuzzing: runs everything that takes untrusted input on damaged and hostile input.
//!
//! [`TARGETS`] is a table of functions with seeds. A [`Fuzzer`] makes cases from the seeds of a target: case
//! `number` is a pure function of the target, the seed of the run, the number, and the size of pointers, so a driver
//! only has to remember a number to repeat a failure. Drivers: the program in `main.rs`, and `tools/fuzz.mjs` for
//! WebAssembly (with `wasm.rs`).
//!
//! A target may return an error. It must not panic, trap, take more than [`SECONDS`], or take more memory than it
//! declares.

mod mutate;
mod reader;
mod seeds;
mod targets;
#[cfg(target_arch = "wasm32")]
#[expect(unreachable_pub, reason = "wasm-bindgen exports what is public")]
mod wasm;

pub use targets::TARGETS;

/// The maximum time of a case in seconds.
pub const SECONDS: u64 = 10;

/// The result of a case: the code of the error if the input was refused.
pub type Outcome = Result<(), String>;

/// A function that takes untrusted input.
pub struct Target {
    /// Its name on the command line.
    pub name: &'static str,
    /// What it runs.
    pub runs: &'static str,
    /// The maximum memory of a case in bytes, without the input.
    pub memory: usize,
    seeds: fn() -> Vec<Vec<u8>>,
    /// Words that mean something in these files.
    words: &'static [&'static str],
    /// Changes the input by its structure; whether it could.
    vary: fn(&mut Vec<u8>, &mut fastrand::Rng) -> bool,
    /// Makes checksums in a changed file valid, so that the code behind them is reached.
    repair: fn(&mut [u8]),
    run: fn(&[u8]) -> Outcome,
}

impl Target {
    /// Finds a target by its name.
    pub fn named(name: &str) -> Option<&'static Self> {
        TARGETS.iter().find(|target| target.name == name)
    }

    /// Runs the target on some input.
    ///
    /// # Errors
    /// The code of the error with which the input was refused.
    pub fn run(&self, input: &[u8]) -> Outcome {
        (self.run)(input)
    }

    /// The files from which cases are made.
    pub fn seeds(&self) -> Vec<Vec<u8>> {
        (self.seeds)()
    }
}

/// The cases of a target.
pub struct Fuzzer {
    target: &'static Target,
    seeds: Vec<Vec<u8>>,
    /// The seed of the run.
    seed: u64,
}

impl Fuzzer {
    /// The cases of a target; another seed gives other cases.
    pub fn new(target: &'static Target, seed: u64) -> Self {
        Self { target, seeds: target.seeds(), seed }
    }

    /// The input of a case. The first cases are the seeds as they are.
    pub fn input(&self, number: u64) -> Vec<u8> {
        if let Some(seed) = usize::try_from(number).ok().and_then(|number| self.seeds.get(number)) {
            return seed.clone();
        }
        let name = self.target.name.bytes().fold(0, |sum: u64, byte| sum.wrapping_mul(31) + u64::from(byte));
        let mut random = fastrand::Rng::with_seed(mixed(mixed(self.seed ^ name) ^ number));
        let mut input = self.seeds[random.usize(..self.seeds.len())].clone();
        if random.u8(..) < 192 && (self.target.vary)(&mut input, &mut random) {
            return input;
        }
        mutate::mutate(&mut input, &self.seeds, self.target.words, &mut random);
        if random.u8(..) < 200 {
            (self.target.repair)(&mut input);
        }
        input
    }

    /// Runs a case.
    ///
    /// # Errors
    /// The code of the error with which the input was refused.
    pub fn run(&self, number: u64) -> Outcome {
        self.target.run(&self.input(number))
    }
}

/// Spreads the bits of a number (SplitMix64), so that neighbouring numbers give unrelated random numbers.
fn mixed(number: u64) -> u64 {
    let number = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ (number >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    #[test]
    fn cases_depend_on_nothing_but_target_seed_and_number() {
        for target in TARGETS {
            let (one, again, other) =
                (Fuzzer::new(target, 7), Fuzzer::new(target, 7), Fuzzer::new(target, 8));
            let inputs = |fuzzer: &Fuzzer| (0..200).map(|number| fuzzer.input(number)).collect::<Vec<_>>();
            assert_eq!(inputs(&one), inputs(&again), "{}", target.name);
            assert_ne!(inputs(&one), inputs(&other), "{}", target.name);
        }
    }

    /// Those of `segment` and `exports` are noise, which may be values that no image has.
    #[test]
    fn every_seed_is_accepted_by_its_target() {
        for target in TARGETS.iter().filter(|target| !["segment", "exports"].contains(&target.name)) {
            for (number, seed) in target.seeds().iter().enumerate() {
                assert_eq!(target.run(seed), Ok(()), "{} {number}", target.name);
            }
        }
    }

    /// Otherwise nothing behind the first check would be tested.
    #[test]
    fn cases_are_refused_for_many_reasons_and_often_accepted() {
        for target in TARGETS.iter().filter(|target| target.name != "model") {
            let fuzzer = Fuzzer::new(target, 1);
            let mut outcomes = BTreeMap::<String, u32>::new();
            for number in 0..300 {
                let outcome = fuzzer.run(number).err().unwrap_or_default();
                *outcomes.entry(outcome).or_default() += 1;
            }
            assert!(outcomes.get("").is_some_and(|&accepted| accepted >= 30), "{} {outcomes:?}", target.name);
        }
    }
}

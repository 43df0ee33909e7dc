//! The targets for JavaScript.

use wasm_bindgen::prelude::*;

use crate::{Fuzzer, TARGETS, Target};

#[wasm_bindgen]
extern "C" {
    /// Receives the place and the message of a panic, before the trap.
    #[wasm_bindgen(js_namespace = console)]
    fn error(text: &str);
}

/// Runs once when the module is instantiated.
#[wasm_bindgen(start)]
pub fn start() {
    std::panic::set_hook(Box::new(|panic| error(&panic.to_string())));
}

/// The names of the targets.
#[wasm_bindgen(js_name = targetNames)]
pub fn target_names() -> Vec<String> {
    TARGETS.iter().map(|target| target.name.to_owned()).collect()
}

/// The cases of a target.
#[wasm_bindgen]
pub struct Cases(Fuzzer, &'static Target);

#[wasm_bindgen]
impl Cases {
    /// The cases of the target with this name.
    ///
    /// # Errors
    /// There is no such target.
    #[wasm_bindgen(constructor)]
    pub fn new(name: &str, seed: u64) -> Result<Cases, JsValue> {
        let target = Target::named(name).ok_or_else(|| JsValue::from_str("there is no such target"))?;
        Ok(Self(Fuzzer::new(target, seed), target))
    }

    /// The maximum memory of a case in bytes.
    #[wasm_bindgen(getter)]
    pub fn memory(&self) -> usize {
        self.1.memory
    }

    /// The input of a case.
    pub fn input(&self, number: u64) -> Vec<u8> {
        self.0.input(number)
    }

    /// Runs a case; returns the code of the error if the input was refused.
    pub fn run(&self, number: u64) -> Option<String> {
        self.0.run(number).err()
    }
}

//! Removes from the WebAssembly module the parts of the network engine that no supported model reaches.
//!
//! The engine registers every ONNX operator that it has, so the linker keeps them all. A model with an
//! operator that is not in `nucleoscope::network::OPERATORS` is refused before the engine reads it, so
//! the code of the others never runs. The body of each such function becomes `unreachable`, and what was
//! called from there alone is removed.

use anyhow::{Context, Result, ensure};
use rustc_demangle::demangle;
use walrus::{FunctionBuilder, FunctionKind, Module, ModuleConfig};

/// Modules of the engine and its dependencies, as paths of the functions in them.
const UNUSED: &[&str] = &[
    // Fourier transforms
    "rustfft::",
    "tract_core::ops::fft::",
    "tract_onnx::ops::fft::",
    // Recurrent networks
    "tract_core::ops::gru_seq::",
    "tract_core::ops::lstm_seq::",
    "tract_core::ops::scan::",
    "tract_hir::ops::scan::",
    "tract_onnx::ops::logic::If",
    "tract_onnx::ops::rec::",
    // Decision trees, linear classifiers and categories
    "tract_onnx::ops::ml::",
    "tract_onnx_opl::ml::",
    // Language models
    "tract_onnx::ops::nn::attention::",
    "tract_onnx::ops::nn::gather_block_quantized::",
    "tract_onnx::ops::nn::gelu_contrib::",
    "tract_onnx::ops::nn::group_query_attention::",
    "tract_onnx::ops::nn::mat_mul_nbits::",
    "tract_onnx::ops::nn::multi_head_attention::",
    "tract_onnx::ops::nn::rms_norm_contrib::",
    "tract_onnx::ops::nn::rotary_embedding::",
    "tract_onnx::ops::nn::simplified_layer_norm::",
    "tract_onnx::ops::nn::skip_layer_norm::",
    // Random numbers
    "tract_onnx::ops::multinomial::",
    "tract_onnx::ops::random::",
    "tract_onnx_opl::multinomial::",
    "tract_onnx_opl::random::",
    // Shapes that depend on values, boxes and indices
    "tract_core::ops::array::cumsum::",
    "tract_core::ops::array::gather_elements::",
    "tract_core::ops::array::gather_nd::",
    "tract_core::ops::array::one_hot::",
    "tract_core::ops::array::scatter_elements::",
    "tract_core::ops::array::scatter_nd::",
    "tract_core::ops::array::topk::",
    "tract_core::ops::array::trilu::",
    "tract_core::ops::nn::grid_sample::",
    "tract_onnx::ops::array::compress::",
    "tract_onnx::ops::array::nonzero::",
    "tract_onnx::ops::array::one_hot::",
    "tract_onnx::ops::array::topk::",
    "tract_onnx::ops::array::trilu::",
    "tract_onnx::ops::cumsum::",
    "tract_onnx::ops::grid_sample::",
    "tract_onnx::ops::non_max_suppression::",
    "tract_onnx_opl::non_max_suppression::",
    "tract_onnx_opl::non_zero::",
    // The engine's own file format
    "tract_nnef::",
    "tract_onnx_opl::resize::ser",
];

/// The functions that enter operators in the engine's register run whenever a model is loaded.
const REGISTRATION: &str = "::register_all_ops";

/// Smaller bodies gain nothing, and the compiler may have merged them with equal ones that are needed.
const SMALLEST_BODY: u64 = 30;

/// Parses a module, empties its unused functions and removes what only they needed.
pub(crate) fn without_unused_code(bytes: &[u8]) -> Result<Module> {
    let mut module = ModuleConfig::new()
        .strict_validate(false)
        .generate_name_section(false)
        .generate_producers_section(false)
        .parse(bytes)
        .context("not WebAssembly")?;
    let unused: Vec<_> = module.funcs.iter().filter(|function| is_unused(function)).map(|f| f.id()).collect();
    ensure!(!unused.is_empty(), "no function has a name of the list: was the module stripped of its names?");
    for &id in &unused {
        let FunctionKind::Local(function) = &module.funcs.get(id).kind else { continue };
        let ty = module.types.get(function.ty());
        let (parameters, results) = (ty.params().to_vec(), ty.results().to_vec());
        let arguments = function.args.clone();
        let mut builder = FunctionBuilder::new(&mut module.types, &parameters, &results);
        builder.func_body().unreachable();
        module.funcs.get_mut(id).kind = FunctionKind::Local(builder.local_func(arguments));
    }
    walrus::passes::gc::run(&mut module);
    eprintln!("xtask: {} functions of the engine that no supported model reaches are empty", unused.len());
    Ok(module)
}

fn is_unused(function: &walrus::Function) -> bool {
    let (FunctionKind::Local(body), Some(name)) = (&function.kind, &function.name) else { return false };
    let name = format!("{:#}", demangle(name));
    let path = name.trim_start_matches(['<', '&']);
    UNUSED.iter().any(|prefix| path.starts_with(prefix))
        && !name.ends_with(REGISTRATION)
        && body.size() >= SMALLEST_BODY
}

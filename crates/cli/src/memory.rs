//! How memory is given back to the operating system: hardly, so that one tile's serves the next.

/// Has the C library keep the memory that is freed. The layers of a tile take hundreds of megabytes; given
/// back and asked for again with every tile, clearing them cost the kernel a quarter of the time. Elsewhere
/// than with glibc the allocator is left as it is.
pub(crate) fn keep() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    {
        // Large blocks come from the heap, not each from the kernel; the heap does not shrink; and all
        // threads share one, as the others cannot hold large blocks.
        let options =
            [(libc::M_MMAP_MAX, 0), (libc::M_TRIM_THRESHOLD, libc::c_int::MAX), (libc::M_ARENA_MAX, 1)];
        for (option, value) in options {
            #[expect(unsafe_code, reason = "a call into C that takes two numbers and keeps no pointer")]
            // SAFETY: it may be called at any time with any numbers; what it does not know it refuses.
            unsafe {
                libc::mallopt(option, value);
            }
        }
    }
}

//! Memory settings that let one tile reuse the memory of the previous one.

/// Makes the C library keep freed memory. The layers of a tile take hundreds of megabytes. If that memory was
/// returned to the operating system and requested again for every tile, clearing it took a quarter of the
/// time. Without glibc, the allocator is left unchanged.
pub(crate) fn keep() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    {
        // Large blocks are allocated from the heap instead of separately from the kernel; the heap does not
        // shrink; and all threads share one arena, as the others cannot hold large blocks.
        let options =
            [(libc::M_MMAP_MAX, 0), (libc::M_TRIM_THRESHOLD, libc::c_int::MAX), (libc::M_ARENA_MAX, 1)];
        for (option, value) in options {
            #[expect(unsafe_code, reason = "a call into C that takes two numbers and keeps no pointer")]
            // SAFETY: mallopt may be called at any time with any numbers; it rejects unknown options.
            unsafe {
                libc::mallopt(option, value);
            }
        }
    }
}

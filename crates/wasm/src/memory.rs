//! The module's allocator: the standard one, with a limit that can be set.

use std::alloc::{GlobalAlloc, Layout, System};
use std::arch::wasm32::memory_size;
use std::sync::atomic::{AtomicUsize, Ordering};

#[global_allocator]
static ALLOCATOR: Limited = Limited;

/// The most pages of 64 KiB that the memory may have.
static MOST_PAGES: AtomicUsize = AtomicUsize::new(usize::MAX);

/// Sets the limit in bytes.
pub(crate) fn limit(bytes: f64) {
    MOST_PAGES.store((bytes / 65_536.0) as usize, Ordering::Relaxed);
}

struct Limited;

/// Whether the memory is within its limit. It never shrinks, so nothing is allocated once it is not.
fn is_within_limit() -> bool {
    memory_size::<0>() <= MOST_PAGES.load(Ordering::Relaxed)
}

#[expect(unsafe_code, reason = "an allocator is unsafe to implement")]
// SAFETY: every call is passed on to the system's allocator, or returns null.
unsafe impl GlobalAlloc for Limited {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's promises are those that the system's allocator requires.
        let allocated = unsafe { System.alloc(layout) };
        if is_within_limit() { allocated } else { std::ptr::null_mut() }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: as above.
        let allocated = unsafe { System.alloc_zeroed(layout) };
        if is_within_limit() { allocated } else { std::ptr::null_mut() }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: as above. A block that has moved is lost with the module, which ends with the error.
        let moved = unsafe { System.realloc(block, layout, size) };
        if is_within_limit() { moved } else { std::ptr::null_mut() }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: as above.
        unsafe { System.dealloc(block, layout) }
    }
}

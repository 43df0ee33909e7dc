//! An allocator that counts.

use std::alloc::{GlobalAlloc, Layout, System};
use std::ptr::null_mut;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

/// The system's allocator with a count of the bytes, and as much memory as a WebAssembly module can have.
pub(crate) struct Counting;

static NOW: AtomicUsize = AtomicUsize::new(0);
static PEAK: AtomicUsize = AtomicUsize::new(0);

const MOST: usize = if usize::BITS > 32 { 4 << 30 } else { usize::MAX };

/// Starts a new peak; returns the bytes in use.
pub(crate) fn start() -> usize {
    let now = NOW.load(Relaxed);
    PEAK.store(now, Relaxed);
    now
}

/// The most bytes in use since [`start`].
pub(crate) fn peak() -> usize {
    PEAK.load(Relaxed)
}

fn add(size: usize) -> bool {
    let now = NOW.fetch_add(size, Relaxed).saturating_add(size);
    if now > MOST {
        NOW.fetch_sub(size, Relaxed);
        return false;
    }
    PEAK.fetch_max(now, Relaxed);
    true
}

/// Memory of this size, if it is within the maximum.
fn counted(size: usize, allocate: impl FnOnce() -> *mut u8) -> *mut u8 {
    if !add(size) {
        return null_mut();
    }
    let place = allocate();
    if place.is_null() {
        NOW.fetch_sub(size, Relaxed);
    }
    place
}

// SAFETY: all calls go to the system's allocator with the same arguments.
#[expect(unsafe_code, reason = "an allocator cannot be written without")]
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        counted(layout.size(), || unsafe { System.alloc(layout) })
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        counted(layout.size(), || unsafe { System.alloc_zeroed(layout) })
    }

    unsafe fn dealloc(&self, place: *mut u8, layout: Layout) {
        NOW.fetch_sub(layout.size(), Relaxed);
        unsafe { System.dealloc(place, layout) };
    }

    unsafe fn realloc(&self, place: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        if !add(size) {
            return null_mut();
        }
        let moved = unsafe { System.realloc(place, layout, size) };
        NOW.fetch_sub(if moved.is_null() { size } else { layout.size() }, Relaxed);
        moved
    }
}

//! How the process gets memory from the system.
//!
//! glibc gives each thread an arena of its own and grows it by the page, with a system call for each: a third of what
//! taking spans cost. All the threads here keep what they allocate in one store behind one lock, so that they lose
//! nothing by sharing one arena, which grows by megabytes.

/// Settles it for the process, best before there are threads. A setting that is refused changes nothing but the cost.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
pub fn settle() {
    /// How much more is asked for than is needed at the moment.
    const GROWS_BY: libc::c_int = 4 << 20;
    /// What is larger is mapped by itself. Requests are not, since each would be paid for page by page.
    const LARGE: libc::c_int = 32 << 20;
    /// How much may lie unused at the end before it is given back.
    const SPARE: libc::c_int = 64 << 20;
    for (setting, value) in [
        (libc::M_ARENA_MAX, 1),
        (libc::M_TOP_PAD, GROWS_BY),
        (libc::M_MMAP_THRESHOLD, LARGE),
        (libc::M_TRIM_THRESHOLD, SPARE),
    ] {
        // SAFETY: it stores a number, under the allocator's own lock.
        unsafe { libc::mallopt(setting, value) };
    }
}

/// Other allocators are left as they are.
#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
pub fn settle() {}

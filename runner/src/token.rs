//! The run's token, which opens its control endpoints and nobody else's.

use rustix::rand::{GetRandomFlags, getrandom};

use crate::Failure;

/// 32 hexadecimal digits from the kernel.
///
/// # Errors
///
/// A [`Failure`] when the kernel has no randomness to give.
pub fn random() -> Result<String, Failure> {
    let mut bytes = [0_u8; 16];
    let filled = getrandom(&mut bytes, GetRandomFlags::empty());
    if filled != Ok(bytes.len()) {
        return Err(Failure::run(
            "the kernel gives no random numbers for the run's token",
        ));
    }
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

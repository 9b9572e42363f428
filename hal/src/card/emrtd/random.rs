//! Where random numbers come from: the operating system, or a worked example in a test.

/// There is no randomness.
#[derive(Debug, thiserror::Error)]
#[error("the operating system gave no random numbers")]
pub struct RandomError(#[source] pub getrandom::Error);

/// A source of random numbers.
pub trait Random: Send {
    /// Fills `bytes`.
    ///
    /// # Errors
    /// [`RandomError`].
    fn fill(&mut self, bytes: &mut [u8]) -> Result<(), RandomError>;
}

/// The operating system's random numbers.
#[derive(Clone, Copy, Debug, Default)]
pub struct OsRandom;

impl Random for OsRandom {
    fn fill(&mut self, bytes: &mut [u8]) -> Result<(), RandomError> {
        getrandom::fill(bytes).map_err(RandomError)
    }
}

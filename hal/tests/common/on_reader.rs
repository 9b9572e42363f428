//! What pcscd says of the virtual reader.

use std::ffi::CString;
use std::time::Instant;

use hal::sim::pcscd::READER;
use pcsc::{Context, ReaderState, Scope, State};

use crate::patience::LONG;

/// Waits until pcscd says this of its reader.
pub fn wait_for(wanted: State) {
    let context = Context::establish(Scope::User).unwrap();
    let begun = Instant::now();
    let reader = CString::new(READER).unwrap();
    let mut state = [ReaderState::new(reader, State::UNAWARE)];
    loop {
        let left = LONG.saturating_sub(begun.elapsed());
        let changed = context.get_status_change(left, &mut state);
        if state[0].event_state().contains(wanted) {
            return;
        }
        assert!(begun.elapsed() < LONG, "never {wanted:?}: {changed:?}");
        state[0].sync_current_state();
    }
}

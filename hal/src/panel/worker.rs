//! The thread that owns the panel: takes its lines, does what the plan says, and takes them again
//! after a loss. It sleeps until a switch, its owner or the plan wakes it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::plan::{Levels, Plan, Wish};
use super::{Board, Output, PanelError, Sound, StatusLight, Switch, Waker};
use crate::clock::monotonic_now;
use crate::device::DeviceState;
use crate::worker::{Driver, Health, Worker};

/// How often a panel on which nothing happens is looked after: a board that is unplugged makes no
/// edge.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// How often a lamp or a ring that cannot be had is tried again.
const TRY_AGAIN: Duration = Duration::from_secs(4);

/// A supervised panel. Dropping it makes the panel dark and ends the thread.
pub struct PanelWorker {
    desk: Arc<Mutex<Desk>>,
    waker: Option<Waker>,
    _worker: Option<Worker>,
}

/// Takes the lines, each time anew.
type OpenBoard = dyn Fn(&Waker) -> Result<Box<dyn Board>, PanelError> + Send;

/// What the owner leaves for the thread.
#[derive(Default)]
struct Desk {
    stop: bool,
    wish: Wish,
    sound: Option<Sound>,
}

impl PanelWorker {
    /// A kiosk without a panel: everything it is asked to show is shown by nothing.
    #[must_use]
    pub fn absent() -> Self {
        Self {
            desk: Arc::default(),
            waker: None,
            _worker: None,
        }
    }

    /// Starts the thread. `open` is called whenever the lines are to be taken; `on_state` hears
    /// every change of the panel's state, and `on_switch` every switch: first how it stands when
    /// the panel has come up, then each change, both on the worker's thread; that it hangs, on another.
    ///
    /// # Errors
    /// [`PanelError::Wait`] if the system gave nothing to sleep on.
    pub fn spawn(
        switches: impl IntoIterator<Item = Switch>,
        open: impl Fn(&Waker) -> Result<Box<dyn Board>, PanelError> + Send + 'static,
        on_state: impl FnMut(DeviceState) + Send + 'static,
        on_switch: impl FnMut(Switch, bool) + Send + 'static,
    ) -> Result<Self, PanelError> {
        let waker = Waker::new().map_err(PanelError::Wait)?;
        let desk = Arc::<Mutex<Desk>>::default();
        let run = Run {
            switches: switches.into_iter().collect(),
            open: Box::new(open),
            on_switch: Box::new(on_switch),
            desk: Arc::clone(&desk),
            waker: waker.clone(),
        };
        let (told, roused) = (Arc::clone(&desk), waker.clone());
        let stop = move || {
            lock(&told).stop = true;
            roused.wake();
        };
        Ok(Self {
            desk,
            waker: Some(waker),
            _worker: Some(Worker::spawn(run, Health::new(on_state), stop)),
        })
    }

    /// Shows a status.
    pub fn show(&self, light: StatusLight) {
        self.leave(|desk| desk.wish.light = light);
    }

    /// Turns the light on the face on or off.
    pub fn fill_light(&self, on: bool) {
        self.leave(|desk| desk.wish.fill = on);
    }

    /// Sounds the buzzer.
    pub fn sound(&self, sound: Sound) {
        self.leave(|desk| desk.sound = Some(sound));
    }

    fn leave(&self, change: impl FnOnce(&mut Desk)) {
        change(&mut lock(&self.desk));
        if let Some(waker) = &self.waker {
            waker.wake();
        }
    }
}

/// Plain values: no half-written state is possible behind a poisoned lock.
fn lock(desk: &Mutex<Desk>) -> MutexGuard<'_, Desk> {
    desk.lock().unwrap_or_else(PoisonError::into_inner)
}

struct Run {
    switches: Vec<Switch>,
    open: Box<OpenBoard>,
    on_switch: Box<dyn FnMut(Switch, bool) + Send>,
    desk: Arc<Mutex<Desk>>,
    waker: Waker,
}

impl Driver for Run {
    type Trouble = PanelError;
    const NAME: &'static str = "panel";

    fn is_stopped(&self) -> bool {
        lock(&self.desk).stop
    }

    /// Takes the lines and uses them for as long as that goes well; returns when stopped.
    fn turn(&mut self, health: &mut Health) -> Result<(), PanelError> {
        health.starting();
        let mut board = (self.open)(&self.waker)?;
        let mut plan = Plan::new(self.switches.iter().copied(), monotonic_now());
        let mut lights = Lights::default();
        loop {
            health.alive();
            let now = monotonic_now();
            if self.take_wishes(&mut plan, now) {
                return darken(board.as_mut());
            }
            let step = plan.step(&board.active()?, now);
            // Before the lights: a lamp that fails must not keep an opened case quiet.
            for (switch, active) in step.switched {
                (self.on_switch)(switch, active);
            }
            match lights.show(board.as_mut(), step.levels, now) {
                None => {}
                Some(Ok(())) => health.ready(),
                Some(Err(error)) => health.set(DeviceState::Faulted(error.words())),
            }
            let next = step.due.map_or(LOOK_EVERY, |due| due.saturating_sub(now));
            board.sleep(&self.waker, next.min(LOOK_EVERY))?;
        }
    }

    fn state_after(trouble: &PanelError) -> DeviceState {
        trouble.state()
    }

    fn rest(&mut self, pause: Duration) {
        let until = monotonic_now() + pause;
        while !self.is_stopped() {
            let left = until.saturating_sub(monotonic_now());
            if left.is_zero() || self.waker.sleep(&[], left).is_err() {
                return;
            }
        }
    }
}

impl Run {
    /// Hands the owner's wishes to the plan; whether the owner wants the thread to end.
    fn take_wishes(&self, plan: &mut Plan, now: Duration) -> bool {
        let mut desk = lock(&self.desk);
        plan.wish(desk.wish, now);
        if let Some(sound) = desk.sound.take() {
            plan.sound(sound, now);
        }
        desk.stop
    }
}

/// Lamps and ring: what they show, and whether all of them are there.
#[derive(Default)]
struct Lights {
    shown: Option<Levels>,
    look_again: Option<Duration>,
    incomplete: bool,
}

impl Lights {
    /// Shows these levels. What is learnt on the way of how lamps and ring are, if something is.
    fn show(
        &mut self,
        board: &mut dyn Board,
        levels: Levels,
        now: Duration,
    ) -> Option<Result<(), PanelError>> {
        let due = self.look_again.is_none_or(|at| now >= at);
        let mut learnt = due.then(|| {
            self.look_again = Some(now + TRY_AGAIN);
            board.complete()
        });
        if self.incomplete && matches!(learnt, Some(Ok(()))) {
            // What has come back shows nothing yet.
            self.shown = None;
        }
        self.incomplete = learnt.as_ref().map_or(self.incomplete, Result::is_err);
        match bring(board, self.shown, levels) {
            Ok(()) => self.shown = Some(levels),
            Err(error) => {
                (self.shown, self.incomplete) = (None, true);
                learnt = Some(Err(error));
            }
        }
        learnt
    }
}

/// Changes what differs from what is shown; everything at first. A lamp that fails leaves the others
/// what they are to be.
fn bring(board: &mut dyn Board, shown: Option<Levels>, levels: Levels) -> Result<(), PanelError> {
    let mut brought = Ok(());
    for output in Output::ALL {
        let on = levels.is_on(output);
        if shown.is_none_or(|shown| shown.is_on(output) != on) {
            brought = brought.and(board.set(output, on));
        }
    }
    if shown.is_none_or(|shown| shown.ring != levels.ring) {
        brought = brought.and(board.glow(levels.ring));
    }
    brought
}

/// What a GPIO chip does with a line that is let go is its own affair: leave none on.
fn darken(board: &mut dyn Board) -> Result<(), PanelError> {
    let mut dark = Ok(());
    for output in Output::ALL {
        dark = dark.and(board.set(output, false));
    }
    dark.and(board.glow(0))
}

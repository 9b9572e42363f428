//! The face pipeline on a thread of its own: takes the newest frame, looks at it, reports. Its
//! reference, frames and evidence exist only between "prepare" and "wipe".

use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, TryRecvError, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use attestation::{Band, FactorOutcome};
use face_pipeline::{Capture, Evidence, Face, ImageView, Pipeline, PixelFormat, Reference, Step};
use hal::camera::{Frame, LatestFrame, TakeError};
use hal::card::{Photo, PhotoCoding};
use kiosk_ui::Preview;

use crate::errors::chain;
use crate::pictures;
use crate::record::Record;
use crate::session::{Answer, Device, Event, Health, ReferenceUnusable, Turn};
use crate::shell::{Display, Inbox};

/// Longest wait for a frame before commands are looked at again.
const FRAME_WAIT: Duration = Duration::from_millis(50);

/// The owner's end of the thread. Dropping it ends the thread.
pub struct Eyes {
    commands: Option<Sender<Command>>,
    thread: Option<JoinHandle<()>>,
}

enum Command {
    Prepare(Turn, Photo),
    Start(Turn),
    Stop,
    Wipe,
}

impl Eyes {
    /// Starts the thread around a warm pipeline.
    pub fn spawn(
        pipeline: Pipeline,
        frames: LatestFrame,
        inbox: Inbox,
        display: Arc<dyn Display>,
    ) -> Self {
        let (commands, orders) = channel();
        let watcher = Watcher {
            pipeline,
            frames,
            inbox,
            display,
            reference: None,
        };
        let thread = std::thread::spawn(move || watcher.run(&orders));
        Self {
            commands: Some(commands),
            thread: Some(thread),
        }
    }

    /// Makes the reference from the portrait on the chip.
    pub fn prepare(&self, turn: Turn, photo: Photo) {
        self.send(Command::Prepare(turn, photo));
    }

    /// Collects evidence from frames, against the reference.
    pub fn start(&self, turn: Turn) {
        self.send(Command::Start(turn));
    }

    /// Stops looking at frames.
    pub fn stop(&self) {
        self.send(Command::Stop);
    }

    /// Forgets the reference and all evidence.
    pub fn wipe(&self) {
        self.send(Command::Wipe);
    }

    fn send(&self, command: Command) {
        if let Some(commands) = &self.commands {
            // A dead thread has reported itself lost; the session is out of service.
            let _ = commands.send(command);
        }
    }
}

impl Drop for Eyes {
    fn drop(&mut self) {
        self.commands = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Says that the thread is gone, also when it panics.
struct Farewell(Inbox);

impl Drop for Farewell {
    fn drop(&mut self) {
        self.0
            .event(Event::Device(Device::FacePipeline, Health::Lost));
    }
}

struct Watcher {
    pipeline: Pipeline,
    frames: LatestFrame,
    inbox: Inbox,
    display: Arc<dyn Display>,
    reference: Option<Reference>,
}

impl Watcher {
    fn run(mut self, orders: &Receiver<Command>) {
        let _farewell = Farewell(self.inbox.clone());
        let mut next = orders.recv().ok();
        while let Some(command) = next.take() {
            let pending = match command {
                Command::Prepare(turn, photo) => {
                    self.prepare(turn, &photo);
                    None
                }
                Command::Start(turn) => self.capture(turn, orders),
                Command::Stop => None,
                Command::Wipe => {
                    self.wipe();
                    None
                }
            };
            next = pending.or_else(|| orders.recv().ok());
        }
    }

    fn prepare(&mut self, turn: Turn, photo: &Photo) {
        let answer = match self.reference_from(photo) {
            Ok(reference) => {
                self.reference = Some(reference);
                Ok(())
            }
            Err(reason) => {
                self.inbox.record(Record::ReferenceUnusable { reason });
                Err(ReferenceUnusable)
            }
        };
        self.inbox.answer(turn, Answer::Reference(answer));
    }

    fn reference_from(&mut self, photo: &Photo) -> Result<Reference, String> {
        if photo.coding() == PhotoCoding::Wlt {
            return Err("the photo is in WLT coding and no decoder is installed".into());
        }
        let picture = pictures::decode(photo.reveal()).map_err(|error| chain(&error))?;
        let view = picture.view().map_err(|error| chain(&error))?;
        self.pipeline.reference(view).map_err(|error| chain(&error))
    }

    /// Looks at frames until there is evidence or another order comes, which is handed back.
    fn capture(&mut self, turn: Turn, orders: &Receiver<Command>) -> Option<Command> {
        let Some(reference) = self.reference.take() else {
            tracing::error!("a capture was started without a reference");
            return None;
        };
        let mut capture = Capture::new(reference);
        loop {
            match orders.try_recv() {
                Ok(command) => return Some(command),
                Err(TryRecvError::Disconnected) => return None,
                Err(TryRecvError::Empty) => {}
            }
            match self.frames.take(FRAME_WAIT) {
                Ok(frame) => {
                    if self.look(turn, &mut capture, &frame) {
                        return None;
                    }
                }
                Err(TakeError::TimedOut) => {}
                Err(TakeError::Closed) => return None,
            }
        }
    }

    /// Looks at one frame; true when there is evidence.
    fn look(&mut self, turn: Turn, capture: &mut Capture, frame: &Frame) -> bool {
        let step = match self.observe(capture, frame) {
            Ok(step) => step,
            Err(reason) => {
                tracing::error!(reason, "a frame could not be looked at");
                return false;
            }
        };
        self.display.preview(self.preview(&step));
        let Step {
            rejection,
            progress,
            ..
        } = step;
        self.inbox.answer(
            turn,
            Answer::Frame {
                rejection,
                progress,
            },
        );
        let Some(evidence) = step.evidence else {
            return false;
        };
        self.inbox.record(capture_complete(&evidence));
        self.inbox.answer(
            turn,
            Answer::Evidence {
                liveness: outcome(evidence.liveness),
                face: outcome(evidence.comparison),
            },
        );
        true
    }

    fn observe(&mut self, capture: &mut Capture, frame: &Frame) -> Result<Step, String> {
        let format = match frame.format() {
            hal::camera::PixelFormat::Yuyv => PixelFormat::Yuyv,
            hal::camera::PixelFormat::Rgb8 => PixelFormat::Rgb8,
            hal::camera::PixelFormat::Grey8 => PixelFormat::Grey8,
        };
        let (width, height) = (frame.width() as usize, frame.height() as usize);
        let view = ImageView::new(frame.data(), width, height, frame.stride(), format)
            .map_err(|error| chain(&error))?;
        self.pipeline
            .observe(capture, view, frame.at())
            .map_err(|error| chain(&error))
    }

    fn preview(&self, step: &Step) -> Preview {
        let mut rgb = Vec::new();
        let (width, height) = self.pipeline.last_frame_rgb(&mut rgb);
        let face = step.face.map(|Face { bounds, .. }| {
            let (w, h) = (width as f32, height as f32);
            [
                bounds.x / w,
                bounds.y / h,
                bounds.width / w,
                bounds.height / h,
            ]
        });
        let narrow = |side: usize| u32::try_from(side).unwrap_or(u32::MAX);
        Preview {
            rgb,
            width: narrow(width),
            height: narrow(height),
            face,
        }
    }

    fn wipe(&mut self) {
        self.reference = None;
        if let Err(error) = self.pipeline.forget() {
            tracing::error!(error = %chain(&error), "the face pipeline's buffers could not be overwritten");
        }
    }
}

fn capture_complete(evidence: &Evidence) -> Record {
    let took = evidence.decided_at.saturating_sub(evidence.first_good_at);
    Record::CaptureComplete {
        frames: evidence.frames,
        first_good_to_decision_ms: u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
    }
}

/// A band of the pipeline as the attestation names it.
fn outcome(band: face_pipeline::Band) -> FactorOutcome {
    FactorOutcome::Band(match band {
        face_pipeline::Band::Refused => Band::Refused,
        face_pipeline::Band::Doubtful => Band::Doubtful,
        face_pipeline::Band::Accepted => Band::Accepted,
        face_pipeline::Band::Strong => Band::Strong,
    })
}

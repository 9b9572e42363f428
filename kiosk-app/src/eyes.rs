//! The face pipeline on a thread of its own: takes the newest frame, looks at it, reports. Its
//! reference, frames and evidence exist only between "prepare" and "wipe".

mod challenge;

use std::error::Error;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, TryRecvError, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use attestation::{Band, FactorOutcome};
use face_pipeline::{
    Capture, Evidence, Face, ImageView, Pipeline, PixelFormat, Reference, ReferenceError, Step,
};
use hal::camera::{FacePlace, Frame, PairedFrames, Region, TakeError};
use hal::card::{Photo, PhotoCoding};
use hal::wlt::WltPlugin;
use kiosk_ui::Preview;

use crate::cameras::Plugged;
use crate::errors::chain;
use crate::key_scan::{self, Scanner};
use crate::pictures::{self, Picture};
use crate::record::Record;
use crate::session::{Answer, ReferenceUnusable, Turn};
use crate::shell::{Display, Inbox};

/// Longest wait for a frame before commands are looked at again.
const FRAME_WAIT: Duration = Duration::from_millis(50);

/// The owner's end of the thread. Dropping it ends the thread.
pub struct Eyes {
    commands: Option<Sender<Command>>,
    thread: Option<JoinHandle<()>>,
}

/// What the eyes have of the camera.
pub struct Sight {
    /// Its pictures, with those of the camera for infrared light beside it.
    pub frames: PairedFrames,
    /// Where it is told of a face, so that the face gets the right light.
    pub face: FacePlace,
    /// Whether its pictures may have companions in infrared light.
    pub infrared: Plugged,
    /// By how many quarters its pictures are turned clockwise to stand upright.
    pub quarters: u8,
}

enum Command {
    Prepare(Turn, Photo),
    Start(Turn),
    Challenge(Turn, Duration),
    Scan(Turn),
    Stop,
    Wipe,
}

impl Eyes {
    /// Starts the thread around a warm pipeline.
    pub fn spawn(
        pipeline: Pipeline,
        photo_decoder: Option<WltPlugin>,
        sight: Sight,
        inbox: Inbox,
        display: Arc<dyn Display>,
    ) -> Self {
        let (commands, orders) = channel();
        let watcher = Watcher {
            pipeline,
            photo_decoder,
            sight,
            inbox,
            display,
            reference: None,
            captured: None,
            scanner: Scanner::start(),
        };
        let thread = std::thread::spawn(move || watcher.run(&orders));
        Self {
            commands: Some(commands),
            thread: Some(thread),
        }
    }

    /// Eyes that see nothing.
    #[cfg(test)]
    pub(crate) const fn closed() -> Self {
        Self {
            commands: None,
            thread: None,
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

    /// Asks the person of the capture to turn the head within this time, to a side that is drawn here.
    pub fn challenge(&self, turn: Turn, time: Duration) {
        self.send(Command::Challenge(turn, time));
    }

    /// Looks for the key of a phone in frames.
    pub fn scan(&self, turn: Turn) {
        self.send(Command::Scan(turn));
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

/// Ends the kiosk when its thread panics: only a new start brings back what the thread did.
pub(crate) struct Farewell(pub(crate) Inbox, pub(crate) &'static str);

impl Drop for Farewell {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.crash(self.1);
        }
    }
}

/// Why there is no reference.
enum NoReference {
    /// Because of the photo.
    Unusable(ReferenceUnusable, String),
    /// Because of us.
    Failed(String),
}

struct Watcher {
    pipeline: Pipeline,
    photo_decoder: Option<WltPlugin>,
    sight: Sight,
    inbox: Inbox,
    display: Arc<dyn Display>,
    reference: Option<Reference>,
    /// A capture that is decided, until it is wiped.
    captured: Option<Capture>,
    scanner: Scanner,
}

impl Watcher {
    fn run(mut self, orders: &Receiver<Command>) {
        let _farewell = Farewell(self.inbox.clone(), "the face pipeline panicked");
        let mut next = orders.recv().ok();
        while let Some(command) = next.take() {
            let pending = match command {
                Command::Prepare(turn, photo) => {
                    self.prepare(turn, &photo);
                    None
                }
                Command::Start(turn) => self.capture(turn, orders),
                Command::Challenge(turn, time) => self.challenge(turn, time, orders),
                Command::Scan(turn) => self.scan(turn, orders),
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
            Err(NoReference::Unusable(why, reason)) => {
                self.inbox.record(Record::ReferenceUnusable { reason });
                Err(why)
            }
            Err(NoReference::Failed(error)) => return self.failed(turn, error),
        };
        self.inbox.answer(turn, Answer::Reference(answer));
    }

    /// Our fault, not the resident's.
    fn failed(&self, turn: Turn, error: String) {
        self.inbox.record(Record::PipelineFailed { error });
        self.inbox.answer(turn, Answer::PipelineFailed);
    }

    fn reference_from(&mut self, photo: &Photo) -> Result<Reference, NoReference> {
        use ReferenceUnusable::{TooPoor, Undecodable, Unsuitable};
        let undecodable = |error: &dyn Error| NoReference::Unusable(Undecodable, chain(error));
        let picture = match (photo.coding(), &self.photo_decoder) {
            (PhotoCoding::Wlt, None) => {
                let reason = "the photo is in WLT coding and no decoder is installed";
                return Err(NoReference::Unusable(Undecodable, reason.into()));
            }
            (PhotoCoding::Wlt, Some(decoder)) => decoder
                .decode(photo.reveal())
                .map(Picture::from)
                .map_err(|error| undecodable(&error))?,
            (PhotoCoding::WebP | PhotoCoding::Jpeg, _) => {
                pictures::decode(photo.reveal()).map_err(|error| undecodable(&error))?
            }
            (PhotoCoding::Jpeg2000, _) => {
                pictures::decode_jpeg_2000(photo.reveal()).map_err(|error| undecodable(&error))?
            }
        };
        let view = picture.view().map_err(|error| undecodable(&error))?;
        self.pipeline.reference(view).map_err(|error| match error {
            ReferenceError::Pipeline(error) => NoReference::Failed(chain(&error)),
            ReferenceError::TooPoor(_) => NoReference::Unusable(TooPoor, chain(&error)),
            error => NoReference::Unusable(Unsuitable, chain(&error)),
        })
    }

    /// Looks at frames until there is evidence or another order comes, which is handed back.
    fn capture(&mut self, turn: Turn, orders: &Receiver<Command>) -> Option<Command> {
        let Some(reference) = self.reference.take() else {
            self.inbox.answer(turn, Answer::PipelineFailed);
            return None;
        };
        let mut capture = Capture::new(reference);
        if self.sight.infrared.is_in() {
            capture = capture.expecting_companions();
        }
        let next = self.watch(orders, |eyes, frame, companion| {
            eyes.look(turn, &mut capture, frame, companion)
        });
        self.captured = capture.evidence().is_some().then_some(capture);
        next
    }

    /// Looks at frames until that is enough or another order comes, which is handed back.
    fn watch(
        &mut self,
        orders: &Receiver<Command>,
        mut enough: impl FnMut(&mut Self, &Frame, Option<&Frame>) -> bool,
    ) -> Option<Command> {
        loop {
            match orders.try_recv() {
                Ok(command) => return Some(command),
                Err(TryRecvError::Disconnected) => return None,
                Err(TryRecvError::Empty) => {}
            }
            match self.sight.frames.take(FRAME_WAIT) {
                Ok((frame, companion)) => {
                    if enough(self, &frame, companion.as_ref()) {
                        return None;
                    }
                }
                Err(TakeError::TimedOut) => {}
                Err(TakeError::Closed) => return None,
            }
        }
    }

    /// Looks for the key of a phone until one is seen or another order comes, which is handed back.
    fn scan(&mut self, turn: Turn, orders: &Receiver<Command>) -> Option<Command> {
        self.scanner.begin();
        let mut said = None;
        loop {
            match orders.try_recv() {
                Ok(command) => return Some(command),
                Err(TryRecvError::Disconnected) => return None,
                Err(TryRecvError::Empty) => {}
            }
            let frame = match self.sight.frames.visible().take(FRAME_WAIT) {
                Ok(frame) => frame,
                Err(TakeError::TimedOut) => continue,
                Err(TakeError::Closed) => return None,
            };
            let Some(grey) = key_scan::grey(&frame, self.sight.quarters) else {
                continue;
            };
            self.display.preview(key_scan::preview(&grey));
            let Some(seen) = self.scanner.look(grey) else {
                continue;
            };
            // The same wrong code is news once.
            if said != Some(seen) {
                self.inbox.answer(turn, Answer::Scanned(seen));
                said = Some(seen);
            }
            if seen.is_ok() {
                return None;
            }
        }
    }

    /// Looks at one frame; true when no further frame is needed.
    fn look(
        &mut self,
        turn: Turn,
        capture: &mut Capture,
        frame: &Frame,
        companion: Option<&Frame>,
    ) -> bool {
        let step = match self.observe(capture, frame, companion) {
            Ok(step) => step,
            Err(error) => {
                self.failed(turn, error);
                return true;
            }
        };
        self.show(step.face, frame);
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
                has_depth: evidence.has_depth,
                infrared: evidence.infrared,
            },
        );
        true
    }

    /// Shows the frame last looked at, and tells the camera where the face is.
    fn show(&self, face: Option<Face>, frame: &Frame) {
        let preview = self.preview(face);
        if let Some([left, top, width, height]) = preview.face {
            let upright = Region {
                left,
                top,
                right: left + width,
                bottom: top + height,
            };
            let region = upright.before_turn(self.sight.quarters);
            self.sight.face.seen(region, frame.at());
        }
        self.display.preview(preview);
    }

    fn observe(
        &mut self,
        capture: &mut Capture,
        frame: &Frame,
        companion: Option<&Frame>,
    ) -> Result<Step, String> {
        // One that cannot be looked at is none: nobody is held up by the second camera.
        let companion = companion.and_then(|frame| view(frame).ok());
        self.pipeline
            .observe_pair(capture, view(frame)?, companion, frame.at())
            .map_err(|error| chain(&error))
    }

    fn preview(&self, face: Option<Face>) -> Preview {
        let mut rgb = Vec::new();
        let (width, height) = self.pipeline.last_frame_rgb(&mut rgb);
        let face = face.map(|Face { bounds, .. }| {
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
        self.captured = None;
        if let Err(error) = self.pipeline.forget() {
            tracing::error!(error = %chain(&error), "the face pipeline's buffers could not be overwritten");
        }
    }
}

/// The frame as the pipeline sees it, without a copy.
fn view(frame: &Frame) -> Result<ImageView<'_>, String> {
    let format = match frame.format() {
        hal::camera::PixelFormat::Yuyv => PixelFormat::Yuyv,
        hal::camera::PixelFormat::Nv12 => PixelFormat::Nv12,
        hal::camera::PixelFormat::Rgb8 => PixelFormat::Rgb8,
        hal::camera::PixelFormat::Grey8 => PixelFormat::Grey8,
    };
    let (width, height) = (frame.width() as usize, frame.height() as usize);
    ImageView::new(frame.data(), width, height, frame.stride(), format)
        .map_err(|error| chain(&error))
}

fn capture_complete(evidence: &Evidence) -> Record {
    let took = evidence.decided_at.saturating_sub(evidence.first_good_at);
    Record::CaptureComplete {
        frames: evidence.frames,
        first_good_to_decision_ms: u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
        infrared: evidence.infrared,
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

//! Whole captures at several rates: what a kiosk makes of presentations that has time for so many
//! frames in a second. BPCER and APCER (ISO/IEC 30107-3) of decisions, with all that a capture does;
//! and BPNRR and APNRR, the shares of visits that came to none: a non-response is in no error rate.
//!
//! The reference is the first image of the same recording that can be one, so that only liveness
//! decides.

use std::process::ExitCode;
use std::time::Duration;

use face_pipeline::{Band, Capture, Evidence, Pipeline, Reference, ReferenceError};
use serde_json::{Value, json};

use super::{Failure, Outcome};
use crate::options::Options;
use crate::output::line;
use crate::progress;
use crate::recordings::{self, Half, Recorded, Recording, Recordings, Visit};
use crate::statistics::{INTERVALS, Rate, Scored};
use crate::unreadable::Unreadable;

/// A visit that was not decided by then ends undecided.
const LONGEST: Duration = Duration::from_secs(12);

pub fn captures(
    pipeline: &mut Pipeline,
    bona_fide: &[Recordings],
    attacks: &[Recordings],
    (rates, people): (&[f64], Option<Half>),
    options: &Options,
) -> Outcome {
    let mut unreadable = Unreadable::of_frames(options.rotation);
    let presented = prepare(pipeline, [bona_fide, attacks], people, &mut unreadable)?;
    let mut measured = Vec::new();
    if !options.json {
        line(HEADING)?;
    }
    for presented in &presented {
        if !options.json {
            line(presented.describe())?;
        }
        let visits = presented.visits();
        let mut rows = Vec::new();
        for rate in recordings::distinct(rates, presented.recorded.rate) {
            let row = Row::measure(pipeline, &visits, rate, &mut unreadable)?;
            if !options.json {
                let folder = presented.recorded.found.root.display();
                line(format_args!("{folder}, {}", row.text(presented.live)))?;
            }
            rows.push(row.json(presented.live));
        }
        measured.push(presented.json(rows));
    }
    unreadable.warn();
    if options.json {
        line(json!({
            "measured": measured, "unreadable": unreadable.json(), "intervals": INTERVALS,
        }))?;
    } else {
        line(INTERVALS)?;
    }
    Ok(ExitCode::SUCCESS)
}

const HEADING: &str = "folder, frames a second: visits; accepted, doubtful, refused, undecided; error rate of those decided; non-response rate of all; median time to acceptance";

/// All folders, bona fide and attacks, before any visit of them: what is missing is not found out after
/// hours.
fn prepare(
    pipeline: &mut Pipeline,
    folders: [&[Recordings]; 2],
    people: Option<Half>,
    unreadable: &mut Unreadable,
) -> Result<Vec<Presented>, Failure> {
    let mut all = Vec::new();
    for (folders, live) in folders.into_iter().zip([true, false]) {
        for folder in folders {
            all.push((Recorded::read(folder, people)?, live));
        }
    }
    let all = all.into_iter();
    all.map(|(recorded, live)| Presented::prepare(pipeline, recorded, live, unreadable))
        .collect()
}

/// The recordings of a folder, each with the image that is its reference.
struct Presented {
    recorded: Recorded,
    live: bool,
    references: Vec<Option<usize>>,
}

impl Presented {
    fn prepare(
        pipeline: &mut Pipeline,
        recorded: Recorded,
        live: bool,
        unreadable: &mut Unreadable,
    ) -> Result<Self, Failure> {
        let recordings = recorded.recordings.iter();
        let presented = Self {
            references: recordings
                .map(|recording| first_reference(pipeline, recording, unreadable))
                .collect(),
            recorded,
            live,
        };
        if presented.visits().is_empty() {
            unreadable.warn();
            return Err(format!(
                "{}: nothing to count: no image of its {} recordings can be a reference; `face verify` says \
                 what is wrong with one",
                presented.recorded.found.root.display(),
                presented.references.len()
            )
            .into());
        }
        Ok(presented)
    }

    /// Each visit and the image that is its reference.
    fn visits(&self) -> Vec<(Visit<'_>, usize)> {
        let recordings = self.recorded.recordings.iter().zip(&self.references);
        let usable =
            recordings.filter_map(|(recording, reference)| Some((recording, (*reference)?)));
        let visits = usable.flat_map(|(recording, reference)| {
            recordings::visits(recording).map(move |visit| (visit, reference))
        });
        visits.collect()
    }

    /// Recordings of which no image can be the reference.
    fn without_reference(&self) -> usize {
        self.references.iter().filter(|r| r.is_none()).count()
    }

    fn describe(&self) -> String {
        let found = self.recorded.describe();
        match self.without_reference() {
            0 => found,
            lost => format!(
                "{found}\n  left out: {lost} recordings of which no image can be a reference"
            ),
        }
    }

    fn json(&self, rows: Vec<Value>) -> Value {
        json!({
            "found": self.recorded.json(),
            "bona_fide": self.live,
            "recordings_without_reference": self.without_reference(),
            "captures": rows,
        })
    }
}

/// The visits of one folder at one rate.
struct Row {
    rate: f64,
    decisions: Vec<(usize, Option<Evidence>)>,
}

impl Row {
    fn measure(
        pipeline: &mut Pipeline,
        visits: &[(Visit<'_>, usize)],
        rate: f64,
        unreadable: &mut Unreadable,
    ) -> Result<Self, Failure> {
        let bar = progress::bar(visits.len(), "captures");
        let mut decisions = Vec::new();
        for (visit, reference) in visits {
            let photo = unreadable.open(&visit.recording.images[*reference])?;
            let reference = pipeline.reference(photo.view()?)?;
            let decided = capture(pipeline, visit, reference, rate, unreadable);
            decisions.push((visit.recording.person, decided));
            bar.inc(1);
        }
        bar.finish_and_clear();
        Ok(Self { rate, decisions })
    }

    fn count(&self, wanted: impl Fn(&Evidence) -> bool) -> usize {
        let decided = self.decisions.iter().filter_map(|(_, e)| e.as_ref());
        decided.filter(|e| wanted(e)).count()
    }

    /// BPNRR or APNRR, of all captures: those that were not decided.
    fn non_responses(&self) -> Rate {
        let all = self.decisions.iter().map(|(person, evidence)| Scored {
            score: f32::from(u8::from(evidence.is_some())),
            person: *person,
        });
        Rate::count(&all.collect::<Vec<_>>(), |decided| decided < 0.5)
    }

    /// BPCER or APCER, of the captures that were decided.
    fn errors(&self, live: bool) -> Rate {
        let decided = self.decisions.iter().filter_map(|(person, evidence)| {
            let accepted = evidence.as_ref()?.liveness.is_accepted();
            Some(Scored {
                score: f32::from(u8::from(accepted)),
                person: *person,
            })
        });
        let decided: Vec<Scored> = decided.collect();
        Rate::count(&decided, |accepted| (accepted > 0.5) != live)
    }

    /// Accepted, doubtful, refused, undecided.
    fn outcomes(&self) -> [usize; 4] {
        [
            self.count(|e| e.liveness.is_accepted()),
            self.count(|e| e.liveness == Band::Doubtful),
            self.count(|e| e.liveness == Band::Refused),
            self.decisions.iter().filter(|(_, e)| e.is_none()).count(),
        ]
    }

    /// From the first good frame to the decision, of those accepted.
    fn median_time(&self) -> Option<Duration> {
        let decided = self.decisions.iter().filter_map(|(_, e)| e.as_ref());
        let accepted = decided.filter(|e| e.liveness.is_accepted());
        let mut times: Vec<Duration> = accepted.map(|e| e.decided_at - e.first_good_at).collect();
        times.sort_unstable();
        times.get(times.len() / 2).copied()
    }

    fn text(&self, live: bool) -> String {
        let [accepted, doubtful, refused, undecided] = self.outcomes();
        let [name, silent] = names(live);
        let time = self.median_time();
        let time = time.map_or("–".into(), |t| format!("{:.2} s", t.as_secs_f64()));
        format!(
            "{}: {}; {accepted}, {doubtful}, {refused}, {undecided}; {name} {}; {silent} {}; {time}",
            self.rate,
            self.decisions.len(),
            self.errors(live),
            self.non_responses()
        )
    }

    fn json(&self, live: bool) -> Value {
        let [accepted, doubtful, refused, undecided] = self.outcomes();
        json!({
            "rate": self.rate,
            "captures": self.decisions.len(), "accepted": accepted, "doubtful": doubtful,
            "refused": refused, "undecided": undecided, "errors": self.errors(live).json(),
            "non_responses": self.non_responses().json(),
            "median_seconds": self.median_time().map(|t| t.as_secs_f64()),
            "decisions": self.decisions,
        })
    }
}

/// The error rate of decided captures, and the share of all that were not decided.
fn names(live: bool) -> [&'static str; 2] {
    if live {
        ["BPCER", "BPNRR"]
    } else {
        ["APCER", "APNRR"]
    }
}

/// The first image that can be a reference.
fn first_reference(
    pipeline: &mut Pipeline,
    recording: &Recording,
    unreadable: &mut Unreadable,
) -> Option<usize> {
    let mut serves = |path| {
        let served = unreadable.look(path, |photo| match pipeline.reference(photo.view()?) {
            Ok(_) => Ok(true),
            Err(ReferenceError::Pipeline(error)) => Err(error.into()),
            Err(_) => Ok(false),
        });
        served.unwrap_or(false)
    };
    recording.images.iter().position(|path| serves(path))
}

/// A frame that cannot be read is one that the camera lost.
fn capture(
    pipeline: &mut Pipeline,
    visit: &Visit<'_>,
    reference: Reference,
    rate: f64,
    unreadable: &mut Unreadable,
) -> Option<Evidence> {
    let mut capture = Capture::new(reference);
    for number in 0.. {
        let (image, at) = visit.frame(number, rate);
        if at > LONGEST {
            break;
        }
        unreadable.look(&visit.recording.images[image], |photo| {
            Ok(pipeline.observe(&mut capture, photo.view()?, at)?)
        });
        if capture.evidence().is_some() {
            break;
        }
    }
    capture.evidence()
}

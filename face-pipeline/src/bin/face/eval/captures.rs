//! Whole captures at several rates: what a kiosk makes of presentations that has time for so many
//! frames in a second. BPCER and APCER (ISO/IEC 30107-3) of decisions, with all that a capture does.
//!
//! The reference is the first image of the same recording, so that only liveness decides.

use std::process::ExitCode;
use std::time::Duration;

use face_pipeline::{Band, Capture, Evidence, Pipeline};
use serde_json::json;

use super::{Failure, Outcome};
use crate::output::line;
use crate::photo::Photo;
use crate::presentations::{self, Half, Recordings, Visit};
use crate::progress;
use crate::statistics::{INTERVALS, Rate, Scored};

/// A visit that was not decided by then ends undecided.
const LONGEST: Duration = Duration::from_secs(12);

pub fn captures(
    pipeline: &mut Pipeline,
    bona_fide: &[Recordings],
    attacks: &[Recordings],
    (rates, people): (&[f64], Option<Half>),
    as_json: bool,
) -> Outcome {
    if !as_json {
        line(
            "folder, frames a second: visits; accepted, doubtful, refused, undecided; error rate; median time to acceptance",
        )?;
    }
    for (folders, live) in [(bona_fide, true), (attacks, false)] {
        for recordings in folders {
            let recorded = presentations::recordings(recordings, people)?;
            let visits: Vec<Visit> = recorded.iter().flat_map(presentations::visits).collect();
            for rate in presentations::distinct(rates, recordings.rate) {
                let row = Row::measure(pipeline, recordings, &visits, rate)?;
                if as_json {
                    line(row.json(live))?;
                } else {
                    line(row.text(live))?;
                }
            }
        }
    }
    if !as_json {
        line(INTERVALS)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// One folder at one rate.
struct Row {
    folder: String,
    rate: f64,
    decisions: Vec<(usize, Option<Evidence>)>,
}

impl Row {
    fn measure(
        pipeline: &mut Pipeline,
        recordings: &Recordings,
        visits: &[Visit<'_>],
        rate: f64,
    ) -> Result<Self, Failure> {
        let bar = progress::bar(visits.len(), "captures");
        let mut decisions = Vec::new();
        for visit in visits {
            bar.inc(1);
            if let Some(reference) = reference(pipeline, visit)? {
                decisions.push((
                    visit.recording.person,
                    capture(pipeline, visit, reference, rate)?,
                ));
            }
        }
        bar.finish_and_clear();
        Ok(Self {
            folder: recordings.root.display().to_string(),
            rate,
            decisions,
        })
    }

    fn count(&self, wanted: impl Fn(&Evidence) -> bool) -> usize {
        let decided = self.decisions.iter().filter_map(|(_, e)| e.as_ref());
        decided.filter(|e| wanted(e)).count()
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
        let name = if live { "BPCER" } else { "APCER" };
        let time = self.median_time();
        let time = time.map_or("–".into(), |t| format!("{:.2} s", t.as_secs_f64()));
        format!(
            "{}, {}: {}; {accepted}, {doubtful}, {refused}, {undecided}; {name} {}; {time}",
            self.folder,
            self.rate,
            self.decisions.len(),
            self.errors(live)
        )
    }

    fn json(&self, live: bool) -> serde_json::Value {
        let [accepted, doubtful, refused, undecided] = self.outcomes();
        json!({
            "folder": self.folder, "rate": self.rate, "bona_fide": live,
            "captures": self.decisions.len(), "accepted": accepted, "doubtful": doubtful,
            "refused": refused, "undecided": undecided, "errors": self.errors(live).json(),
            "median_seconds": self.median_time().map(|t| t.as_secs_f64()),
            "decisions": self.decisions,
        })
    }
}

/// None where the first image shows nobody well enough.
fn reference(
    pipeline: &mut Pipeline,
    visit: &Visit<'_>,
) -> Result<Option<face_pipeline::Reference>, Failure> {
    let photo = Photo::open(&visit.recording.images[0])?;
    Ok(pipeline.reference(photo.view()?).ok())
}

fn capture(
    pipeline: &mut Pipeline,
    visit: &Visit<'_>,
    reference: face_pipeline::Reference,
    rate: f64,
) -> Result<Option<Evidence>, Failure> {
    let mut capture = Capture::new(reference);
    for number in 0.. {
        let (image, at) = visit.frame(number, rate);
        if at > LONGEST {
            break;
        }
        let photo = Photo::open(&visit.recording.images[image])?;
        pipeline.observe(&mut capture, photo.view()?, at)?;
        if capture.evidence().is_some() {
            break;
        }
    }
    Ok(capture.evidence())
}

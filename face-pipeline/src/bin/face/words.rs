//! What the pipeline found, in plain words: for a technician who reads the output.

use face_pipeline::{Band, ChallengeOutcome, Evidence, ReferenceError, Rejection, Side, Task};

pub fn band(band: Band) -> &'static str {
    match band {
        Band::Refused => "refused",
        Band::Doubtful => "doubtful",
        Band::Accepted => "accepted",
        Band::Strong => "strong",
    }
}

/// Why a frame is not used.
pub fn rejection(why: Rejection) -> &'static str {
    match why {
        Rejection::NoFace => "no face",
        Rejection::SeveralFaces => "several faces",
        Rejection::TooFar => "too far away",
        Rejection::TooClose => "too close",
        Rejection::OffCentre => "not in the middle",
        Rejection::Tilted => "head tilted",
        Rejection::Turned => "head turned",
        Rejection::TooDark => "too dark",
        Rejection::TooBright => "too bright",
        Rejection::Blurred => "blurred",
        Rejection::MouthOpen => "mouth open",
        Rejection::Covered => "face covered",
        Rejection::Glare => "glare on the eyes",
        Rejection::OtherPerson => "another person",
    }
}

/// A frame's verdict.
pub fn verdict(why: Option<Rejection>) -> &'static str {
    why.map_or("good", rejection)
}

/// Why a photo is no reference, and what to do.
pub fn reference(error: &ReferenceError) -> String {
    match error {
        ReferenceError::NoFace => "no face found; take a photo of head and shoulders".into(),
        ReferenceError::SeveralFaces(count) => {
            format!("{count} faces as near as each other; cut the photo to the one to compare with")
        }
        ReferenceError::TooPoor(why) => {
            format!(
                "too poor to compare ({}); take a better photo",
                rejection(*why)
            )
        }
        other => crate::chain(other),
    }
}

/// A decision, its bands first.
pub fn evidence(e: &Evidence) -> String {
    let depth = if e.has_depth {
        "motion showed depth"
    } else {
        "motion showed no depth"
    };
    let challenge = e.challenge.map_or(String::new(), |outcome| {
        format!("; challenge {}", challenge(outcome))
    });
    format!(
        "liveness {} ({:.3}), comparison {} ({:.3}); {depth}{challenge}; {} good frames from {:.3} to {:.3} s",
        band(e.liveness),
        e.scores.liveness,
        band(e.comparison),
        e.scores.similarity,
        e.frames,
        e.first_good_at.as_secs_f64(),
        e.decided_at.as_secs_f64()
    )
}

fn challenge(outcome: ChallengeOutcome) -> &'static str {
    match outcome {
        ChallengeOutcome::Done => "done",
        ChallengeOutcome::Picture => "shows a picture",
        ChallengeOutcome::NotShown => "not shown",
        ChallengeOutcome::Skipped => "skipped",
    }
}

pub fn task(task: Task) -> &'static str {
    match task {
        Task::Ahead => "look ahead",
        Task::Turn(Side::Left) => "turn left",
        Task::Turn(Side::Right) => "turn right",
        Task::Back => "look ahead again",
    }
}

//! What devices, the face pipeline and the store answer.

use std::time::Duration;

use attestation::{DocumentValidity, Factors, Reason};
use face_pipeline::Rejection;
use hal::card::{CardAdvice, CardFault};
use kiosk_ui::{CardPrompt, Decided, Guidance, NumbersTrouble, Outage};

use super::fault_code::fault_code;
use super::state::{Holder, LateCommit, State};
use super::{
    Agreed, Answer, CommitFailed, Committed, Device, Effect, Keepsake, Light, Presented,
    ReferenceUnusable, Session, Sound,
};
use crate::record::{Outcome, Record};

impl Session {
    pub(super) fn answer(&mut self, answer: Answer, now: Duration) {
        match (answer, &mut self.state) {
            (Answer::CardPresent, State::Presenting { .. }) => self.card_present(now),
            (
                Answer::CardRead(presented),
                State::Presenting {
                    service, agreed, ..
                },
            ) => {
                let (service, agreed) = (*service, std::mem::take(agreed));
                self.card_read(service, &agreed, *presented, now);
            }
            (Answer::NumbersNeeded, State::Presenting { .. }) => self.numbers_needed(now),
            (Answer::NumbersScanned(key), State::Presenting { .. }) => {
                self.numbers_scanned(key, now);
            }
            (Answer::NumbersMisread, State::Presenting { numbers, .. }) => numbers.misread(),
            (Answer::CardRemoved, State::Presenting { prompt, .. }) => card_removed(prompt),
            (Answer::CardFailed(fault), State::Presenting { .. }) => self.card_failed(fault, now),
            (Answer::Reference(Ok(())), State::Preparing { .. }) => self.start_capture(now),
            (Answer::Reference(Err(why)), State::Preparing { .. }) => {
                self.refer(reference_reason(why), now);
            }
            (
                Answer::PipelineFailed,
                State::Preparing { .. } | State::Capturing { .. } | State::Challenging { .. },
            ) => {
                self.fail(Outage::Fault, "face_pipeline_failed", now);
            }
            (
                // Who stands there now may not be who agreed to share: nothing to keep on a phone.
                Answer::Committed(Ok((committed, _))),
                &mut State::OutOfService {
                    late: Some(LateCommit { service, reason }),
                    ..
                },
            ) => self.committed(service, reason, Ok((committed, None)), now),
            (Answer::Scanned(seen), State::Wallet(_)) => self.scanned(seen, now),
            (Answer::Printed(whole), State::Receipt { .. } | State::Wallet(_)) => {
                self.printed(whole);
            }
            (Answer::Issued { holder, result }, State::Wallet(_)) => {
                self.issued(holder, result, now);
            }
            (
                Answer::Frame {
                    rejection,
                    progress: collected,
                },
                State::Capturing {
                    guidance,
                    progress,
                    face_seen,
                    ..
                },
            ) => {
                *guidance = rejection.map_or(Guidance::Good, guidance_for);
                *progress = collected.clamp(0.0, 1.0);
                *face_seen |= rejection != Some(Rejection::NoFace);
            }
            (
                Answer::Evidence {
                    liveness,
                    face,
                    has_depth,
                    infrared,
                },
                State::Capturing { .. },
            ) => self.evidence(Factors { liveness, face }, has_depth, infrared, now),
            (
                Answer::ChallengeFrame {
                    task,
                    rejection,
                    turned,
                },
                State::Challenging { .. },
            ) => self.challenge_goes_on(task, rejection, turned),
            (Answer::Challenged(outcome), State::Challenging { .. }) => {
                self.challenged(outcome, now);
            }
            (Answer::Committed(result), &mut State::Deciding { service, reason }) => {
                self.committed(service, reason, result, now);
            }
            // Late, for a state that is over.
            _ => {}
        }
    }

    /// A card is being read; that comes many times for one. The wait begins anew with each attempt, once:
    /// a chip may take half a minute, and whoever laid it down late must not be sent away meanwhile.
    fn card_present(&mut self, now: Duration) {
        let State::Presenting {
            prompt,
            failures,
            awaited,
            numbers,
            ..
        } = &mut self.state
        else {
            return;
        };
        *prompt = CardPrompt::Reading;
        if *awaited <= *failures && !numbers.typing() {
            *awaited = *failures + 1;
            self.deadline = self.deadline.max(Some(now + self.limits.card));
        }
    }

    pub(super) fn card_read(
        &mut self,
        service: usize,
        agreed: &Agreed,
        presented: Presented,
        now: Duration,
    ) {
        let Presented {
            evidence,
            proof,
            number,
            photo,
            mut fields,
        } = presented;
        fields.keep_only(agreed);
        let complete = self.has_required(service, &fields);
        self.record(Record::CardRead(proof));
        self.effects.push(Effect::Sound(Sound::CardRead));
        self.effects.push(Effect::StopCard);
        let holder = Holder {
            evidence,
            number,
            shared: fields,
        };
        self.enter(State::Preparing { service, holder }, now);
        match evidence.validity {
            // The service's provider would be handed less than it cannot do without.
            DocumentValidity::InForce if !complete => self.refer(Reason::DocumentLacksField, now),
            DocumentValidity::InForce => {
                self.effects
                    .push(Effect::PrepareReference(self.turn, photo));
            }
            DocumentValidity::Expired => self.refer(Reason::DocumentExpired, now),
            DocumentValidity::NotYetInForce => self.refer(Reason::DocumentNotYetInForce, now),
            DocumentValidity::Unknown => self.refer(Reason::ClockUnreliable, now),
        }
    }

    pub(super) fn card_failed(&mut self, fault: CardFault, now: Duration) {
        let State::Presenting {
            prompt,
            failures,
            numbers,
            trouble,
            ..
        } = &mut self.state
        else {
            return;
        };
        let advice = fault.for_resident();
        *prompt = match advice {
            CardAdvice::Removed => CardPrompt::Removed,
            CardAdvice::Unreadable => CardPrompt::Unreadable,
            CardAdvice::NotAccepted => CardPrompt::NotAccepted,
            CardAdvice::WrongNumbers => {
                numbers.ask(Some(NumbersTrouble::DoesNotOpen));
                CardPrompt::Present
            }
            CardAdvice::ReaderOutOfOrder => {
                return self.fail(Outage::CardReader, fault_code(&fault), now);
            }
        };
        *trouble = Some(fault_code(&fault));
        *failures += 1;
        let exhausted = *failures >= self.limits.card_attempts;
        if advice == CardAdvice::WrongNumbers {
            // Looking them up again takes its time.
            self.deadline = Some(now + self.limits.numbers);
        }
        self.effects.push(Effect::Sound(Sound::Error));
        self.record(Record::CardFailed {
            fault: fault_code(&fault).into(),
        });
        if exhausted {
            self.refer(
                match advice {
                    CardAdvice::NotAccepted | CardAdvice::WrongNumbers => {
                        Reason::DocumentNotAccepted
                    }
                    _ => Reason::DocumentUnreadable,
                },
                now,
            );
        }
    }

    pub(super) fn start_capture(&mut self, now: Duration) {
        let State::Preparing { service, holder } =
            std::mem::replace(&mut self.state, State::Attract)
        else {
            return;
        };
        self.record(Record::CaptureStarted);
        self.effects.push(Effect::Light(Light::LookHere));
        self.effects.push(Effect::StartCapture(self.turn));
        let state = State::Capturing {
            service,
            holder,
            guidance: Guidance::Wait,
            progress: 0.0,
            face_seen: false,
        };
        self.enter(state, now);
    }

    pub(super) fn committed(
        &mut self,
        service: Option<usize>,
        reason: &'static str,
        result: Result<(Committed, Option<Keepsake>), CommitFailed>,
        now: Duration,
    ) {
        match result {
            Ok((committed, keepsake)) => {
                let (outcome, light, sound) = match committed.decided {
                    Decided::Verified => (Outcome::Verified, Light::Ok, Some(Sound::Ok)),
                    Decided::NotVerified => {
                        (Outcome::NotVerified, Light::Error, Some(Sound::Error))
                    }
                    Decided::Referred => (Outcome::Referred, Light::Idle, None),
                };
                self.ended(outcome, reason);
                self.effects.push(Effect::Light(light));
                self.effects.extend(sound.map(Effect::Sound));
                let receipt = State::Receipt {
                    service,
                    committed,
                    keepsake,
                };
                self.enter(receipt, now);
            }
            Err(CommitFailed) => {
                self.lost.insert(Device::Storage);
                self.fail(Outage::Storage, "storage_failed", now);
            }
        }
    }
}

fn reference_reason(why: ReferenceUnusable) -> Reason {
    match why {
        ReferenceUnusable::Undecodable => Reason::PhotoUndecodable,
        ReferenceUnusable::Unsuitable => Reason::DocumentWithoutPhoto,
        ReferenceUnusable::TooPoor => Reason::PhotoTooPoor,
    }
}

/// A card that is taken away is asked for; after a failure the resident takes it away to try again,
/// and goes on seeing what was wrong.
fn card_removed(prompt: &mut CardPrompt) {
    if matches!(prompt, CardPrompt::Present | CardPrompt::Reading) {
        *prompt = CardPrompt::Removed;
    }
}

/// What a resident can do about a frame that could not be used.
pub(super) fn guidance_for(rejection: Rejection) -> Guidance {
    match rejection {
        Rejection::NoFace => Guidance::LookHere,
        Rejection::SeveralFaces | Rejection::OtherPerson => Guidance::OnePerson,
        Rejection::TooFar => Guidance::ComeCloser,
        Rejection::TooClose => Guidance::StepBack,
        Rejection::OffCentre => Guidance::Centre,
        Rejection::Turned | Rejection::Tilted => Guidance::FaceForward,
        Rejection::Covered => Guidance::Uncover,
        Rejection::MouthOpen => Guidance::CloseMouth,
        Rejection::TooDark => Guidance::MoreLight,
        Rejection::TooBright | Rejection::Glare => Guidance::LessLight,
        Rejection::Blurred => Guidance::HoldStill,
    }
}

//! From evidence to decision: the one place where bands become a verdict.
//!
//! A presentation attack is named before a comparison, because the comparison of a print with the
//! portrait it was printed from says nothing (ISO/IEC 30107-1). Where liveness is only doubtful, a
//! refused comparison decides: whatever was shown, it does not look like the card's holder. What else
//! is doubtful is not decided by a machine: it is referred.

use attestation::{Band, Decision, FactorOutcome, Reason};

/// The decision for these outcomes of the two biometric factors.
pub fn decide(liveness: FactorOutcome, face: FactorOutcome) -> Decision {
    use FactorOutcome::{Band as Performed, NotPerformed};
    match (liveness, face) {
        (Performed(Band::Refused), _) => Decision::NotVerified(Reason::PresentationAttack),
        (_, Performed(Band::Refused)) => Decision::NotVerified(Reason::NotSamePerson),
        (Performed(Band::Doubtful), _) => Decision::Referred(Reason::DoubtfulLiveness),
        (_, Performed(Band::Doubtful)) => Decision::Referred(Reason::DoubtfulComparison),
        (NotPerformed, _) | (_, NotPerformed) => Decision::Referred(Reason::NoUsableCapture),
        (Performed(Band::Accepted | Band::Strong), Performed(Band::Accepted | Band::Strong)) => {
            Decision::Verified
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verified_needs_both_factors_accepted() {
        for &liveness in Band::ALL {
            for &face in Band::ALL {
                let accepted = |band| matches!(band, Band::Accepted | Band::Strong);
                assert_eq!(
                    decide(FactorOutcome::Band(liveness), FactorOutcome::Band(face))
                        == Decision::Verified,
                    accepted(liveness) && accepted(face),
                );
            }
        }
    }

    #[test]
    fn a_missing_factor_is_never_verified() {
        for &band in Band::ALL {
            let performed = FactorOutcome::Band(band);
            assert_ne!(
                decide(FactorOutcome::NotPerformed, performed),
                Decision::Verified
            );
            assert_ne!(
                decide(performed, FactorOutcome::NotPerformed),
                Decision::Verified
            );
        }
    }

    /// Or a broken infrared lamp would send everybody with another's card to an officer.
    #[test]
    fn who_is_somebody_else_is_refused_however_doubtful_liveness_is() {
        for &liveness in Band::ALL {
            let attack = liveness == Band::Refused;
            let decision = decide(
                FactorOutcome::Band(liveness),
                FactorOutcome::Band(Band::Refused),
            );
            let reason = if attack {
                Reason::PresentationAttack
            } else {
                Reason::NotSamePerson
            };
            assert_eq!(decision, Decision::NotVerified(reason), "{liveness:?}");
        }
    }

    #[test]
    fn a_print_of_the_right_person_is_an_attack_not_a_match() {
        assert_eq!(
            decide(
                FactorOutcome::Band(Band::Refused),
                FactorOutcome::Band(Band::Strong)
            ),
            Decision::NotVerified(Reason::PresentationAttack),
        );
    }
}

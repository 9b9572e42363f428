//! The endpoints and how each has behaved: one that fails is left alone for a while, longer each
//! time, so that a dead or hanging one does not hold up the others.

use std::time::Duration;

use crate::chain::endpoint::{Endpoint, RpcError};
use crate::ledger::Submission;

/// How long an endpoint is left alone after its first failure; doubled with each further one.
const FIRST_REST: Duration = Duration::from_secs(1);

/// … up to this.
const MAX_REST: Duration = Duration::from_secs(120);

#[derive(Debug)]
pub(super) struct Nodes(Vec<Node>);

#[derive(Debug)]
struct Node {
    endpoint: Endpoint,
    failures: u32,
    not_before: Duration,
    trouble: Option<&'static str>,
}

impl Nodes {
    pub(super) fn new(endpoints: Vec<Endpoint>) -> Self {
        let node = |endpoint| Node {
            endpoint,
            failures: 0,
            not_before: Duration::ZERO,
            trouble: None,
        };
        Self(endpoints.into_iter().map(node).collect())
    }

    pub(super) fn states(&self) -> impl Iterator<Item = (&str, Option<&'static str>)> {
        self.0
            .iter()
            .map(|node| (node.endpoint.host(), node.trouble))
    }

    /// What those endpoints answer that are not resting, and the first failure. If all rest, all
    /// are asked: there is nothing to lose.
    pub(super) fn ask_all<T>(
        &mut self,
        now: Duration,
        ask: impl Fn(&Endpoint) -> Result<T, RpcError>,
    ) -> (Vec<T>, Option<RpcError>) {
        let all_rest = self.0.iter().all(|node| now < node.not_before);
        let (mut answers, mut first_error) = (Vec::new(), None);
        for node in &mut self.0 {
            if now < node.not_before && !all_rest {
                continue;
            }
            match ask(&node.endpoint) {
                Ok(answer) => {
                    node.worked();
                    answers.push(answer);
                }
                Err(error) => {
                    node.failed(now, &error);
                    first_error = first_error.or(Some(error));
                }
            }
        }
        (answers, first_error)
    }

    /// The middle one of the numbers that are answered, the lower one of two.
    pub(super) fn median(
        &mut self,
        now: Duration,
        ask: impl Fn(&Endpoint) -> Result<u64, RpcError>,
    ) -> Result<u64, Option<RpcError>> {
        let (mut numbers, first_error) = self.ask_all(now, ask);
        numbers.sort_unstable();
        let middle = numbers.len().saturating_sub(1) / 2;
        numbers.get(middle).copied().ok_or(first_error)
    }

    /// Hands a transaction to every endpoint. None if one has it; otherwise why the first did not
    /// take it. A node that knows it already refuses too, in words of its own: so it is asked.
    pub(super) fn send_to_all(&mut self, now: Duration, one: &Submission) -> Option<String> {
        let mut first = None;
        let mut taken = false;
        for node in self.0.iter_mut().filter(|node| now >= node.not_before) {
            let sent = match node.endpoint.send(&one.signed) {
                Err(RpcError::Refused { .. }) if node.endpoint.knows(&one.hash) => Ok(()),
                other => other,
            };
            match sent {
                Ok(()) => taken = true,
                Err(RpcError::Refused { message, .. }) => first = first.or(Some(message)),
                Err(error) => {
                    node.failed(now, &error);
                    first = first.or_else(|| Some(error.to_string()));
                }
            }
        }
        if taken { None } else { first }
    }
}

impl Node {
    fn worked(&mut self) {
        self.failures = 0;
        self.not_before = Duration::ZERO;
        self.trouble = None;
    }

    fn failed(&mut self, now: Duration, error: &RpcError) {
        let rest = FIRST_REST.saturating_mul(1 << self.failures.min(16));
        self.failures = self.failures.saturating_add(1);
        self.not_before = now + rest.min(MAX_REST);
        self.trouble = Some(error.as_code());
    }
}

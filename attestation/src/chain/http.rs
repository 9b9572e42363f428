//! One HTTP exchange with an endpoint, with everything that a bad one could do bounded: time,
//! size, redirects. No proxy of the environment is used.

use std::fmt;
use std::time::Duration;

use ureq::Agent;
use ureq::config::ConfigBuilder;
use ureq::typestate::AgentScope;

use super::answer::MAX_BYTES;
use super::endpoint::{RpcError, TIME_OUT};

/// How much an endpoint may say before its answer begins, in bytes.
const MAX_HEADER_BYTES: usize = 16 << 10;

/// A place that answers JSON-RPC over HTTP.
pub(crate) struct Http {
    agent: Agent,
    url: String,
}

impl Http {
    /// Nothing is sent yet.
    pub(crate) fn new(url: &str, time_out: Duration) -> Self {
        let config = configure(time_out).build();
        let (agent, url) = (config.new_agent(), url.to_owned());
        Self { agent, url }
    }

    /// Sends a body and reads the answer's. Nodes answer errors with any status, so the body
    /// decides.
    pub(crate) fn post(&self, body: &[u8]) -> Result<Vec<u8>, RpcError> {
        let request = self.agent.post(&self.url);
        let request = request.content_type("application/json");
        let mut response = request.send(body).map_err(failed)?;
        let reader = response.body_mut().with_config().limit(MAX_BYTES as u64);
        reader.read_to_vec().map_err(failed)
    }
}

/// Fetches a file of at most so many bytes. A status other than 200 is a failure.
///
/// # Errors
/// When it cannot be had, or is larger.
pub fn fetch(url: &str, limit: usize) -> Result<Vec<u8>, RpcError> {
    let config = configure(TIME_OUT).http_status_as_error(true).build();
    let mut response = config.new_agent().get(url).call().map_err(failed)?;
    let reader = response.body_mut().with_config().limit(limit as u64);
    reader.read_to_vec().map_err(failed)
}

fn configure(time_out: Duration) -> ConfigBuilder<AgentScope> {
    Agent::config_builder()
        .timeout_global(Some(time_out))
        .max_redirects(0)
        .max_response_header_size(MAX_HEADER_BYTES)
        .http_status_as_error(false)
        .proxy(None)
}

/// Only scheme, host and port: the rest of an address may hold a provider's password.
pub(crate) fn host(url: &str) -> Option<String> {
    let uri: ureq::http::Uri = url.parse().ok()?;
    let scheme = uri
        .scheme_str()
        .filter(|s| matches!(*s, "http" | "https"))?;
    let host = uri.host().filter(|host| !host.is_empty())?;
    Some(match uri.port_u16() {
        Some(port) => format!("{scheme}://{host}:{port}"),
        None => format!("{scheme}://{host}"),
    })
}

impl fmt::Debug for Http {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Http({:?})", host(&self.url))
    }
}

fn failed(error: ureq::Error) -> RpcError {
    match error {
        ureq::Error::Timeout(_) => RpcError::TimedOut,
        ureq::Error::BodyExceedsLimit(_) | ureq::Error::LargeResponseHeader(..) => {
            RpcError::TooLarge
        }
        other => RpcError::Unreachable {
            source: Box::new(other),
        },
    }
}

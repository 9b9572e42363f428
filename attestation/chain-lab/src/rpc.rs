//! JSON-RPC to a node that is ours: for steering it and for reading what really happened. It shares
//! nothing with the client under test.

use std::error::Error;
use std::time::Duration;

use serde_json::{Value, json};
use ureq::Agent;

/// Longer than a node takes on the busiest machine.
const TIME_OUT: Duration = Duration::from_secs(60);

/// One node.
#[derive(Clone)]
pub struct Rpc {
    agent: Agent,
    url: String,
}

impl Rpc {
    /// The node at an address.
    pub fn new(url: &str) -> Self {
        let config = Agent::config_builder()
            .timeout_global(Some(TIME_OUT))
            .http_status_as_error(false)
            .proxy(None)
            .build();
        Self {
            agent: config.new_agent(),
            url: url.to_owned(),
        }
    }

    /// Asks, and gives the `result`.
    pub fn ask(&self, method: &str, params: Value) -> Result<Value, Box<dyn Error>> {
        let body = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
        let answer: Value = serde_json::from_slice(&self.forward(body.to_string().as_bytes())?)?;
        match answer.get("error") {
            None | Some(Value::Null) => Ok(answer["result"].clone()),
            Some(error) => Err(format!("{method}: {error}").into()),
        }
    }

    /// Asks for a number.
    pub fn number(&self, method: &str, params: Value) -> Result<u64, Box<dyn Error>> {
        let answer = self.ask(method, params)?;
        number(&answer).ok_or_else(|| format!("{method}: not a number: {answer}").into())
    }

    /// Hands a request on as it is; the answer as it is.
    pub fn forward(&self, body: &[u8]) -> Result<Vec<u8>, ureq::Error> {
        let request = self.agent.post(&self.url).content_type("application/json");
        request.send(body)?.body_mut().read_to_vec()
    }
}

/// A quantity as nodes write it: `0x` and hexadecimal digits.
pub fn number(value: &Value) -> Option<u64> {
    u64::from_str_radix(value.as_str()?.strip_prefix("0x")?, 16).ok()
}

//! What an operator decides about the ledger, checked once.

use std::num::{NonZeroU64, NonZeroUsize};
use std::time::Duration;

use super::contracts::Contracts;
use super::endpoint::{Endpoint, RpcError};

/// More endpoints than anybody runs, so that one step stays short.
const MAX_ENDPOINTS: usize = 16;

/// How the kiosk anchors. Start from [`Settings::new`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// The nodes' addresses. With three or more, what most of them say counts, so that one may
    /// lie; with two, one may be gone.
    pub endpoints: Vec<String>,
    /// Where the contracts are.
    pub contracts: Contracts,
    /// In which block, counted from a head's own (1), it is there for good.
    pub confirmations: NonZeroU64,
    /// So many waiting attestations are anchored at once …
    pub batch: NonZeroU64,
    /// … and one that waits so long is, even alone.
    pub max_delay: Duration,
    /// How often the chain is looked at while a transaction is on its way.
    pub poll: Duration,
    /// After how long the same bytes are sent again, and what looks final counts as such.
    pub patience: Duration,
    /// How often the newest confirmed head is looked at again.
    pub recheck: Duration,
    /// The dearest unit of gas that is paid for, in wei.
    pub max_gas_price: u64,
    /// How long an endpoint may take for one answer.
    pub time_out: Duration,
}

impl Settings {
    /// The defaults: the third block, 256 attestations or ten minutes.
    #[must_use]
    pub fn new(endpoints: Vec<String>, contracts: Contracts) -> Self {
        const CONFIRMATIONS: NonZeroU64 = NonZeroU64::new(3).unwrap();
        const BATCH: NonZeroU64 = NonZeroU64::new(256).unwrap();
        Self {
            endpoints,
            contracts,
            confirmations: CONFIRMATIONS,
            batch: BATCH,
            max_delay: Duration::from_secs(600),
            poll: Duration::from_secs(3),
            patience: Duration::from_secs(30),
            recheck: Duration::from_secs(3600),
            // 500 gwei: several times what the dearest public network asked for on busy days.
            max_gas_price: 500_000_000_000,
            time_out: Duration::from_secs(10),
        }
    }

    /// How many endpoints must say a thing before it counts: half of them, rounded up. More must
    /// say it than not, besides.
    #[must_use]
    pub fn quorum(&self) -> NonZeroUsize {
        NonZeroUsize::new(self.endpoints.len().div_ceil(2)).unwrap_or(NonZeroUsize::MIN)
    }

    /// Whether they can be used.
    ///
    /// # Errors
    /// When there is no endpoint, too many, or one that is no address.
    pub fn check(&self) -> Result<(), SettingsError> {
        self.open_endpoints().map(|_| ())
    }

    pub(crate) fn open_endpoints(&self) -> Result<Vec<Endpoint>, SettingsError> {
        if self.endpoints.is_empty() {
            return Err(SettingsError::NoEndpoint);
        }
        if self.endpoints.len() > MAX_ENDPOINTS {
            return Err(SettingsError::TooManyEndpoints);
        }
        let open = |url: &String| Endpoint::with_time_out(url, self.time_out);
        let endpoints = self.endpoints.iter().map(open);
        Ok(endpoints.collect::<Result<_, _>>()?)
    }
}

/// Why the settings cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// Nowhere to send to.
    #[error("the ledger needs at least one endpoint")]
    NoEndpoint,
    /// Too many.
    #[error("the ledger takes at most {MAX_ENDPOINTS} endpoints")]
    TooManyEndpoints,
    /// One is not an address.
    #[error(transparent)]
    Endpoint(#[from] RpcError),
}

//! How much one caller may ask for, so that none can starve the others.
//!
//! Each key has a bucket of requests that refills over a minute, and a bound on how many of its
//! requests run at once. Calls without a valid key are counted by address. A call that is refused
//! costs the others nothing: it is answered before the database is asked.

use std::collections::HashMap;
use std::hash::{BuildHasher as _, RandomState};
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use ordermill_base::Timestamp;

use crate::problem::Problem;

const POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
const LEFT: HeaderName = HeaderName::from_static("ratelimit");
const MINUTE_MICROS: i64 = 60_000_000;
const SHARDS: usize = 16;
/// Callers that one shard remembers; the others have full buckets.
const KNOWN_MAX: usize = 4_096;

/// What one caller is allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quotas {
    /// Requests of one key in a minute; 0: as many as it likes.
    pub requests_per_minute: u32,
    /// Requests of one key that run at once.
    pub at_once: u32,
    /// Requests without a valid key from one address in a minute; 0: as many as it likes.
    pub failures_per_minute: u32,
}

impl Default for Quotas {
    fn default() -> Self {
        Self { requests_per_minute: 60_000, at_once: 1_024, failures_per_minute: 600 }
    }
}

/// The counters of one server.
#[derive(Debug)]
pub(crate) struct Limits {
    quotas: Quotas,
    hasher: RandomState,
    keys: Buckets,
    addresses: Buckets,
}

#[derive(Debug, Default)]
struct Buckets([Mutex<HashMap<u64, Bucket>>; SHARDS]);

#[derive(Debug, Clone, Copy)]
struct Bucket {
    /// Requests used up, times a minute of microseconds; shrinks as time goes by.
    used: i64,
    at: Timestamp,
    running: u32,
}

/// What is left of a quota after a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Left {
    quota: u32,
    remaining: u32,
    /// Until there is room for one more, if there is none.
    wait_seconds: u32,
    is_refused: bool,
}

/// A place among the requests of a key that run at once; given back when dropped.
#[derive(Debug)]
pub(crate) struct Running {
    limits: Arc<Limits>,
    who: u64,
}

impl Limits {
    pub(crate) fn new(quotas: Quotas) -> Self {
        let (keys, addresses) = (Buckets::default(), Buckets::default());
        Self { quotas, hasher: RandomState::new(), keys, addresses }
    }

    /// Counts a request of a key.
    pub(crate) fn of_key(
        self: &Arc<Self>,
        key: i64,
        now: Timestamp,
    ) -> Result<(Running, Option<Left>), Problem> {
        let who = self.hasher.hash_one(key);
        let quota = self.quotas.requests_per_minute;
        let mut shard = self.keys.shard(who);
        let bucket = entry(&mut shard, who, quota, now);
        if bucket.running >= self.quotas.at_once {
            let detail = "too many requests of this key run at once; nothing was done";
            return Err(too_many("too_many_at_once", detail, 1));
        }
        let left = (quota > 0).then(|| bucket.take(quota, now));
        if let Some(left) = left.filter(|left| left.is_refused) {
            let detail = format!("this key has used up its {quota} requests a minute");
            return Err(too_many("rate_limited", &detail, left.wait_seconds));
        }
        bucket.running += 1;
        drop(shard);
        Ok((Running { limits: Arc::clone(self), who }, left))
    }

    /// Whether an address has called without a valid key too often.
    pub(crate) fn of_address(
        &self,
        address: Option<IpAddr>,
        now: Timestamp,
    ) -> Result<(), Problem> {
        self.address(address, now, false)
    }

    /// Counts a call without a valid key.
    pub(crate) fn failed(&self, address: Option<IpAddr>, now: Timestamp) -> Result<(), Problem> {
        self.address(address, now, true)
    }

    fn address(
        &self,
        address: Option<IpAddr>,
        now: Timestamp,
        counts: bool,
    ) -> Result<(), Problem> {
        let quota = self.quotas.failures_per_minute;
        let (Some(address), 1..) = (address, quota) else { return Ok(()) };
        let who = self.hasher.hash_one(network(address));
        let mut shard = self.addresses.shard(who);
        let bucket = entry(&mut shard, who, quota, now);
        let left = if counts { bucket.take(quota, now) } else { bucket.look(quota, now) };
        if left.is_refused {
            let detail = "too many requests without a valid key from this address";
            return Err(too_many("rate_limited", detail, left.wait_seconds));
        }
        Ok(())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(bucket) = self.limits.keys.shard(self.who).get_mut(&self.who) {
            bucket.running = bucket.running.saturating_sub(1);
        }
    }
}

impl Left {
    /// Tells the caller, as the draft of the RateLimit header fields describes it.
    pub(crate) fn write(self, headers: &mut HeaderMap) {
        let policy = format!("\"key\";q={};w=60", self.quota);
        let left = format!("\"key\";r={};t={}", self.remaining, self.wait_seconds);
        for (name, value) in [(POLICY, policy), (LEFT, left)] {
            if let Ok(value) = HeaderValue::try_from(value) {
                headers.insert(name, value);
            }
        }
    }
}

pub(crate) fn too_many(code: &'static str, detail: &str, retry_after_seconds: u32) -> Problem {
    let problem = Problem::new(StatusCode::TOO_MANY_REQUESTS, code, detail);
    Problem { retry_after_seconds: Some(retry_after_seconds), ..problem }
}

/// Who has one IPv6 address has a whole network of them.
fn network(address: IpAddr) -> u128 {
    match address.to_canonical() {
        IpAddr::V4(address) => u128::from(u32::from(address)),
        IpAddr::V6(address) => u128::from(address) >> 64 << 64,
    }
}

impl Buckets {
    fn shard(&self, who: u64) -> MutexGuard<'_, HashMap<u64, Bucket>> {
        let shard = &self.0[(who % SHARDS as u64) as usize];
        shard.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A caller's bucket. When there are too many, those that are full and idle are forgotten first.
fn entry(shard: &mut HashMap<u64, Bucket>, who: u64, quota: u32, now: Timestamp) -> &mut Bucket {
    if shard.len() >= KNOWN_MAX && !shard.contains_key(&who) {
        shard.retain(|_, bucket| bucket.running > 0 || bucket.used_by(now, quota) > 0);
        if shard.len() >= KNOWN_MAX {
            shard.retain(|_, bucket| bucket.running > 0);
        }
    }
    shard.entry(who).or_insert(Bucket { used: 0, at: now, running: 0 })
}

impl Bucket {
    /// What is used up at a moment. A clock that was set back refills nothing.
    fn used_by(&self, now: Timestamp, quota: u32) -> i64 {
        let passed = now.since(self.at).as_micros().clamp(0, MINUTE_MICROS);
        (self.used - passed * i64::from(quota)).max(0)
    }

    fn look(&self, quota: u32, now: Timestamp) -> Left {
        let (used, full) = (self.used_by(now, quota), i64::from(quota) * MINUTE_MICROS);
        let remaining = u32::try_from((full - used).max(0) / MINUTE_MICROS).unwrap_or(quota);
        let missing = (used + MINUTE_MICROS - full).max(0);
        let wait_micros = missing / i64::from(quota.max(1));
        let wait_seconds = u32::try_from((wait_micros + 999_999) / 1_000_000).unwrap_or(60);
        Left { quota, remaining, wait_seconds, is_refused: remaining == 0 }
    }

    fn take(&mut self, quota: u32, now: Timestamp) -> Left {
        let left = self.look(quota, now);
        if left.is_refused {
            return left;
        }
        self.used = self.used_by(now, quota) + MINUTE_MICROS;
        self.at = self.at.max(now);
        Left { is_refused: false, ..self.look(quota, now) }
    }
}

#[cfg(test)]
mod tests {
    use ordermill_base::Span;

    use super::*;

    const NOW: Timestamp = Timestamp::from_millis(1_795_334_400_000);

    fn limits() -> Arc<Limits> {
        let quotas = Quotas { requests_per_minute: 60, at_once: 3, failures_per_minute: 10 };
        Arc::new(Limits::new(quotas))
    }

    #[test]
    fn a_key_that_asks_too_often_waits_and_another_does_not() {
        let limits = limits();
        for _ in 0..60 {
            drop(limits.of_key(1, NOW).unwrap());
        }
        let problem = limits.of_key(1, NOW).unwrap_err();
        assert_eq!((problem.status, problem.code), (429, "rate_limited"));
        assert_eq!(problem.retry_after_seconds, Some(1));
        assert!(limits.of_key(2, NOW).is_ok());
        assert!(limits.of_key(1, NOW + Span::seconds(1)).is_ok(), "one a second comes back");
        assert!(limits.of_key(1, NOW + Span::seconds(1)).is_err());
        assert!(limits.of_key(1, NOW - Span::hours(1)).is_err(), "a clock that was set back");
    }

    #[test]
    fn only_so_many_requests_of_a_key_run_at_once() {
        let limits = limits();
        let mut running: Vec<_> = (0..3).map(|_| limits.of_key(1, NOW).unwrap()).collect();
        assert_eq!(limits.of_key(1, NOW).unwrap_err().code, "too_many_at_once");
        running.pop();
        assert!(limits.of_key(1, NOW).is_ok());
    }

    #[test]
    fn guesses_are_counted_by_address_and_its_network() {
        let limits = limits();
        let address = |text: &str| Some(text.parse::<IpAddr>().unwrap());
        for number in 0..10 {
            limits.failed(address(&format!("2001:db8::{number}")), NOW).unwrap();
        }
        assert!(limits.of_address(address("2001:db8::ffff"), NOW).is_err());
        assert!(limits.of_address(address("2001:db8:0:1::1"), NOW).is_ok());
        assert!(limits.of_address(address("192.0.2.1"), NOW).is_ok());
        assert!(limits.of_address(None, NOW).is_ok());
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let limits = limits();
        for number in 0..200_000_u32 {
            let address = Some(IpAddr::V4(number.into()));
            drop(limits.failed(address, NOW));
        }
        let known: usize = limits.addresses.0.iter().map(|shard| shard.lock().unwrap().len()).sum();
        assert!(known <= SHARDS * KNOWN_MAX, "{known}");
    }
}

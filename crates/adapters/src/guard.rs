//! One guard for all calls whose address people type: they go to the public internet, and nowhere else.
//!
//! An address is read by the rules of [`outgoing`] before each call. A name is looked up by the guard, which
//! gives the connection only public addresses, so that what was checked is what is called, also when the name
//! points elsewhere a moment later. Redirects are followed by none of our clients.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use ordermill_domain::outgoing::{self, AllowedHost, Refused, Target};
use ordermill_ports::Answer;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};

/// How long looking a name up may take.
const LOOKUP_WITHIN: Duration = Duration::from_secs(3);

/// Gives the addresses of a name.
pub type Lookup =
    dyn Fn(String) -> Answer<'static, std::io::Result<Vec<IpAddr>>> + Send + Sync + 'static;

/// Decides which addresses may be called. Clones are cheap.
#[derive(Clone)]
pub struct Guard {
    allowed: Arc<[AllowedHost]>,
    lookup: Arc<Lookup>,
}

/// A name leads to a place that must not be called.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("the name leads to an address that is not public")]
pub(crate) struct LeadsInside;

type AnyError = Box<dyn std::error::Error + Send + Sync>;

impl Guard {
    /// A guard that asks the system for names. `allowed` are the hosts that the operator has named: they may
    /// be anywhere, and without TLS.
    pub fn new(allowed: Vec<AllowedHost>) -> Self {
        Self::with_lookup(allowed, Arc::new(system_lookup))
    }

    /// As [`Guard::new`], with another way to look names up.
    pub fn with_lookup(allowed: Vec<AllowedHost>, lookup: Arc<Lookup>) -> Self {
        Self { allowed: allowed.into(), lookup }
    }

    /// Reads an address that is about to be called. One that is written as a number is not looked up, so it
    /// is decided here.
    ///
    /// # Errors
    /// If it may not be called.
    pub(crate) fn read(&self, url: &str) -> Result<Target, Refused> {
        outgoing::read(url, &self.allowed)
    }

    /// As [`Guard::read`], and looks its name up. A name that cannot be looked up just now may be called; the
    /// call will show.
    ///
    /// # Errors
    /// If it may not be called.
    pub async fn check(&self, url: &str) -> Result<(), Refused> {
        let target = self.read(url)?;
        let Some(name) = target.url.domain().filter(|_| !target.is_allowed) else {
            return Ok(());
        };
        match self.addresses(name).await {
            Err(error) if error.is::<LeadsInside>() => Err(Refused::NotPublic),
            Ok(_) | Err(_) => Ok(()),
        }
    }

    /// The addresses of a name, all of which are public. One that is not spoils the others: a name
    /// with both is a trick.
    async fn addresses(&self, name: &str) -> Result<Vec<IpAddr>, AnyError> {
        let looked_up =
            tokio::time::timeout(LOOKUP_WITHIN, (self.lookup)(name.to_owned())).await??;
        let is_allowed = outgoing::is_allowed(name, &self.allowed);
        if !is_allowed && !looked_up.iter().all(|found| outgoing::is_public(*found)) {
            return Err(LeadsInside.into());
        }
        if looked_up.is_empty() {
            return Err("the name has no address".into());
        }
        Ok(looked_up)
    }
}

impl Resolve for Guard {
    fn resolve(&self, name: Name) -> Resolving {
        let guard = self.clone();
        Box::pin(async move {
            let found = guard.addresses(name.as_str()).await?;
            // The port is that of the address that is called.
            let addresses: Addrs =
                Box::new(found.into_iter().map(|address| SocketAddr::new(address, 0)));
            Ok(addresses)
        })
    }
}

impl std::fmt::Debug for Guard {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Guard").field("allowed", &self.allowed).finish_non_exhaustive()
    }
}

/// Whether a call failed because its name leads inside.
pub(crate) fn leads_inside(error: &reqwest::Error) -> bool {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(inner) = cause {
        if inner.is::<LeadsInside>() {
            return true;
        }
        cause = inner.source();
    }
    false
}

fn system_lookup(name: String) -> Answer<'static, std::io::Result<Vec<IpAddr>>> {
    Box::pin(async move {
        let found = tokio::net::lookup_host((name, 0)).await?;
        Ok(found.map(|address| address.ip()).collect())
    })
}

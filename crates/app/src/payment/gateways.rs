//! The gateways of this installation, by the names that payments are stored with.

use std::collections::BTreeMap;
use std::sync::Arc;

use ordermill_base::Timestamp;
use ordermill_domain::actor::{Act, Actor, Name, ParseActorError};
use ordermill_ports::gateway::Gateway;

/// All gateways. A circuit breaker is the affair of each adapter: a gateway that is left alone for
/// a while answers [`NotSent`](ordermill_ports::gateway::GatewayError::NotSent) at once.
#[derive(Clone, Default)]
pub struct Gateways(Arc<BTreeMap<String, Entry>>);

struct Entry {
    gateway: Arc<dyn Gateway>,
    actor: Name,
}

impl Gateways {
    /// Gateways under their own names. Fails if a name cannot stand in the journal.
    pub fn new(
        gateways: impl IntoIterator<Item = Arc<dyn Gateway>>,
    ) -> Result<Self, ParseActorError> {
        let entries = gateways.into_iter().map(|gateway| {
            let actor = gateway.name().parse()?;
            Ok((gateway.name().to_owned(), Entry { gateway, actor }))
        });
        let entries: Result<_, ParseActorError> = entries.collect();
        entries.map(|entries| Self(Arc::new(entries)))
    }

    /// Their names, sorted.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// The one that buyers are sent to who were not asked.
    pub fn usual(&self) -> Option<&str> {
        self.names().next()
    }

    /// The gateway of a name.
    pub fn get(&self, name: &str) -> Option<&dyn Gateway> {
        self.0.get(name).map(|entry| &*entry.gateway)
    }

    /// What a gateway told at a moment, for the journal.
    pub(crate) fn act(&self, name: &str, at: Timestamp) -> Option<Act> {
        let entry = self.0.get(name)?;
        Some(Act::new(Actor::Adapter(entry.actor.clone()), at))
    }
}

impl std::fmt::Debug for Gateways {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

//! Who did something, by the names that colleagues know.

use std::collections::HashMap;

use ordermill_domain::actor::Actor;
use ordermill_domain::ids::StaffId;
use ordermill_pages::{Words, states};
use ordermill_storage::{Error, Tx, staff};

/// Names of members of staff.
#[derive(Debug, Clone, Default)]
pub(super) struct Names(HashMap<StaffId, String>);

impl Names {
    /// The names of those among these actors who are members of staff.
    pub(super) fn load<'a>(
        tx: &mut Tx<'_>,
        actors: impl IntoIterator<Item = &'a Actor>,
    ) -> Result<Self, Error> {
        let mut names = HashMap::new();
        for actor in actors {
            if let Actor::Staff(id) = actor
                && !names.contains_key(id)
            {
                let found = staff::fetch(tx, *id)?;
                let name = found.map_or_else(|| id.to_string(), |it| it.facts().name.clone());
                names.insert(*id, name);
            }
        }
        Ok(Self(names))
    }

    /// The name of one member of staff.
    pub(super) fn of(&self, id: StaffId) -> Option<&str> {
        self.0.get(&id).map(String::as_str)
    }

    /// An actor in words.
    pub(super) fn actor(&self, actor: &Actor, t: Words) -> String {
        match actor {
            Actor::Staff(id) => self.of(*id).map_or_else(|| id.to_string(), str::to_owned),
            other => states::actor(other, t),
        }
    }
}

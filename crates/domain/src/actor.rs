//! Who does something, and the circumstances that are journaled with every command.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use ordermill_base::Timestamp;
use ordermill_base::id::ParseIdError;

use crate::ids::{ApiKeyId, CustomerId, StaffId};

/// What accompanies every command into the journal: who, when, why, and in which request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Act {
    /// Who did it.
    pub actor: Actor,
    /// When it was decided; every moment that the command stores is this one.
    pub at: Timestamp,
    /// Why, in the actor's words. Never personal data.
    pub reason: Option<String>,
    /// The request that it came with, as found in the logs.
    pub request_id: Option<String>,
}

impl Act {
    /// An act without stated reason and request.
    pub const fn new(actor: Actor, at: Timestamp) -> Self {
        Self { actor, at, reason: None, request_id: None }
    }
}

/// Who acts. The written form is short and stable: `staff:stf_…`, `buyer`, `system:deadline`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Actor {
    /// A buyer in the shop; without an id when buying as a guest.
    Buyer(Option<CustomerId>),
    /// A member of staff at a page.
    Staff(StaffId),
    /// A channel or an integration through the API.
    ApiKey(ApiKeyId),
    /// The adapter of a partner, by its name.
    Adapter(Name),
    /// A mechanism of Ordermill itself, by its name.
    System(Name),
}

/// The name of an adapter or a mechanism: 1 to 40 of `a`–`z`, `0`–`9`, `_` and `-`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Name(Cow<'static, str>);

impl Name {
    const MAX: usize = 40;

    /// A name that is written in the code.
    ///
    /// # Panics
    /// If it is empty, too long or has other letters.
    pub const fn fixed(name: &'static str) -> Self {
        assert!(Self::is_valid(name), "a name has 1 to 40 of a-z, 0-9, _ and -");
        Self(Cow::Borrowed(name))
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    const fn is_valid(name: &str) -> bool {
        let letters = name.as_bytes();
        let mut index = 0;
        while index < letters.len() {
            if !matches!(letters[index], b'a'..=b'z' | b'0'..=b'9' | b'_' | b'-') {
                return false;
            }
            index += 1;
        }
        !letters.is_empty() && letters.len() <= Self::MAX
    }
}

impl FromStr for Name {
    type Err = ParseActorError;
    fn from_str(name: &str) -> Result<Self, Self::Err> {
        if !Self::is_valid(name) {
            return Err(ParseActorError::Name);
        }
        Ok(Self(Cow::Owned(name.to_owned())))
    }
}

impl Actor {
    /// The mechanism that runs deadlines when they are due.
    pub const DEADLINE: Self = Self::System(Name::fixed("deadline"));

    /// The rules that review orders.
    pub const REVIEW: Self = Self::System(Name::fixed("review"));

    /// A mechanism of Ordermill itself.
    ///
    /// # Panics
    /// As [`Name::fixed`].
    pub const fn system(name: &'static str) -> Self {
        Self::System(Name::fixed(name))
    }

    /// The adapter of a partner.
    ///
    /// # Panics
    /// As [`Name::fixed`].
    pub const fn adapter(name: &'static str) -> Self {
        Self::Adapter(Name::fixed(name))
    }
}

/// Why a text names no actor.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ParseActorError {
    /// Not one of the kinds.
    #[error("an actor is a buyer, staff, key, adapter or system")]
    Kind,
    /// The name of an adapter or a mechanism has other letters or another length.
    #[error("a name has 1 to 40 of a-z, 0-9, _ and -")]
    Name,
    /// The id behind the kind is not one of its kind.
    #[error(transparent)]
    Id(#[from] ParseIdError),
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Buyer(None) => f.write_str("buyer"),
            Self::Buyer(Some(id)) => write!(f, "buyer:{id}"),
            Self::Staff(id) => write!(f, "staff:{id}"),
            Self::ApiKey(id) => write!(f, "key:{id}"),
            Self::Adapter(name) => write!(f, "adapter:{}", name.as_str()),
            Self::System(name) => write!(f, "system:{}", name.as_str()),
        }
    }
}

impl FromStr for Actor {
    type Err = ParseActorError;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.split_once(':') {
            None if text == "buyer" => Ok(Self::Buyer(None)),
            Some(("buyer", id)) => Ok(Self::Buyer(Some(id.parse()?))),
            Some(("staff", id)) => Ok(Self::Staff(id.parse()?)),
            Some(("key", id)) => Ok(Self::ApiKey(id.parse()?)),
            Some(("adapter", name)) => Ok(Self::Adapter(name.parse()?)),
            Some(("system", name)) => Ok(Self::System(name.parse()?)),
            None | Some(_) => Err(ParseActorError::Kind),
        }
    }
}

#[cfg(test)]
mod tests {
    use ordermill_base::Id;

    use super::*;

    #[test]
    fn actors_are_written_shortly_and_read_back() {
        let actors = [
            Actor::Buyer(None),
            Actor::Buyer(Some(CustomerId::from_raw(7))),
            Actor::Staff(StaffId::from_raw(7)),
            Actor::ApiKey(ApiKeyId::from_raw(7)),
            Actor::adapter("wechat-pay"),
            Actor::DEADLINE,
        ];
        let written: Vec<String> = actors.iter().map(Actor::to_string).collect();
        insta::assert_snapshot!(written.join("\n"), @r"
        buyer
        buyer:cus_0000000000007
        staff:stf_0000000000007
        key:key_0000000000007
        adapter:wechat-pay
        system:deadline
        ");
        for actor in actors {
            assert_eq!(actor.to_string().parse(), Ok(actor));
        }
    }

    #[test]
    fn what_names_no_actor_is_refused() {
        assert_eq!("owner:7".parse::<Actor>(), Err(ParseActorError::Kind));
        assert_eq!("system:".parse::<Actor>(), Err(ParseActorError::Name));
        assert_eq!("adapter:Big Co".parse::<Actor>(), Err(ParseActorError::Name));
        assert!(matches!("staff:cus_0000000000007".parse::<Actor>(), Err(ParseActorError::Id(_))));
    }
}

//! Members of staff: who may sign in, and as what they work.
//!
//! What a role may do is in [`crate::role`]. Passwords and second factors are secrets and not part of
//! the facts: of them the aggregate knows only that they changed.
//!
//! Invariant: nobody changes their own rights.

use ordermill_base::Timestamp;
use serde::{Deserialize, Serialize};

use crate::ids::{LocationId, StaffId};
use crate::role::Role;

/// One member of staff.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Staff {
    facts: Facts,
}

/// What is stored of a member of staff, beside secrets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// Their id.
    pub id: StaffId,
    /// What they sign in with.
    pub login: Login,
    /// What colleagues call them.
    pub name: String,
    /// What they work as; without any they may sign in and do nothing.
    pub roles: Vec<Role>,
    /// Where they work, if that limits what they see.
    pub location: Option<LocationId>,
    /// Whether they may sign in.
    pub is_active: bool,
    /// Whether a second factor is asked for.
    pub has_totp: bool,
    /// How many changes there were.
    pub version: i64,
    /// Since when.
    pub created_at: Timestamp,
}

/// One change of a member of staff. Holds no name, login or secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind")]
pub enum Event {
    /// They may sign in from now on.
    #[serde(rename = "staff.created")]
    Created {
        /// What they work as.
        roles: Vec<Role>,
        /// Where they work.
        location: Option<LocationId>,
    },
    /// Their roles or their location changed.
    #[serde(rename = "staff.rights_changed")]
    RightsChanged {
        /// What they worked as.
        from: Vec<Role>,
        /// What they work as now.
        to: Vec<Role>,
        /// Where they work now.
        location: Option<LocationId>,
    },
    /// They may not sign in any more.
    #[serde(rename = "staff.disabled")]
    Disabled,
    /// They may sign in again.
    #[serde(rename = "staff.enabled")]
    Enabled,
    /// They have another password.
    #[serde(rename = "staff.password_changed")]
    PasswordChanged,
    /// A second factor is asked for.
    #[serde(rename = "staff.totp_enabled")]
    TotpEnabled,
    /// No second factor is asked for.
    #[serde(rename = "staff.totp_removed")]
    TotpRemoved,
}

/// Why a change of a member of staff is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum StaffError {
    /// Nobody changes their own roles, disables or enables themselves.
    #[error("nobody changes their own rights")]
    OwnRights,
    /// The name is empty or longer than 64 characters.
    #[error("a name has 1 to 64 characters")]
    Name,
    /// Nothing would change.
    #[error("nothing would change")]
    Unchanged,
}

impl Event {
    /// The stable name of the kind.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Created { .. } => "staff.created",
            Self::RightsChanged { .. } => "staff.rights_changed",
            Self::Disabled => "staff.disabled",
            Self::Enabled => "staff.enabled",
            Self::PasswordChanged => "staff.password_changed",
            Self::TotpEnabled => "staff.totp_enabled",
            Self::TotpRemoved => "staff.totp_removed",
        }
    }
}

impl Staff {
    /// The most characters of a name.
    pub const NAME_CHARS_MAX: usize = 64;

    /// Someone new.
    pub fn create(
        id: StaffId,
        login: Login,
        name: &str,
        roles: &[Role],
        location: Option<LocationId>,
        at: Timestamp,
    ) -> Result<(Self, Event), StaffError> {
        let name = name.trim();
        if name.is_empty() || name.chars().count() > Self::NAME_CHARS_MAX {
            return Err(StaffError::Name);
        }
        let facts = Facts {
            id,
            login,
            name: name.to_owned(),
            roles: distinct(roles),
            location,
            is_active: true,
            has_totp: false,
            version: 1,
            created_at: at,
        };
        let event = Event::Created { roles: facts.roles.clone(), location };
        Ok((Self { facts }, event))
    }

    /// As stored.
    pub const fn from_facts(facts: Facts) -> Self {
        Self { facts }
    }

    /// What is stored.
    pub const fn facts(&self) -> &Facts {
        &self.facts
    }

    /// Whether they manage users, roles and keys.
    pub fn is_active_admin(&self) -> bool {
        self.facts.is_active && self.facts.roles.contains(&Role::Admin)
    }

    /// Gives other roles or another location. `by` is who does it, if it is a member of staff.
    pub fn change_rights(
        &mut self,
        by: Option<StaffId>,
        roles: &[Role],
        location: Option<LocationId>,
    ) -> Result<Event, StaffError> {
        self.not_by_themselves(by)?;
        let to = distinct(roles);
        if to == self.facts.roles && location == self.facts.location {
            return Err(StaffError::Unchanged);
        }
        let from = std::mem::replace(&mut self.facts.roles, to.clone());
        self.facts.location = location;
        Ok(self.changed(Event::RightsChanged { from, to, location }))
    }

    /// Lets them sign in no more.
    pub fn disable(&mut self, by: Option<StaffId>) -> Result<Event, StaffError> {
        self.set_active(by, false, Event::Disabled)
    }

    /// Lets them sign in again.
    pub fn enable(&mut self, by: Option<StaffId>) -> Result<Event, StaffError> {
        self.set_active(by, true, Event::Enabled)
    }

    /// Notes another password.
    pub fn change_password(&mut self) -> Event {
        self.changed(Event::PasswordChanged)
    }

    /// Notes that a second factor was proven once and is asked for from now on.
    pub fn enable_totp(&mut self) -> Event {
        self.facts.has_totp = true;
        self.changed(Event::TotpEnabled)
    }

    /// Notes that no second factor is asked for.
    pub fn remove_totp(&mut self) -> Result<Event, StaffError> {
        if !self.facts.has_totp {
            return Err(StaffError::Unchanged);
        }
        self.facts.has_totp = false;
        Ok(self.changed(Event::TotpRemoved))
    }

    fn set_active(
        &mut self,
        by: Option<StaffId>,
        is_active: bool,
        event: Event,
    ) -> Result<Event, StaffError> {
        self.not_by_themselves(by)?;
        if self.facts.is_active == is_active {
            return Err(StaffError::Unchanged);
        }
        self.facts.is_active = is_active;
        Ok(self.changed(event))
    }

    fn not_by_themselves(&self, by: Option<StaffId>) -> Result<(), StaffError> {
        if by == Some(self.facts.id) { Err(StaffError::OwnRights) } else { Ok(()) }
    }

    fn changed(&mut self, event: Event) -> Event {
        self.facts.version += 1;
        event
    }
}

/// Each role once, in the order of [`Role::ALL`].
fn distinct(roles: &[Role]) -> Vec<Role> {
    Role::ALL.into_iter().filter(|role| roles.contains(role)).collect()
}

/// What a member of staff signs in with: 2 to 64 of `a`–`z`, `0`–`9` and `.`, `_`, `-`, `@`. Case does
/// not matter.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Login(String);

/// Why a text cannot be a login.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a login has 2 to 64 of a-z, 0-9, dot, underscore, dash and at sign")]
pub struct InvalidLogin;

impl Login {
    /// The login as text, in lower case.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::str::FromStr for Login {
    type Err = InvalidLogin;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let login = text.trim().to_ascii_lowercase();
        let is_allowed = |b: u8| {
            b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'.' | b'_' | b'-' | b'@')
        };
        let is_valid = (2..=64).contains(&login.len()) && login.bytes().all(is_allowed);
        if is_valid { Ok(Self(login)) } else { Err(InvalidLogin) }
    }
}

impl std::fmt::Display for Login {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use ordermill_base::Id;

    use super::*;

    const NOW: Timestamp = Timestamp::from_millis(1_700_000_000_000);

    fn someone(id: i64, roles: &[Role]) -> Staff {
        let login = "wang.fang".parse().unwrap();
        Staff::create(StaffId::from_raw(id), login, " 王芳 ", roles, None, NOW).unwrap().0
    }

    #[test]
    fn nobody_changes_their_own_rights() {
        let mut admin = someone(1, &[Role::Admin]);
        let (own, other) = (Some(StaffId::from_raw(1)), Some(StaffId::from_raw(2)));
        let before = admin.clone();
        assert_eq!(admin.change_rights(own, &Role::ALL, None), Err(StaffError::OwnRights));
        assert_eq!(admin.disable(own), Err(StaffError::OwnRights));
        assert_eq!(admin.enable(own), Err(StaffError::OwnRights));
        assert_eq!(admin, before);
        assert!(admin.change_rights(other, &[Role::Service], None).is_ok());
        assert!(!admin.is_active_admin());
    }

    #[test]
    fn a_change_that_changes_nothing_is_not_journaled() {
        let mut clerk = someone(1, &[Role::Finance, Role::Service, Role::Finance]);
        assert_eq!(clerk.facts().roles, [Role::Service, Role::Finance]);
        let same = clerk.change_rights(None, &[Role::Service, Role::Finance], None);
        assert_eq!(same, Err(StaffError::Unchanged));
        assert_eq!(clerk.enable(None), Err(StaffError::Unchanged));
        assert_eq!(clerk.remove_totp(), Err(StaffError::Unchanged));
        assert_eq!(clerk.disable(None), Ok(Event::Disabled));
        assert_eq!(clerk.facts().version, 2);
    }

    #[test]
    fn logins_are_the_same_in_any_case_and_have_no_odd_letters() {
        let login: Login = " Wang.Fang@shop-1 ".parse().unwrap();
        assert_eq!(login.as_str(), "wang.fang@shop-1");
        for text in ["", "a", "王芳", "a b", "a\nb", "a'b", &"a".repeat(65)] {
            assert_eq!(text.parse::<Login>(), Err(InvalidLogin), "{text:?}");
        }
    }

    #[test]
    fn events_say_their_kind_and_no_name() {
        let (_, created) = Staff::create(
            StaffId::from_raw(1),
            "wang.fang".parse().unwrap(),
            "王芳",
            &[Role::Service],
            None,
            NOW,
        )
        .unwrap();
        let json = serde_json::to_string(&created).unwrap();
        insta::assert_snapshot!(json, @r#"{"kind":"staff.created","roles":["service"],"location":null}"#);
        let events = [
            created,
            Event::RightsChanged { from: vec![], to: vec![Role::Admin], location: None },
            Event::Disabled,
            Event::Enabled,
            Event::PasswordChanged,
            Event::TotpEnabled,
            Event::TotpRemoved,
        ];
        for event in events {
            let json = serde_json::to_string(&event).unwrap();
            assert!(json.starts_with(&format!(r#"{{"kind":"{}""#, event.kind())), "{json}");
            assert_eq!(serde_json::from_str::<Event>(&json).unwrap(), event);
        }
    }
}

//! Everybody who works at the merchant, and the keys of its integrations.

use ordermill_app::Services;
use ordermill_app::api_key::{self, NewApiKey};
use ordermill_app::permission::Principal;
use ordermill_app::staff::{self, NewStaff};
use ordermill_base::Timestamp;
use ordermill_demo::Merchant;
use ordermill_demo::people::Role as DemoRole;
use ordermill_domain::actor::{Act, Actor};
use ordermill_domain::api_key::Scope;
use ordermill_domain::ids::LocationId;
use ordermill_domain::role::Role;
use ordermill_storage::Error;
use ordermill_vault::{OsEntropy, Token, password};

/// What it takes to come in. Made once for each installation.
#[derive(Debug, Clone)]
pub(super) struct SignIns {
    /// Everybody's logins, with what they work as.
    pub(super) logins: Vec<(String, &'static str)>,
    /// The password of all of them.
    pub(super) password: String,
    /// A key with every scope.
    pub(super) api_key: String,
}

/// Makes the accounts of all staff, and a key.
pub(super) fn make(
    services: &Services,
    merchant: &Merchant,
    at: Timestamp,
) -> anyhow::Result<SignIns> {
    let secret = Token::generate(&OsEntropy).as_str()[..14].to_owned();
    let people = &merchant.people.staff;
    let hashes = hashes(&secret, people.len())?;
    let catalog = services.catalog();
    let mut all = Vec::with_capacity(people.len());
    for (person, hash) in people.iter().zip(hashes) {
        let at_location = person.location.as_deref();
        let location: Option<LocationId> =
            at_location.and_then(|code| catalog.location_by_code(code)).map(|place| place.id);
        let role = role(person.role);
        let name = format!("{} {}", person.name.zh, person.name.en);
        let name = if person.name.zh == person.name.en { person.name.zh.clone() } else { name };
        let (login, roles) = (person.login.parse()?, vec![role]);
        all.push(NewStaff { login, name, roles, location, password: hash });
    }
    let logins =
        people.iter().map(|person| (person.login.clone(), role(person.role).code())).collect();
    let act = Act::new(Actor::system("demo"), at);
    let vault = services.vault().clone();
    let api_key = services.database().write_blocking(move |tx| {
        let principal = Principal::system("demo");
        for new in &all {
            staff::create(tx, &principal, &act, new)?;
        }
        let new = NewApiKey { name: "demo".to_owned(), scopes: Scope::ALL.to_vec(), channel: None };
        let key = api_key::create(tx, &vault, &principal, &act, &new)?;
        Ok::<_, anyhow::Error>(key.text.as_str().to_owned())
    })?;
    Ok(SignIns { logins, password: secret, api_key })
}

/// The hash of a password so often, each with a salt of its own, on all cores: hashing is slow on
/// purpose.
fn hashes(secret: &str, count: usize) -> anyhow::Result<Vec<String>> {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let each = count.div_ceil(cores);
    std::thread::scope(|scope| {
        let hashing: Vec<_> = (0..count)
            .step_by(each.max(1))
            .map(|from| {
                let upto = (from + each).min(count);
                scope.spawn(move || {
                    (from..upto)
                        .map(|_| Ok(password::hash(secret, &OsEntropy)?))
                        .collect::<anyhow::Result<Vec<String>>>()
                })
            })
            .collect();
        let mut all = Vec::with_capacity(count);
        for thread in hashing {
            let done = thread.join().map_err(|_| Error::Panicked)??;
            all.extend(done);
        }
        Ok(all)
    })
}

const fn role(role: DemoRole) -> Role {
    match role {
        DemoRole::Service => Role::Service,
        DemoRole::Warehouse => Role::Warehouse,
        DemoRole::Logistics => Role::Logistics,
        DemoRole::Operations => Role::Operations,
        DemoRole::Finance => Role::Finance,
        DemoRole::Admin => Role::Admin,
    }
}

//! How far the making of the merchant has come: one setting, written first and last.

use ordermill_app::Services;
use ordermill_app::catalog::settings::{self, Kept};
use ordermill_base::Timestamp;
use ordermill_domain::actor::{Act, Actor};
use ordermill_storage::Error;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct DemoState {
    /// Of the merchant; none: there is none.
    seed: Option<u64>,
    is_ready: bool,
}

impl Kept for DemoState {
    const NAME: &'static str = "demo";

    fn standard() -> Self {
        Self { seed: None, is_ready: false }
    }
}

/// What there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    /// Nothing.
    New,
    /// A part of it.
    Interrupted,
    /// All of it.
    Ready,
}

/// What there is in a database. A shop with goods that no demo made is left alone.
pub(super) fn of(services: &Services) -> anyhow::Result<State> {
    let has_goods = !services.catalog().skus().is_empty();
    let (state, _) = services.database().write_blocking(settings::read::<DemoState>)?;
    match (state.seed, state.is_ready) {
        (None, _) if has_goods => {
            anyhow::bail!("this database holds a shop that is not the demo's")
        }
        (None, _) => Ok(State::New),
        (Some(_), false) => Ok(State::Interrupted),
        (Some(_), true) => Ok(State::Ready),
    }
}

/// Notes that the making begins.
pub(super) fn begin(services: &Services, seed: u64, at: Timestamp) -> Result<(), Error> {
    save(services, DemoState { seed: Some(seed), is_ready: false }, at)
}

/// Notes that all of it is there.
pub(super) fn end(services: &Services, at: Timestamp) -> Result<(), Error> {
    let (state, _) = services.database().write_blocking(settings::read::<DemoState>)?;
    save(services, DemoState { is_ready: true, ..state }, at)
}

fn save(services: &Services, state: DemoState, at: Timestamp) -> Result<(), Error> {
    let act = Act::new(Actor::system("demo"), at);
    services.database().write_blocking(move |tx| {
        let (_, version) = settings::read::<DemoState>(tx)?;
        settings::save(tx, &act, &state, version).map(drop)
    })
}

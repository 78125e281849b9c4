//! `ordermill demo`: a believable merchant to try everything on, in a data directory of its own.

mod buyers;
mod dock;
mod floor;
mod held;
mod history;
mod own_sandbox;
mod promotions;
mod resume;
mod road;
mod seed;
mod shipped;
mod staff;
mod state;
mod traffic;
mod welcome;

use std::num::NonZeroU32;
use std::sync::Arc;

use ordermill_app::Services;
use ordermill_base::{Clock, Span, Timestamp};
use ordermill_demo::history as past;
use ordermill_demo::{Merchant, SEED};
use ordermill_sandbox::Sandbox;
use tokio::sync::watch;

use self::staff::SignIns;
use crate::clock::SystemClock;
use crate::command::terminal::{Progress, say};
use crate::config::Settings;
use crate::partners::{self, SandboxAccount};
use crate::{sandbox_carriers, wiring};

pub(crate) use own_sandbox::OwnSandbox;
pub(crate) use resume::go_on;

/// Orders of the ninety days before the first start.
pub(crate) const PAST_ORDERS: usize = 5_000;

/// Orders a minute if nobody says otherwise.
pub(crate) const PACE: u32 = 4;

/// What goes on in a demo beside the shop itself.
pub(crate) struct Life {
    /// About so many orders a minute; 0 for nobody.
    pub(crate) orders_a_minute: u32,
    /// Where visitors pay, if it is in this process.
    pub(crate) sandbox: Option<Sandbox>,
}

impl Life {
    /// Goes on until `stop` turns true.
    pub(crate) async fn run(self, services: Services, stop: watch::Receiver<bool>) {
        let Some(pace) = NonZeroU32::new(self.orders_a_minute) else { return };
        let merchant = Arc::new(Merchant::from_seed(SEED));
        let crew = tokio::spawn(floor::run(services.clone(), stop.clone()));
        let dock = tokio::spawn(dock::run(services.clone(), stop.clone()));
        let street = traffic::Street { services, merchant, sandbox: self.sandbox };
        // Other people every time.
        traffic::run(street, pace, crate::command::serve::seed(), stop).await;
        if crew.await.is_err() || dock.await.is_err() {
            tracing::error!("the warehouse of the demo has stopped");
        }
    }
}

/// Makes the merchant, if there is none yet, and tells how to get in. Before the shop opens: while the
/// past is made the clock stands at its beginning, so that what was made then has an id of then, which
/// lists and numbers of orders are made from. At `sandbox` buyers pay, and its carriers are the merchant's.
pub(crate) fn prepare(
    settings: &Settings,
    public_url: &str,
    sandbox: Option<&SandboxAccount>,
    past_orders: usize,
) -> anyhow::Result<()> {
    let data = settings.data_dir();
    let sign_ins = data.join("demo-sign-ins.txt");
    let now = SystemClock.now();
    let opened_at = now - Span::days(past::DAYS + 1);
    let clock = Arc::new(Standing(opened_at));
    let shop = wiring::open_at(settings, partners::carriers_only(sandbox), clock)?;
    let services = &shop.services;
    let made = match state::of(services)? {
        state::State::Ready => Ok(()),
        state::State::Interrupted => Err(anyhow::anyhow!(
            "the merchant was not made to the end: remove {} and start again",
            data.display()
        )),
        state::State::New => {
            say("making the merchant: products, warehouses, people and ninety days of orders");
            let made = make(services, past_orders, (opened_at, now), sandbox);
            made.and_then(|made| welcome::keep(&sign_ins, &made, public_url))
        }
    };
    services.database().close();
    made?;
    welcome::tell(&sign_ins, public_url);
    Ok(())
}

/// A clock that stands still.
#[derive(Debug)]
struct Standing(Timestamp);

impl Clock for Standing {
    fn now(&self) -> Timestamp {
        self.0
    }
}

/// Makes everything, so that it looks at `now` like a shop that has been open for ninety days.
fn make(
    services: &Services,
    past_orders: usize,
    (opened_at, now): (Timestamp, Timestamp),
    sandbox: Option<&SandboxAccount>,
) -> anyhow::Result<SignIns> {
    let merchant = Arc::new(Merchant::from_seed(SEED));
    state::begin(services, SEED, opened_at)?;
    seed::seed(services, &merchant, opened_at, now)?;
    if let Some(sandbox) = sandbox {
        sandbox_carriers::keep(services, sandbox)?;
        // What they offer, buyers may wish.
        let holder = services.catalog_holder();
        services.database().write_blocking(move |tx| holder.reload(tx))?;
    }
    let sign_ins = staff::make(services, &merchant, opened_at)?;
    let orders = past::history(&merchant, SEED, past_orders, now);
    let mut bar = Progress::new("ninety days");
    let mut progress = |done, total| bar.at(done, total);
    let made = history::make(services, &merchant, orders, (opened_at, now), &mut progress)?;
    drop(bar);
    let held = held::make(services, &merchant, now)?;
    tracing::debug!(?made, held, "the past is made");
    state::end(services, now)?;
    Ok(sign_ins)
}

#[cfg(test)]
mod tests;

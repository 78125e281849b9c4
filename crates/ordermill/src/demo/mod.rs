//! `ordermill demo`: a believable merchant to try everything on, in a data directory of its own.

mod buyers;
mod history;
mod own_sandbox;
mod promotions;
mod seed;
mod staff;
mod state;
mod traffic;
mod welcome;

use std::num::NonZeroU32;
use std::path::Path;
use std::sync::Arc;

use ordermill_app::Services;
use ordermill_base::{Span, Timestamp};
use ordermill_demo::history as past;
use ordermill_demo::{Merchant, SEED};
use ordermill_sandbox::Sandbox;
use tokio::sync::watch;

use self::history::Account;
use self::staff::SignIns;
use crate::command::terminal::{Progress, say};
use crate::partners::MERCHANT;
use crate::wiring::Shop;

pub(crate) use own_sandbox::OwnSandbox;

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
        let street = traffic::Street { services, merchant, sandbox: self.sandbox };
        // Other people every time.
        traffic::run(street, pace, crate::command::serve::seed(), stop).await;
    }
}

/// Makes the merchant, if there is none yet, and tells how to get in.
pub(crate) fn prepare(shop: &Shop, data: &Path, past_orders: usize) -> anyhow::Result<()> {
    let services = &shop.services;
    let sign_ins = data.join("demo-sign-ins.txt");
    match state::of(services)? {
        state::State::Ready => {}
        state::State::Interrupted => anyhow::bail!(
            "the merchant was not made to the end: remove {} and start again",
            data.display()
        ),
        state::State::New => {
            say("making the merchant: products, warehouses, people and ninety days of orders");
            let gateway = services.payments().gateways().usual().unwrap_or("sandbox").to_owned();
            let account = Account { gateway, merchant: MERCHANT.to_owned() };
            let made = make(services, past_orders, services.now(), &account)?;
            welcome::keep(&sign_ins, &made, services.links().public_url())?;
        }
    }
    welcome::tell(&sign_ins, services.links().public_url());
    Ok(())
}

/// Makes everything, so that it looks at `now` like a shop that has been open for ninety days.
fn make(
    services: &Services,
    past_orders: usize,
    now: Timestamp,
    account: &Account,
) -> anyhow::Result<SignIns> {
    let merchant = Arc::new(Merchant::from_seed(SEED));
    let opened_at = now - Span::days(past::DAYS + 1);
    let today = now.to_jiff().to_zoned(jiff::tz::TimeZone::get("Asia/Shanghai")?).date();
    state::begin(services, SEED, opened_at)?;
    seed::seed(services, &merchant, opened_at, today)?;
    let sign_ins = staff::make(services, &merchant, opened_at)?;
    let orders = past::history(&merchant, SEED, past_orders, now);
    let mut bar = Progress::new("ninety days");
    let mut progress = |done, total| bar.at(done, total);
    let made =
        history::make(services, &merchant, orders, (opened_at, now), account, &mut progress)?;
    drop(bar);
    let history::Made { customers, orders, paid, canceled, expired, refused } = made;
    tracing::debug!(customers, orders, paid, canceled, expired, refused, "the past is made");
    state::end(services, now)?;
    Ok(sign_ins)
}

#[cfg(test)]
mod tests;

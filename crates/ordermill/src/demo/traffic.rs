//! Visitors who keep coming: they fill carts, leave them or order, use coupons, pay at the sandbox,
//! fail, cancel or forget, at a pace that can be turned up; and suppliers who keep the shelves from running empty.

use std::collections::HashMap;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::Context as _;
use ordermill_app::Services;
use ordermill_app::cart::{self, Change};
use ordermill_app::order::cancel::cancel_order;
use ordermill_app::order::intake::{Agreed, NewLine, NewOrder};
use ordermill_app::order::{PlacedFacts, PlacingError};
use ordermill_app::payment::start::StartedPayment;
use ordermill_app::shopper::profile;
use ordermill_app::stock::{Lot, Spot, receive_stock};
use ordermill_base::{Currency, Quantity, Span, Timestamp};
use ordermill_demo::Merchant;
use ordermill_demo::traffic::{Action, Intent, Line, PayOutcome, Tender, Traffic};
use ordermill_demo::wishes::Wishes;
use ordermill_domain::actor::{Act, Actor};
use ordermill_domain::ids::{CartId, CustomerId, OrderId, SkuId};
use ordermill_domain::order::{CancelReason, PaymentTerms};
use ordermill_sandbox::Sandbox;
use ordermill_storage::stock;
use tokio::sync::{Semaphore, watch};

use super::buyers;

/// Orders a minute at 100 % of the demo's visitors in the evening, times a hundred: 1,200 visits a
/// day, of which one in fifteen orders, and the evening is twice as busy as the day.
const HUNDREDTHS_A_MINUTE: u32 = 12;
/// Visitors who are served at the same moment; others wait at the door.
const AT_ONCE: usize = 64;
/// Those who are inside when the doors open have come within this time.
const INSIDE_SINCE: Span = Span::minutes(10);
/// Suppliers look so often.
const RESTOCKED_EVERY: Duration = Duration::from_secs(5);
/// Receipts in one transaction.
const RECEIPTS_AT_ONCE: usize = 100;

/// Everything that visitors need.
pub(super) struct Street {
    pub(super) services: Services,
    pub(super) merchant: Arc<Merchant>,
    /// Where they pay; without one they order and do not pay, unless at the door.
    pub(super) sandbox: Option<Sandbox>,
}

/// What a visitor orders, and how.
struct Order {
    lines: Vec<Line>,
    address: usize,
    coupon: Option<String>,
    tender: Tender,
    wishes: Wishes,
    cart: Option<CartId>,
}

/// What is known of those inside.
#[derive(Default)]
struct Inside {
    customers: HashMap<usize, CustomerId>,
    carts: HashMap<u64, CartId>,
    orders: HashMap<u64, OrderId>,
}

/// Lets visitors come until `stop` turns true: about so many orders a minute.
pub(super) async fn run(
    street: Street,
    orders_a_minute: NonZeroU32,
    seed: u64,
    mut stop: watch::Receiver<bool>,
) {
    let percent = orders_a_minute.get().saturating_mul(100 * 100) / HUNDREDTHS_A_MINUTE;
    let percent = NonZeroU32::new(percent).unwrap_or(NonZeroU32::MIN);
    let mut traffic = Traffic::new(Arc::clone(&street.merchant), seed, percent).carts_only();
    let street = Arc::new(street);
    let suppliers = tokio::spawn(restock(street.services.clone(), stop.clone()));
    let inside = Arc::new(Mutex::new(Inside::default()));
    let places = Arc::new(Semaphore::new(AT_ONCE));
    // The evening, whatever the clock on the wall says; and people are inside already.
    let ahead = until_evening(street.services.now());
    let opened_at = street.services.now() + ahead;
    let mut asked_at = opened_at - INSIDE_SINCE;
    loop {
        let (at, intent) = traffic.next(asked_at);
        if at < opened_at {
            continue;
        }
        asked_at = street.services.now() + ahead;
        let wait = at.since(asked_at).to_std();
        let place = Arc::clone(&places).acquire_owned();
        let place = tokio::select! {
            biased;
            _ = stop.wait_for(|is_stopping| *is_stopping) => break,
            place = async {
                tokio::time::sleep(wait).await;
                place.await
            } => place,
        };
        let Ok(place) = place else { break };
        let (street, inside) = (Arc::clone(&street), Arc::clone(&inside));
        tokio::spawn(async move {
            if let Err(error) = street.act(&inside, intent).await {
                tracing::debug!("a visitor could not go on: {error:#}");
            }
            drop(place);
        });
    }
    // Those inside end what they are about.
    drop(places.acquire_many(u32::try_from(AT_ONCE).unwrap_or(1)).await);
    drop(suppliers.await);
}

/// The next half past seven in the evening in China.
fn until_evening(now: Timestamp) -> Span {
    const DAY: i64 = 86_400;
    const EVENING_UTC: i64 = 11 * 3_600 + 1_800;
    Span::seconds((EVENING_UTC - now.as_seconds()).rem_euclid(DAY))
}

impl Street {
    async fn act(&self, inside: &Mutex<Inside>, intent: Intent) -> anyhow::Result<()> {
        let Intent { session, customer, action } = intent;
        let order = lock(inside).orders.get(&session).copied();
        match (action, order) {
            (Action::AddToCart(Line { sku, quantity }), None) => {
                self.change_cart(inside, session, sku, Change::Add(quantity)).await?;
            }
            (Action::RemoveFromCart(sku), None) => {
                self.change_cart(inside, session, sku, Change::Set(0)).await?;
            }
            (Action::PlaceOrder { lines, address, coupon, tender, wishes }, None) => {
                let cart = lock(inside).carts.get(&session).copied();
                let order = Order { lines, address, coupon, tender, wishes, cart };
                if let Some(id) = self.place(inside, customer, order).await? {
                    lock(inside).orders.insert(session, id);
                }
            }
            (Action::Pay { outcome, .. }, Some(order)) => {
                let buyer = lock(inside).customers.get(&customer).copied();
                self.pay(buyer, order, outcome).await?;
            }
            (Action::Cancel(_), Some(order)) => {
                let buyer = lock(inside).customers.get(&customer).copied();
                let act = Act::new(Actor::Buyer(buyer), self.services.now());
                let cancel = move |tx: &mut ordermill_storage::Tx<'_>| {
                    cancel_order(tx, &act, order, CancelReason::Buyer)
                };
                self.services.database().write(cancel).await?;
            }
            (Action::Leave, _) => {
                let mut inside = lock(inside);
                inside.carts.remove(&session);
                inside.orders.remove(&session);
            }
            // The shop has refused what this would have followed.
            _ => {}
        }
        Ok(())
    }

    /// Puts something into the visitor's cart, or takes it out.
    async fn change_cart(
        &self,
        inside: &Mutex<Inside>,
        session: u64,
        sku: String,
        change: Change,
    ) -> anyhow::Result<()> {
        let cart = lock(inside).carts.get(&session).copied();
        let holder = cart::Holder { cart, customer: None };
        let (catalog, now) = (self.services.catalog(), self.services.now());
        let work = move |tx: &mut ordermill_storage::Tx<'_>| {
            cart::change_line(tx, &catalog, holder, &sku, change, now)
        };
        let changed = self.services.database().write(work).await?;
        lock(inside).carts.insert(session, changed.id);
        Ok(())
    }

    /// Types a code in, where buyers do before they order.
    async fn enter_coupon(&self, cart: CartId, code: String) -> anyhow::Result<()> {
        let (holder, now) =
            (cart::Holder { cart: Some(cart), customer: None }, self.services.now());
        let work = move |tx: &mut ordermill_storage::Tx<'_>| {
            cart::set_coupons(tx, holder, vec![code.clone()], now)
        };
        self.services.database().write(work).await?;
        Ok(())
    }

    async fn place(
        &self,
        inside: &Mutex<Inside>,
        customer: usize,
        Order { lines, address, coupon, tender, wishes, cart }: Order,
    ) -> anyhow::Result<Option<OrderId>> {
        if let Some((cart, code)) = cart.zip(coupon.clone()) {
            self.enter_coupon(cart, code).await?;
        }
        let id = self.account(inside, customer).await?;
        let buyer = self.merchant.people.customers.get(customer).context("nobody")?;
        let address = buyer.addresses.get(address).context("an address too few")?;
        let line = |line: &Line| NewLine { sku: line.sku.clone(), quantity: line.quantity };
        let recipient = buyers::recipient(address);
        let service_wish =
            buyers::service_wish(&self.services.catalog(), &recipient, wishes.service);
        let new = NewOrder {
            channel: self.services.channels().shop,
            channel_order_id: None,
            customer: Some(id),
            currency: Currency::Cny,
            terms: match tender {
                Tender::CashOnDelivery => PaymentTerms::CashOnDelivery,
                _ => PaymentTerms::Prepaid,
            },
            lines: lines.iter().map(line).collect(),
            recipient,
            email: Some(buyer.email.clone()),
            note: wishes.note,
            service_wish,
            accepts_backorder: false,
            charges: None,
            coupons: coupon.into_iter().collect(),
            points: 0,
            gift_cards: Vec::new(),
            agreed: Agreed::default(),
            key: None,
            cart,
        };
        let act = Act::new(Actor::Buyer(Some(id)), self.services.now());
        let mut placed = self.services.place_order(act.clone(), new.clone()).await;
        if matches!(placed, Err(PlacingError::Intake(_))) && !new.coupons.is_empty() {
            // The coupon is used up, or not for this: the buyer does without.
            let new = NewOrder { coupons: Vec::new(), ..new };
            placed = self.services.place_order(act, new).await;
        }
        match placed {
            Ok(PlacedFacts { id, .. }) => Ok(Some(id)),
            // Sold out: the buyer goes.
            Err(PlacingError::Place(_)) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// The buyer's account, opened if this is the first order.
    async fn account(&self, inside: &Mutex<Inside>, customer: usize) -> anyhow::Result<CustomerId> {
        let known = lock(inside).customers.get(&customer).copied();
        if let Some(id) = known {
            return Ok(id);
        }
        let buyer = self.merchant.people.customers.get(customer).context("nobody")?;
        let profile = buyers::profile(buyer).context("an address that is not valid")?;
        let (vault, now) = (self.services.vault().clone(), self.services.now());
        let id = self
            .services
            .database()
            .write(move |tx| profile::find_or_open_account(tx, &vault, &profile, now))
            .await?;
        lock(inside).customers.insert(customer, id);
        Ok(id)
    }

    async fn pay(
        &self,
        buyer: Option<CustomerId>,
        order: OrderId,
        outcome: PayOutcome,
    ) -> anyhow::Result<()> {
        let Some(sandbox) = &self.sandbox else { return Ok(()) };
        let gateway = self.services.payments().gateways().usual().map(str::to_owned);
        let Some(gateway) = gateway else { return Ok(()) };
        let act = Act::new(Actor::Buyer(buyer), self.services.now());
        let started = self.services.start_payment(act, order, &gateway, None).await?;
        let StartedPayment::Redirect { payment, .. } = started else { return Ok(()) };
        let payment = payment.to_string();
        match outcome {
            PayOutcome::Succeeds => drop(sandbox.pay(&payment)),
            PayOutcome::InsufficientFunds => {
                drop(sandbox.decline(&payment, "insufficient funds"));
            }
            PayOutcome::Declined => drop(sandbox.decline(&payment, "declined by the bank")),
            // The buyer waits, and closes the page.
            PayOutcome::TimesOut => {}
        }
        Ok(())
    }
}

fn lock(inside: &Mutex<Inside>) -> std::sync::MutexGuard<'_, Inside> {
    inside.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Brings what runs out, so that the shop can go on selling for days.
async fn restock(services: Services, mut stop: watch::Receiver<bool>) {
    loop {
        tokio::select! {
            biased;
            _ = stop.wait_for(|is_stopping| *is_stopping) => return,
            () = tokio::time::sleep(RESTOCKED_EVERY) => {}
        }
        if let Err(error) = bring(&services).await {
            tracing::debug!("suppliers could not deliver: {error:#}");
        }
    }
}

/// Of each SKU that is nearly gone, what a supplier's truck brings: twice its reorder point.
async fn bring(services: &Services) -> anyhow::Result<()> {
    let catalog = services.catalog();
    let skus: Vec<SkuId> =
        catalog.skus().iter().filter(|sku| sku.is_active).map(|sku| sku.id).collect();
    let levels = services.database().read(move |tx| stock::levels(tx, skus)).await?;
    let mut available: HashMap<SkuId, i64> = HashMap::new();
    for level in &levels {
        *available.entry(level.sku).or_default() += level.available();
    }
    let mut receipts = Vec::new();
    for level in levels {
        let Some(sku) = catalog.sku(level.sku) else { continue };
        let left = available.get(&level.sku).copied().unwrap_or_default();
        let is_empty = level.available() <= 0 && left <= sku.reorder_point / 2;
        if is_empty {
            let quantity = Quantity::new((2 * sku.reorder_point).max(24))?;
            receipts.push((level.sku, level.location, quantity));
        }
    }
    for chunk in receipts.chunks(RECEIPTS_AT_ONCE) {
        let (chunk, act) = (chunk.to_vec(), Act::new(Actor::system("supplier"), services.now()));
        services
            .database()
            .write(move |tx| {
                for (sku, place, quantity) in &chunk {
                    // Where it lay before; what never lay anywhere goes without a bin.
                    let bins = stock::bins(tx, *sku, *place)?;
                    let spot = bins.into_iter().max_by_key(|bin| bin.on_hand).map(|bin| Spot {
                        bin: Some(bin.bin),
                        lot: (!bin.lot.is_empty())
                            .then_some(Lot { code: bin.lot, expires_on: bin.expires_on }),
                    });
                    let Some(spot) = spot else { continue };
                    receive_stock(tx, &act, *sku, *place, *quantity, &spot, None)?;
                }
                Ok::<_, anyhow::Error>(())
            })
            .await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doors_open_at_half_past_seven_in_the_evening_in_china() {
        for text in ["2026-11-22T00:00:00Z", "2026-11-22T11:30:00Z", "2026-11-22T23:59:59Z"] {
            let now: Timestamp = text.parse().unwrap();
            let opened = now + until_evening(now);
            assert_eq!(opened.as_seconds() % 86_400, 11 * 3_600 + 1_800, "{text}");
            assert!(opened >= now);
        }
    }
}

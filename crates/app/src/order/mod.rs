//! Orders: taking in, placing, canceling, showing, and the file that every other command works on.

pub mod cancel;
pub mod claims;
pub mod detail;
pub mod file;
pub mod fill;
pub(crate) mod gifts;
pub mod give_up;
pub mod intake;
pub mod list;
pub mod note;
pub mod place;
pub mod sight;
pub mod step;
pub mod substitute;
pub mod timeline;

use ordermill_base::{Money, Timestamp};
use ordermill_domain::actor::Act;
use ordermill_domain::ids::{CustomerId, OrderId};
use ordermill_storage::{Tx, order, payment};

use self::intake::{Benefits, Intake, IntakeError, NewOrder, buyer_phone};
use self::place::{PlaceOrder, PlaceOrderError, Placement};
use crate::Services;
use crate::benefit::{Found, Holder, is_customer, look_up};
use crate::shopper::guest_token;

/// The facts of a placed order that never change: what a creating call is answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlacedFacts {
    /// Which order.
    pub id: OrderId,
    /// What it costs.
    pub total: Money,
    /// What is left of that to pay, behind the points and gift cards that were handed in with it.
    pub to_pay: Money,
    /// When it was placed.
    pub placed_at: Timestamp,
    /// Opens its page without an account.
    pub token: String,
    /// The request was a repeat; it was placed before.
    pub is_replay: bool,
}

/// Why an order was not placed; nothing has changed.
#[derive(Debug, thiserror::Error)]
pub enum PlacingError {
    /// A field is missing or wrong, or it cannot be priced.
    #[error(transparent)]
    Intake(#[from] IntakeError),
    /// No stock, or a key that was used for something else.
    #[error(transparent)]
    Place(#[from] PlaceOrderError),
    /// The database.
    #[error(transparent)]
    Storage(#[from] ordermill_storage::Error),
}

impl Services {
    /// Takes in an order and places it, durably before the answer.
    pub async fn place_order(&self, act: Act, new: NewOrder) -> Result<PlacedFacts, PlacingError> {
        let (id, placed_at) = (self.database().ids().next(act.at), act.at);
        // What may be refused now and was not before is asked for below.
        let is_plain = new.hands_in_nothing() && new.service_wish.is_none();
        let command = if is_plain && !new.agreed.is_stated() {
            let catalog = self.catalog();
            let intake = Intake { catalog: &catalog, vault: self.vault() };
            intake.prepare(id, act, new, Benefits::default())?.0
        } else {
            let known = (new.key.clone(), new.channel, new.channel_order_id.clone(), new.cart);
            match self.prepare_with_benefits(id, act, new).await {
                Ok(command) => command,
                // What it hands in may be used up by this very order, placed before, and carriers change.
                Err(refused) => {
                    let (key, channel, theirs, cart) = known;
                    let find = move |tx: &mut Tx<'_>| {
                        place::find_placed(tx, key.as_ref(), channel, theirs.as_deref(), cart)
                    };
                    match self.database().read(find).await? {
                        Some(known) => return self.facts_of(known?).await,
                        None => return Err(refused),
                    }
                }
            }
        };
        let total = command.placed.amounts.total();
        let tendered: i64 = command.claims.tendered_minor().sum();
        let to_pay = Money::new(total.minor - tendered, total.currency);
        match self.database().submit(command).await? {
            Ok(Placement::New(id)) => Ok(self.placed_facts(id, total, to_pay, placed_at, false)),
            Ok(Placement::Existing(id)) => self.facts_of(id).await,
            Err(error) => {
                if let PlaceOrderError::OutOfStock(shortages) = &error {
                    let (database, catalog) = (self.database(), self.catalog());
                    self.refused().note(database, catalog, shortages, placed_at).await;
                }
                Err(error.into())
            }
        }
    }

    /// Looks up what is handed in, and makes the price with it.
    async fn prepare_with_benefits(
        &self,
        id: OrderId,
        act: Act,
        new: NewOrder,
    ) -> Result<PlaceOrder, PlacingError> {
        let phone = buyer_phone(&new.recipient);
        let phone_blind = phone.and_then(|phone| self.vault().phone_blind(&phone));
        let holder = Holder { customer: new.customer, phone_blind };
        let (handed_in, vault) = (new.handed_in(), self.vault().clone());
        let ask = move |tx: &mut Tx<'_>| look_up(tx, &vault, &handed_in, holder);
        let found: Found = self.database().read(ask).await?;
        let catalog = self.catalog();
        let spending = catalog.terms_in(new.currency).and_then(|terms| terms.spending);
        let mut issues = Vec::new();
        found.check(new.currency, spending, &mut issues);
        if !issues.is_empty() {
            return Err(IntakeError::Fields(issues).into());
        }
        let (coupons, gift_cards) = (found.coupon_uses(), found.cards_in(new.currency));
        let points = found.points_to_spend(spending);
        let benefits = Benefits { coupons: &coupons, points, gift_cards: &gift_cards };
        let is_agreed = new.agreed.is_stated();
        let intake = Intake { catalog: &catalog, vault: self.vault() };
        let (command, quote) = intake.prepare(id, act, new, benefits)?;
        if let Some(quote) = quote.filter(|_| !is_agreed) {
            found.check_left_out(&quote, &mut issues);
        }
        if issues.is_empty() { Ok(command) } else { Err(IntakeError::Fields(issues).into()) }
    }

    /// Whether there is such a customer; integrations name them.
    pub async fn is_customer(&self, id: CustomerId) -> Result<bool, ordermill_storage::Error> {
        self.database().read(move |tx| is_customer(tx, id)).await
    }

    async fn facts_of(&self, id: OrderId) -> Result<PlacedFacts, PlacingError> {
        let read = move |tx: &mut Tx<'_>| {
            let stored =
                order::fetch(tx, id)?.ok_or(ordermill_storage::Error::Stale("an order"))?;
            let facts = stored.order.facts().clone();
            let payments =
                if facts.money.paid_minor > 0 { payment::of(tx, id)? } else { Vec::new() };
            let tendered = payments.iter().filter(|payment| payment.tender().is_some());
            let tendered: i64 = tendered.map(|payment| payment.facts().amount.minor).sum();
            Ok::<_, ordermill_storage::Error>((facts, tendered))
        };
        let (facts, tendered) = self.database().read(read).await?;
        let total = facts.amounts.total();
        let to_pay = Money::new(total.minor - tendered, total.currency);
        Ok(self.placed_facts(id, total, to_pay, facts.milestones.placed_at, true))
    }

    fn placed_facts(
        &self,
        id: OrderId,
        total: Money,
        to_pay: Money,
        placed_at: Timestamp,
        is_replay: bool,
    ) -> PlacedFacts {
        let token = guest_token(self.vault(), id, placed_at);
        PlacedFacts { id, total, to_pay, placed_at, token, is_replay }
    }
}

//! Goods come in, go, are counted and moved; prices change, points and gift cards are set right.

use ordermill_app::catalog::edit::set_price;
use ordermill_app::gift_card::adjust_gift_card;
use ordermill_app::points::adjust_points;
use ordermill_app::stock::{Spot, adjust_stock, count_stock, receive_stock, transfer_stock};
use ordermill_base::{Currency, Id, Money, Quantity};
use ordermill_domain::actor::Act;
use ordermill_domain::ids::{CustomerId, GiftCardId, LocationId, SkuId};
use ordermill_storage::{Error, Tx, sku};

use super::{Shop, operator};
use crate::ground;
use crate::model::{Place, Wrong};

impl Shop {
    pub(super) fn stock_moves(&mut self) -> Result<(), Wrong> {
        let random = &mut self.random;
        let sku = random.between(1, ground::SKUS);
        let location = random.between(1, ground::LOCATIONS);
        let other = 1 + location % ground::LOCATIONS;
        let (what, pieces) =
            (random.below(4), random.between(1, 60.max(4 * self.batch_max.cast_signed())));
        let place: Place = (sku, location);
        // What lies in bins and totes is for those who work there: this is about the rest.
        let in_bins = self.model.in_bins(place);
        let lies_about = self.model.lying_about(place);
        let counted = (lies_about + random.between(-3, 3)).max(0);
        let changes: Vec<(Place, i64)> = match what {
            0 => vec![(place, pieces)],
            1 => vec![(place, -(pieces % 7))],
            2 => vec![(place, counted - lies_about)],
            _ => vec![(place, -pieces), ((sku, other), pieces)],
        };
        let mut should = self.model.shelves_after(&changes);
        if changes[0].1 < -lies_about {
            should = Err(format!("{lies_about} pieces at {place:?} lie in no bin"));
        }
        let from = (in_bins > 0).then(Spot::default);
        let act = Act { reason: Some("found".to_owned()), ..operator(self.world.now()) };
        let (sku, at) = (SkuId::from_raw(sku), LocationId::from_raw(location));
        let to = LocationId::from_raw(other);
        let database = self.world.database();
        let answer = self.world.run(async move {
            let quantity = Quantity::new(pieces).expect("some pieces");
            let spot = Spot::default();
            let work = move |tx: &mut Tx<'_>| match what {
                0 => receive_stock(tx, &act, sku, at, quantity, &spot, None).map(drop),
                1 => adjust_stock(tx, &act, sku, at, -(pieces % 7), &spot).map(drop),
                2 => count_stock(tx, &act, sku, at, counted, &spot).map(drop),
                _ => transfer_stock(tx, &act, sku, (at, from.as_ref()), (to, None), quantity)
                    .map(drop),
            };
            database.write(work).await
        });
        let is_done = match &answer {
            Some(answer) => answer.is_ok(),
            None => self.world.committed() > 0 && should.is_ok(),
        };
        if answer.is_some() && is_done != should.is_ok() {
            return Err(format!("stock {changes:?} is {answer:?}, should be {should:?}"));
        }
        if let (true, Ok(shelves)) = (is_done, should) {
            self.model.shelves = shelves;
        }
        self.listen()
    }

    /// A price is edited; the shop tells the new one at once or a moment later.
    pub(super) fn prices_change(&mut self) -> Result<(), Wrong> {
        if self.random.percent(70) {
            let number = self.random.between(1, ground::SKUS);
            let price = (ground::first_price(number) + self.random.between(-50, 400)).max(1);
            let (id, act) = (SkuId::from_raw(number), operator(self.world.now()));
            let stored = self.world.look(|tx| sku::fetch(tx, id)).ok_or("a SKU is gone")?;
            let database = self.world.database();
            let edit = move |tx: &mut Tx<'_>| {
                let price = Money::new(price, Currency::Cny);
                set_price(tx, &act, id, stored.version, price, None)
            };
            let edited = self.world.run(async move { database.write(edit).await });
            match edited {
                Some(Err(error)) => return Err(format!("a price is not edited: {error}")),
                Some(Ok(_)) => drop(self.model.prices.insert(number, price)),
                None => {
                    let now = self.world.look(|tx| sku::fetch(tx, id)).ok_or("a SKU is gone")?;
                    self.model.prices.insert(number, now.price.minor);
                    self.model.told_prices = self.model.prices.clone();
                }
            }
        }
        if self.random.percent(70) {
            let services = self.world.services();
            self.world.run(async move { services.catalog_changed().await });
            self.model.told_prices = self.model.prices.clone();
        }
        self.listen()
    }

    /// Somebody gets points or loses some, or what is on a card is changed.
    pub(super) fn benefits_are_set_right(&mut self) -> Result<(), Wrong> {
        let is_points = self.random.percent(50);
        let delta = self.random.between(-300, 500);
        let known: Vec<(i64, i64)> = match is_points {
            true => self.model.accounts.iter().map(|(id, it)| (*id, it.balance)).collect(),
            false => self.model.cards.iter().map(|(id, balance)| (*id, *balance)).collect(),
        };
        let (id, has) = *self.random.pick(&known);
        let is_allowed = delta + has >= 0;
        let act = Act { reason: Some("goodwill".to_owned()), ..operator(self.world.now()) };
        let database = self.world.database();
        let done = self.world.run(async move {
            let change = move |tx: &mut Tx<'_>| -> Result<bool, Error> {
                let done = match is_points {
                    true => adjust_points(tx, &act, CustomerId::from_raw(id), delta).is_ok(),
                    false => adjust_gift_card(tx, &act, GiftCardId::from_raw(id), delta).is_ok(),
                };
                Ok(done)
            };
            database.write(change).await
        });
        let should = is_allowed && delta != 0;
        let is_done = match &done {
            Some(Ok(is_done)) => *is_done,
            Some(Err(error)) => return Err(format!("setting right fails: {error}")),
            None => self.world.committed() > 0 && should,
        };
        if done.is_some() && is_done != should {
            return Err(format!("{delta} for {id} with {has} is done: {is_done}, not {should}"));
        }
        if is_done && is_points {
            let account = self.model.accounts.entry(id).or_default();
            if delta > 0 { account.come(delta) } else { account.balance += delta }
        } else if is_done {
            *self.model.cards.entry(id).or_default() += delta;
        }
        self.listen()
    }
}

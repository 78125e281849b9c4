//! Goods come in, go, are counted and moved.

use ordermill_app::stock::{Spot, adjust_stock, count_stock, receive_stock, transfer_stock};
use ordermill_base::{Id, Quantity};
use ordermill_domain::actor::Act;
use ordermill_domain::ids::{LocationId, SkuId};
use ordermill_storage::Tx;

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
        let shelf = self.model.shelves.get(&(sku, location)).copied().unwrap_or_default();
        let counted = (shelf.on_hand + random.between(-3, 3)).max(0);
        let place: Place = (sku, location);
        let changes: Vec<(Place, i64)> = match what {
            0 => vec![(place, pieces)],
            1 => vec![(place, -(pieces % 7))],
            2 => vec![(place, counted - shelf.on_hand)],
            _ => vec![(place, -pieces), ((sku, other), pieces)],
        };
        let should = self.model.shelves_after(&changes);
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
                _ => transfer_stock(tx, &act, sku, (at, None), (to, None), quantity).map(drop),
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
}

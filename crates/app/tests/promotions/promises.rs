//! The day that is promised to orders which name none themselves, as those of files and of the API: the one that a
//! quote would have named, also where their pieces have to come in first.

use jiff::civil::Date;
use ordermill_app::catalog::edit::announce_incoming;
use ordermill_app::order::intake::{Benefits, Intake, NewOrder};
use ordermill_app::order::place::PlaceOrder;
use ordermill_base::Quantity;
use ordermill_domain::ids::OrderId;
use ordermill_domain::stock::{BackorderPolicy, StockLevel};
use ordermill_storage::{BatchCommand, Error, Tx, stock as levels};
use ordermill_testkit::stock;

use crate::kit::{Shop, on_each_database};

const EARLY: Date = Date::constant(2026, 12, 5);
const LATE: Date = Date::constant(2026, 12, 20);

impl Shop {
    /// Buyers may wait for bowls, of which so many are announced.
    async fn announces(&self, announced: &'static [(i64, Date)]) {
        let act = self.clerk();
        let write = move |tx: &mut Tx<'_>| {
            let (bowl, here) = (stock::sku(1), stock::location(1));
            levels::set_policy(tx, &StockLevel::new(bowl, here, BackorderPolicy::Allow))?;
            for (pieces, on) in announced {
                let pieces = Quantity::new(*pieces).unwrap();
                announce_incoming(tx, &act, bowl, here, pieces, *on, "PO-1")
                    .map_err(Error::defect)?;
            }
            Ok::<_, Error>(())
        };
        self.services.database().write(write).await.unwrap();
    }

    async fn promised(&self, id: OrderId) -> Option<Date> {
        self.order(id).await.facts().promised_by_on
    }

    async fn quoted(&self, new: &NewOrder) -> Option<Date> {
        let promise = self.quote(new).await.promise.ok();
        promise.map(|promise| promise.deliver_by_on)
    }
}

/// Bowls for whoever has this phone; 1,000 are there.
fn bowls(shop: &Shop, phone: u32, pieces: i64) -> NewOrder {
    let mut new = shop.a_bowl(phone);
    new.lines[0].quantity = pieces;
    new
}

#[test]
fn an_order_that_waits_for_goods_is_promised_the_day_that_its_quote_names() {
    on_each_database(async |shop: &Shop| {
        shop.announces(&[(5, EARLY), (5, LATE)]).await;
        let new = bowls(shop, 1, 1_003);
        let (quoted, at_once) = (shop.quoted(&new).await, shop.quoted(&shop.a_bowl(2)).await);
        assert!(quoted > Some(EARLY) && quoted < Some(LATE), "{quoted:?}");
        assert!(at_once < quoted, "what is there comes first");
        let first = shop.place(new).await.unwrap().id;
        assert_eq!(shop.promised(first).await, quoted);
        // Two of the early ones are left, which is not enough for the next.
        let next = bowls(shop, 2, 3);
        let quoted = shop.quoted(&next).await;
        assert!(quoted > Some(LATE), "{quoted:?}");
        let second = shop.place(next).await.unwrap().id;
        assert_eq!(shop.promised(second).await, quoted);
    });
}

#[test]
fn orders_of_one_batch_are_not_promised_the_same_pieces() {
    on_each_database(async |shop: &Shop| {
        shop.announces(&[(5, EARLY), (5, LATE)]).await;
        let catalog = shop.services.catalog();
        let intake = Intake { catalog: &catalog, vault: shop.services.vault() };
        let prepare = |new: NewOrder| {
            let id = shop.services.database().ids().next(shop.act().at);
            intake.prepare(id, shop.act(), new, Benefits::default()).unwrap().0
        };
        let (one, other) = (prepare(bowls(shop, 1, 1_005)), prepare(bowls(shop, 2, 5)));
        let ids = [one.id, other.id];
        let run = move |tx: &mut Tx<'_>| PlaceOrder::run(&[&one, &other], tx);
        let placed = shop.services.database().write(run).await.unwrap();
        assert!(placed.iter().all(Result::is_ok), "{placed:?}");
        let [early, late] = [shop.promised(ids[0]).await, shop.promised(ids[1]).await];
        assert!(early > Some(EARLY) && early < Some(LATE), "{early:?}");
        assert!(late > Some(LATE), "{late:?}");
    });
}

#[test]
fn nothing_is_promised_of_pieces_of_which_too_few_are_announced() {
    on_each_database(async |shop: &Shop| {
        shop.announces(&[(5, EARLY)]).await;
        let new = bowls(shop, 1, 1_006);
        assert_eq!(shop.quoted(&new).await, None);
        let order = shop.place(new).await.unwrap().id;
        assert_eq!(shop.promised(order).await, None);
    });
}

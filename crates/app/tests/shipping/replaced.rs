//! What is sent in the place of a lost parcel, and what becomes of it when that is not to be had.

use ordermill_app::order::give_up::{GivenUp, give_up_by_hand};
use ordermill_app::stock::{Spot, count_stock, receive_stock};
use ordermill_base::{Quantity, Span};
use ordermill_domain::ids::OrderId;
use ordermill_domain::order::{Pieces, Status};
use ordermill_domain::shipment::Plan;
use ordermill_sandbox::carriers::Word;
use ordermill_storage::shipment::Stored;
use ordermill_storage::{Error, Tx, order, refund};
use ordermill_testkit::stock::{location, sku};

use crate::kit::{Shop, on_each_database};
use crate::packed::somebody;

impl Shop {
    /// Nothing is left of the goods, anywhere.
    pub(crate) async fn sells_out(&self) {
        let act = self.because();
        let count = move |tx: &mut Tx<'_>| {
            count_stock(tx, &act, sku(1), location(1), 0, &Spot::default()).map_err(Error::defect)
        };
        self.database.write(count).await.unwrap();
    }

    /// A parcel is lost, and nothing is left of what would be sent in its place.
    pub(crate) async fn loses_the_last(&self, lost: &Stored) {
        self.clock.advance(Span::minutes(1));
        self.reports(lost, Word::Lost).await;
        self.sells_out().await;
        self.plans(lost.shipment.facts().id, Plan::Reship).await.unwrap();
    }

    /// An order in two parcels, of which one has come; gives the other.
    pub(crate) async fn half_delivered(&mut self) -> (OrderId, Stored) {
        self.pieces = 2;
        let order = self.place(1).await;
        let work = self.pack(order, 2).await;
        self.label(work).await;
        let parcels: [Stored; 2] = self.parcels(order).await.try_into().unwrap();
        for parcel in &parcels {
            self.leaves(parcel).await;
        }
        self.carriers.call_drivers().await.unwrap();
        self.clock.advance(Span::minutes(1));
        let [here, other] = parcels;
        self.reports(&here, Word::Signed).await;
        (order, other)
    }

    pub(crate) async fn gives_up(&self, order: OrderId) -> GivenUp {
        let (act, service) = (self.because(), somebody());
        let write = move |tx: &mut Tx<'_>| {
            give_up_by_hand(tx, &service, &act, order, 1).map_err(Error::defect)
        };
        self.database.write(write).await.unwrap()
    }

    pub(crate) async fn refunded(&self, order: OrderId) -> i64 {
        let found = self.database.read(move |tx| refund::of(tx, order)).await.unwrap();
        found.iter().map(|refund| refund.facts().amount.minor).sum()
    }
}

#[test]
fn a_buyer_whose_replacement_is_not_to_be_had_gets_everything_back_and_the_order_ends() {
    on_each_database(async |shop| {
        for is_prepaid in [true, false] {
            shop.is_prepaid = is_prepaid;
            let number = 1 + i64::from(is_prepaid);
            receives(shop, 1).await;
            let (order, lost) = shop.on_its_way(number).await;
            shop.loses_the_last(&lost).await;
            let waits = Pieces { backordered: 1, resent: 1, ..Pieces::default() };
            assert_eq!(shop.pieces(order).await, waits);
            let given_up = shop.gives_up(order).await;
            // All of it, with the freight; who pays at the door has paid nothing.
            let all = if is_prepaid { 20_500 } else { 0 };
            assert_eq!((given_up.refunded.minor, given_up.is_canceled), (all, false));
            assert_eq!(shop.refunded(order).await, all);
            let over = Pieces { canceled: 1, resent: 1, ..Pieces::default() };
            assert_eq!(shop.pieces(order).await, over);
            assert_eq!(shop.stands(order).await.0, Status::Completed);
            assert_eq!(shop.deadlines(order).await, Vec::<&str>::new());
        }
    });
}

#[test]
fn a_replacement_that_is_not_to_be_had_leaves_what_has_arrived_and_the_order_ends_by_time() {
    on_each_database(async |shop| {
        shop.is_prepaid = true;
        let (order, lost) = shop.half_delivered().await;
        shop.loses_the_last(&lost).await;
        assert_eq!(shop.deadlines(order).await, Vec::<&str>::new(), "a piece is still to come");
        let given_up = shop.gives_up(order).await;
        assert_eq!((given_up.refunded.minor, given_up.is_canceled), (20_000, false));
        assert_eq!(shop.refunded(order).await, 20_000, "the freight was for what has come");
        assert_eq!(shop.stands(order).await.0, Status::Confirmed);
        assert_eq!(shop.deadlines(order).await, ["confirm_receipt"]);
    });
}

/// More of the goods come in.
async fn receives(shop: &Shop, pieces: i64) {
    let (act, pieces) = (shop.because(), Quantity::new(pieces).unwrap());
    let receive = move |tx: &mut Tx<'_>| {
        receive_stock(tx, &act, sku(1), location(1), pieces, &Spot::default(), None)
            .map_err(Error::defect)
    };
    shop.database.write(receive).await.unwrap();
}

/// The goods are sent again as soon as they are there; nobody waits for the gift that was lost with them.
#[test]
fn a_gift_that_a_replacement_would_have_to_wait_for_is_given_up() {
    on_each_database(async |shop| {
        (shop.gifts, shop.is_prepaid) = (1, true);
        let (order, lost) = shop.on_its_way(1).await;
        shop.loses_the_last(&lost).await;
        let lines = shop.database.read(move |tx| order::lines(tx, order)).await.unwrap();
        let [goods, gift] = [lines[0].pieces(), lines[1].pieces()];
        assert_eq!(goods, Pieces { backordered: 1, resent: 1, ..Pieces::default() });
        assert_eq!(gift, Pieces { canceled: 1, resent: 1, ..Pieces::default() });
        let given_up = shop.gives_up(order).await;
        assert_eq!((given_up.refunded.minor, given_up.is_canceled), (20_500, false));
        assert_eq!(shop.stands(order).await.0, Status::Completed);
    });
}

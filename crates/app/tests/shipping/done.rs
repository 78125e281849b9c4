//! What was planned about a parcel in trouble is done: sent again, brought back, taken elsewhere.

use ordermill_app::shipment::receipt::{Confirmed, confirm};
use ordermill_app::shipment::{ShipmentError, desk, leave};
use ordermill_base::Span;
use ordermill_domain::actor::Act;
use ordermill_domain::carrier::instruction::{Errand, State as Told};
use ordermill_domain::ids::{OrderId, ShipmentId};
use ordermill_domain::order::{Pieces, Progress, Status};
use ordermill_domain::shipment::{Plan, State};
use ordermill_domain::task::TaskKind;
use ordermill_sandbox::carriers::Word;
use ordermill_sandbox::fault::{Call, Fault};
use ordermill_storage::instruction::{self, Instruction};
use ordermill_storage::shipment::Stored;
use ordermill_storage::{Error, Tx, fulfillment, order};

use crate::kit::{Shop, logistics, on_each_database};

impl Shop {
    pub(crate) fn because(&self) -> Act {
        Act { reason: Some("carrier and buyer were called".into()), ..self.act() }
    }

    pub(crate) async fn plans(&self, id: ShipmentId, plan: Plan) -> Result<(), ShipmentError> {
        let act = self.because();
        let version = self.shipment(id).await.unwrap().shipment.facts().version;
        let write = move |tx: &mut Tx<'_>| desk::plan(tx, &logistics(), &act, id, version, plan);
        self.database.write(write).await
    }

    /// An order whose parcel is with the carrier, booked out.
    pub(crate) async fn on_its_way(&self, number: i64) -> (OrderId, Stored) {
        let (order, _, stored) = self.labeled_work(number).await;
        self.leaves(&stored).await;
        self.carriers.call_drivers().await.unwrap();
        (order, stored)
    }

    pub(crate) async fn leaves(&self, stored: &Stored) {
        let scanned = self.scan_out(&stored.shipment.facts().terms.waybill).await;
        self.close(scanned.manifest).await;
    }

    pub(crate) async fn pieces(&self, order: OrderId) -> Pieces {
        let lines = self.database.read(move |tx| order::lines(tx, order)).await.unwrap();
        lines[0].pieces()
    }

    async fn errands(&self, id: ShipmentId) -> Vec<Instruction> {
        self.database.read(move |tx| instruction::of(tx, id)).await.unwrap()
    }
}

#[test]
fn a_lost_parcel_is_sent_again_from_stock_and_its_piece_counts_once() {
    on_each_database(async |shop| {
        let before = shop.on_hand().await;
        let (order, lost) = shop.on_its_way(1).await;
        let id = lost.shipment.facts().id;
        shop.clock.advance(Span::minutes(1));
        shop.reports(&lost, Word::Lost).await;
        assert_eq!(shop.open_tasks().await, [TaskKind::DeliveryException]);
        shop.plans(id, Plan::Reship).await.unwrap();
        assert_eq!(shop.open_tasks().await, []);
        let again = Pieces { allocated: 1, resent: 1, ..Pieces::default() };
        assert_eq!(shop.pieces(order).await, again);
        assert_eq!(shop.on_hand().await, before - 1, "the replacement is still here");

        let work = shop.pack(order, 1).await;
        shop.label(work).await;
        let second = shop.parcels(order).await.remove(1);
        shop.leaves(&second).await;
        let both = Pieces { shipped: 1, resent: 1, ..Pieces::default() };
        assert_eq!(shop.pieces(order).await, both);
        assert_eq!(shop.on_hand().await, before - 2, "a piece for each parcel");
        shop.carriers.call_drivers().await.unwrap();
        shop.clock.advance(Span::minutes(1));
        shop.reports(&second, Word::Signed).await;
        shop.reads(leave::reader(), "shipment", second.shipment.facts().id).await;
        assert_eq!(shop.stands(order).await.1, Progress::Delivered);
        let act = shop.act();
        let write = move |tx: &mut Tx<'_>| confirm(tx, &act, order).map_err(Error::defect);
        assert_eq!(shop.database.write(write).await.unwrap(), Confirmed::Completed);
        let over = shop.plans(second.shipment.facts().id, Plan::Reship).await;
        assert!(matches!(over, Err(ShipmentError::Order(_))), "{over:?}");
        assert_eq!(shop.stands(order).await.0, Status::Completed);
    });
}

#[test]
fn a_parcel_is_sent_again_once_and_given_up_if_it_is_on_its_way() {
    on_each_database(async |shop| {
        let (order, stored) = shop.on_its_way(1).await;
        let id = stored.shipment.facts().id;
        shop.clock.advance(Span::minutes(1));
        shop.reports(&stored, Word::Damaged).await;
        shop.plans(id, Plan::Reship).await.unwrap();
        let given_up = shop.shipment(id).await.unwrap();
        assert_eq!(given_up.shipment.state(), State::Lost);
        let history = shop.history(id).await;
        let last = &history[history.len() - 3..];
        assert_eq!(last, ["shipment.planned", "shipment.lost", "shipment.reshipped"]);
        let twice = shop.plans(id, Plan::Reship).await;
        assert!(matches!(twice, Err(ShipmentError::NothingToPlan(_))), "{twice:?}");
        assert_eq!(shop.pieces(order).await.resent, 1);
        let count = shop.database.read(move |tx| fulfillment::of(tx, order)).await.unwrap().len();
        assert_eq!(count, 1, "sourcing has not read of it yet");
    });
}

#[test]
fn a_parcel_that_is_wanted_back_comes_home_however_the_carriers_answer_is_lost() {
    on_each_database(async |shop| {
        let (_, stored) = shop.on_its_way(1).await;
        let id = stored.shipment.facts().id;
        shop.clock.advance(Span::hours(3));
        shop.reports(&stored, Word::AddressProblem).await;
        shop.plans(id, Plan::ReturnToSender).await.unwrap();
        shop.break_next(Call::Instruct, Fault::LoseAnswer, 3);
        shop.carriers.instruct().await.unwrap();
        assert_eq!(shop.errands(id).await[0].state, Told::Waiting);
        shop.clock.advance(Span::minutes(10));
        shop.carriers.instruct().await.unwrap();
        let [errand] = &shop.errands(id).await[..] else { panic!("one errand") };
        assert_eq!((errand.errand, errand.state), (Errand::Return, Told::Done));
        shop.clock.advance(Span::days(2));
        shop.until_it_is(id, State::ReturnedToSender).await;
        assert_eq!(shop.open_tasks().await, []);
    });
}

#[test]
fn a_parcel_that_is_taken_elsewhere_arrives_and_its_new_address_is_not_kept() {
    on_each_database(async |shop| {
        let (_, stored) = shop.on_its_way(1).await;
        let id = stored.shipment.facts().id;
        shop.clock.advance(Span::hours(3));
        shop.reports(&stored, Word::AddressProblem).await;
        let (act, vault) = (shop.because(), shop.vault.clone());
        let version = shop.shipment(id).await.unwrap().shipment.facts().version;
        let to = "上海市浦东新区世纪大道 2 号 林小明 13800138021";
        let write =
            move |tx: &mut Tx<'_>| desk::forward(tx, &vault, &logistics(), &act, (id, version), to);
        shop.database.write(write).await.unwrap();
        let sealed = shop.errands(id).await.remove(0).address.unwrap();
        let shown = String::from_utf8_lossy(&sealed).into_owned();
        assert!(!shown.contains("林小明"), "{shown}");
        shop.carriers.instruct().await.unwrap();
        let errand = shop.errands(id).await.remove(0);
        assert_eq!((errand.state, errand.address), (Told::Done, None));
        shop.clock.advance(Span::days(2));
        shop.until_it_is(id, State::Delivered).await;
    });
}

#[test]
fn a_parcel_that_arrived_elsewhere_before_its_carrier_could_answer_is_nobodys_trouble() {
    on_each_database(async |shop| {
        let (_, stored) = shop.on_its_way(1).await;
        let id = stored.shipment.facts().id;
        shop.clock.advance(Span::hours(3));
        shop.reports(&stored, Word::AddressProblem).await;
        let (act, vault) = (shop.because(), shop.vault.clone());
        let version = shop.shipment(id).await.unwrap().shipment.facts().version;
        let write = move |tx: &mut Tx<'_>| {
            desk::forward(tx, &vault, &logistics(), &act, (id, version), "世纪大道 2 号")
        };
        shop.database.write(write).await.unwrap();
        shop.break_next(Call::Instruct, Fault::LoseAnswer, 3);
        shop.carriers.instruct().await.unwrap();
        shop.clock.advance(Span::days(2));
        shop.until_it_is(id, State::Delivered).await;
        shop.carriers.instruct().await.unwrap();
        assert_eq!(shop.errands(id).await[0].state, Told::Done);
        assert_eq!(shop.open_tasks().await, []);
    });
}

#[test]
fn what_a_carrier_refuses_to_do_is_on_somebodys_desk_again() {
    on_each_database(async |shop| {
        let (_, stored) = shop.on_its_way(1).await;
        let id = stored.shipment.facts().id;
        shop.clock.advance(Span::hours(3));
        shop.reports(&stored, Word::Held).await;
        shop.plans(id, Plan::ReturnToSender).await.unwrap();
        assert_eq!(shop.open_tasks().await, []);
        shop.break_next(Call::Instruct, Fault::Decline, 1);
        shop.carriers.instruct().await.unwrap();
        assert_eq!(shop.errands(id).await[0].state, Told::Failed);
        assert_eq!(shop.open_tasks().await, [TaskKind::DeliveryException]);
        shop.plans(id, Plan::Wait).await.unwrap();
        assert_eq!(shop.open_tasks().await, []);
    });
}

#[test]
fn a_parcel_that_was_delivered_before_its_carrier_was_told_is_decided_anew() {
    on_each_database(async |shop| {
        let (_, stored) = shop.on_its_way(1).await;
        let id = stored.shipment.facts().id;
        shop.clock.advance(Span::hours(3));
        shop.reports(&stored, Word::AddressProblem).await;
        shop.plans(id, Plan::ReturnToSender).await.unwrap();
        shop.break_next(Call::Instruct, Fault::Unavailable, 3);
        shop.carriers.instruct().await.unwrap();
        assert_eq!(shop.errands(id).await[0].state, Told::Waiting);
        shop.clock.advance(Span::minutes(1));
        shop.reports(&stored, Word::Signed).await;
        shop.clock.advance(Span::hours(1));
        shop.carriers.instruct().await.unwrap();
        let [errand] = &shop.errands(id).await[..] else { panic!("one errand") };
        assert_eq!(errand.state, Told::Failed);
        assert!(errand.failure.as_ref().is_some_and(|it| it.contains("ended")), "{errand:?}");
        assert_eq!(shop.open_tasks().await, [TaskKind::DeliveryException]);
        assert_eq!(shop.carriers.instruct().await.unwrap(), 0);
        shop.plans(id, Plan::Wait).await.unwrap();
        assert_eq!(shop.open_tasks().await, []);
    });
}

#[test]
fn a_parcel_that_came_home_by_itself_is_not_wanted_back_any_more() {
    on_each_database(async |shop| {
        let (_, stored) = shop.on_its_way(1).await;
        let id = stored.shipment.facts().id;
        shop.clock.advance(Span::hours(3));
        shop.reports(&stored, Word::AddressProblem).await;
        shop.plans(id, Plan::ReturnToSender).await.unwrap();
        shop.clock.advance(Span::minutes(1));
        shop.reports(&stored, Word::ReturnedToSender).await;
        shop.carriers.instruct().await.unwrap();
        let [errand] = &shop.errands(id).await[..] else { panic!("one errand") };
        assert_eq!(errand.failure.as_deref(), Some("the parcel is returned_to_sender"));
        assert_eq!(shop.open_tasks().await, []);
    });
}

#[test]
fn an_order_of_which_one_parcel_came_and_one_was_lost_is_completed_by_time_once_somebody_has_decided()
 {
    on_each_database(async |shop| {
        shop.pieces = 2;
        let order = shop.place(1).await;
        let work = shop.pack(order, 2).await;
        shop.label(work).await;
        let parcels = shop.parcels(order).await;
        let [here, lost] = &parcels[..] else { panic!("two parcels: {parcels:?}") };
        for parcel in [here, lost] {
            shop.leaves(parcel).await;
        }
        shop.carriers.call_drivers().await.unwrap();
        shop.clock.advance(Span::minutes(1));
        shop.reports(here, Word::Signed).await;
        assert_eq!(shop.deadlines(order).await, Vec::<&str>::new(), "the other is on its way");
        shop.reports(lost, Word::Lost).await;
        assert_eq!(shop.deadlines(order).await, Vec::<&str>::new(), "nobody has decided");
        shop.plans(lost.shipment.facts().id, Plan::Claim).await.unwrap();
        assert_eq!(shop.deadlines(order).await, ["confirm_receipt"]);
    });
}

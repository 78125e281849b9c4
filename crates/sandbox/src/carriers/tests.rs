use super::*;

const NOON: Timestamp = Timestamp::from_millis(1_795_334_400_000);

fn order(reference: &str) -> Order {
    Order {
        reference: reference.into(),
        service: Service::Standard,
        from_division: 330_110,
        to_division: 310_115,
        weight_grams: 900,
        dimensions_mm: [300, 200, 100],
        insured_minor: 0,
        notify_url: Some("http://127.0.0.1:1/".into()),
    }
}

fn carriers() -> Carriers {
    Carriers::new(7, Span::days(1), 1_000)
}

fn words(carriers: &Carriers, waybill: &str, now: Timestamp) -> Vec<Word> {
    let (_, events) = carriers.track(carriers.parcels[waybill].carrier, waybill, now).unwrap();
    events.into_iter().map(|event| event.word).collect()
}

fn collected(fault: Option<Fault>) -> (Carriers, String) {
    let mut carriers = carriers();
    let waybill = carriers.label("harbor", order("a"), NOON).unwrap().waybill;
    let faults = |_: &str| fault.clone().into_iter().collect();
    carriers.pickup("harbor", "p", std::slice::from_ref(&waybill), NOON, faults).unwrap();
    (carriers, waybill)
}

#[test]
fn a_reference_has_one_waybill_however_often_it_is_asked() {
    let mut carriers = carriers();
    let first = carriers.label("swift", order("a"), NOON).unwrap();
    assert_eq!(carriers.label("swift", order("a"), NOON + Span::hours(1)).unwrap(), first);
    let other = Order { weight_grams: 901, ..order("a") };
    assert_eq!(carriers.label("swift", other, NOON), Err(Refusal::ReferenceReused));
    let second = carriers.label("swift", order("b"), NOON).unwrap();
    assert_ne!(second.waybill, first.waybill);
}

#[test]
fn each_carrier_goes_where_it_goes() {
    let carriers = carriers();
    let served = |code: &str, to_division, service| {
        let order = Order { to_division, ..order("a") };
        let rates = carriers.rates(code, &order, NOON).unwrap();
        rates.iter().any(|(offered, _)| *offered == service)
    };
    assert!(served("swift", 310_115, Service::NextDay));
    assert!(!served("swift", 540_102, Service::NextDay));
    assert!(served("harbor", 540_102, Service::Standard));
    assert!(served("harbor", 310_115, Service::PickupPoint));
    assert!(!served("tern", 310_115, Service::Standard));
    assert!(served("tern", 330_105, Service::Timed), "Hangzhou to Hangzhou");
    assert!(served("oxcart", 650_102, Service::Standard));
    assert_eq!(carriers.rates("nobody", &order("a"), NOON), Err(Refusal::NotFound));
}

#[test]
fn volume_is_billed_as_weight_if_it_is_more() {
    let carriers = carriers();
    let big = Order { dimensions_mm: [600, 400, 400], ..order("a") };
    let rates = carriers.rates("swift", &big, NOON).unwrap();
    assert_eq!(rates[0].1.billed_grams, 16_000);
    assert_eq!(rates[0].1.price_minor, 1_300 + 15 * 200);
}

#[test]
fn a_parcel_that_was_collected_is_not_voided_and_one_that_was_voided_is_not_collected() {
    let (mut carriers, _) = collected(None);
    assert_eq!(carriers.void("harbor", "a"), Err(Refusal::Collected));
    let waybill = carriers.label("harbor", order("b"), NOON).unwrap().waybill;
    carriers.void("harbor", "b").unwrap();
    carriers.pickup("harbor", "q", std::slice::from_ref(&waybill), NOON, |_| Vec::new()).unwrap();
    assert_eq!(words(&carriers, &waybill, NOON + Span::days(9)), [Word::Labeled]);
}

#[test]
fn a_parcel_comes_to_the_door_within_its_days() {
    let (carriers, waybill) = collected(None);
    let all = words(&carriers, &waybill, NOON + Span::days(3));
    assert_eq!(
        all,
        [
            Word::Labeled,
            Word::Collected,
            Word::Arrived,
            Word::Departed,
            Word::Arrived,
            Word::WithCourier,
            Word::Signed
        ]
    );
    assert!(words(&carriers, &waybill, NOON).len() < all.len(), "not all at once");
}

#[test]
fn what_goes_wrong_is_what_was_asked_for() {
    let end = |fault| {
        let (carriers, waybill) = collected(Some(fault));
        words(&carriers, &waybill, NOON + Span::days(60)).pop().unwrap()
    };
    assert_eq!(end(Fault::StallParcel), Word::Held);
    assert_eq!(end(Fault::ForgetParcel), Word::Departed);
    assert_eq!(end(Fault::LoseParcel), Word::Lost);
    assert_eq!(end(Fault::RefuseParcel), Word::ReturnedToSender);
    assert_eq!(end(Fault::MistakeAddress), Word::ReturnedToSender);
    assert_eq!(end(Fault::LeaveZone), Word::ReturnedToSender);
    assert_eq!(end(Fault::DamageParcel), Word::Signed);
    let (late, waybill) = collected(Some(Fault::LateParcel { days: 4 }));
    assert!(!words(&late, &waybill, NOON + Span::days(4)).contains(&Word::Signed));
}

#[test]
fn news_is_told_once_and_with_the_whole_history() {
    let (mut carriers, _) = collected(None);
    assert_eq!(carriers.news(NOON).len(), 1);
    assert!(carriers.news(NOON).is_empty());
    let later = carriers.news(NOON + Span::days(9));
    assert_eq!(later[0].events.len(), 7);
}

#[test]
fn a_parcel_goes_on_its_way_in_new_books_and_only_what_is_new_is_told() {
    let (old, waybill) = collected(Some(Fault::RefuseParcel));
    let (parcel, journey) = old.track("harbor", &waybill, NOON + Span::days(90)).unwrap();
    let heard_at = journey[2].at;
    let before = Before {
        carrier: "harbor".into(),
        waybill: waybill.clone(),
        order: parcel.order.clone(),
        labeled_at: NOON,
        collected_at: Some(NOON),
        heard_at,
        faults: vec![Fault::RefuseParcel],
    };
    let mut new = Carriers::new(8, Span::days(1), 1_000);
    new.take_over(before.clone()).unwrap();
    new.take_over(before).unwrap();
    assert!(new.news(heard_at).is_empty(), "its merchant has heard that");
    let news = new.news(NOON + Span::days(90));
    assert_eq!(news.len(), 1);
    assert_eq!(news[0].events, journey, "the same way");
    assert_eq!(new.find("harbor", "a").unwrap().waybill, waybill);
    let next = new.label("harbor", order("b"), NOON).unwrap();
    assert_ne!(next.waybill, waybill);
}

use std::path::Path;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use ordermill_domain::shipment::TrackingStatus as S;
use ordermill_ports::Headers;
use ordermill_ports::tracking::{Push, PushError};
use ordermill_vault::signature::hmac_sha256;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

const NOW: Timestamp = Timestamp::from_millis(1_795_000_000_000);

fn read(
    kind: &str,
    secret: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) -> Result<Push, PushError> {
    let all = kinds();
    let kind = all.iter().find(|it| it.name() == kind).unwrap();
    let headers: Headers = headers.iter().copied().collect();
    kind.connect(secret).unwrap().read(&headers, body, NOW)
}

fn statuses(push: &Push) -> Vec<S> {
    let mut scans: Vec<&Scan> = push.scans.iter().collect();
    scans.sort_by_key(|scan| scan.at);
    scans.iter().map(|scan| scan.status).collect()
}

/// Payloads of partners, which are not ours to copy; `None`, said aloud, where there are none.
fn beside(path: &str) -> Option<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/fixtures/tracking");
    if !folder.is_dir() {
        eprintln!("not tested: there are no payloads beside the checkout");
        return None;
    }
    Some(std::fs::read_to_string(folder.join(path)).expect("a payload"))
}

fn aftership(body: &str) -> Result<Push, PushError> {
    let mac = BASE64_STANDARD.encode(hmac_sha256(b"hush", body.as_bytes()));
    read("aftership", "hush", &[("aftership-hmac-sha256", &mac)], body.as_bytes())
}

#[test]
fn an_easypost_event_is_believed_with_its_published_signature() {
    let (Some(body), Some(hmac)) =
        (beside("easypost/event-body.json"), beside("easypost/hmac.json"))
    else {
        return;
    };
    let hmac: Value = serde_json::from_str(&hmac).unwrap();
    let (secret, header) = (&hmac[0]["secret"], &hmac[0]["value"]);
    let (secret, header) = (secret.as_str().unwrap(), header.as_str().unwrap());
    let read =
        |body: &str| read("easypost", secret, &[("X-Hmac-Signature", header)], body.as_bytes());
    let push = read(&body).unwrap();
    assert_eq!((push.id.as_deref(), push.waybill.as_deref()), (Some("evt_1"), Some("1")));
    assert_eq!(push.scans.len(), 7);
    assert_eq!(statuses(&push)[0], S::PreTransit);
    assert_eq!(push.scans.iter().max_by_key(|scan| scan.at).unwrap().place, "EDISON, NJ, US");
    assert!(!push.is_last);
    let changed = body.replace("in_transit", "delivered");
    assert_eq!(read(&changed), Err(PushError::Signature));
}

#[test]
fn an_aftership_update_holds_the_checkpoints_of_a_tracking() {
    let Some(answer) = beside("aftership/GetTrackingResult.json") else { return };
    let answer: Value = serde_json::from_str(&answer).unwrap();
    let update = json!({
        "ts": 1, "event": "tracking_update", "event_id": "e-1", "is_tracking_first_tag": false,
        "msg": answer["data"]["tracking"],
    });
    let push = aftership(&update.to_string()).unwrap();
    assert_eq!((push.id.as_deref(), push.waybill.as_deref()), (Some("e-1"), Some("111111111111")));
    assert!(push.is_last, "it is no longer followed");
    let all = statuses(&push);
    assert_eq!((all[0], *all.last().unwrap()), (S::PreTransit, S::Delivered));
    assert!(all.iter().all(|status| *status != S::Unknown), "{all:?}");
}

#[test]
fn kuaidi100_is_read_by_the_clock_of_beijing_and_answered_in_its_own_words() {
    for (file, count, last) in [("in_transit", 2, false), ("no_record_3_days", 0, true)] {
        let Some(payload) = beside(&format!("kuaidi100/{file}.json")) else { return };
        let payload: Value = serde_json::from_str(&payload).unwrap();
        let field = |name: &str| payload["form"][name].as_str().unwrap();
        let body = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("param", field("param"))
            .append_pair("sign", field("sign"))
            .finish();
        let push = read("kuaidi100", "testsalt", &[], body.as_bytes()).unwrap();
        assert_eq!((push.scans.len(), push.is_last), (count, last), "{file}");
        if let Some(newest) = push.scans.iter().max_by_key(|scan| scan.at) {
            assert_eq!(newest.at.to_string(), "2012-08-28T08:33:19Z");
            assert_eq!((newest.status, newest.place.as_str()), (S::InTransit, "上海市"));
        }
    }
    let Some(payload) = beside("kuaidi100/tampered.json") else { return };
    let payload: Value = serde_json::from_str(&payload).unwrap();
    let body = url::form_urlencoded::Serializer::new(String::new())
        .append_pair("param", payload["form"]["param"].as_str().unwrap())
        .append_pair("sign", payload["form"]["sign"].as_str().unwrap())
        .finish();
    assert_eq!(read("kuaidi100", "testsalt", &[], body.as_bytes()), Err(PushError::Signature));
    let source = kuaidi100::Kuaidi100::new("testsalt");
    let taken: Value = serde_json::from_str(source.taken().body).unwrap();
    assert_eq!(taken, json!({"result": true, "returnCode": "200", "message": "成功"}));
}

#[test]
fn seventeen_track_is_believed_by_its_sign() {
    for file in ["updated", "stopped", "bad_sign"] {
        let Some(payload) = beside(&format!("17track/{file}.json")) else { return };
        let payload: Value = serde_json::from_str(&payload).unwrap();
        let text = |name: &str| payload[name].as_str().unwrap();
        let push =
            read("17track", text("key"), &[("sign", text("value"))], text("body").as_bytes());
        assert_eq!(push.is_ok(), payload["accept"].as_bool().unwrap(), "{file}");
        let Ok(push) = push else { continue };
        assert_eq!(push.waybill.as_deref(), Some("1234567890"));
        assert_eq!(push.is_last, file == "stopped");
        let expected: &[S] = if file == "updated" { &[S::InTransit] } else { &[] };
        assert_eq!(statuses(&push), expected);
    }
}

/// Every word that partners have documented, and what it means here.
#[test]
fn the_words_of_partners() {
    let table = |words: &[&str], meaning: &dyn Fn(&str) -> Meaning| {
        let line = |word: &&str| {
            let (status, outcome) = meaning(word);
            let outcome = outcome.map_or(String::new(), |outcome| format!(", {outcome}"));
            format!("{word}: {status}{outcome}")
        };
        words.iter().map(line).collect::<Vec<_>>().join("\n")
    };
    let easypost = [
        "unknown",
        "pre_transit",
        "in_transit",
        "out_for_delivery",
        "delivered",
        "available_for_pickup",
        "return_to_sender",
        "failure",
        "cancelled",
        "error",
    ];
    insta::assert_snapshot!(table(&easypost, &|word| easypost::meaning(word, None)), @r"
    unknown: unknown
    pre_transit: pre_transit
    in_transit: in_transit
    out_for_delivery: out_for_delivery
    delivered: delivered, delivered
    available_for_pickup: at_pickup_point
    return_to_sender: refused
    failure: stalled
    cancelled: pre_transit
    error: stalled
    ");
    let aftership = [
        "Pending",
        "InfoReceived",
        "InTransit",
        "OutForDelivery",
        "AttemptFail",
        "Delivered",
        "AvailableForPickup",
        "Exception",
        "Expired",
    ];
    insta::assert_snapshot!(table(&aftership, &|word| aftership::meaning(word, None)), @r"
    Pending: unknown
    InfoReceived: pre_transit
    InTransit: in_transit
    OutForDelivery: out_for_delivery
    AttemptFail: stalled
    Delivered: delivered, delivered
    AvailableForPickup: at_pickup_point
    Exception: stalled
    Expired: stalled
    ");
    let aftership: Vec<String> = (1..=13).map(|n| format!("Exception_{n:03}")).collect();
    let aftership: Vec<&str> = aftership.iter().map(String::as_str).collect();
    let meant = |word: &str| aftership::meaning("Exception", Some(word));
    insta::assert_snapshot!(table(&aftership, &meant), @r"
    Exception_001: stalled
    Exception_002: address
    Exception_003: refused
    Exception_004: stalled
    Exception_005: stalled
    Exception_006: stalled
    Exception_007: address
    Exception_008: stalled
    Exception_009: stalled
    Exception_010: refused
    Exception_011: refused, returned
    Exception_012: damaged
    Exception_013: stalled, lost
    ");
    let kuaidi100 = [
        "0", "1", "2", "3", "4", "5", "6", "7", "8", "10", "11", "12", "13", "14", "101", "102",
        "103", "201", "202", "203", "204", "205", "206", "207", "208", "209", "210", "301", "302",
        "303", "304", "401", "501", "1001", "1002", "1003",
    ];
    insta::assert_snapshot!(table(&kuaidi100, &kuaidi100::meaning), @r"
    0: in_transit
    1: in_transit
    2: stalled
    3: delivered, delivered
    4: refused, returned
    5: out_for_delivery
    6: refused
    7: in_transit
    8: in_transit
    10: in_transit
    11: in_transit
    12: in_transit
    13: stalled
    14: refused
    101: pre_transit
    102: pre_transit
    103: in_transit
    201: stalled
    202: stalled
    203: refused
    204: stalled
    205: stalled
    206: address
    207: out_of_zone
    208: stalled
    209: damaged
    210: pre_transit
    301: delivered, delivered
    302: delivered, delivered
    303: delivered, delivered
    304: delivered, delivered
    401: pre_transit
    501: at_pickup_point
    1001: in_transit
    1002: in_transit
    1003: in_transit
    ");
    let track17 = [
        "NotFound_Other",
        "NotFound_InvalidCode",
        "InfoReceived",
        "InTransit_PickedUp",
        "InTransit_Other",
        "InTransit_Departure",
        "InTransit_Arrival",
        "InTransit_CustomsProcessing",
        "InTransit_CustomsReleased",
        "InTransit_CustomsRequiringInformation",
        "Expired_Other",
        "AvailableForPickup_Other",
        "OutForDelivery_Other",
        "DeliveryFailure_Other",
        "DeliveryFailure_NoBody",
        "DeliveryFailure_Security",
        "DeliveryFailure_Rejected",
        "DeliveryFailure_InvalidAddress",
        "Delivered_Other",
        "Exception_Other",
        "Exception_Returning",
        "Exception_Returned",
        "Exception_NoBody",
        "Exception_Security",
        "Exception_Damage",
        "Exception_Rejected",
        "Exception_Delayed",
        "Exception_Lost",
        "Exception_Destroyed",
        "Exception_Cancel",
    ];
    insta::assert_snapshot!(table(&track17, &|word| track17::meaning("", word)), @r"
    NotFound_Other: unknown
    NotFound_InvalidCode: unknown
    InfoReceived: pre_transit
    InTransit_PickedUp: in_transit
    InTransit_Other: in_transit
    InTransit_Departure: in_transit
    InTransit_Arrival: in_transit
    InTransit_CustomsProcessing: in_transit
    InTransit_CustomsReleased: in_transit
    InTransit_CustomsRequiringInformation: in_transit
    Expired_Other: stalled
    AvailableForPickup_Other: at_pickup_point
    OutForDelivery_Other: out_for_delivery
    DeliveryFailure_Other: stalled
    DeliveryFailure_NoBody: address
    DeliveryFailure_Security: stalled
    DeliveryFailure_Rejected: refused
    DeliveryFailure_InvalidAddress: address
    Delivered_Other: delivered, delivered
    Exception_Other: stalled
    Exception_Returning: refused
    Exception_Returned: refused, returned
    Exception_NoBody: address
    Exception_Security: stalled
    Exception_Damage: damaged
    Exception_Rejected: refused
    Exception_Delayed: stalled
    Exception_Lost: stalled, lost
    Exception_Destroyed: stalled, lost
    Exception_Cancel: pre_transit
    ");
}

proptest! {
    /// A word that a partner has invented since is kept and moves nothing.
    #[test]
    fn words_that_nobody_knows_are_unknown(word in "[a-z]{1,3}[0-9]{5}") {
        for (status, outcome) in [
            easypost::meaning(&word, Some(&word)),
            aftership::meaning(&word, Some(&word)),
            kuaidi100::meaning(&word),
            track17::meaning(&word, &word),
        ] {
            prop_assert_eq!((status, outcome), (S::Unknown, None));
        }
    }

    /// Nothing that anyone sends is believed without a signature, and nothing makes us fall over.
    #[test]
    fn whatever_is_sent_is_refused_quietly(body in proptest::collection::vec(any::<u8>(), 0..200)) {
        for kind in kinds() {
            let source = kind.connect("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
            prop_assert!(source.read(&Headers::default(), &body, NOW).is_err());
        }
    }
}

//! Personal data at rest, masked, found, shown and under other keys, on both databases.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex};

use ordermill_app::benefit::claim::Claims;
use ordermill_app::order::place::{PlaceOrder, PlaceOrderError, Placement};
use ordermill_app::permission::{About, Aspect, Principal, StaffMember};
use ordermill_app::privacy::rotation::reseal;
use ordermill_app::privacy::{
    OrderContact, Reveal, RevealError, Revealed, RootKeySource, RotationError, Vault, VaultError,
    contacts_of, destroy_key, keys, reveal, rotate_keys,
};
use ordermill_app::staff::{self, NewStaff};
use ordermill_base::{Currency, Id, Quantity, Span, Timestamp};
use ordermill_domain::actor::{Act, Actor};
use ordermill_domain::address::{RawAddress, RawRecipient};
use ordermill_domain::ids::{ChannelId, LocationId, OrderId, StaffId};
use ordermill_domain::order::{Amounts, LineTerms, PaymentTerms, Placed, Review};
use ordermill_domain::pricing::TaxMode;
use ordermill_domain::reveal::{Field, LIMIT, LIMIT_WINDOW};
use ordermill_domain::role::Role;
use ordermill_storage::{BatchCommand, Connection, Error, Tx, journal, order};
use ordermill_testkit::stock::{location, receive, sku};
use ordermill_testkit::{TestClock, TestDatabase, each_database};
use ordermill_vault::{Entropy, KeyState, Purpose, RootKey, SeededEntropy};
use proptest::prelude::*;

const NOW: Timestamp = TestClock::START;

fn entropy() -> Arc<dyn Entropy> {
    Arc::new(SeededEntropy::from_seed(7))
}

fn open_vault(connection: &mut Connection) -> Vault {
    let root = RootKey::generate(&SeededEntropy::from_seed(1)).to_base64();
    let source = RootKeySource::Base64(root);
    connection.transact(|tx| Vault::open(tx, &source, entropy(), NOW)).unwrap()
}

/// Databases are opened and dropped outside of it: the driver of PostgreSQL blocks its thread.
fn block_on<T>(future: impl Future<Output = T>) -> T {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    builder.worker_threads(2).enable_time().build().unwrap().block_on(future)
}

fn contact(name: &str, phone: &str, room: &str) -> OrderContact {
    let raw = RawRecipient {
        name: name.to_owned(),
        phone: phone.to_owned(),
        address: RawAddress {
            country: "CN".to_owned(),
            province: "浙江".to_owned(),
            city: "杭州".to_owned(),
            district: "西湖".to_owned(),
            street: vec![format!("文三路{room}")],
            postal_code: String::new(),
        },
    };
    let mut contact = OrderContact::new(raw.validate().unwrap());
    contact.email = Some("lin.xiaoming@example.com".parse().unwrap());
    contact.note = Some("放在门口的柜子里".to_owned());
    contact
}

fn lin() -> OrderContact {
    contact("林小明", "13800138021", "90号2单元301室")
}

fn place(
    connection: &mut Connection,
    vault: &Vault,
    number: i64,
    contact: &OrderContact,
) -> Result<Placement, PlaceOrderError> {
    let id = OrderId::from_raw(number);
    let line = LineTerms {
        line_no: 1,
        sku: sku(1),
        quantity: Quantity::new(1).unwrap(),
        unit_price_minor: 1_000,
        discount_minor: 0,
        tax_minor: 0,
        total_minor: 1_000,
    };
    let amounts = Amounts {
        currency: Currency::Cny,
        tax_mode: TaxMode::Inclusive,
        goods_minor: 1_000,
        discount_minor: 0,
        freight_minor: 0,
        tax_minor: 0,
        total_minor: 1_000,
    };
    let command = PlaceOrder {
        id,
        act: Act::new(Actor::Buyer(None), NOW),
        placed: Placed {
            channel: ChannelId::from_raw(1),
            channel_order_id: None,
            customer: None,
            terms: PaymentTerms::Prepaid,
            promotion: false,
            review: Review::Pending,
            amounts,
            lines: vec![line],
            reserved: Vec::new(),
            coupons: Vec::new(),
            points_earned: 0,
        },
        region: "CN-ZJ".to_owned(),
        recipient: vault.seal_recipient(id, contact),
        accepts_backorder: false,
        preference: Arc::new([location(1)]),
        key: None,
        cart: None,
        discounts: Vec::new(),
        claims: Claims::default(),
        pay_within: Span::hours(24),
        hold_for: Span::minutes(30),
    };
    connection.transact(|tx| PlaceOrder::run(&[&command], tx)).unwrap().remove(0)
}

/// A database with a vault and so many orders of 林小明.
fn with_orders(database: &TestDatabase, count: i64) -> (Connection, Vault) {
    let mut connection = database.connection();
    let vault = open_vault(&mut connection);
    receive(&mut connection, sku(1), location(1), count.max(1), NOW);
    for number in 1..=count {
        place(&mut connection, &vault, number, &lin()).unwrap();
    }
    (connection, vault)
}

/// The journal once it tells of so many orders: on PostgreSQL its readers wait for every transaction
/// that is open anywhere on the server, those of other tests too.
fn placed(tx: &mut Tx<'_>, orders: usize) -> Result<Vec<journal::Entry>, Error> {
    loop {
        let entries = journal::after(tx, journal::Cursor::start(), 999)?;
        if entries.iter().filter(|entry| entry.kind == "order.placed").count() >= orders {
            return Ok(entries);
        }
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
}

fn hire(connection: &mut Connection, login: &str, role: Role) -> Principal {
    let new = NewStaff {
        login: login.parse().unwrap(),
        name: login.to_owned(),
        roles: vec![role],
        location: Some(LocationId::from_raw(1)),
        password: "a hash".to_owned(),
    };
    let (cli, act) = (Principal::system("cli"), Act::new(Actor::system("cli"), NOW));
    let id = connection.transact(|tx| staff::create(tx, &cli, &act, &new)).unwrap();
    Principal::Staff(Arc::new(StaffMember {
        id,
        name: new.name,
        roles: new.roles,
        location: new.location,
    }))
}

fn look(
    connection: &mut Connection,
    vault: &Vault,
    who: &Principal,
    reason: Option<&str>,
    about: About,
    at: Timestamp,
) -> Result<Revealed, RevealError> {
    let mut act = who.act(at);
    act.reason = reason.map(str::to_owned);
    let wanted = Reveal { order: OrderId::from_raw(1), fields: vec![Field::Phone], about };
    connection.transact(|tx| reveal(tx, vault, who, &act, &wanted))
}

#[test]
fn a_recipient_opens_at_its_own_order_only() {
    let vault = Vault::in_memory(entropy(), NOW);
    let (one, two) = (OrderId::from_raw(1), OrderId::from_raw(2));
    let sealed = vault.seal_recipient(one, &lin());
    assert_eq!(vault.open_recipient(one, &sealed), Ok(lin()));
    assert!(vault.open_recipient(two, &sealed).is_err());
    let masked = vault.mask_recipient(one, &sealed).unwrap();
    insta::assert_snapshot!(serde_json::to_string_pretty(&masked).unwrap(), @r#"
    {
      "name": "林**",
      "phone": "138******21",
      "address": "浙江省杭州市西湖区文三路****",
      "region": "浙江省杭州市西湖区",
      "email": "l***@example.com",
      "has_note": true
    }
    "#);
    assert!(!format!("{:?}", lin()).contains("13800138021"));
}

#[test]
fn customer_service_sees_a_number_with_a_reason_and_the_journal_tells_without_it() {
    for database in each_database() {
        let (mut connection, vault) = with_orders(&database, 1);
        let service = hire(&mut connection, "service", Role::Service);
        for no_reason in [None, Some(""), Some("  ok ")] {
            let refused = look(&mut connection, &vault, &service, no_reason, About::default(), NOW);
            assert!(matches!(refused, Err(RevealError::Forbidden(_))), "{refused:?}");
        }
        let reason = Some("回电确认地址");
        let seen = look(&mut connection, &vault, &service, reason, About::default(), NOW).unwrap();
        assert_eq!(seen.values, [(Field::Phone, "+8613800138021".to_owned())]);
        assert!(!format!("{seen:?}").contains("138"), "{seen:?}");

        let history = connection.read(|tx| journal::of(tx, "reveal", seen.id, 1, 9)).unwrap();
        let [entry] = &history[..] else { panic!("{history:?}") };
        assert_eq!(entry.actor, service.actor(), "{database:?}");
        assert_eq!(entry.reason.as_deref(), reason);
        let order = OrderId::from_raw(1);
        let told = format!(r#"{{"kind":"reveal.made","order":"{order}","fields":["phone"]}}"#);
        assert_eq!(entry.body, told);
        let of_order = connection.read(|tx| ordermill_storage::reveal::of(tx, order, 9)).unwrap();
        assert_eq!(of_order.len(), 1);
    }
}

#[test]
fn whoever_has_no_business_with_a_recipient_sees_nothing() {
    for database in each_database() {
        let (mut connection, vault) = with_orders(&database, 1);
        let reason = Some("curious about this one");
        let site = Some(LocationId::from_raw(1));
        for role in [Role::Operations, Role::Finance, Role::Admin] {
            let who = hire(&mut connection, role.code(), role);
            let about = About { location: site, aspect: Aspect::Label, ..About::default() };
            let refused = look(&mut connection, &vault, &who, reason, about, NOW);
            assert!(matches!(refused, Err(RevealError::Forbidden(_))), "{role}: {refused:?}");
        }
        let warehouse = hire(&mut connection, "warehouse", Role::Warehouse);
        let label = |location| About { location, aspect: Aspect::Label, ..About::default() };
        let refused = look(&mut connection, &vault, &warehouse, reason, About::default(), NOW);
        assert!(matches!(refused, Err(RevealError::Forbidden(_))), "{refused:?}");
        let elsewhere = label(Some(LocationId::from_raw(2)));
        let refused = look(&mut connection, &vault, &warehouse, reason, elsewhere, NOW);
        assert!(matches!(refused, Err(RevealError::Forbidden(_))), "{refused:?}");
        assert!(look(&mut connection, &vault, &warehouse, None, label(site), NOW).is_ok());

        let gone = Principal::Staff(Arc::new(StaffMember {
            id: StaffId::from_raw(404),
            name: "gone".to_owned(),
            roles: vec![Role::Service],
            location: None,
        }));
        for nobody in [gone, Principal::VISITOR, Principal::system("job")] {
            let refused = look(&mut connection, &vault, &nobody, reason, About::default(), NOW);
            assert!(matches!(refused, Err(RevealError::Forbidden(_))), "{refused:?}");
        }
    }
}

#[test]
fn thirty_looks_an_hour_are_the_limit_of_each_person() {
    for database in each_database() {
        let (mut connection, vault) = with_orders(&database, 1);
        let one = hire(&mut connection, "one", Role::Service);
        let two = hire(&mut connection, "two", Role::Service);
        let mut look = |who: &Principal, at| {
            look(&mut connection, &vault, who, Some("回电确认"), About::default(), at)
        };
        for minute in 0..LIMIT {
            look(&one, NOW + Span::minutes(minute)).unwrap();
        }
        let full = NOW + Span::minutes(LIMIT);
        assert!(matches!(look(&one, full), Err(RevealError::TooMany)), "{database:?}");
        assert!(look(&two, full).is_ok());
        // The first look falls out of the hour: there is room for one more.
        assert!(look(&one, NOW + LIMIT_WINDOW).is_ok());
        assert!(matches!(look(&one, NOW + LIMIT_WINDOW), Err(RevealError::TooMany)));
    }
}

#[test]
fn orders_are_found_by_phone_tail_and_mail_however_typed() {
    for database in each_database() {
        let (mut connection, vault) = with_orders(&database, 2);
        receive(&mut connection, sku(1), location(1), 1, NOW);
        place(&mut connection, &vault, 3, &contact("王芳", "0571-87654321", "1号")).unwrap();
        let index = |connection: &mut Connection| {
            connection
                .transact(|tx| {
                    let entries = placed(tx, 3)?;
                    let contacts = contacts_of(tx, &vault, &entries)?;
                    Ok::<_, VaultError>(order::insert_contacts(tx, &contacts)?)
                })
                .unwrap();
        };
        index(&mut connection);
        index(&mut connection);
        let mut found = |asked: &str| -> Vec<i64> {
            let filter =
                order::Filter { contact: vault.contact_index(asked), ..Default::default() };
            let list = connection.read(|tx| order::list(tx, &filter, None, 9)).unwrap();
            list.iter().map(|stored| stored.order.facts().id.raw()).collect()
        };
        for asked in ["13800138021", "+86 138-0013-8021", "１３８００１３８０２１", "8021"]
        {
            assert_eq!(found(asked), [2, 1], "{asked} {database:?}");
        }
        for asked in ["0571-87654321", "0571 8765 4321", "4321", "+86 571 87654321"] {
            assert_eq!(found(asked), [3], "{asked}");
        }
        assert_eq!(found(" Lin.Xiaoming@Example.com "), [3, 2, 1]);
        assert_eq!(found("13800138022"), [0_i64; 0]);
        assert_eq!(vault.contact_index("林小明"), None);
    }
}

#[test]
fn an_order_that_does_not_open_does_not_stop_the_index() {
    for database in each_database() {
        let (mut connection, _) = with_orders(&database, 1);
        let stranger = Vault::in_memory(Arc::new(SeededEntropy::from_seed(5)), NOW);
        let contacts = connection.read(|tx| {
            let entries = placed(tx, 1)?;
            // Another installation's keys have the same numbers and do not open it.
            contacts_of(tx, &stranger, &entries)
        });
        assert_eq!(contacts.unwrap(), []);
    }
}

#[test]
fn keys_are_rotated_while_orders_come_in_and_old_ones_can_then_be_destroyed() {
    for database in each_database() {
        let (connection, vault) = with_orders(&database, 1_100);
        drop(connection);
        let open = database.open();
        let old = keys(&vault).into_iter().find(|key| key.purpose == Purpose::Seal).unwrap().id;
        let mut told = Vec::new();
        block_on(async {
            let early = destroy_key(&open, &vault, old).await;
            assert!(
                matches!(early, Err(RotationError::StillUsed { values: 1_100, .. })),
                "{early:?}"
            );
            let new = rotate_keys(&open, &vault, Purpose::Seal, NOW, |p| told.push(p)).await;
            assert_ne!(new.unwrap(), old);
            // Once more does nothing: there is nothing left.
            let again = reseal(&open, &vault, |_| {}).await.unwrap();
            assert_eq!((again.resealed, again.unreadable), (0, 0));
            destroy_key(&open, &vault, old).await.unwrap();
        });
        open.close();
        let resealed: Vec<u64> = told.iter().map(|progress| progress.resealed).collect();
        assert_eq!(resealed, [500, 1_000, 1_100], "{database:?}");

        let mut connection = database.connection();
        let state = |vault: &Vault| keys(vault).iter().find(|key| key.id == old).unwrap().state;
        assert_eq!(state(&vault), KeyState::Destroyed);
        let fresh_start = open_vault(&mut connection);
        assert_eq!(state(&fresh_start), KeyState::Destroyed);
        let id = OrderId::from_raw(700);
        let row = connection.read(|tx| order::fetch(tx, id)).unwrap().unwrap();
        assert_eq!(fresh_start.open_recipient(id, &row.recipient), Ok(lin()));
    }
}

#[test]
fn what_was_sealed_with_a_destroyed_key_is_shown_as_erased() {
    for database in each_database() {
        let (mut connection, vault) = with_orders(&database, 1);
        let old = connection.read(|tx| order::fetch(tx, OrderId::from_raw(1))).unwrap().unwrap();
        let service = hire(&mut connection, "service", Role::Service);
        let open = database.open();
        block_on(async {
            let first = keys(&vault).into_iter().find(|key| key.purpose == Purpose::Seal).unwrap();
            rotate_keys(&open, &vault, Purpose::Seal, NOW, |_| {}).await.unwrap();
            destroy_key(&open, &vault, first.id).await.unwrap();
        });
        open.close();
        // As a row from a backup that was made before.
        let error = vault.open_recipient(OrderId::from_raw(1), &old.recipient).unwrap_err();
        assert!(error.is_erased());
        let seen = look(&mut connection, &vault, &service, Some("回电确认"), About::default(), NOW);
        assert!(seen.is_ok(), "what was sealed anew is still there: {seen:?}");
    }
}

/// Keeps everything that is logged as text.
#[derive(Clone, Default)]
struct Logged(Arc<Mutex<String>>);

impl tracing::field::Visit for Logged {
    fn record_debug(&mut self, field: &tracing::field::Field, value: &dyn std::fmt::Debug) {
        writeln!(self.0.lock().unwrap(), "{field}={value:?}").unwrap();
    }
}

impl tracing::Subscriber for Logged {
    fn enabled(&self, _: &tracing::Metadata<'_>) -> bool {
        true
    }
    fn new_span(&self, span: &tracing::span::Attributes<'_>) -> tracing::span::Id {
        span.record(&mut self.clone());
        tracing::span::Id::from_u64(1)
    }
    fn record(&self, _: &tracing::span::Id, values: &tracing::span::Record<'_>) {
        values.record(&mut self.clone());
    }
    fn record_follows_from(&self, _: &tracing::span::Id, _: &tracing::span::Id) {}
    fn event(&self, event: &tracing::Event<'_>) {
        event.record(&mut self.clone());
    }
    fn enter(&self, _: &tracing::span::Id) {}
    fn exit(&self, _: &tracing::span::Id) {}
}

/// The forms in which a text could hide in a file: plain, hexadecimal, base64 at each offset.
fn forms(text: &str) -> Vec<Vec<u8>> {
    let hex: String = text.bytes().map(|byte| format!("{byte:02x}")).collect();
    let mut forms = vec![text.as_bytes().to_vec(), hex.to_uppercase().into(), hex.into()];
    for skip in 0..3 {
        // The characters in the middle depend on the text alone, whatever stands around it.
        let padded = [vec![0; skip], text.as_bytes().to_vec()].concat();
        let whole = base64(&padded);
        let from = (skip * 8).div_ceil(6);
        let to = padded.len() * 8 / 6;
        forms.push(whole[from..to].to_vec());
    }
    forms
}

fn base64(bytes: &[u8]) -> Vec<u8> {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = Vec::new();
    for chunk in bytes.chunks(3) {
        let mut group = [0; 4];
        group[1..=chunk.len()].copy_from_slice(chunk);
        let bits = u32::from_be_bytes(group);
        out.extend((0..=chunk.len()).map(|i| ALPHABET[(bits >> (18 - 6 * i) & 63) as usize]));
    }
    out
}

/// Everything a thief of the database holds: the files of SQLite, all rows of PostgreSQL as text.
fn everything_stored(database: &TestDatabase, connection: &mut Connection) -> Vec<u8> {
    if let Some(folder) = database.folder() {
        let files = std::fs::read_dir(folder).unwrap();
        return files.flat_map(|file| std::fs::read(file.unwrap().path()).unwrap()).collect();
    }
    let tables = "SELECT CAST(table_name AS TEXT) FROM information_schema.tables
        WHERE table_schema = 'public'";
    let tables = connection.read(|tx| tx.query(tables, &[], |row| row.text())).unwrap();
    let mut all = String::new();
    for table in tables {
        let sql = format!("SELECT CAST(t AS TEXT) FROM {table} t");
        let rows: Vec<String> =
            connection.read(|tx| tx.query(&sql, &[], |row| row.text())).unwrap();
        all.push_str(&rows.concat());
    }
    all.into_bytes()
}

/// Which of the needles, of 6 bytes at least, are somewhere in the haystack; one pass for all.
fn found<'n>(haystack: &[u8], needles: &'n [Vec<u8>]) -> Vec<&'n [u8]> {
    let mut by_start: HashMap<&[u8], Vec<&[u8]>> = HashMap::new();
    for needle in needles {
        by_start.entry(&needle[..6]).or_default().push(needle);
    }
    let mut found = Vec::new();
    for (at, start) in haystack.windows(6).enumerate() {
        let Some(candidates) = by_start.get(start) else { continue };
        found.extend(candidates.iter().filter(|needle| haystack[at..].starts_with(needle)));
    }
    found
}

#[test]
fn a_stolen_database_and_its_logs_hold_no_name_number_or_address() {
    for database in each_database() {
        let (mut connection, vault) = with_orders(&database, 0);
        let logged = Logged::default();
        let mut canaries: Vec<String> = Vec::new();
        tracing::subscriber::with_default(logged.clone(), || {
            for number in 0..40 {
                receive(&mut connection, sku(1), location(1), 1, NOW);
                let (name, phone) =
                    (format!("金丝雀{number}号甲"), format!("139{:08}", 51_770_000 + number * 37));
                let room = format!("{}号金丝雀楼{}室", 7_100 + number, 4_100 + number);
                let mut contact = contact(&name, &phone, &room);
                contact.email = Some(format!("canary{number}@canary.example").parse().unwrap());
                contact.note = Some(format!("canary note {number}"));
                place(&mut connection, &vault, number + 1, &contact).unwrap();
                tracing::info!(contact = ?contact, "as a careless programmer would log it");
                canaries.extend([name, phone, room]);
                canaries.push(format!("canary{number}@canary.example"));
                canaries.push(format!("canary note {number}"));
            }
            let service = hire(&mut connection, "service", Role::Service);
            let seen =
                look(&mut connection, &vault, &service, Some("回电确认"), About::default(), NOW);
            tracing::info!(?seen, "seen");
            connection
                .transact(|tx| {
                    let entries = placed(tx, 40)?;
                    let contacts = contacts_of(tx, &vault, &entries)?;
                    Ok::<_, VaultError>(order::insert_contacts(tx, &contacts)?)
                })
                .unwrap();
        });
        let stored = everything_stored(&database, &mut connection);
        let logged = logged.0.lock().unwrap().clone();
        // The search itself finds what is there.
        let public = ["order.placed", "回电确认"].map(|text| text.as_bytes().to_vec());
        assert!(public.iter().all(|text| found(&stored, &public).contains(&text.as_slice())));
        assert_eq!(logged.matches("浙江省杭州市西湖区文三路****").count(), 40);
        let disguised: Vec<Vec<u8>> = canaries.iter().flat_map(|canary| forms(canary)).collect();
        assert_eq!(found(&stored, &disguised), [b""; 0], "stored in {database:?}");
        assert_eq!(found(logged.as_bytes(), &disguised), [b""; 0], "logged");
    }
}

#[test]
fn the_search_for_canaries_knows_their_disguises() {
    let text = "13951770000";
    assert_eq!(base64(b"any carnal pleas"), b"YW55IGNhcm5hbCBwbGVhcw");
    for before in ["", "x", "xy", "xyz"] {
        let hidden = base64(format!("{before}{text}...").as_bytes());
        assert!(!found(&hidden, &forms(text)).is_empty(), "{before}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever a recipient is called and wherever they live, the mask shows neither the whole name,
    /// nor six digits of the number, nor number, unit and room of the address.
    #[test]
    fn masks_do_not_reveal(
        name in "[\u{4e00}-\u{4fff}]{2,6}|[A-Z][a-z]{3,9} [A-Z][a-z]{3,9}",
        number in 13_000_000_000_u64..=13_999_999_999,
        building in 100_u32..9_999,
        room in 100_u32..9_999,
    ) {
        let phone = number.to_string();
        let home = format!("{building}号{room}室");
        let masked = contact(&name, &phone, &home).masked();
        prop_assert!(!masked.name.contains(&name));
        let shown = masked.phone.chars().filter(char::is_ascii_digit).count();
        prop_assert!(shown <= phone.len() - 6, "{}", masked.phone);
        let text = serde_json::to_string(&masked).unwrap();
        for hidden in [&name, &phone, &building.to_string(), &room.to_string()] {
            let is_in_phone = masked.phone.contains(hidden.as_str());
            prop_assert!(is_in_phone || !text.contains(hidden.as_str()), "{hidden} in {text}");
        }
    }
}

//! Who sees a recipient, and how one is found.

use std::sync::Arc;

use ordermill_app::permission::{About, Aspect, Principal, StaffMember};
use ordermill_app::privacy::{RevealError, Vault, VaultError, contacts_of};
use ordermill_base::{Id, Span};
use ordermill_domain::ids::{LocationId, OrderId, StaffId};
use ordermill_domain::reveal::{Field, LIMIT, LIMIT_WINDOW};
use ordermill_domain::role::Role;
use ordermill_storage::{Connection, journal, order};
use ordermill_testkit::each_database;
use ordermill_testkit::stock::{location, receive, sku};
use ordermill_vault::SeededEntropy;
use proptest::prelude::*;

use crate::kit::{NOW, contact, entropy, hire, lin, look, place, placed, with_orders};

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

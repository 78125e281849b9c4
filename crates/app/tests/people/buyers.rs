//! Buyers who sign in by a code, and guests.

use ordermill_app::permission::{Buyer, Principal};
use ordermill_app::shopper::{
    self, Contact, EnterCodeError, RequestCodeError, enter_code, request_code,
};
use ordermill_base::{Id, Span};
use ordermill_domain::ids::OrderId;
use ordermill_ports::notifier::Outbox;

use crate::kit::{NOW, on_each, vault, visitor};

fn phone() -> Contact {
    Contact::Phone("+8613800138000".parse().unwrap())
}

fn newest_code(outbox: &Outbox) -> String {
    let text = outbox.messages().last().unwrap().text.clone();
    text.chars().filter(char::is_ascii_digit).take(6).collect()
}

#[test]
fn a_buyer_signs_in_with_a_code_and_is_the_same_one_the_next_time() {
    on_each(
        async |access, database| {
            let (outbox, from) = (Outbox::new(9), visitor());
            request_code(access, &outbox, &phone(), &from, NOW).await.unwrap();
            let code = newest_code(&outbox);
            let first = enter_code(access, &phone(), &code, &from, NOW).await.unwrap();
            assert!(first.is_new, "{database:?}");
            let who = access.of_session(first.token.as_str(), NOW).await.unwrap();
            assert_eq!(who, Some(Principal::Buyer(Buyer::Customer(first.customer))));
            let again = enter_code(access, &phone(), &code, &from, NOW).await;
            assert!(matches!(again, Err(EnterCodeError::Wrong)), "a code is good once");

            let later = NOW + Span::days(1);
            request_code(access, &outbox, &phone(), &from, later).await.unwrap();
            let code = newest_code(&outbox);
            let second = enter_code(access, &phone(), &code, &from, later).await.unwrap();
            assert_eq!((second.customer, second.is_new), (first.customer, false));
            let (vault, id) = (access.vault().clone(), first.customer);
            let profile = access.database().read(move |tx| shopper::profile::fetch(tx, &vault, id));
            let (profile, version) = profile.await.unwrap();
            assert_eq!(version, 1);
            assert_eq!(profile.phone.unwrap().e164(), "+8613800138000");
        },
        |_| {},
    );
}

#[test]
fn codes_end_after_five_tries_ten_minutes_and_the_next_code() {
    on_each(
        async |access, _| {
            let (outbox, from) = (Outbox::new(9), visitor());
            let enter =
                async |code: &str, at| enter_code(access, &phone(), code, &from, at).await.is_ok();
            request_code(access, &outbox, &phone(), &from, NOW).await.unwrap();
            let first = newest_code(&outbox);
            let wrong = if first == "000000" { "000001" } else { "000000" };
            for _ in 0..5 {
                assert!(!enter(wrong, NOW).await);
            }
            assert!(!enter(&first, NOW).await, "the sixth try is not heard");

            let at = NOW + Span::minutes(2);
            request_code(access, &outbox, &phone(), &from, at).await.unwrap();
            let second = newest_code(&outbox);
            assert!(!enter(&second, at + Span::minutes(10)).await, "after ten minutes");

            let at = NOW + Span::minutes(20);
            request_code(access, &outbox, &phone(), &from, at).await.unwrap();
            let third = newest_code(&outbox);
            request_code(access, &outbox, &phone(), &from, at + Span::minutes(1)).await.unwrap();
            let fourth = newest_code(&outbox);
            assert!(third == fourth || !enter(&third, at + Span::minutes(1)).await);
            assert!(enter(&fourth, at + Span::minutes(1)).await);
        },
        |_| {},
    );
}

#[test]
fn nobody_is_flooded_with_codes() {
    on_each(
        async |access, _| {
            let (outbox, from) = (Outbox::new(99), visitor());
            let request = async |minute: i64| {
                let at = NOW + Span::minutes(minute);
                request_code(access, &outbox, &phone(), &from, at).await
            };
            request(0).await.unwrap();
            assert!(matches!(request(0).await, Err(RequestCodeError::Wait(_))));
            for minute in 1..5 {
                request(minute).await.unwrap();
            }
            let sixth = request(10).await;
            assert!(matches!(sixth, Err(RequestCodeError::Wait(_))), "{sixth:?}");
            request(60).await.unwrap();
            assert_eq!(outbox.messages().len(), 6);
            let landline = Contact::Phone("+861062345678".parse().unwrap());
            let refused = request_code(access, &outbox, &landline, &from, NOW).await;
            assert!(matches!(refused, Err(RequestCodeError::NotMobile)), "{refused:?}");
        },
        |_| {},
    );
}

#[test]
fn the_link_of_a_guests_order_opens_that_order_only() {
    let (vault, order) = (vault(), OrderId::from_raw(7));
    let token = shopper::guest_token(&vault, order, NOW);
    let guest = |order, at| shopper::guest(&vault, order, &token, at);
    assert_eq!(guest(order, NOW), Some(Principal::Buyer(Buyer::Guest(order))));
    assert_eq!(guest(OrderId::from_raw(8), NOW), None);
    assert_eq!(guest(order, NOW + shopper::GUEST_LINK_GOOD_FOR), None);
}

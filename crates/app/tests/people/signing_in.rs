//! Staff who sign in, and whoever guesses.

use ordermill_app::session::{Door, SignInError, Step, enter_totp, sign_in, sign_out};
use ordermill_app::staff::{self, ChangeStaffError};
use ordermill_base::{Id, Span, Timestamp};
use ordermill_domain::actor::{Act, Actor};
use ordermill_domain::ids::StaffId;
use ordermill_domain::role::Role;
use ordermill_vault::{SeededEntropy, TotpSecret};
use zeroize::Zeroizing;

use crate::kit::{NOW, PASSWORD, form, hire, on_each, sign_in_at, visitor};

#[test]
fn staff_sign_in_and_out() {
    on_each(
        async |access, database| {
            let ticket = sign_in_at(access, " Clerk ", NOW).await;
            let token = ticket.token.as_str();
            let who = access.of_session(token, NOW).await.unwrap().unwrap();
            assert_eq!(who.staff().unwrap().roles, [Role::Service], "{database:?}");
            let other = sign_in_at(access, "clerk", NOW).await;
            assert_ne!(other.token.as_str(), token);
            assert_eq!(access.of_session("made up", NOW).await.unwrap(), None);
            sign_out(access, token).await.unwrap();
            assert_eq!(access.of_session(token, NOW).await.unwrap(), None);
            assert!(access.of_session(other.token.as_str(), NOW).await.unwrap().is_some());
        },
        |connection| {
            hire(connection, "clerk", &[Role::Service]);
        },
    );
}

#[test]
fn a_session_of_the_console_ends_after_two_idle_hours_and_after_a_day_of_work() {
    on_each(
        async |access, _| {
            let ticket = sign_in_at(access, "clerk", NOW).await;
            let idle = NOW + Span::hours(2);
            assert_eq!(access.of_session(ticket.token.as_str(), idle).await.unwrap(), None);
            let ticket = sign_in_at(access, "clerk", NOW).await;
            for hour in 1..12 {
                let at = NOW + Span::hours(hour);
                let who = access.of_session(ticket.token.as_str(), at).await.unwrap();
                assert!(who.is_some(), "hour {hour}");
            }
            let late = NOW + Door::Console.lifetime();
            assert_eq!(access.of_session(ticket.token.as_str(), late).await.unwrap(), None);
        },
        |connection| {
            hire(connection, "clerk", &[Role::Service]);
        },
    );
}

#[test]
fn unknown_logins_and_wrong_passwords_get_the_same_answer() {
    on_each(
        async |access, _| {
            for (login, password) in [
                ("clerk", "wrong password"),
                ("nobody", PASSWORD),
                ("not a login'--", PASSWORD),
                ("", ""),
            ] {
                let refused = sign_in(access, form(login, password), NOW).await;
                assert!(matches!(refused, Err(SignInError::Wrong)), "{login}: {refused:?}");
            }
        },
        |connection| {
            hire(connection, "clerk", &[Role::Service]);
        },
    );
}

#[test]
fn guessing_gets_slow_and_the_owner_still_comes_in_from_a_known_browser() {
    on_each(
        async |access, _| {
            let device = sign_in_at(access, "clerk", NOW).await.device;
            let mut answers = Vec::new();
            for _ in 0..12 {
                answers.push(sign_in(access, form("clerk", "wrong password"), NOW).await);
            }
            assert!(answers[..10].iter().all(|a| matches!(a, Err(SignInError::Wrong))));
            assert!(matches!(answers[10], Err(SignInError::Wait(_))), "{:?}", answers[10]);
            // Even the right password waits, or the guesser would see it.
            let stranger = sign_in(access, form("clerk", PASSWORD), NOW).await;
            assert!(matches!(stranger, Err(SignInError::Wait(_))), "{stranger:?}");
            let mut known = form("clerk", PASSWORD);
            known.device = device;
            assert!(matches!(sign_in(access, known, NOW).await, Ok(Step::Done(_))));
            let mut forged = form("clerk", PASSWORD);
            forged.device = Some("A".repeat(39));
            assert!(matches!(sign_in(access, forged, NOW).await, Err(SignInError::Wait(_))));
            let patient = sign_in(access, form("clerk", PASSWORD), NOW + Span::minutes(1)).await;
            assert!(matches!(patient, Ok(Step::Done(_))), "{patient:?}");
        },
        |connection| {
            hire(connection, "clerk", &[Role::Service]);
        },
    );
}

#[test]
fn a_second_factor_is_asked_for_and_each_code_is_good_once() {
    on_each(
        async |access, database| {
            let vault = access.vault().clone();
            let id = StaffId::from_raw(77);
            let database_write = access.database();
            let enrolling = vault.clone();
            let id = {
                let found = sign_in_at(access, "clerk", NOW).await;
                let who = access.of_session(found.token.as_str(), NOW).await.unwrap().unwrap();
                who.staff().map_or(id, |staff| staff.id)
            };
            let enrollment = database_write
                .write(move |tx| staff::start_totp(tx, &enrolling, id))
                .await
                .unwrap();
            let secret = TotpSecret::from_bytes(&unbase32(&enrollment.secret)).unwrap();
            let code_at = |at: Timestamp| secret.code(at.as_seconds().div_euclid(30)).to_string();
            // Not asked for before a first code was typed.
            sign_in_at(access, "clerk", NOW).await;
            let confirm = |typed: String, at: Timestamp| {
                let vault = vault.clone();
                let act = Act::new(Actor::Staff(id), at);
                access.administer(move |tx| staff::confirm_totp(tx, &vault, &act, id, &typed))
            };
            let wrong = confirm("000000".to_owned(), NOW).await;
            assert!(matches!(wrong, Err(ChangeStaffError::WrongCode)), "{wrong:?}");
            confirm(code_at(NOW), NOW).await.unwrap();

            let at = NOW + Span::minutes(1);
            let step = sign_in(access, form("clerk", PASSWORD), at).await.unwrap();
            let Step::CodeWanted(proof) = step else { panic!("{step:?} {database:?}") };
            let from = visitor();
            let used = enter_totp(access, &proof, &code_at(NOW), &from, at).await;
            assert!(matches!(used, Err(SignInError::WrongCode)), "{used:?}");
            let ticket = enter_totp(access, &proof, &code_at(at), &from, at).await.unwrap();
            assert!(access.of_session(ticket.token.as_str(), at).await.unwrap().is_some());
            let again = enter_totp(access, &proof, &code_at(at), &from, at).await;
            assert!(matches!(again, Err(SignInError::WrongCode)), "{again:?}");
            let later = at + Span::minutes(6);
            let stale = enter_totp(access, &proof, &code_at(later), &from, later).await;
            assert!(matches!(stale, Err(SignInError::WrongCode)), "{stale:?}");
            let forged = format!("{id}~{}", "A".repeat(39));
            let forged = enter_totp(access, &forged, &code_at(later), &from, later).await;
            assert!(matches!(forged, Err(SignInError::WrongCode)), "{forged:?}");
        },
        |connection| {
            hire(connection, "clerk", &[Role::Finance]);
        },
    );
}

fn unbase32(text: &str) -> Vec<u8> {
    let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let bits: String = text.chars().map(|c| format!("{:05b}", alphabet.find(c).unwrap())).collect();
    let bytes = bits.as_bytes().chunks_exact(8);
    bytes.map(|b| u8::from_str_radix(std::str::from_utf8(b).unwrap(), 2).unwrap()).collect()
}

#[test]
fn a_new_password_ends_all_other_sessions() {
    on_each(
        async |access, _| {
            let (own, other) =
                (sign_in_at(access, "clerk", NOW).await, sign_in_at(access, "clerk", NOW).await);
            let who = access.of_session(own.token.as_str(), NOW).await.unwrap().unwrap();
            let id = who.staff().unwrap().id;
            let change = |present: &str, new: &str| {
                let (present, new) =
                    (Zeroizing::new(present.to_owned()), Zeroizing::new(new.to_owned()));
                staff::change_own_password(
                    access,
                    who.act(NOW),
                    id,
                    present,
                    new,
                    own.token.as_str(),
                )
            };
            let wrong = change("not the password", "a much better one").await;
            assert!(matches!(wrong, Err(ChangeStaffError::WrongPassword)), "{wrong:?}");
            let weak = change(PASSWORD, "password1").await;
            assert!(matches!(weak, Err(ChangeStaffError::Password(_))), "{weak:?}");
            change(PASSWORD, "a much better one").await.unwrap();
            assert!(access.of_session(own.token.as_str(), NOW).await.unwrap().is_some());
            assert_eq!(access.of_session(other.token.as_str(), NOW).await.unwrap(), None);
            let old = sign_in(access, form("clerk", PASSWORD), NOW).await;
            assert!(matches!(old, Err(SignInError::Wrong)));
            let new = sign_in(access, form("clerk", "a much better one"), NOW).await;
            assert!(matches!(new, Ok(Step::Done(_))));
        },
        |connection| {
            hire(connection, "clerk", &[Role::Service]);
        },
    );
}

#[test]
fn cookies_are_bound_to_the_host() {
    let token = ordermill_vault::Token::generate(&SeededEntropy::from_seed(1));
    let cookie = Door::Shop.set_cookie(&token, true);
    assert!(cookie.starts_with("__Host-ordermill-shop="));
    for wanted in ["Path=/", "HttpOnly", "SameSite=Lax", "Secure"] {
        assert!(cookie.split("; ").any(|part| part == wanted), "{cookie}");
    }
    assert!(!cookie.contains("Domain"));
}

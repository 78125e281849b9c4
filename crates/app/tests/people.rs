//! Staff, keys and buyers, and how each of them gets in, on both databases.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::sync::Arc;

use ordermill_app::access::{Access, TRUSTED_FOR};
use ordermill_app::api_key::{self, NewApiKey};
use ordermill_app::permission::{Buyer, Principal};
use ordermill_app::privacy::{RootKeySource, Vault, VaultError};
use ordermill_app::session::{
    Door, SignIn, SignInError, Step, Ticket, Visitor, enter_totp, sign_in, sign_out,
};
use ordermill_app::shopper::{
    self, Contact, EnterCodeError, RequestCodeError, enter_code, request_code,
};
use ordermill_app::staff::{self, ChangeStaffError, NewStaff};
use ordermill_base::{Id, Span, Timestamp};
use ordermill_domain::actor::{Act, Actor};
use ordermill_domain::api_key::Scope;
use ordermill_domain::ids::{OrderId, StaffId};
use ordermill_domain::role::Role;
use ordermill_domain::staff::StaffError;
use ordermill_ports::notifier::Outbox;
use ordermill_storage::{Connection, journal};
use ordermill_testkit::{TestClock, TestDatabase, each_database};
use ordermill_vault::{Entropy, RootKey, SeededEntropy, TotpSecret};
use zeroize::Zeroizing;

const NOW: Timestamp = TestClock::START;
const PASSWORD: &str = "correct horse battery";

fn entropy() -> Arc<dyn Entropy> {
    Arc::new(SeededEntropy::from_seed(7))
}

fn vault() -> Vault {
    Vault::in_memory(entropy(), NOW)
}

/// Databases are opened and dropped outside of it: the driver of PostgreSQL blocks its thread.
fn block_on<T>(future: impl Future<Output = T>) -> T {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    builder.worker_threads(2).enable_time().build().unwrap().block_on(future)
}

fn act() -> Act {
    Act::new(Actor::system("cli"), NOW)
}

/// Hashing takes its time on purpose: once for all tests.
fn hash() -> String {
    static HASH: std::sync::OnceLock<String> = std::sync::OnceLock::new();
    let make = || ordermill_vault::password::hash(PASSWORD, &SeededEntropy::from_seed(1)).unwrap();
    HASH.get_or_init(make).clone()
}

fn new_staff(login: &str, roles: &[Role]) -> NewStaff {
    NewStaff {
        login: login.parse().unwrap(),
        name: login.to_owned(),
        roles: roles.to_vec(),
        location: None,
        password: hash(),
    }
}

fn hire(connection: &mut Connection, login: &str, roles: &[Role]) -> StaffId {
    let new = new_staff(login, roles);
    let cli = Principal::system("cli");
    connection.transact(|tx| staff::create(tx, &cli, &act(), &new)).unwrap()
}

fn form(login: &str, password: &str) -> SignIn {
    SignIn {
        login: login.to_owned(),
        password: Zeroizing::new(password.to_owned()),
        from: visitor(),
        device: None,
    }
}

fn visitor() -> Visitor {
    Visitor { address: "192.0.2.7".to_owned(), user_agent: "Browser\r\n/1".to_owned() }
}

async fn sign_in_at(access: &Access, login: &str, now: Timestamp) -> Ticket {
    match sign_in(access, form(login, PASSWORD), now).await.unwrap() {
        Step::Done(ticket) => ticket,
        Step::CodeWanted(_) => panic!("no second factor is set up"),
    }
}

/// Runs a test on an open database of each engine.
fn on_each(test: impl AsyncFn(&Access, &TestDatabase), prepare: impl Fn(&mut Connection)) {
    for database in each_database() {
        prepare(&mut database.connection());
        let open = database.open();
        let access = Access::new(open.clone(), vault());
        block_on(test(&access, &database));
        drop(access);
        open.close();
    }
}

fn principal_of(id: StaffId, roles: &[Role]) -> Principal {
    Principal::Staff(Arc::new(ordermill_app::permission::StaffMember {
        id,
        name: "someone".to_owned(),
        roles: roles.to_vec(),
        location: None,
    }))
}

#[test]
fn there_is_one_first_administrator_unless_forced() {
    for database in each_database() {
        let mut connection = database.connection();
        let mut make = |login: &str, forced| {
            let new = new_staff(login, &[]);
            connection.transact(|tx| staff::create_first_admin(tx, &act(), &new, forced))
        };
        make("root", false).unwrap();
        assert!(matches!(make("second", false), Err(ChangeStaffError::AdminExists)));
        make("rescue", true).unwrap();
        let taken = make("root", true);
        assert!(matches!(taken, Err(ChangeStaffError::LoginTaken(_))), "{taken:?}");
    }
}

#[test]
fn nobody_changes_their_own_roles_and_only_administrators_those_of_others() {
    for database in each_database() {
        let mut connection = database.connection();
        let boss = hire(&mut connection, "boss", &[Role::Admin]);
        let clerk = hire(&mut connection, "clerk", &[Role::Service]);
        let boss_now = principal_of(boss, &[Role::Admin]);
        let clerk_now = principal_of(clerk, &[Role::Service]);
        let mut change = |by: &Principal, whom| {
            let act = by.act(NOW);
            connection.transact(|tx| {
                staff::change_rights(tx, by, &act, whom, &[Role::Admin, Role::Finance], None)
            })
        };
        let own = change(&boss_now, boss);
        assert!(matches!(own, Err(ChangeStaffError::Refused(StaffError::OwnRights))), "{own:?}");
        let other = change(&clerk_now, boss);
        assert!(matches!(other, Err(ChangeStaffError::Forbidden(_))), "{other:?}");
        change(&boss_now, clerk).unwrap();

        let history = connection.read(|tx| journal::of(tx, "staff", clerk, 1, 9)).unwrap();
        let told: Vec<(String, String)> =
            history.iter().map(|e| (e.actor.to_string(), e.body.clone())).collect();
        assert_eq!(told[0].0, "system:cli");
        assert_eq!(told[1].0, format!("staff:{boss}"));
        assert!(told[1].1.contains(r#""from":["service"],"to":["finance","admin"]"#), "{told:?}");
    }
}

#[test]
fn an_administrator_who_was_just_disabled_changes_nothing_any_more() {
    for database in each_database() {
        let mut connection = database.connection();
        let one = hire(&mut connection, "one", &[Role::Admin]);
        let two = hire(&mut connection, "two", &[Role::Admin]);
        let mut disable = |by: StaffId, whom| {
            let by = principal_of(by, &[Role::Admin]);
            connection.transact(|tx| staff::disable(tx, &by, &by.act(NOW), whom))
        };
        disable(one, two).unwrap();
        // Their browser still says that they are an administrator.
        let late = disable(two, one);
        assert!(matches!(late, Err(ChangeStaffError::Forbidden(_))), "{late:?}");
    }
}

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
fn rights_that_are_taken_away_are_gone_at_once_here_and_soon_on_other_nodes() {
    on_each(
        async |access, _| {
            let other_node = Access::new(access.database().clone(), access.vault().clone());
            let boss = sign_in_at(access, "boss", NOW).await;
            let ticket = sign_in_at(access, "clerk", NOW).await;
            let token = ticket.token.as_str();
            let boss = access.of_session(boss.token.as_str(), NOW).await.unwrap().unwrap();
            let clerk = access.of_session(token, NOW).await.unwrap().unwrap();
            assert!(other_node.of_session(token, NOW).await.unwrap().is_some());
            let id = clerk.staff().unwrap().id;
            access
                .administer(move |tx| staff::disable(tx, &boss, &boss.act(NOW), id))
                .await
                .unwrap();
            assert_eq!(access.of_session(token, NOW).await.unwrap(), None);
            let soon = NOW + TRUSTED_FOR;
            assert_eq!(other_node.of_session(token, soon).await.unwrap(), None);
            let refused = sign_in(access, form("clerk", PASSWORD), NOW).await;
            assert!(matches!(refused, Err(SignInError::Wrong)), "{refused:?}");
        },
        |connection| {
            hire(connection, "boss", &[Role::Admin]);
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
fn api_keys_are_shown_once_work_within_their_scopes_and_end_when_revoked() {
    on_each(
        async |access, database| {
            let (vault, cli) = (access.vault().clone(), Principal::system("cli"));
            let new = NewApiKey {
                name: "ERP".to_owned(),
                scopes: vec![Scope::ReadOrders, Scope::WriteOrders, Scope::ReadOrders],
                channel: None,
            };
            let key = access
                .administer(move |tx| api_key::create(tx, &vault, &cli, &act(), &new))
                .await
                .unwrap();
            assert!(!format!("{key:?}").contains(key.text.as_str()));
            let who = access.of_api_key(key.text.as_str(), NOW).await.unwrap().unwrap();
            assert_eq!(who.actor(), Actor::ApiKey(key.id));
            assert!(who.require_scope(Scope::WriteOrders).is_ok());
            assert!(who.require_scope(Scope::ManageWebhooks).is_err());
            let id = key.id;
            let stored =
                access.database().read(move |tx| ordermill_storage::api_key::fetch(tx, id));
            let stored = stored.await.unwrap().unwrap();
            assert_eq!(stored.last_used_at, Some(NOW), "{database:?}");
            assert!(stored.hint.starts_with("omk_") && stored.hint.len() == 8);
            let revoke = || {
                let cli = Principal::system("cli");
                access.administer(move |tx| api_key::revoke(tx, &cli, &act(), id))
            };
            revoke().await.unwrap();
            assert_eq!(access.of_api_key(key.text.as_str(), NOW).await.unwrap(), None);
            assert!(revoke().await.is_err(), "a revoked key is revoked once");
            assert_eq!(access.of_session(key.text.as_str(), NOW).await.unwrap(), None);
        },
        |_| {},
    );
}

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

#[test]
fn the_vault_opens_again_and_only_with_its_own_root_key() {
    for database in each_database() {
        let mut connection = database.connection();
        let directory = tempfile::tempdir().unwrap();
        let file = RootKeySource::File(directory.path().join("root.key"));
        let mut open = |source: &RootKeySource| {
            connection.transact(|tx| Vault::open(tx, source, entropy(), NOW))
        };
        let token = shopper::guest_token(&open(&file).unwrap(), OrderId::from_raw(1), NOW);
        let again = open(&file).unwrap();
        assert!(shopper::guest(&again, OrderId::from_raw(1), &token, NOW).is_some());

        let other = RootKey::generate(&SeededEntropy::from_seed(99)).to_base64();
        let wrong = open(&RootKeySource::Base64(other));
        assert!(matches!(wrong, Err(VaultError::Keyring(_))), "{wrong:?}");
        // A lost root key is not silently replaced by a new one that opens nothing.
        let missing = RootKeySource::File(directory.path().join("moved.key"));
        let missing = open(&missing);
        assert!(matches!(missing, Err(VaultError::Root(_))), "{missing:?}");
        assert!(!directory.path().join("moved.key").exists());
    }
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

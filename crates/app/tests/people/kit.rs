//! What the tests of people share.

use std::sync::Arc;

use ordermill_app::access::Access;
use ordermill_app::permission::Principal;
use ordermill_app::privacy::Vault;
use ordermill_app::session::{SignIn, Step, Ticket, Visitor, sign_in};
use ordermill_app::staff::{self, NewStaff};
use ordermill_base::Timestamp;
use ordermill_domain::actor::{Act, Actor};
use ordermill_domain::ids::StaffId;
use ordermill_domain::role::Role;
use ordermill_storage::Connection;
use ordermill_testkit::{TestClock, TestDatabase, each_database};
use ordermill_vault::{Entropy, SeededEntropy};
use zeroize::Zeroizing;

pub(crate) const NOW: Timestamp = TestClock::START;
pub(crate) const PASSWORD: &str = "correct horse battery";

pub(crate) fn entropy() -> Arc<dyn Entropy> {
    Arc::new(SeededEntropy::from_seed(7))
}

pub(crate) fn vault() -> Vault {
    Vault::in_memory(entropy(), NOW)
}

/// Databases are opened and dropped outside of it: the driver of PostgreSQL blocks its thread.
pub(crate) fn block_on<T>(future: impl Future<Output = T>) -> T {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    builder.worker_threads(2).enable_time().build().unwrap().block_on(future)
}

pub(crate) fn act() -> Act {
    Act::new(Actor::system("cli"), NOW)
}

/// Hashing takes its time on purpose: once for all tests.
pub(crate) fn hash() -> String {
    static HASH: std::sync::OnceLock<String> = std::sync::OnceLock::new();
    let make = || ordermill_vault::password::hash(PASSWORD, &SeededEntropy::from_seed(1)).unwrap();
    HASH.get_or_init(make).clone()
}

pub(crate) fn new_staff(login: &str, roles: &[Role]) -> NewStaff {
    NewStaff {
        login: login.parse().unwrap(),
        name: login.to_owned(),
        roles: roles.to_vec(),
        location: None,
        password: hash(),
    }
}

pub(crate) fn hire(connection: &mut Connection, login: &str, roles: &[Role]) -> StaffId {
    let new = new_staff(login, roles);
    let cli = Principal::system("cli");
    connection.transact(|tx| staff::create(tx, &cli, &act(), &new)).unwrap()
}

pub(crate) fn form(login: &str, password: &str) -> SignIn {
    SignIn {
        login: login.to_owned(),
        password: Zeroizing::new(password.to_owned()),
        from: visitor(),
        device: None,
    }
}

pub(crate) fn visitor() -> Visitor {
    Visitor { address: "192.0.2.7".to_owned(), user_agent: "Browser\r\n/1".to_owned() }
}

pub(crate) async fn sign_in_at(access: &Access, login: &str, now: Timestamp) -> Ticket {
    match sign_in(access, form(login, PASSWORD), now).await.unwrap() {
        Step::Done(ticket) => ticket,
        Step::CodeWanted(_) => panic!("no second factor is set up"),
    }
}

/// Runs a test on an open database of each engine.
pub(crate) fn on_each(
    test: impl AsyncFn(&Access, &TestDatabase),
    prepare: impl Fn(&mut Connection),
) {
    for database in each_database() {
        prepare(&mut database.connection());
        let open = database.open();
        let access = Access::new(open.clone(), vault());
        block_on(test(&access, &database));
        drop(access);
        open.close();
    }
}

pub(crate) fn principal_of(id: StaffId, roles: &[Role]) -> Principal {
    Principal::Staff(Arc::new(ordermill_app::permission::StaffMember {
        id,
        name: "someone".to_owned(),
        roles: roles.to_vec(),
        location: None,
    }))
}

//! A small past, made on both engines, holds before the checker.

use std::sync::Arc;

use ordermill_app::check::check;
use ordermill_app::privacy::{RootKeySource, Vault};
use ordermill_app::{Partners, Services};
use ordermill_domain::order::Status;
use ordermill_storage::{Error, order};
use ordermill_testkit::{TestClock, TestDatabase, each_database};
use ordermill_vault::{RootKey, SeededEntropy};

use super::*;

const NOW: Timestamp = TestClock::START;
const OPENED_AT: Timestamp =
    Timestamp::from_micros(NOW.as_micros() - Span::days(past::DAYS + 1).as_micros());

fn services(test: &TestDatabase) -> Services {
    let root = RootKey::generate(&SeededEntropy::from_seed(1)).to_base64();
    let entropy = Arc::new(SeededEntropy::from_seed(7));
    let vault = test
        .connection()
        .transact(|tx| Vault::open(tx, &RootKeySource::Base64(root), entropy, OPENED_AT))
        .unwrap();
    let clock = Arc::new(Standing(OPENED_AT));
    Services::new(test.open(), clock, vault, Partners::default()).unwrap()
}

#[test]
fn a_past_that_was_made_by_real_commands_holds_before_the_checker() {
    for test in each_database() {
        let services = services(&test);
        assert_eq!(state::of(&services).unwrap(), state::State::New);
        let account = Account { gateway: "sandbox".to_owned(), merchant: MERCHANT.to_owned() };
        let sign_ins = make(&services, 200, (OPENED_AT, NOW), &account).unwrap();
        assert_eq!(sign_ins.logins.len(), 15);
        assert_eq!(state::of(&services).unwrap(), state::State::Ready);
        let count = |status| {
            let filter = order::Filter { statuses: vec![status], ..order::Filter::default() };
            let listed = services
                .database()
                .write_blocking(move |tx| order::list(tx, &filter, None, 1_000))
                .map_err(|error: Error| error);
            listed.unwrap().len()
        };
        let (confirmed, canceled) = (count(Status::Confirmed), count(Status::Canceled));
        assert!(confirmed > 150 && canceled > 5, "{confirmed} confirmed, {canceled} canceled");
        assert!(confirmed + canceled + count(Status::Placed) >= 190, "few find no stock");
        let report = check(&mut test.connection(), NOW, None, &mut |_, _| ()).unwrap();
        assert_eq!(report.violations, [], "{}", test.engine());
        services.database().close();
    }
}

//! Backups of a shop at work, and what they refuse.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use ordermill_app::backup::{self, BackupError, DATABASE_FILE, ROOT_KEY_FILE, Restoring};
use ordermill_base::IdGenerator;
use ordermill_storage::{Address, Connection, audit};
use ordermill_testkit::TestDatabase;
use ordermill_testkit::stock::{location, receive, sku};

use crate::kit::{NOW, an_order, pay, place, status};

/// A shop with a paid order, sealed.
fn shop() -> (TestDatabase, Connection) {
    let database = TestDatabase::sqlite();
    let mut connection = database.connection();
    receive(&mut connection, sku(1), location(1), 9, NOW);
    let order = place(&mut connection, an_order(1, 2));
    pay(&mut connection, 11, order, 2_000, NOW);
    connection.transact(|tx| audit::seal_next(tx, NOW)).unwrap();
    (database, connection)
}

fn files(folder: &Path) -> Vec<String> {
    let names = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name());
    let mut names: Vec<String> = names.map(|name| name.into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn a_backup_of_a_shop_at_work_is_proven_and_restored() {
    let (_database, mut connection) = shop();
    let folder = tempfile::tempdir().unwrap();
    let (copy, data) = (folder.path().join("monday"), folder.path().join("data"));
    let mut pages = Vec::new();
    let taken = backup::backup(&connection, None, &copy, &mut |done, _| pages.push(done)).unwrap();
    assert!(taken.entries > 0 && !pages.is_empty());
    // What happens after it is not in it.
    place(&mut connection, an_order(2, 1));
    let head = taken.head;
    assert_eq!(backup::verify(&copy, head.as_ref()).unwrap(), taken);
    let mut told = Vec::new();
    backup::restore(&copy, &data, head.as_ref(), &mut |how_far| told.push(how_far)).unwrap();
    let size = fs::metadata(data.join(DATABASE_FILE)).unwrap().len();
    assert!(matches!(told.first(), Some(Restoring::Proving(1..))), "{told:?}");
    assert_eq!(told.last(), Some(&Restoring::Copying(size, size)));
    assert_eq!(files(&data), [DATABASE_FILE], "nothing half done is left");
    let address = Address::sqlite(data.join(DATABASE_FILE));
    let mut restored = Connection::open(&address, Arc::new(IdGenerator::new(0))).unwrap();
    restored.migrate().unwrap();
    let paid = ordermill_base::Id::from_raw(1);
    assert_eq!(status(&mut restored, paid), ordermill_domain::order::Status::Confirmed);
    let report =
        ordermill_app::check::check(&mut restored, NOW, head.as_ref(), &mut |_, _| ()).unwrap();
    assert_eq!(report.violations, []);
}

#[test]
fn the_root_key_is_in_a_backup_only_when_it_is_asked_for() {
    let (_database, connection) = shop();
    let folder = tempfile::tempdir().unwrap();
    let key = folder.path().join("key");
    fs::write(&key, "a secret").unwrap();
    let (without, with) = (folder.path().join("without"), folder.path().join("with"));
    backup::backup(&connection, None, &without, &mut |_, _| ()).unwrap();
    backup::backup(&connection, Some(&key), &with, &mut |_, _| ()).unwrap();
    assert_eq!(files(&without), [DATABASE_FILE]);
    assert_eq!(files(&with), [DATABASE_FILE, ROOT_KEY_FILE]);
    let data = folder.path().join("data");
    backup::restore(&with, &data, None, &mut |_| ()).unwrap();
    assert_eq!(fs::read_to_string(data.join(ROOT_KEY_FILE)).unwrap(), "a secret");
}

#[test]
fn nothing_is_ever_overwritten() {
    let (_database, connection) = shop();
    let folder = tempfile::tempdir().unwrap();
    let (copy, data) = (folder.path().join("monday"), folder.path().join("data"));
    fs::create_dir(&data).unwrap();
    backup::backup(&connection, None, &copy, &mut |_, _| ()).unwrap();
    let again = backup::backup(&connection, None, &copy, &mut |_, _| ());
    assert!(matches!(again, Err(BackupError::Occupied(_))), "{again:?}");
    fs::write(data.join("note"), "mine").unwrap();
    let refused = backup::restore(&copy, &data, None, &mut |_| ());
    assert!(matches!(refused, Err(BackupError::Occupied(_))), "{refused:?}");
    assert_eq!(files(&data), ["note"]);
    fs::remove_file(data.join("note")).unwrap();
    assert!(backup::restore(&copy, &data, None, &mut |_| ()).is_ok(), "an empty folder will do");
}

#[test]
fn a_damaged_or_foreign_copy_is_refused() {
    let (_database, connection) = shop();
    let folder = tempfile::tempdir().unwrap();
    let copy = folder.path().join("monday");
    let taken = backup::backup(&connection, None, &copy, &mut |_, _| ()).unwrap();
    let nothing = backup::verify(&folder.path().join("tuesday"), None);
    assert!(matches!(nothing, Err(BackupError::NoBackup(_))), "{nothing:?}");
    let mut other = taken.head.unwrap();
    other.hash[0] ^= 1;
    let foreign = backup::verify(&copy, Some(&other));
    assert!(matches!(foreign, Err(BackupError::Audit(_))), "{foreign:?}");
    let file = copy.join(DATABASE_FILE);
    let mut bytes = fs::read(&file).unwrap();
    let length = bytes.len();
    bytes[length / 4..length / 2].fill(0xa5);
    fs::write(&file, bytes).unwrap();
    let data = folder.path().join("data");
    assert!(backup::restore(&copy, &data, None, &mut |_| ()).is_err());
    assert!(!data.exists(), "what is damaged is not restored");
}

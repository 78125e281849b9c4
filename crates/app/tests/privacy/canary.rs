//! What a thief of the database and its logs finds: nothing.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex};

use ordermill_app::permission::About;
use ordermill_app::privacy::{VaultError, contacts_of};
use ordermill_domain::role::Role;
use ordermill_storage::{Connection, order};
use ordermill_testkit::stock::{location, receive, sku};
use ordermill_testkit::{TestDatabase, each_database};

use crate::kit::{NOW, contact, hire, look, place, placed, with_orders};

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

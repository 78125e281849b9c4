//! Personal data stays sealed: people with unmistakable names go through the shop, and afterwards
//! nothing of them is found in plain sight, neither in a file nor in a log.
//!
//! `ORDERMILL_TEST_SCALE` multiplies the people: 1 is 100 of them.
#![expect(clippy::unwrap_used, reason = "what fails here fails the test")]

#[path = "../faults/client.rs"]
#[expect(dead_code, reason = "the tests of faults use more of it")]
mod client;
mod pages;
mod partners;
mod person;
mod scanner;
#[path = "../faults/shop.rs"]
#[expect(dead_code, reason = "the tests of faults use more of it")]
mod shop;
mod visit;
#[path = "../faults/visitor.rs"]
mod visitor;

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use ordermill_faults::{Postgres, PostgresOptions, Running};
use ordermill_testkit::scale;

use crate::pages::House;
use crate::partners::{Receiver, Sandbox};
use crate::person::Person;
use crate::scanner::Scanner;
use crate::shop::Shop;
use crate::visit::{ACCOUNT, CHANNEL, SECRET, Visit};

const PATIENCE: Duration = Duration::from_secs(60);

fn people() -> Vec<Person> {
    (0..100 * scale()).map(Person::new).collect()
}

fn assert_none(found: &[String]) {
    let shown = found[..found.len().min(20)].join("\n");
    assert!(found.is_empty(), "{} times in plain sight:\n{shown}", found.len());
}

#[test]
fn a_word_is_found_in_every_dress() {
    let person = Person::new(7);
    let scanner = Scanner::new(person.words());
    let folder = tempfile::tempdir().unwrap();
    assert_none(&scanner.scan_folder(folder.path()).0);
    let name = serde_json::to_string(&person.name).unwrap();
    let hex: String = person.email.bytes().map(|byte| format!("{byte:02X}")).collect();
    let dressed = [
        format!("before{name}after"),
        format!("xx{hex}yy"),
        base64::Engine::encode(&base64::prelude::BASE64_STANDARD, format!("a {}!", person.phone)),
        format!("q={}&r", person.email.replace('@', "%40")),
        person.name.chars().map(|it| format!("\\u{:04x}", u32::from(it))).collect(),
    ];
    std::fs::create_dir(folder.path().join("deep")).unwrap();
    for (number, text) in dressed.iter().enumerate() {
        let file = folder.path().join("deep").join(number.to_string());
        std::fs::write(&file, text).unwrap();
        assert_eq!(scanner.scan_folder(folder.path()).0.len(), 1, "{text}");
        std::fs::remove_file(file).unwrap();
    }
}

#[test]
fn nobody_is_found_in_the_files_and_logs_of_sqlite_nor_in_its_backup() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    std::fs::create_dir(&data).unwrap();
    let shop = Shop::new(&data, None, 1_000_000);
    let people = people();
    let scanner = Scanner::new(people.iter().flat_map(Person::words));
    let mut running = open(&shop, &data, None, &people, &scanner);
    // While it runs the write-ahead log is there.
    assert!(data.join("ordermill.db-wal").exists());
    let (found, _) = scanner.scan_folder(&data);
    assert_none(&found);
    close(&mut running, &scanner);

    for (what, file) in [("catalog", "goods.xlsx"), ("stock", "stock.csv")] {
        let mut program = shop.program().args(["export", what]).arg(folder.path().join(file));
        program = program.env("ORDERMILL_LOG", "trace");
        let mut made = program.start().unwrap();
        assert!(made.wait(PATIENCE).unwrap().success(), "{}", made.output());
        assert_none(&scanner.scan("the log of the export", made.output().as_bytes()));
    }

    let backup = folder.path().join("backup");
    let mut made = shop.program().arg("backup").arg(&backup).start().unwrap();
    assert!(made.wait(PATIENCE).unwrap().success(), "{}", made.output());
    assert_none(&scanner.scan("the log of the backup", made.output().as_bytes()));
    let (found, bytes) = scanner.scan_folder(folder.path());
    assert_none(&found);
    assert!(bytes > 2 * people.len() * 1000, "only {bytes} bytes were read");

    // The same eyes see one who is not sealed, in this very folder.
    std::fs::write(backup.join("stray"), format!("to {}", people[0].email)).unwrap();
    assert_eq!(scanner.scan_folder(folder.path()).0.len(), 1);
    shop.check();
}

#[test]
fn nobody_is_found_in_the_files_rows_and_logs_of_postgresql() {
    let mut postgres = Postgres::start(PostgresOptions::default()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let url = postgres.url();
    let shop = Shop::new(folder.path(), Some(&url), 1_000_000);
    let people = people();
    let scanner = Scanner::new(people.iter().flat_map(Person::words));
    let mut running = open(&shop, folder.path(), Some(&url), &people, &scanner);
    assert_none(&scan_rows(&url, &scanner));
    close(&mut running, &scanner);

    assert_none(&scan_rows(&url, &scanner));
    let (found, bytes) = scanner.scan_folder(postgres.folder());
    assert_none(&found);
    assert!(bytes > 2 * people.len() * 1000, "only {bytes} bytes were read");
    assert_none(&scanner.scan("the server's log", postgres.server().output().as_bytes()));
    assert_none(&scanner.scan_folder(folder.path()).0);

    // The same eyes see one who is not sealed, in the rows and in the server's files.
    let mut client = postgres::Client::connect(&url, postgres::NoTls).unwrap();
    client.batch_execute("CREATE TABLE stray (word text)").unwrap();
    client.execute("INSERT INTO stray VALUES ($1)", &[&people[0].email]).unwrap();
    assert_eq!(scan_rows(&url, &scanner).len(), 1);
    assert!(!scanner.scan_folder(postgres.folder()).0.is_empty());
    client.batch_execute("DROP TABLE stray").unwrap();
    shop.check();
}

/// Opens the shop, with all its log and with partners around it, and lets everybody in.
fn open(
    shop: &Shop,
    data: &Path,
    database: Option<&str>,
    people: &[Person],
    scanner: &Scanner,
) -> Running {
    make_channel(data, database);
    pages::hire(data, database);
    let (sandbox, receiver) = (Sandbox::start(), Receiver::start());
    let mut program = shop.program().args(["--webhook-allow-host", "127.0.0.1", "serve"]);
    program = program.env("ORDERMILL_LOG", "trace");
    for (name, value) in &sandbox.settings {
        program = program.env(name, value);
    }
    let mut running = program.start().unwrap();
    let line = running.wait_for_line("listening on http://", PATIENCE).unwrap();
    let address: std::net::SocketAddr =
        line.split("http://").nth(1).unwrap().trim().parse().unwrap();
    let mut visit = Visit::new(shop.client_at(address), address);
    visit.subscribe(&receiver.url);
    let mut house = House::open(address, &sandbox);
    // Of what it says the newest lines are kept, so they are read again and again.
    for some in people.chunks(10) {
        visit.everything(some);
        some.iter().filter(|it| it.number.is_multiple_of(2)).for_each(|it| house.serve(it));
        assert_none(&scanner.scan("the log", running.output().as_bytes()));
    }
    visit.wait_for_channel(people);
    wait_for_partners(&sandbox, &receiver);
    assert_none(&scanner.scan("the webhooks", &receiver.received()));
    running
}

/// Until buyers were told and webhooks arrived: those were at work, too.
fn wait_for_partners(sandbox: &Sandbox, receiver: &Receiver) {
    let start = Instant::now();
    let told = |medium| sandbox.messages(medium).len();
    let events = ["order.placed", "order.canceled", "payment.captured", "refund.succeeded"];
    let arrived = || {
        let received = receiver.received();
        let text = String::from_utf8_lossy(&received);
        events.into_iter().filter(|event| !text.contains(*event)).collect::<Vec<_>>()
    };
    while told("sms") + told("mail") < 50 || !arrived().is_empty() {
        let lasted = start.elapsed();
        let counts = (told("sms"), told("mail"), arrived());
        assert!(lasted < Duration::from_secs(120), "(sms, mail, missing events): {counts:?}");
        std::thread::sleep(Duration::from_millis(100));
    }
}

fn close(running: &mut Running, scanner: &Scanner) {
    assert!(running.terminate(PATIENCE).unwrap().success(), "{}", running.output());
    let log = running.output();
    assert!(log.contains("a connection ended early"), "it tells what went wrong: {log}");
    assert_none(&scanner.scan("the log", log.as_bytes()));
}

fn make_channel(data: &Path, database: Option<&str>) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ordermill"));
    command.arg("--data").arg(data);
    if let Some(url) = database {
        command.args(["--database", url]);
    }
    command.args(["admin", "channel", "--code", CHANNEL, "--account", ACCOUNT, "--sku", "TEA=S1"]);
    let mut made = command.stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
    writeln!(made.stdin.take().unwrap(), "{SECRET}").unwrap();
    assert!(made.wait().unwrap().success());
}

/// Looks through every column of every table, as the database has it and as text.
fn scan_rows(url: &str, scanner: &Scanner) -> Vec<String> {
    let mut client = postgres::Client::connect(url, postgres::NoTls).unwrap();
    let columns = "SELECT table_name::text, column_name::text, data_type::text \
                   FROM information_schema.columns WHERE table_schema = 'public'";
    let columns = client.query(columns, &[]).unwrap();
    assert!(columns.len() > 100, "only {} columns", columns.len());
    let mut found = Vec::new();
    for column in columns {
        let (table, name): (String, String) = (column.get(0), column.get(1));
        let place = format!("{table}.{name}");
        let bytes = match column.get(2) {
            "bytea" => format!(r#""{name}""#),
            _ => format!(r#"convert_to("{name}"::text, 'UTF8')"#),
        };
        let sql = format!(r#"SELECT {bytes} FROM "{table}" WHERE "{name}" IS NOT NULL"#);
        for row in client.query(&sql, &[]).unwrap() {
            found.extend(scanner.scan(&place, row.get::<_, &[u8]>(0)));
        }
    }
    found
}

//! The program itself, as a newcomer meets it: started, used, stopped, started again.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::path::Path;
use std::time::Duration;

use ordermill_base::Random;
use ordermill_faults::{Program, Running};
use ordermill_testkit::scale;

/// Long enough for a busy machine and a build without optimization.
const PATIENCE: Duration = Duration::from_secs(180);

fn program() -> Program {
    Program::new(env!("CARGO_BIN_EXE_ordermill")).env("ORDERMILL_LOG", "warn")
}

/// A demo with a short past, and so many orders a minute.
fn demo(data: &Path, pace: &str) -> (Running, String) {
    let mut running = program()
        .args(["demo", "--pace", pace, "--past-orders", "60", "--listen", "127.0.0.1:0", "--data"])
        .arg(data)
        .start()
        .unwrap();
    let line = running.wait_for_line("listening on ", PATIENCE).unwrap();
    let url = line.rsplit(' ').next().unwrap().to_owned();
    (running, url)
}

fn api_key(data: &Path) -> String {
    let text = std::fs::read_to_string(data.join("demo-sign-ins.txt")).unwrap();
    let line = text.lines().find(|line| line.starts_with("API key")).unwrap();
    format!("Bearer {}", line.split_whitespace().last().unwrap())
}

fn get(url: &str, key: &str) -> serde_json::Value {
    ureq::get(url).header("Authorization", key).call().unwrap().body_mut().read_json().unwrap()
}

fn order(id: &str) -> String {
    format!(
        r#"{{"channel_order_id":"{id}","lines":[{{"sku":"CER-MUG-MST-S35","quantity":1}}],"recipient":{{"name":"林小满","phone":"13817260921","country":"CN","province":"上海市","city":"上海市","district":"浦东新区","street":["张江路88弄3号502"]}}}}"#
    )
}

#[test]
fn a_demo_sells_stops_and_goes_on_with_what_was_sold() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("demo");
    let (mut first, url) = demo(&data, "0");
    let sign_ins = std::fs::metadata(data.join("demo-sign-ins.txt")).unwrap();
    assert_eq!(sign_ins.permissions().mode() & 0o777, 0o600, "for the owner's eyes only");
    let key = api_key(&data);
    let past = get(&format!("{url}/api/v1/orders?limit=200"), &key);
    assert!(past["items"].as_array().unwrap().len() > 40, "the past is there");

    let placed: serde_json::Value = ureq::post(format!("{url}/api/v1/orders"))
        .header("Authorization", &key)
        .header("Idempotency-Key", "tour-1")
        .content_type("application/json")
        .send(order("T-1"))
        .unwrap()
        .body_mut()
        .read_json()
        .unwrap();
    let id = placed["id"].as_str().unwrap().to_owned();

    // A file with that order, a new one and a bad one.
    let file = [order("T-1"), order("T-2"), order("T-3").replace("MUG", "VASE")].join("\n");
    let import = |file: &str| -> serde_json::Value {
        ureq::post(format!("{url}/api/v1/imports/orders?name=market.jsonl"))
            .header("Authorization", &key)
            .content_type("application/x-ndjson")
            .send(file)
            .unwrap()
            .body_mut()
            .read_json()
            .unwrap()
    };
    let report = import(&file);
    let counts = ["created", "unchanged", "refused"].map(|count| report[count].as_i64().unwrap());
    assert_eq!((report["state"].as_str(), counts), (Some("done"), [1, 1, 1]), "{report}");
    assert_eq!(report["problems"][0]["line"], 3, "{report}");
    let again = import(&file);
    assert_eq!((again["created"].as_i64(), again["unchanged"].as_i64()), (Some(0), Some(2)));

    // Beside a running server the command line is told where to go with its file.
    let path = folder.path().join("orders.jsonl");
    std::fs::write(&path, order("T-4")).unwrap();
    let mut beside = program()
        .args(["import", "orders", "--channel", "api", "--data"])
        .args([&data, &path])
        .start()
        .unwrap();
    assert!(!beside.wait(PATIENCE).unwrap().success());
    assert!(beside.output().contains("/api/v1/imports/orders"), "{}", beside.output());

    assert!(first.terminate(PATIENCE).unwrap().success(), "{}", first.output());
    drop(first);

    // Alone, it takes the file in.
    let mut alone = program()
        .args(["import", "orders", "--channel", "api", "--data"])
        .args([&data, &path])
        .start()
        .unwrap();
    assert!(alone.wait(PATIENCE).unwrap().success(), "{}", alone.output());
    assert!(alone.output().contains("created 1"), "{}", alone.output());

    let (mut second, url) = demo(&data, "600");
    assert_eq!(get(&format!("{url}/api/v1/orders/{id}"), &key)["id"], id.as_str());
    assert!(second.output().contains(&key["Bearer ".len()..]), "told again");
    // Visitors come by themselves, and some have paid at the sandbox.
    let newest = get(&format!("{url}/api/v1/orders?limit=1"), &key)["items"][0]["id"].clone();
    let is_paid = || {
        let page = get(&format!("{url}/api/v1/orders?limit=200&status=confirmed"), &key);
        let items = page["items"].as_array().unwrap().clone();
        let newest = newest.as_str().unwrap();
        items.iter().any(|it| it["id"].as_str().unwrap() > newest && it["terms"] == "prepaid")
    };
    second.wait_until("an order of a visitor, paid", PATIENCE, is_paid).unwrap();
    assert!(second.terminate(PATIENCE).unwrap().success());
    let mut check = program().args(["check", "--data"]).arg(&data).start().unwrap();
    assert!(check.wait(PATIENCE).unwrap().success(), "{}", check.output());
}

/// R12 on the real program: buyers, payments, pickers, packers and carriers are at work when it dies.
#[test]
fn a_floor_that_is_killed_at_work_again_and_again_goes_on_with_everything() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("demo");
    let check = || {
        let mut check = program().args(["check", "--data"]).arg(&data).start().unwrap();
        assert!(check.wait(PATIENCE).unwrap().success(), "{}", check.output());
    };
    let mut random = Random::from_seed(12);
    for _ in 0..4 * scale() {
        let (mut running, _) = demo(&data, "1200");
        let worked = Duration::from_millis(random.between(2_000, 7_000).unsigned_abs());
        std::thread::sleep(worked);
        running.kill().unwrap();
        check();
    }
    // Left alone it goes on: a parcel that no start has seen gets its label, and is still followed.
    let (mut last, url) = demo(&data, "600");
    let key = api_key(&data);
    let newest = |state: &str| {
        let page = get(&format!("{url}/api/v1/shipments?state={state}&limit=1"), &key);
        page["items"][0]["id"].as_str().unwrap_or_default().to_owned()
    };
    let before = newest("label_created").max(newest("handed_over"));
    last.wait_until("a new parcel", PATIENCE, || newest("label_created") > before).unwrap();
    assert!(last.terminate(PATIENCE).unwrap().success(), "{}", last.output());
    check();
}

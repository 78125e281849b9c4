//! `ordermill bench` on the real program, small.

use std::process::Command;

/// The figures that it prints.
fn bench(words: &[&str], database: &str) -> Vec<serde_json::Value> {
    let output = Command::new(env!("CARGO_BIN_EXE_ordermill"))
        .args(["--database", database, "bench", "--json"])
        .args(words)
        .output()
        .expect("the program runs");
    let text = String::from_utf8(output.stdout).expect("figures are text");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{words:?} on {database}: {text} {errors}");
    text.lines().map(|line| serde_json::from_str(line).expect("a figure is JSON")).collect()
}

fn databases() -> Vec<String> {
    let postgres = std::env::var("ORDERMILL_TEST_POSTGRES").ok();
    std::iter::once("sqlite".to_owned()).chain(postgres).collect()
}

#[test]
fn placing_orders_is_measured_beside_its_limits() {
    for database in databases() {
        let words = ["place-order", "--connections", "4", "--seconds", "1"];
        let figures = bench(&words, &database);
        let [figure] = figures.as_slice() else { panic!("one figure: {figures:?}") };
        assert_eq!((&figure["name"], &figure["connections"]), (&"place-order".into(), &4.into()));
        assert!(database.starts_with(figure["engine"].as_str().unwrap()));
        assert_eq!(figure["errors"], 0);
        for positive in [
            "requests",
            "per_second",
            "p50_ms",
            "p99_ms",
            "limit_per_second",
            "http_limit_per_second",
            "ratio_to_limit",
            "database_bytes_per_order",
        ] {
            assert!(figure[positive].as_f64().unwrap() > 0.0, "{positive}: {figure}");
        }
        assert!(figure["machine"]["cores"].as_u64().unwrap() > 0);
    }
}

#[test]
fn a_past_is_made_listed_and_verified() {
    for database in databases() {
        for name in ["list", "get", "audit-verify", "check"] {
            let figures = bench(&[name, "--orders", "1500", "--seconds", "1"], &database);
            assert!(figures[0]["per_second"].as_f64().unwrap() > 0.0, "{figures:?}");
        }
    }
}

/// The whole way of an order through real processes, whose invariants the bench checks at its end.
#[test]
fn orders_are_carried_from_placed_to_completed_by_desks_that_only_use_the_api() {
    for database in databases() {
        let words = ["lifecycle", "--connections", "2", "--seconds", "2"];
        let figures = bench(&words, &database);
        let [figure] = figures.as_slice() else { panic!("one figure: {figures:?}") };
        for positive in ["per_second", "p50_ms", "requests_per_order", "http_limit_per_second"] {
            assert!(figure[positive].as_f64().unwrap() > 0.0, "{positive}: {figure}");
        }
    }
}

/// Parcels are brought on the road by the same desks; what was pushed last of each is waited for.
#[test]
fn pushes_of_carriers_and_pages_of_their_parcels_are_measured() {
    for database in databases() {
        let words = ["tracking", "--orders", "60", "--connections", "2", "--seconds", "1"];
        let figures = bench(&words, &database);
        let names: Vec<&str> = figures.iter().filter_map(|it| it["name"].as_str()).collect();
        assert_eq!(names, ["tracking-push", "tracking-page"]);
        for figure in &figures {
            assert_eq!(figure["errors"], 0);
            assert!(figure["per_second"].as_f64().unwrap() > 0.0, "{figure}");
        }
        assert!(figures[0]["taken_in_per_second"].as_f64().unwrap() > 0.0, "{figures:?}");
    }
}

#[test]
fn a_bench_that_does_not_exist_is_refused_with_those_that_do() {
    let output = Command::new(env!("CARGO_BIN_EXE_ordermill"))
        .args(["bench", "place-odrer"])
        .output()
        .unwrap();
    assert!(!output.status.success());
    assert!(String::from_utf8_lossy(&output.stderr).contains("place-order-direct"));
}

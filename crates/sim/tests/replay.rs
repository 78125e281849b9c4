//! What fails once fails again, and a shorter run of it is found.

use std::time::Duration;

use ordermill_sim::{Bug, Failure, Settings, Steps, run, shrink};
use ordermill_storage::Address;

fn in_memory() -> Address {
    "sqlite::memory:".parse().expect("an address in memory")
}

fn first_failure(bug: Bug) -> Failure {
    let settings = Settings { days: 1, bug: Some(bug), ..Settings::default() };
    let found = (1..20).find_map(|seed| run(&in_memory(), seed, &settings).err());
    found.expect("the bug is found")
}

#[test]
fn a_failing_seed_fails_again_in_the_same_way() {
    let failure = first_failure(Bug::CartTwice);
    let again = run(&in_memory(), failure.seed, &failure.settings).unwrap_err();
    assert_eq!(again, failure);
    assert_eq!(
        failure.command(),
        format!("cargo run -p ordermill-sim -- --seed {} --days 1 --bug CartTwice", failure.seed)
    );
}

#[test]
fn a_step_wants_the_same_whatever_is_left_out_before_it() {
    let settings = Settings { days: 1, acts: 12, ..Settings::default() };
    let only = |steps: &str| {
        let only: Steps = steps.parse().unwrap();
        run(&in_memory(), 3, &Settings { only: Some(only), ..settings.clone() }).unwrap()
    };
    assert_eq!(only("1-12"), run(&in_memory(), 3, &settings).unwrap());
    assert_eq!(only("5-12").steps, 8);
}

#[test]
fn a_failing_run_is_made_short_and_still_fails() {
    let failure = first_failure(Bug::GivesBackTwice);
    let shrunk = shrink(&failure, Duration::from_secs(30), in_memory);
    let settings = &shrunk.failure.settings;
    let steps = settings.only.as_ref().map(|only| only.all().len());
    // Somebody orders, and cancels; what happens in between may be needed for another to lose by it.
    assert!(steps.is_some_and(|count| count <= 6), "{}", shrunk.failure);
    assert!(settings.batch_max < failure.settings.batch_max, "{}", shrunk.failure);
    let again = run(&in_memory(), failure.seed, settings).unwrap_err();
    assert_eq!(again, shrunk.failure, "what is printed is what fails");
    println!("{} tries: {}", shrunk.tries, shrunk.failure);
}

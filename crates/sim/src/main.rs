//! Runs seeds until told to stop, or one seed again: `cargo run -p ordermill-sim -- --seed 7`.
#![expect(clippy::print_stdout, reason = "a tool that is read on a terminal")]

use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use ordermill_sim::road::{Way, travel};
use ordermill_sim::{Bug, Failure, Report, Settings, Trade, run, shrink};
use ordermill_storage::Address;

const USAGE: &str =
    "usage: ordermill-sim [--trade wide|rush|floor] [--seed N | --from N --seeds COUNT]
                     [--seconds S] [--threads T] [--days D] [--acts A] [--batch B]
                     [--only STEPS] [--bug NAME] [--shrink SECONDS]
       ordermill-sim --way Straight|Canceled|Short|Opened --seed N [--dies-at MOMENT]";

/// What was asked for.
struct Asked {
    settings: Settings,
    from: u64,
    count: u64,
    seconds: Option<u64>,
    threads: usize,
    shrink_seconds: u64,
}

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    if words.iter().any(|word| word == "--way") {
        return one_road(&words);
    }
    let Some(asked) = asked(&words) else {
        println!("{USAGE}");
        return ExitCode::FAILURE;
    };
    let started = Instant::now();
    let (all, failure) = run_all(&asked, started);
    let seconds = started.elapsed().as_secs_f64();
    println!("{all:?}");
    println!(
        "{:.1} s on {} threads: {:.0} orders/s, {:.0} steps/s",
        seconds,
        asked.threads,
        all.orders as f64 / seconds,
        all.steps as f64 / seconds
    );
    let Some(failure) = failure else { return ExitCode::SUCCESS };
    println!("{failure}");
    if asked.shrink_seconds > 0 {
        let within = Duration::from_secs(asked.shrink_seconds);
        let shrunk = shrink(&failure, within, in_memory);
        println!("\nshorter, after {} tries:\n{}", shrunk.tries, shrunk.failure);
    }
    ExitCode::FAILURE
}

/// Travels one road again.
fn one_road(words: &[String]) -> ExitCode {
    let said = |name: &str| {
        let at = words.iter().position(|word| word == name)?;
        words.get(at + 1)
    };
    let seed = said("--seed").and_then(|seed| seed.parse().ok());
    let (Some(way), Some(seed)) = (said("--way").and_then(|it| Way::named(it)), seed) else {
        println!("{USAGE}");
        return ExitCode::FAILURE;
    };
    let dies_at = said("--dies-at").and_then(|moment| moment.parse().ok());
    let traveled = travel(&in_memory(), seed, way, dies_at);
    println!("{traveled:?}");
    if traveled.is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Runs seed after seed on so many threads; stops at the first that fails.
fn run_all(asked: &Asked, started: Instant) -> (Report, Option<Failure>) {
    let until = asked.seconds.map(Duration::from_secs);
    let next = AtomicU64::new(asked.from);
    let is_over = AtomicBool::new(false);
    let found: Mutex<(Report, Option<Failure>)> = Mutex::default();
    let work = || {
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            let is_late = until.is_some_and(|until| started.elapsed() >= until);
            if is_late || is_over.load(Ordering::Relaxed) || seed - asked.from >= asked.count {
                return;
            }
            let lived = run(&in_memory(), seed, &asked.settings);
            let mut found = found.lock().expect("no thread panics here");
            match lived {
                Ok(report) => found.0 = found.0.and(&report),
                Err(failure) => {
                    found.1.get_or_insert(failure);
                    is_over.store(true, Ordering::Relaxed);
                }
            }
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..asked.threads {
            scope.spawn(work);
        }
    });
    found.into_inner().expect("no thread panics here")
}

/// A database that is nobody else's.
fn in_memory() -> Address {
    "sqlite::memory:".parse().expect("an address in memory")
}

fn asked(words: &[String]) -> Option<Asked> {
    let said = |name: &str| words.iter().position(|it| it == name).map(|at| words.get(at + 1));
    let trade: Trade = match (said("--trade"), said("--bug")) {
        (Some(name), _) => name?.parse().ok()?,
        (None, Some(bug)) => Bug::named(bug?)?.trade(),
        (None, None) => Trade::Wide,
    };
    let mut asked = Asked {
        settings: Settings::of(trade),
        from: 1,
        count: u64::MAX,
        seconds: None,
        threads: 1,
        shrink_seconds: 60,
    };
    for pair in words.chunks(2) {
        let [word, value] = pair else { return None };
        let number = || value.parse::<u64>().ok();
        let small = || value.parse::<u32>().ok();
        let settings = &mut asked.settings;
        match word.as_str() {
            "--trade" => {}
            "--seed" => (asked.from, asked.count) = (number()?, 1),
            "--from" => asked.from = number()?,
            "--seeds" => asked.count = number()?,
            "--seconds" => asked.seconds = Some(number()?),
            "--threads" => asked.threads = usize::try_from(number()?.max(1)).ok()?,
            "--days" => settings.days = small()?,
            "--acts" => settings.acts = small()?,
            "--batch" => settings.batch_max = number()?.max(1),
            "--only" => settings.only = Some(value.parse().ok()?),
            "--bug" => settings.bug = Some(Bug::named(value)?),
            "--shrink" => asked.shrink_seconds = number()?,
            _ => return None,
        }
    }
    Some(asked)
}

//! Runs seeds until told to stop, or one seed again: `cargo run -p ordermill-sim -- --seed 7`.
#![expect(clippy::print_stdout, reason = "a tool that is read on a terminal")]

use std::process::ExitCode;
use std::time::{Duration, Instant};

use ordermill_sim::{Report, Settings, run};
use ordermill_storage::Address;

const USAGE: &str = "usage: ordermill-sim [--seed N | --from N --seeds COUNT] [--seconds S]
                     [--days D] [--acts A] [--batch B]";

fn main() -> ExitCode {
    let mut settings = Settings::default();
    let (mut from, mut count, mut seconds) = (1_u64, u64::MAX, None);
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        let Some(number) = words.next().and_then(|text| text.parse::<u64>().ok()) else {
            println!("{USAGE}");
            return ExitCode::FAILURE;
        };
        match word.as_str() {
            "--seed" => (from, count) = (number, 1),
            "--from" => from = number,
            "--seeds" => count = number,
            "--seconds" => seconds = Some(number),
            "--days" => settings.days = u32::try_from(number).unwrap_or(u32::MAX),
            "--acts" => settings.acts = u32::try_from(number).unwrap_or(u32::MAX),
            "--batch" => settings.batch_max = number.max(1),
            _ => {
                println!("{USAGE}");
                return ExitCode::FAILURE;
            }
        }
    }
    let started = Instant::now();
    let until = seconds.map(Duration::from_secs);
    let mut all = Report::default();
    for seed in from..from.saturating_add(count) {
        if until.is_some_and(|until| started.elapsed() >= until) {
            break;
        }
        let address: Address =
            format!("sqlite::memory:sim{seed}").parse().expect("an address in memory");
        match run(&address, seed, &settings) {
            Ok(report) => all = all.and(&report),
            Err(failure) => {
                println!("{failure}");
                return ExitCode::FAILURE;
            }
        }
    }
    let seconds = started.elapsed().as_secs_f64();
    println!("{all:?}");
    println!(
        "{:.1} s, {:.0} orders/s, {:.0} acts/s",
        seconds,
        all.orders as f64 / seconds,
        all.acts as f64 / seconds
    );
    ExitCode::SUCCESS
}

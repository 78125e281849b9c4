//! The benches without the product's command line: `bench NAME [DATABASE [CONNECTIONS [SECONDS]]]`.

use std::time::Duration;

use ordermill_bench::{BENCHES, Options, run, table};

fn main() -> anyhow::Result<()> {
    let mut words = std::env::args().skip(1);
    let Some(name) = words.next() else {
        for bench in BENCHES {
            eprintln!("{:<24} {}", bench.name, bench.about);
        }
        return Ok(());
    };
    let options = Options {
        target: words.next().as_deref().unwrap_or("sqlite").parse()?,
        connections: words.next().as_deref().unwrap_or("64").parse()?,
        time: Duration::from_secs(words.next().as_deref().unwrap_or("3").parse()?),
    };
    eprint!("{}", table(&run(&name, &options)?));
    Ok(())
}

//! `cargo xtask test`: the project's one test command, for a machine with only the Rust toolchain.
//!
//! A part that fails does not hide the others: all of them run, and the summary names the failed.

use std::time::{Duration, Instant};

use anyhow::{Result, bail};

use crate::command::is_interrupted;
use crate::machine::{self, Tool};
use crate::postgres;
use crate::steps::{self, Step};

pub(crate) fn run(args: &[String]) -> Result<()> {
    let steps = match choice(args)? {
        Choice::List => {
            for step in steps::ALL {
                println!("{:10} {}", step.name, step.about);
            }
            return Ok(());
        }
        Choice::Run(steps) => steps,
    };
    let tools: Vec<Tool> = steps.iter().flat_map(|step| step.needs).copied().collect();
    machine::provide(&tools)?;
    let server = if tools.contains(&Tool::Postgres) { postgres::for_tests()? } else { None };

    let outcomes: Vec<Outcome> = steps
        .iter()
        .take_while(|_| !is_interrupted())
        .map(|step| Outcome::of(step, server.as_ref().map(ordermill_faults::Postgres::url)))
        .collect();
    drop(server);
    if is_interrupted() {
        bail!("interrupted");
    }
    summarize(&outcomes)
}

enum Choice {
    List,
    Run(Vec<&'static Step>),
}

fn choice(args: &[String]) -> Result<Choice> {
    let mut chosen = Vec::new();
    let mut args = args.iter().map(String::as_str);
    while let Some(arg) = args.next() {
        match (arg, arg.strip_prefix("--only=")) {
            ("--list", _) => return Ok(Choice::List),
            ("--only", _) => chosen.push(steps::named(args.next().unwrap_or_default())?),
            (_, Some(name)) => chosen.push(steps::named(name)?),
            _ => bail!("unknown argument {arg:?}; usage: cargo xtask test [--list] [--only PART]…"),
        }
    }
    if chosen.is_empty() {
        chosen.extend(steps::ALL);
    }
    Ok(Choice::Run(chosen))
}

struct Outcome {
    name: &'static str,
    result: Result<String>,
    took: Duration,
}

impl Outcome {
    fn of(step: &Step, postgres: Option<String>) -> Self {
        println!("\n== {}: {}", step.name, step.about);
        let start = Instant::now();
        let result = (step.run)(&steps::Context { postgres });
        let took = start.elapsed();
        if let Err(error) = &result {
            println!("{}: {error:#}", step.name);
        }
        Self { name: step.name, result, took }
    }
}

fn summarize(outcomes: &[Outcome]) -> Result<()> {
    println!("\n== summary");
    for Outcome { name, result, took } in outcomes {
        let (word, note) = match result {
            Ok(note) => ("passed", note.clone()),
            Err(error) => ("FAILED", error.to_string()),
        };
        println!("{name:10} {word} {:7.1} s  {note}", took.as_secs_f32());
    }
    let failed = outcomes.iter().filter(|outcome| outcome.result.is_err()).count();
    println!("\n{} passed, {failed} failed", outcomes.len() - failed);
    if failed > 0 {
        bail!("not everything passed");
    }
    Ok(())
}

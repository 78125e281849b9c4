//! `ordermill import`: orders, catalog and stock from files.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use ordermill_app::exchange::orders::{Format, OrderFile, import_orders};
use ordermill_app::exchange::{self, Counts, Kind, Limits, Report};
use ordermill_app::node::TakeNodeError;
use ordermill_app::permission::Principal;
use ordermill_app::{Partners, Services};
use ordermill_domain::ids::{ChannelId, ImportId};
use ordermill_storage::{Error, channel, import as runs};

use super::terminal::{Progress, say};
use crate::cli::{Import, Language, OrderFormat, ReportArgs, Sheet};
use crate::config::Settings;
use crate::wiring;

/// From the machine itself, larger files are taken than over the network.
fn limits() -> Limits {
    Limits { bytes: 8 << 30, rows: 20_000_000, ..Limits::default() }
}

/// Takes in the file that was asked for. Exits with 1 if some of it could not be taken in.
pub(crate) fn run(settings: &Settings, import: Import) -> anyhow::Result<ExitCode> {
    let shop = wiring::open(settings, Partners::default()).map_err(explain)?;
    let services = &shop.services;
    let result = match import {
        Import::Orders { file, channel, new_channel, format, report } => {
            orders(services, &file, &channel, new_channel, format)
                .and_then(|done| told(services, &file, report, done, "orders"))
        }
        Import::Catalog(Sheet { file, report }) => sheet(services, &file, Kind::Catalog)
            .and_then(|done| told(services, &file, report, done, "lines")),
        Import::Stock(Sheet { file, report }) => sheet(services, &file, Kind::Stock)
            .and_then(|done| told(services, &file, report, done, "lines")),
    };
    services.database().close();
    result
}

/// On SQLite a server has its database for itself; it takes in files at an address of its own.
fn explain(error: anyhow::Error) -> anyhow::Error {
    let is_in_use = |error: &TakeNodeError| matches!(error, TakeNodeError::InUse(_));
    if error.chain().any(|cause| cause.downcast_ref().is_some_and(is_in_use)) {
        return error.context(
            "a server is running on this database: hand it the orders at POST \
             /api/v1/imports/orders (see docs/import.md), or stop it first",
        );
    }
    error
}

fn orders(
    services: &Services,
    path: &Path,
    channel: &str,
    may_make: bool,
    format: Option<OrderFormat>,
) -> anyhow::Result<Done> {
    let format = match format {
        Some(OrderFormat::Csv) => Format::Csv,
        Some(OrderFormat::Jsonl) => Format::JsonLines,
        None => Format::of_name(&path.to_string_lossy())
            .context("say --format csv or --format jsonl: the file's name does not")?,
    };
    let input = Counted::open(path)?;
    let channel = channel_of(services, channel, may_make)?;
    let principal = Principal::system("command_line");
    let (read, total) = (input.read.clone(), input.total);
    let mut bar = Progress::new("importing orders");
    let started = Instant::now();
    let file = OrderFile { channel, format, name: name_of(path), input, limits: limits() };
    let act = principal.act(services.now());
    let report = import_orders(services, &act, file, &mut |_| {
        bar.at(read.load(Ordering::Relaxed), total);
    })?;
    drop(bar);
    Ok(Done { report, took: started.elapsed() })
}

/// The channel of a code. A misspelled one must not become a second channel by itself, in which
/// every order would come in once more.
fn channel_of(services: &Services, code: &str, may_make: bool) -> anyhow::Result<ChannelId> {
    let (code, now) = (code.to_owned(), services.now());
    let found = services.database().write_blocking(move |tx| {
        Ok::<_, Error>(match channel::find(tx, &code)? {
            Some(found) => Ok(found),
            None if may_make => {
                channel::ensure(tx, &code, "file", &code, now)?;
                channel::find(tx, &code)?.ok_or_else(|| code.clone())
            }
            None => Err(code.clone()),
        })
    })?;
    match found {
        Ok(channel) if channel.is_active => Ok(channel.id),
        Ok(channel) => anyhow::bail!("channel {} may not place orders", channel.code),
        Err(code) => {
            let known = services.database().write_blocking(channel::list)?;
            let codes: Vec<&str> = known.iter().map(|it| it.code.as_str()).collect();
            anyhow::bail!(
                "there is no channel {code}, only {}; --new-channel makes it",
                codes.join(", ")
            )
        }
    }
}

fn sheet(services: &Services, path: &Path, kind: Kind) -> anyhow::Result<Done> {
    let input = Counted::open(path)?;
    let act = Principal::system("command_line").act(services.now());
    let (read, total) = (input.read.clone(), input.total);
    let name = name_of(path);
    let started = Instant::now();
    let mut bar = Progress::new("importing");
    let watched = Watched { input, each: move || bar.at(read.load(Ordering::Relaxed), total) };
    let report = exchange::import(services.database(), &act, kind, &name, watched, limits())?;
    Ok(Done { report, took: started.elapsed() })
}

struct Done {
    report: Report,
    took: Duration,
}

/// Tells what became of the file, and lists what is wrong in a file beside it.
fn told(
    services: &Services,
    path: &Path,
    args: ReportArgs,
    Done { report, took }: Done,
    what: &str,
) -> anyhow::Result<ExitCode> {
    let Counts { created, changed, unchanged, refused } = report.counts;
    let all = created + changed + unchanged + refused;
    if report.resumed_behind > 0 {
        say(format_args!("went on behind {} {what} of an earlier run", report.resumed_behind));
    }
    let now = u64::try_from(all - report.resumed_behind.min(all)).unwrap_or(0);
    let per_second = u128::from(now) * 1_000_000 / took.as_micros().max(1);
    say(format_args!("{now} {what} in {:.1} s, {per_second} a second", took.as_secs_f64()));
    say(format_args!(
        "created {created}, changed {changed}, unchanged {unchanged}, refused {refused}"
    ));
    if refused == 0 {
        return Ok(ExitCode::SUCCESS);
    }
    let list = args.problems.unwrap_or_else(|| {
        let mut name = path.as_os_str().to_owned();
        name.push(".problems.csv");
        name.into()
    });
    let language = args.language.unwrap_or_else(Language::of_terminal);
    write_problems(services, report.id, &list, language)
        .with_context(|| format!("cannot write {}", list.display()))?;
    say(format_args!("what is wrong is listed in {}", list.display()));
    Ok(ExitCode::FAILURE)
}

fn write_problems(
    services: &Services,
    id: ImportId,
    path: &Path,
    language: Language,
) -> anyhow::Result<()> {
    const PAGE: i64 = 1_000;
    let mut out = io::BufWriter::new(File::create(path)?);
    writeln!(out, "line,code,field,reason,reason_code")?;
    let mut after = (0, String::new());
    loop {
        let place = after.clone();
        let page = services
            .database()
            .write_blocking(move |tx| runs::problems(tx, id, (place.0, &place.1), PAGE))?;
        for problem in &page {
            let told = exchange::told(problem);
            let reason = match language {
                Language::Zh => told.zh,
                Language::En => told.en,
            };
            let cells = [&problem.code, &problem.field, &reason, &problem.reason_code];
            let [code, field, reason, reason_code] = cells.map(|it| quoted(it));
            writeln!(out, "{},{code},{field},{reason},{reason_code}", problem.line_no)?;
        }
        match page.last() {
            Some(last) if page.len() as i64 == PAGE => after = (last.line_no, last.field.clone()),
            _ => return Ok(out.flush()?),
        }
    }
}

/// A cell of a sheet: never a formula, and whole whatever is in it.
fn quoted(cell: &str) -> String {
    let formula = if cell.starts_with(['=', '+', '-', '@', '\t', '\r']) { "'" } else { "" };
    format!("\"{formula}{}\"", cell.replace('"', "\"\""))
}

fn name_of(path: &Path) -> String {
    path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned())
}

/// A file that counts how much of it was read. It is read twice, so twice its size is all.
struct Counted {
    file: File,
    read: Arc<AtomicU64>,
    total: u64,
}

impl Counted {
    fn open(path: &Path) -> anyhow::Result<Self> {
        let file = File::open(path).with_context(|| format!("cannot open {}", path.display()))?;
        let total = file.metadata()?.len() * 2;
        Ok(Self { file, read: Arc::default(), total })
    }
}

impl Read for Counted {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let count = self.file.read(out)?;
        self.read.fetch_add(count as u64, Ordering::Relaxed);
        Ok(count)
    }
}

/// A file that moves a bar on as it is read: importing sheets tells nothing else on its way.
struct Watched<F> {
    input: Counted,
    each: F,
}

impl<F: FnMut()> Read for Watched<F> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        (self.each)();
        self.input.read(out)
    }
}

impl<F> Seek for Watched<F> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.input.seek(to)
    }
}

impl Seek for Counted {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.file.seek(to)
    }
}

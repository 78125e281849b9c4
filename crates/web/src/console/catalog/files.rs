//! Catalog and stock as files: handed in, with a report by line, and taken out.

use std::io::Cursor;
use std::time::Duration;

use axum::extract::{DefaultBodyLimit, Multipart, Path, Query};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use ordermill_app::exchange::{
    self, ExportError, Format, ImportError, Kind, Limits, Problem, csv_record,
};
use ordermill_app::permission::{About, Access, authorize};
use ordermill_domain::ids::ImportId;
use ordermill_domain::role::Permission;
use ordermill_domain::text::Text;
use ordermill_pages::console::Section;
use ordermill_pages::console::catalog::files::{
    self as view, FileForm, FilesPage, ProblemRow, ReportPage, RunRow,
};
use ordermill_pages::console::catalog::{Part, parts};
use ordermill_pages::ui::Toast;
use ordermill_pages::{Page, Words};
use ordermill_storage::import::{self as stored, Import};
use ordermill_storage::{Error, Tx};
use serde::Deserialize;
use tokio::sync::Semaphore;

use super::READ;
use crate::console::desk::Desk;
use crate::console::people::Names;
use crate::console::route::Routes;
use crate::console::sign_in::encoded;
use crate::console::trouble::Trouble;
use crate::upload::{AROUND_BYTES_MAX, Upload, UploadError};

const LIST: &str = "/console/catalog/files";
/// Bytes of a file at most; `ordermill import` takes larger ones.
const FILE_BYTES_MAX: usize = 16 << 20;
/// Files that are taken in at once: each is in memory as long as it is read.
static PLACES: Semaphore = Semaphore::const_new(2);
/// Whoever hands in a file waits so long for the end of it; it goes on after that.
const ANSWERED_WITHIN: Duration = Duration::from_secs(10);
const RUNS_SHOWN: i64 = 50;
const PROBLEMS_SHOWN: usize = 200;
/// Lines of a file of refused ones at most; a file that is handed in here has not many more lines.
const PROBLEMS_OF_A_FILE: i64 = 100_000;

pub(super) fn routes() -> Routes {
    let limit = DefaultBodyLimit::max(FILE_BYTES_MAX + AROUND_BYTES_MAX);
    Routes::default()
        .get("/console/catalog/files", READ, show)
        .post_with("/console/catalog/files", READ, limit, take_in)
        .get("/console/catalog/files/{import}", READ, report)
        .get("/console/catalog/files/{import}/problems.csv", READ, problems)
        .get("/console/catalog/files/export/{file}", READ, export)
}

fn kind_of(code: &str) -> Option<Kind> {
    [Kind::Catalog, Kind::Stock].into_iter().find(|kind| kind.code() == code)
}

impl Desk {
    /// Whether they may hand in files of a kind: what is in them they may do alone.
    fn may_hand_in(&self, kind: Kind) -> bool {
        let permission = match kind {
            Kind::Catalog => Permission::ChangeRules,
            Kind::Stock => Permission::AdjustStock,
        };
        let about = About { has_reason: true, ..About::default() };
        authorize(&self.member.principal, permission, &about) == Ok(Access::Full)
    }

    /// Whether they may take out everything of a kind. What goods cost the shop is in the catalog.
    fn may_take_out(&self, kind: Kind) -> bool {
        match kind {
            Kind::Catalog => self.may(Permission::ChangeRules),
            Kind::Stock => self.may(Permission::AdjustStock),
        }
    }

    fn run_row(&self, run: &Import, names: &Names) -> RunRow {
        let (t, counts) = (self.t(), run.counts);
        RunRow {
            href: format!("{LIST}/{}", run.id),
            file_name: run.file_name.clone(),
            kind: view::kind(&run.kind, t),
            state: view::state(run.is_done, counts.refused > 0, t),
            counts: [counts.created, counts.changed, counts.unchanged, counts.refused],
            at: run.started_at,
            by: names.actor(&run.actor, t),
        }
    }
}

type Wrong = Vec<(&'static str, String)>;

async fn page(desk: &Desk, chosen: &str, wrong: &Wrong) -> Result<FilesPage, Trouble> {
    let t = desk.t();
    let read = |tx: &mut Tx<'_>| {
        let mut runs = stored::newest(tx, None, None, RUNS_SHOWN)?;
        // Orders come in files of channels, which have a report of their own.
        runs.retain(|run| kind_of(&run.kind).is_some());
        let names = Names::load(tx, runs.iter().map(|run| &run.actor))?;
        Ok::<_, Error>((runs, names))
    };
    let (runs, names) = desk.site.services().database().snapshot(read).await?;
    let all = [Kind::Catalog, Kind::Stock];
    let kinds: Vec<&str> =
        all.into_iter().filter(|kind| desk.may_hand_in(*kind)).map(Kind::code).collect();
    let export = |kind: Kind| {
        let href = |end| format!("{LIST}/export/{}.{end}", kind.code());
        (view::kind(kind.code(), t), href("csv"), href("xlsx"))
    };
    Ok(FilesPage {
        shell: desk.shell(),
        frame: desk.frame(Section::Catalog),
        parts: parts(Part::Files, t),
        form: (!kinds.is_empty()).then(|| FileForm::new(&kinds, chosen, wrong, t)),
        exports: all.into_iter().filter(|kind| desk.may_take_out(*kind)).map(export).collect(),
        runs: runs.iter().map(|run| desk.run_row(run, &names)).collect(),
    })
}

async fn show(desk: Desk) -> Result<Response, Trouble> {
    Ok(Page(page(&desk, "", &Vec::new()).await?).into_response())
}

async fn refused(
    desk: &Desk,
    chosen: &str,
    name: &'static str,
    why: String,
) -> Result<Response, Trouble> {
    let page = page(desk, chosen, &vec![(name, why)]).await?;
    Ok((StatusCode::UNPROCESSABLE_ENTITY, Page(page)).into_response())
}

async fn take_in(desk: Desk, form: Multipart) -> Result<Response, Trouble> {
    let t = desk.t();
    let Ok(place) = PLACES.try_acquire() else {
        return refused(&desk, "", "file", t.files_busy().to_owned()).await;
    };
    let upload = match Upload::read(form).await {
        Ok(upload) => upload,
        Err(UploadError::TooLarge) => {
            return refused(&desk, "", "file", t.files_too_large().to_owned()).await;
        }
        Err(UploadError::Unreadable) => {
            return refused(&desk, "", "file", t.files_unreadable().to_owned()).await;
        }
    };
    let chosen = upload.field("kind").to_owned();
    let Some(kind) = kind_of(&chosen) else {
        return refused(&desk, "", "kind", t.settings_choose().to_owned()).await;
    };
    if !desk.may_hand_in(kind) {
        let permission = match kind {
            Kind::Catalog => Permission::ChangeRules,
            Kind::Stock => Permission::AdjustStock,
        };
        return Err(Trouble::Forbidden(permission));
    }
    if upload.bytes.is_empty() {
        return refused(&desk, &chosen, "file", t.files_missing().to_owned()).await;
    }
    let (services, act) = (desk.site.services().clone(), desk.act());
    let limits = Limits { bytes: FILE_BYTES_MAX as u64, ..Limits::default() };
    let mut taking = tokio::task::spawn_blocking(move || {
        let _place = place;
        let Upload { file_name, bytes, .. } = upload;
        let input = Cursor::new(bytes);
        let taken = exchange::import(services.database(), &act, kind, &file_name, input, limits);
        if let Err(error) = &taken {
            tracing::warn!(error = error as &dyn std::error::Error, "a file was not taken in");
        }
        taken
    });
    let Ok(done) = tokio::time::timeout(ANSWERED_WITHIN, &mut taking).await else {
        return Ok(desk.done(LIST, &Toast::new(t.files_goes_on())));
    };
    match done.map_err(|error| Trouble::internal(&error))? {
        Ok(report) => {
            desk.site.services().catalog_changed().await;
            let href = format!("{LIST}/{}", report.id);
            Ok(desk.done(&href, &Toast::new(t.files_taken_in())))
        }
        Err(ImportError::Storage(error)) => Err(error.into()),
        Err(error) => refused(&desk, &chosen, "file", told(&error, t)).await,
    }
}

/// Why a file as a whole was not taken in.
fn told(error: &ImportError, t: Words) -> String {
    match error {
        ImportError::TooMuch { what, limit } => t.files_too_much(what, limit),
        ImportError::Empty => t.files_empty().to_owned(),
        ImportError::Header(names) => t.files_header(names.join("; ")),
        ImportError::Unreadable(_) | ImportError::Io(_) | ImportError::Storage(_) => {
            t.files_unreadable().to_owned()
        }
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Asked {
    /// The line and the column of the last problem that was seen: `19-price`.
    after: String,
}

async fn report(
    desk: Desk,
    Path(id): Path<ImportId>,
    Query(asked): Query<Asked>,
) -> Result<Response, Trouble> {
    let after = asked
        .after
        .split_once('-')
        .and_then(|(line, column)| line.parse::<i64>().ok().map(|line| (line, column.to_owned())));
    let (line, column) = after.unwrap_or_default();
    let read = move |tx: &mut Tx<'_>| {
        let Some(run) = stored::fetch(tx, id)? else { return Ok(None) };
        let limit = i64::try_from(PROBLEMS_SHOWN + 1).unwrap_or(i64::MAX);
        let problems = stored::problems(tx, id, (line, &column), limit)?;
        let names = Names::load(tx, [&run.actor])?;
        Ok::<_, Error>(Some((run, problems, names)))
    };
    let found = desk.site.services().database().snapshot(read).await?;
    let found = found.filter(|(run, ..)| kind_of(&run.kind).is_some());
    let (run, mut problems, names) = found.ok_or(Trouble::NotFound)?;
    let has_more = problems.len() > PROBLEMS_SHOWN;
    problems.truncate(PROBLEMS_SHOWN);
    let next = problems.last().filter(|_| has_more).map(|last| {
        let after = format!("{}-{}", last.line_no, last.field);
        format!("{LIST}/{id}?after={}", encoded(&after))
    });
    let page = ReportPage {
        shell: desk.shell(),
        frame: desk.frame(Section::Catalog),
        run: desk.run_row(&run, &names),
        problems: problems
            .into_iter()
            .map(|problem| ProblemRow {
                line: problem.line_no,
                reason: told_line(&problem, desk.t()),
                code: problem.code,
                column: problem.field,
            })
            .collect(),
        next,
    };
    Ok(Page(page).into_response())
}

/// Why a line was refused, in their language.
fn told_line(problem: &Problem, t: Words) -> String {
    let Text { zh, en } = exchange::told(problem);
    t.pick(zh, en)
}

/// All lines of a file that were refused, as a file.
async fn problems(desk: Desk, Path(id): Path<ImportId>) -> Result<Response, Trouble> {
    let t = desk.t();
    let read = move |tx: &mut Tx<'_>| {
        let Some(run) = stored::fetch(tx, id)? else { return Ok(None) };
        let found = stored::problems(tx, id, (0, ""), PROBLEMS_OF_A_FILE)?;
        Ok::<_, Error>(Some((run, found)))
    };
    let found = desk.site.services().database().snapshot(read).await?;
    let found = found.filter(|(run, _)| kind_of(&run.kind).is_some());
    let (_, found) = found.ok_or(Trouble::NotFound)?;
    let names = [t.files_line(), t.files_code(), t.files_column(), t.files_reason()];
    // Behind a mark by which spreadsheets know the encoding.
    let mut bytes = [b"\xef\xbb\xbf".as_slice(), &csv_record(names)].concat();
    for problem in &found {
        let (line, reason) = (problem.line_no.to_string(), told_line(problem, t));
        bytes.extend(csv_record([line.as_str(), &problem.code, &problem.field, &reason]));
    }
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{id}.csv\"")),
    ];
    Ok((headers, bytes).into_response())
}

/// Everything of a kind as a file. It is made in memory, where all of the catalog is anyway.
async fn export(desk: Desk, Path(file): Path<String>) -> Result<Response, Trouble> {
    let (name, end) = file.split_once('.').ok_or(Trouble::NotFound)?;
    let kind = kind_of(name).ok_or(Trouble::NotFound)?;
    let (format, media_type) = match end {
        "csv" => (Format::Csv, "text/csv; charset=utf-8"),
        "xlsx" => {
            let sheet = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
            (Format::Xlsx, sheet)
        }
        _ => return Err(Trouble::NotFound),
    };
    if !desk.may_take_out(kind) {
        return Err(Trouble::Forbidden(Permission::ChangeRules));
    }
    let write = move |tx: &mut Tx<'_>| {
        let mut bytes = Vec::new();
        match exchange::export(tx, kind, format, &mut bytes) {
            Ok(()) => Ok(Ok(bytes)),
            Err(ExportError::Storage(error)) => Err(error),
            Err(error) => Ok(Err(error)),
        }
    };
    let written = desk.site.services().database().snapshot(write).await?;
    let bytes = written.map_err(|error| Trouble::internal(&error))?;
    let headers = [
        (header::CONTENT_TYPE, media_type.to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}.{end}\"")),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned()),
    ];
    Ok((headers, bytes).into_response())
}

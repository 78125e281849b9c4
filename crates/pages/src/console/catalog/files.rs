//! Files in and out, `/console/catalog/files`, and what became of one, `/console/catalog/files/{id}`.
//!
//! A file is posted to the same address as `file` with its `kind`, `catalog` or `stock`; what is kept
//! is at `…/export/{kind}.{csv|xlsx}`.

use askama::Template;
use ordermill_base::Timestamp;

use crate::console::Frame;
use crate::console::form::refuse;
use crate::icon::Icon;
use crate::shell::Shell;
use crate::ui::{Badge, Choice, Field, FormErrors, Tone, Views};
use crate::words::Words;

/// Files in and out.
#[derive(Debug, Clone, Template)]
#[template(path = "console/files.html")]
pub struct FilesPage {
    /// Words, theme, site.
    pub shell: Shell,
    /// Navigation and header.
    pub frame: Frame,
    /// The parts of the catalog.
    pub parts: Views,
    /// Hands in a file, for whoever may.
    pub form: Option<FileForm>,
    /// What can be taken out: what it is, its address as CSV and as XLSX.
    pub exports: Vec<(String, String, String)>,
    /// What was taken in lately, newest first.
    pub runs: Vec<RunRow>,
}

/// Hands in a file.
#[derive(Debug, Clone)]
pub struct FileForm {
    /// What was refused.
    pub errors: FormErrors,
    /// What it holds.
    pub kind: Field,
    /// What is wrong with the file.
    pub file_error: Option<String>,
}

/// A file that was taken in.
#[derive(Debug, Clone)]
pub struct RunRow {
    /// The address of its report.
    pub href: String,
    /// What it is called.
    pub file_name: String,
    /// What it holds.
    pub kind: String,
    /// Whether all of it has been looked at.
    pub state: Badge,
    /// Lines that were new, changed something, changed nothing, were refused.
    pub counts: [i64; 4],
    /// When it was handed in.
    pub at: Timestamp,
    /// By whom.
    pub by: String,
}

/// What became of a file.
#[derive(Debug, Clone, Template)]
#[template(path = "console/file_report.html")]
pub struct ReportPage {
    /// Words, theme, site.
    pub shell: Shell,
    /// Navigation and header.
    pub frame: Frame,
    /// The file.
    pub run: RunRow,
    /// Lines that were not taken in.
    pub problems: Vec<ProblemRow>,
    /// More of them, behind these.
    pub next: Option<String>,
}

/// A line that was not taken in.
#[derive(Debug, Clone)]
pub struct ProblemRow {
    /// The line of the file, from 1.
    pub line: i64,
    /// What it is about.
    pub code: String,
    /// The column.
    pub column: String,
    /// What is wrong with it.
    pub reason: String,
}

/// Whether a file has been looked at to its end, in one badge.
pub fn state(is_done: bool, has_refused: bool, t: Words) -> Badge {
    match (is_done, has_refused) {
        (false, _) => Badge::new(Tone::Blue, Icon::Clock, t.files_running()),
        (true, true) => Badge::new(Tone::Amber, Icon::Alert, t.files_done_partly()),
        (true, false) => Badge::new(Tone::Green, Icon::Check, t.files_done()),
    }
}

/// What a file holds, in words.
pub fn kind(code: &str, t: Words) -> String {
    match code {
        "catalog" => t.section_catalog().to_owned(),
        "stock" => t.section_stock().to_owned(),
        "orders" => t.section_orders().to_owned(),
        other => other.to_owned(),
    }
}

impl FileForm {
    /// The form with what was chosen before; `errors` are names of fields and what is wrong.
    pub fn new(kinds: &[&str], chosen: &str, errors: &[(&'static str, String)], t: Words) -> Self {
        let kinds = kinds.iter().map(|code| Choice::new(*code, kind(code, t))).collect();
        let mut fields = vec![Field::select("kind", t.files_kind(), kinds).value(chosen)];
        let file_error = errors.iter().find(|(name, _)| *name == "file");
        let errors_shown = refuse(&mut fields, errors, t);
        Self {
            errors: errors_shown,
            kind: fields.remove(0),
            file_error: file_error.map(|(_, text)| text.clone()),
        }
    }
}

crate::words! {
    files_title = "导入导出", "Files";
    files_import = "导入", "Hand in a file";
    files_import_lead = "CSV（UTF-8 或 GB18030）或 XLSX，不超过 16 MB。同一个文件可以再次导入：已有的内容不变，中断的从断点继续。超过个人限额的改价和库存更正会逐行退回。", "CSV (UTF-8 or GB18030) or XLSX of at most 16 MB. The same file may be handed in again: what is there stays, and what broke off goes on. Prices and counts beyond what one person decides alone are refused line by line.";
    files_kind = "内容", "Content";
    files_file = "文件", "File";
    files_button = "导入文件", "Import";
    files_export = "导出", "Take out";
    files_export_lead = "导出的文件改好后可以直接导入。", "What is taken out can be edited and handed in.";
    files_runs = "最近的导入", "Lately handed in";
    files_no_runs = "还没有导入过。", "Nothing yet.";
    files_name = "文件", "File";
    files_at = "时间", "When";
    files_by = "操作人", "By";
    files_state = "状态", "Status";
    files_created = "新建", "New";
    files_changed = "修改", "Changed";
    files_unchanged = "不变", "Unchanged";
    files_refused = "退回", "Refused";
    files_running = "进行中", "Under way";
    files_done = "完成", "Done";
    files_done_partly = "完成，有退回", "Done, some refused";
    files_back = "返回导入导出", "Back to files";
    files_problems = "退回的行", "Lines that were refused";
    files_problems_csv = "下载 CSV", "As CSV";
    files_no_problems = "没有退回的行。", "None.";
    files_line = "行", "Line";
    files_code = "编码", "Code";
    files_column = "列", "Column";
    files_reason = "原因", "Reason";
    files_taken_in = "文件已导入", "The file is taken in";
    files_goes_on = "文件较大，正在后台导入；刷新页面查看进度。", "The file is large and goes on being taken in; reload to see how far it is.";
    files_missing = "请选择一个文件", "Choose a file";
    files_too_large = "文件超过 16 MB，请拆分", "The file has more than 16 MB; split it";
    files_unreadable = "无法读取：不是 CSV 或 XLSX，或文件已损坏", "It cannot be read: no CSV or XLSX, or damaged";
    files_empty = "文件是空的", "The file is empty";
    files_header(names) = "列名不对：{names}", "Names of columns: {names}";
    files_too_much(what, limit) = "超过上限：{what} {limit}", "More than {limit} {what}";
    files_busy = "正在导入其他文件，请稍后再试", "Other files are being taken in; try again in a moment";
}

#[cfg(any(test, feature = "samples"))]
fn sample_run(t: Words) -> RunRow {
    RunRow {
        href: "/console/catalog/files/imp_1".into(),
        file_name: "autumn.xlsx".into(),
        kind: kind("catalog", t),
        state: state(true, true, t),
        counts: [12, 40, 298, 2],
        at: crate::samples::in_minutes(-20),
        by: t.pick("周凯", "Zhou Kai").into(),
    }
}

#[cfg(any(test, feature = "samples"))]
impl FilesPage {
    /// One that was handed in.
    pub fn sample(language: crate::Language) -> Self {
        use super::{Part, parts};
        use crate::{console::Section, samples};
        let t = Words::new(language);
        let export = |code: &str| {
            let href = |end| format!("/console/catalog/files/export/{code}.{end}");
            (kind(code, t), href("csv"), href("xlsx"))
        };
        Self {
            shell: samples::shell(language),
            frame: samples::console_frame(language, Section::Catalog),
            parts: parts(Part::Files, t),
            form: Some(FileForm::new(&["catalog", "stock"], "", &[], t)),
            exports: vec![export("catalog"), export("stock")],
            runs: vec![sample_run(t)],
        }
    }
}

#[cfg(any(test, feature = "samples"))]
impl ReportPage {
    /// Two lines that were refused.
    pub fn sample(language: crate::Language) -> Self {
        use crate::{console::Section, samples};
        let t = Words::new(language);
        let problem = |line, column: &str, reason: &str| ProblemRow {
            line,
            code: "CUP-CEL-2".into(),
            column: column.into(),
            reason: reason.into(),
        };
        Self {
            shell: samples::shell(language),
            frame: samples::console_frame(language, Section::Catalog),
            run: sample_run(t),
            problems: vec![
                problem(7, "price", "must be an amount such as 59.00"),
                problem(19, "category", "no category has the code cups"),
            ],
            next: Some("/console/catalog/files/imp_1?after=19-category".into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Language;
    use crate::testing::assert_sound_page;

    #[test]
    fn the_pages_are_sound_and_a_refused_file_says_why() {
        for language in Language::ALL {
            let t = Words::new(language);
            assert_sound_page(&ReportPage::sample(language).render().unwrap());
            let mut page = FilesPage::sample(language);
            assert_sound_page(&page.render().unwrap());
            let errors = [("file", t.files_empty().to_owned())];
            page.form = Some(FileForm::new(&["catalog"], "catalog", &errors, t));
            let html = page.render().unwrap();
            assert_sound_page(&html);
            assert!(html.contains(r#"id="e-file""#), "{html}");
            page.form = None;
            assert!(!page.render().unwrap().contains("enctype"));
        }
    }
}

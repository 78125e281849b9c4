//! Everything that happened, `/console/admin/audit`, and whether it is still what was written.
//!
//! The list takes `actor`, `kind`, `subject`, `from`, `until` (days of the site) and `cursor`.
//! `POST /console/admin/audit/verify` walks the chain and comes back here.

use askama::Template;
use ordermill_base::Timestamp;

use crate::console::Frame;
use crate::format::grouped;
use crate::icon::Icon;
use crate::shell::Shell;
use crate::ui::{Choice, Empty, Filter, Filters, Pager, Tone, Views};
use crate::words::Words;

/// The audit log.
#[derive(Debug, Clone, Template)]
#[template(path = "console/audit.html", blocks = ["list"])]
pub struct AuditPage {
    /// Words, theme, site.
    pub shell: Shell,
    /// Navigation and header.
    pub frame: Frame,
    /// The parts of the administration.
    pub parts: Views,
    /// How the chain stands.
    pub verification: Verification,
    /// Whether they may have it verified.
    pub can_verify: bool,
    /// Actor, kind, subject, days.
    pub filters: Filters,
    /// Newest first.
    pub rows: Vec<AuditRow>,
    /// Instead of rows.
    pub empty: Empty,
    /// The foot.
    pub pager: Pager,
}

/// How the chain of the audit log stands.
#[derive(Debug, Clone)]
pub enum Verification {
    /// Nobody has looked yet.
    Never,
    /// Every sealed entry is what it was.
    Sound {
        /// When it was last verified.
        at: Timestamp,
        /// Entries that were looked at.
        entries: u64,
        /// The end of the chain, to be kept elsewhere: `12:9f3c…`.
        head: String,
    },
    /// Something was changed behind our back.
    Broken {
        /// When it was found.
        at: Timestamp,
        /// The entry that shows it.
        position: String,
        /// What is wrong with it.
        damage: String,
    },
}

/// One entry.
#[derive(Debug, Clone)]
pub struct AuditRow {
    /// `evt_…`, its place in the journal.
    pub position: String,
    /// When.
    pub at: Timestamp,
    /// Who: a name for staff, else "Buyer", "Rule", the adapter's name.
    pub actor: String,
    /// `order.paid`.
    pub kind: String,
    /// In words.
    pub words: String,
    /// What it is about: `ord_…`, an order number.
    pub subject: String,
    /// Where that is shown, if it is.
    pub href: Option<String>,
    /// Why; empty if nobody said.
    pub reason: String,
    /// The request it came with; empty for what the program did by itself.
    pub request_id: String,
}

/// What someone looks for, as it stands in the address.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Entered {
    /// An order number or any id.
    pub subject: String,
    /// The start of a kind: `order`.
    pub kind: String,
    /// An actor, as written in the journal.
    pub actor: String,
    /// The first day.
    pub from: String,
    /// The last day.
    pub until: String,
}

/// What entries are about.
const SUBJECTS: [&str; 15] = [
    "order",
    "payment",
    "refund",
    "reservation",
    "stock",
    "deadline",
    "bulk",
    "task",
    "reveal",
    "note",
    "staff",
    "api_key",
    "sku",
    "category",
    "setting",
];

/// The bar of filters; `people` are the actors to choose from.
pub fn filters(entered: &Entered, people: Vec<Choice>, clear: Option<String>, t: Words) -> Filters {
    let kinds = SUBJECTS.map(|kind| Choice::new(kind, words(kind, t)));
    Filters {
        t,
        action: "/console/admin/audit".into(),
        region: "list",
        kept: Vec::new(),
        filters: vec![
            Filter { name: "subject", ..Filter::search(t.audit_by_subject(), &entered.subject) },
            Filter::select("kind", t.audit_by_kind(), &entered.kind, kinds.into()),
            Filter::select("actor", t.audit_by_actor(), &entered.actor, people),
            Filter::date("from", t.by_from(), &entered.from),
            Filter::date("until", t.by_to(), &entered.until),
        ],
        clear,
    }
}

/// A log without entries, and why.
pub fn empty(is_filtered: bool, clear: &str, t: Words) -> Empty {
    let (title, text) = if is_filtered {
        (t.audit_no_match(), t.audit_no_match_text())
    } else {
        (t.audit_none(), t.audit_none_text())
    };
    let action = is_filtered.then(|| (clear.to_owned(), t.filter_clear().to_owned()));
    Empty { icon: Icon::Search, title: title.into(), text: text.into(), action }
}

/// What an entry is about, by the start of its kind: `staff.created`.
pub fn words(kind: &str, t: Words) -> String {
    let subject = kind.split('.').next().unwrap_or_default();
    let words = match subject {
        "order" => t.orders_number(),
        "payment" => t.orders_payment(),
        "refund" => t.order_refunds(),
        "reservation" => t.order_stock(),
        "stock" | "stock_policy" | "incoming" => t.stock_title(),
        "deadline" => t.order_deadlines(),
        "bulk" => t.bulk_title(),
        "task" => t.tasks_kind(),
        "reveal" => t.order_revealed(),
        "note" => t.audit_note(),
        "staff" => t.staff_person(),
        "api_key" => t.audit_key(),
        "sku" => t.audit_sku(),
        "category" => t.audit_category(),
        "setting" => t.audit_setting(),
        _ => return kind.to_owned(),
    };
    words.to_owned()
}

impl AuditPage {
    fn tone(&self) -> Tone {
        match self.verification {
            Verification::Never => Tone::Grey,
            Verification::Sound { .. } => Tone::Green,
            Verification::Broken { .. } => Tone::Red,
        }
    }

    fn icon(&self) -> Icon {
        match self.verification {
            Verification::Never => Icon::Clock,
            Verification::Sound { .. } => Icon::Shield,
            Verification::Broken { .. } => Icon::Alert,
        }
    }

    fn verdict(&self) -> String {
        let t = self.shell.t;
        match &self.verification {
            Verification::Never => t.audit_never().into(),
            Verification::Sound { entries, .. } => t.audit_sound(grouped(*entries)),
            Verification::Broken { position, .. } => t.audit_broken(position),
        }
    }

    fn verdict_note(&self) -> String {
        let t = self.shell.t;
        match &self.verification {
            Verification::Never => t.audit_never_note().into(),
            Verification::Sound { at, head, .. } => t.audit_sound_note(self.shell.moment(at), head),
            Verification::Broken { at, damage, .. } => {
                t.audit_broken_note(self.shell.moment(at), damage)
            }
        }
    }
}

crate::words! {
    audit_list = "审计记录", "Entries";
    audit_at = "时间", "When";
    audit_actor = "操作人", "Who";
    audit_kind = "事件", "What";
    audit_subject = "对象", "About";
    audit_reason = "原因", "Why";
    audit_request = "请求", "Request";
    audit_by_subject = "订单号或编号", "Order number or id";
    audit_by_kind = "全部对象", "Everything";
    audit_by_actor = "所有人", "Everybody";
    audit_no_match = "没有符合条件的记录", "No entry matches";
    audit_no_match_text = "一次最多查找五万条，可继续翻页或放宽条件。", "One page looks through fifty thousand entries; go on, or loosen the filters.";
    audit_none = "还没有记录", "Nothing has happened yet";
    audit_none_text = "每次改动都会出现在这里。", "Every change will appear here.";
    audit_note = "备注", "Note";
    audit_key = "密钥", "API key";
    audit_sku = "商品", "SKU";
    audit_category = "类目", "Category";
    audit_setting = "设置", "Setting";
    audit_verified = "审计链已校验", "The chain was verified";
    audit_verify = "立即校验", "Verify now";
    audit_never = "尚未校验", "Not verified yet";
    audit_never_note = "校验会逐条核对封存的记录。", "Verifying compares every sealed entry with its seal.";
    audit_sound(count) = "{count} 条记录完整无改动", "{count} entries are what they were";
    audit_sound_note(at, head) = "{at} 校验 · 链尾 {head}，可另存备查", "Verified {at} · end of the chain {head}, to be kept elsewhere";
    audit_broken(position) = "记录 {position} 被改动", "Entry {position} was changed";
    audit_broken_note(at, damage) = "{at} 发现 · {damage} · 请保留数据库并联系负责人", "Found {at} · {damage} · keep the database as it is and tell whoever is responsible";
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Language;
    use crate::testing::{assert_sound, assert_sound_page};

    #[test]
    fn the_log_is_sound_whole_and_as_a_fragment() {
        for language in Language::ALL {
            let page = AuditPage::sample(language);
            assert_sound_page(&page.render().unwrap());
            assert_sound(&page.as_list().render().unwrap());
        }
    }

    #[test]
    fn a_broken_chain_names_the_entry_and_what_to_do() {
        let mut page = AuditPage::sample(Language::En);
        page.verification = Verification::Broken {
            at: crate::samples::NOW,
            position: "evt_9".into(),
            damage: "the entry is missing".into(),
        };
        let html = page.render().unwrap();
        assert!(html.contains("Entry evt_9 was changed") && html.contains("tone-red"), "{html}");
        assert!(html.contains("keep the database as it is"), "{html}");
    }
}

//! Receiving, putting away, counting and sending on: a form of few fields that a scanner fills one after
//! the other.
//!
//! At `/pda/receive`, `/pda/put-away`, `/pda/count` and `/pda/transfer`. Each posts to itself with a `key`.

use askama::Template;

use crate::console::form::refuse;
use crate::shell::Shell;
use crate::ui::{Choice, Field, FormErrors};
use crate::words::Words;

/// One of the forms.
#[derive(Debug, Clone, Template)]
#[template(path = "pda/desk.html")]
pub struct DeskPage {
    /// Words, theme, site.
    pub shell: Shell,
    /// The heading.
    pub title: &'static str,
    /// Its address.
    pub href: &'static str,
    /// So that sending it twice is harmless.
    pub key: String,
    /// What waits for this, a line each.
    pub waiting: Vec<String>,
    /// What is scanned or typed.
    pub fields: Vec<Field>,
    /// What was refused.
    pub errors: FormErrors,
}

/// Which of the forms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Work {
    /// Goods come in.
    Receive,
    /// Pieces that were picked in vain go back to a shelf.
    PutAway,
    /// What lies in a bin is counted.
    Count,
    /// Goods are sent to another location.
    Transfer,
}

/// What was entered.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is the field of its name, with its words below")]
pub struct DeskEntered {
    pub bin: String,
    pub item: String,
    pub lot: String,
    pub expires_on: String,
    pub pieces: String,
    pub to: String,
}

impl Work {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Receive, Self::PutAway, Self::Count, Self::Transfer];

    /// Its address.
    pub const fn href(self) -> &'static str {
        match self {
            Self::Receive => "/pda/receive",
            Self::PutAway => "/pda/put-away",
            Self::Count => "/pda/count",
            Self::Transfer => "/pda/transfer",
        }
    }

    /// Its name.
    pub fn title(self, t: Words) -> &'static str {
        match self {
            Self::Receive => t.pda_receive(),
            Self::PutAway => t.pda_put_away(),
            Self::Count => t.pda_count(),
            Self::Transfer => t.pda_transfer(),
        }
    }

    fn fields(self, entered: &DeskEntered, places: Vec<Choice>, t: Words) -> Vec<Field> {
        let line = |name, label: &str, value: &str| {
            Field::new(name, label).value(value).max_length(200).autocomplete("off")
        };
        let item = line("item", t.desk_item(), &entered.item);
        let bin = line("bin", t.desk_bin(), &entered.bin);
        let lot = line("lot", t.desk_lot(), &entered.lot).optional();
        let day = line("expires_on", t.desk_expires(), &entered.expires_on).kind("date").optional();
        let pieces = line("pieces", t.desk_pieces(), &entered.pieces).digits(7);
        match self {
            Self::Receive => vec![item, lot, day, pieces, bin],
            Self::PutAway => vec![item, pieces, bin],
            Self::Count => vec![bin, item, lot, day, pieces],
            Self::Transfer => {
                let to = Field::select("to", t.desk_to(), places).value(&entered.to);
                vec![bin, item, lot, pieces, to]
            }
        }
    }
}

impl DeskPage {
    /// The form with what was entered before; `errors` are names of fields and what is wrong.
    pub fn new(
        shell: Shell,
        work: Work,
        key: String,
        (entered, places): (&DeskEntered, Vec<Choice>),
        waiting: Vec<String>,
        errors: &[(&'static str, String)],
    ) -> Self {
        let t = shell.t;
        let mut fields = work.fields(entered, places, t);
        let errors = refuse(&mut fields, errors, t);
        Self { title: work.title(t), href: work.href(), key, waiting, fields, errors, shell }
    }
}

crate::words! {
    desk_item = "商品条码", "Barcode of the item";
    desk_bin = "库位", "Bin";
    desk_lot = "批次", "Lot";
    desk_expires = "到期日", "Last day of sale";
    desk_pieces = "件数", "Pieces";
    desk_to = "调往仓库", "To location";
    desk_waiting = "待处理", "Waiting";
    desk_save = "确认", "Confirm";
    desk_saved = "已登记", "Noted";
    desk_approval = "已提交审批", "Waits for a second person";
    desk_no_item = "没有这个商品", "There is no such item";
    desk_no_bin = "本仓库没有这个库位", "There is no such bin here";
    desk_not_waiting = "这个商品没有待放回的件数", "Nothing of this item waits to be put away";
    desk_pieces_wrong = "请填件数", "How many pieces";
    desk_day_wrong = "请填日期，如 2027-01-31", "A day such as 2027-01-31";
    desk_line(pieces, name, what) = "{pieces} 件 {name} · {what}", "{pieces} of {name} · {what}";
}

#[cfg(any(test, feature = "samples"))]
impl DeskPage {
    /// An empty form with one thing that waits.
    pub fn sample(language: crate::Language, work: Work) -> Self {
        let shell = crate::samples::shell(language);
        let t = shell.t;
        let waiting = vec![t.desk_line(2, t.pick("青瓷碗", "Celadon bowl"), "P-01K2EY4XH0000")];
        let places = vec![Choice::new("FS", "FS")];
        Self::new(shell, work, "k".into(), (&DeskEntered::default(), places), waiting, &[])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Language;
    use crate::testing::assert_sound_page;

    #[test]
    fn each_form_is_sound_and_says_at_its_field_what_is_wrong() {
        for language in Language::ALL {
            for work in Work::ALL {
                let page = DeskPage::sample(language, work);
                assert_sound_page(&page.render().unwrap());
                let wrong = [("pieces", page.shell.t.desk_pieces_wrong().to_owned())];
                let page = DeskPage::new(
                    page.shell,
                    work,
                    "k".into(),
                    (&DeskEntered::default(), Vec::new()),
                    Vec::new(),
                    &wrong,
                );
                let html = page.render().unwrap();
                assert_sound_page(&html);
                assert!(html.contains(r#"id="e-pieces""#), "{html}");
            }
        }
    }
}

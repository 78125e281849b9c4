//! Receiving, putting away, counting and sending on, scan by scan.
//!
//! At `/pda/receive`, `/pda/put-away`, `/pda/count` and `/pda/transfer`. The form posts `key`, `do` (`scan`,
//! `undo`, `pieces`, `lot`) with `scan`, `pieces`, or `lot` and `expires_on`. `hand.js` sends the same as JSON
//! to `…/scans` and keeps what could not be sent yet.

use askama::Template;
use ordermill_domain::hand_work::{Kind, Step};
use serde::Serialize;

use crate::shell::Shell;
use crate::words::Words;

/// The screen of one kind of work.
#[derive(Debug, Clone, Template)]
#[template(path = "pda/hand.html")]
pub struct HandPage {
    /// Words, theme, site.
    pub shell: Shell,
    /// What is done.
    pub kind: Kind,
    /// Where they work.
    pub place: String,
    /// Names the next scan of the plain form, so that sending it twice is harmless.
    pub key: String,
    /// What is being gathered.
    pub view: HandView,
    /// Codes of other locations, for sending on.
    pub places: Vec<String>,
    /// What waits for this, a line each.
    pub waiting: Vec<String>,
    /// What just happened: whether it was right, and in words.
    pub feedback: Option<(bool, String)>,
}

/// What is being gathered, as the page and its script know it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct HandView {
    /// `bin`, `item`, `lot`, `pieces_or_bin` or `pieces_or_place`: what is asked for next.
    pub step: &'static str,
    /// The label of the bin; empty if none was scanned.
    pub bin: String,
    /// The code of the SKU at hand; empty if there is none.
    pub sku: String,
    /// Its GTIN of 14 digits; empty if it has none.
    pub gtin: String,
    /// Its name.
    pub name: String,
    /// Its lot; empty if it has none, or it was not scanned yet.
    pub lot: String,
    /// How many pieces.
    pub pieces: i64,
}

/// What the script says, by the names that it knows.
#[derive(Debug, Serialize)]
struct Said<'w> {
    bin: &'w str,
    item: &'w str,
    lot: &'w str,
    pieces_or_bin: &'w str,
    pieces_or_place: &'w str,
    right: &'w str,
    kept: &'w str,
    undone: &'w str,
    nothing: &'w str,
    other_item: &'w str,
    other_lot: &'w str,
    other_bin: &'w str,
    refused: &'w str,
    again: &'w str,
    sign_in: &'w str,
}

#[derive(Debug, Serialize)]
struct Data<'p> {
    href: &'p str,
    kind: &'static str,
    view: &'p HandView,
    places: &'p [String],
    said: Said<'p>,
}

/// The address of a kind of work.
pub const fn href(kind: Kind) -> &'static str {
    match kind {
        Kind::Receive => "/pda/receive",
        Kind::PutAway => "/pda/put-away",
        Kind::Count => "/pda/count",
        Kind::Transfer => "/pda/transfer",
    }
}

/// The name of a kind of work.
pub fn title(kind: Kind, t: Words) -> &'static str {
    match kind {
        Kind::Receive => t.pda_receive(),
        Kind::PutAway => t.pda_put_away(),
        Kind::Count => t.pda_count(),
        Kind::Transfer => t.pda_transfer(),
    }
}

/// What is asked for next, in words.
pub fn asks(step: Step, t: Words) -> &'static str {
    match step {
        Step::Bin => t.hand_bin(),
        Step::Item => t.hand_item(),
        Step::Lot => t.hand_lot(),
        Step::PiecesOrBin => t.hand_pieces_or_bin(),
        Step::PiecesOrPlace => t.hand_pieces_or_place(),
    }
}

impl HandPage {
    fn href(&self) -> &'static str {
        href(self.kind)
    }

    fn title(&self) -> &'static str {
        title(self.kind, self.shell.t)
    }

    fn asks(&self) -> &'static str {
        Step::from_code(self.view.step).map_or("", |step| asks(step, self.shell.t))
    }

    /// What the script works on.
    fn data(&self) -> String {
        let t = self.shell.t;
        let said = Said {
            bin: t.hand_bin(),
            item: t.hand_item(),
            lot: t.hand_lot(),
            pieces_or_bin: t.hand_pieces_or_bin(),
            pieces_or_place: t.hand_pieces_or_place(),
            right: t.pick_right(),
            kept: t.hand_kept(),
            undone: t.hand_undone(),
            nothing: t.hand_nothing(),
            other_item: t.hand_other_item(),
            other_lot: t.hand_other_lot(),
            other_bin: t.hand_other_bin(),
            refused: t.pick_refused(),
            again: t.hand_again(),
            sign_in: t.pick_sign_in(),
        };
        let (href, kind) = (self.href(), self.kind.code());
        let data = Data { href, kind, view: &self.view, places: &self.places, said };
        serde_json::to_string(&data).expect("plain values are JSON")
    }
}

crate::words! {
    hand_bin = "扫库位", "Scan the bin";
    hand_item = "扫商品", "Scan the item";
    hand_lot = "扫批次，或手输批次和到期日", "Scan the lot, or type it with its last day";
    hand_pieces_or_bin = "继续扫商品计数，扫库位完成", "Scan more pieces; the bin completes it";
    hand_pieces_or_place = "继续扫商品计数，扫目的仓库完成", "Scan more pieces; the location completes it";
    hand_no_bin = "—", "—";
    hand_noted = "正确", "Right";
    hand_kept = "已记录，联网后上传", "Kept, and sent when there is a network";
    hand_booked = "已登记", "Booked";
    hand_approval = "已提交审批", "Waits for a second person";
    hand_undone = "已撤销上一次扫描", "The last scan is taken back";
    hand_nothing = "没有可撤销的扫描", "Nothing to take back";
    hand_asked(what) = "不对：{what}", "Not now: {what}";
    hand_unknown = "没有这个条码", "This barcode is known for nothing here";
    hand_other_item = "商品不对，请先完成", "Another item. Finish this one first:";
    hand_other_lot = "批次不对，请先完成", "Another lot. Finish this one first:";
    hand_other_bin = "库位不对，应扫", "Another bin. Scan";
    hand_no_pieces = "还没有件数", "There is no piece yet";
    hand_too_many = "没有这么多件", "There are not so many";
    hand_not_there = "这里没有这个商品", "There is nothing of this item here";
    hand_needs_lot = "这个商品需要批次和到期日", "This item needs a lot with its last day";
    hand_claimed = "这些件已被订单占用", "The pieces are claimed by orders";
    hand_again = "请重新扫描", "Scan these again";
    hand_pieces = "件数", "Pieces";
    hand_type_pieces = "手输件数", "Type the pieces";
    hand_lot_code = "批次", "Lot";
    hand_expires = "到期日", "Last day of sale";
    hand_set = "确定", "Set";
    hand_waiting = "待处理", "Waiting";
    hand_places = "目的仓库", "Locations";
    hand_line(pieces, name, what) = "{pieces} 件 {name} · {what}", "{pieces} of {name} · {what}";
}

#[cfg(any(test, feature = "samples"))]
impl HandPage {
    /// Two pieces at hand.
    pub fn sample(language: crate::Language, kind: Kind) -> Self {
        let shell = crate::samples::shell(language);
        let t = shell.t;
        let step = match kind {
            Kind::Receive | Kind::PutAway | Kind::Count => Step::PiecesOrBin,
            Kind::Transfer => Step::PiecesOrPlace,
        };
        let view = HandView {
            step: step.code(),
            bin: if matches!(kind, Kind::Count | Kind::Transfer) {
                "A-03-12-2".into()
            } else {
                String::new()
            },
            sku: "CB-14".into(),
            gtin: "06901234567892".into(),
            name: t.pick("青瓷碗", "Celadon <bowl>").into(),
            lot: "L2026".into(),
            pieces: 2,
        };
        Self {
            kind,
            place: "JX".into(),
            key: "evt_01k2ey4xh0000".into(),
            view,
            places: vec!["FS".into()],
            waiting: vec![t.hand_line(2, t.pick("青瓷碗", "Celadon bowl"), "P-01K2EY4XH0000")],
            feedback: Some((true, t.hand_noted().into())),
            shell,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Language;
    use crate::testing::assert_sound_page;

    #[test]
    fn one_instruction_is_on_the_screen_of_each_kind_of_work() {
        for language in Language::ALL {
            for kind in Kind::ALL {
                let mut page = HandPage::sample(language, kind);
                let html = page.render().unwrap();
                assert_sound_page(&html);
                assert!(html.contains(page.asks()), "{html}");
                page.view.step = Step::Lot.code();
                let html = page.render().unwrap();
                assert_sound_page(&html);
                assert!(html.contains("name=\"expires_on\""), "{html}");
                page.view = HandView { step: Step::Bin.code(), ..HandView::default() };
                assert_sound_page(&page.render().unwrap());
            }
        }
    }
}

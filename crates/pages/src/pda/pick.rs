//! Picking, `/pda/lists/{id}`: scan the bin, scan the item, the lot where it has one; the next stop comes
//! by itself.
//!
//! The form posts `key`, `line`, `scan` and `do`: `scan`, `undo` or `short` (with `reason`). `pda.js` sends
//! the same as JSON to `…/scans` and keeps what could not be sent yet.

use askama::Template;
use ordermill_domain::fulfillment::ShortReason;
use ordermill_domain::pick_list::Step;
use serde::Serialize;

use crate::shell::Shell;
use crate::ui::Choice;
use crate::words::Words;

/// One list at work.
#[derive(Debug, Clone, Template)]
#[template(path = "pda/pick.html")]
pub struct PickPage {
    /// Words, theme, site.
    pub shell: Shell,
    /// The list's address.
    pub href: String,
    /// Its number.
    pub number: String,
    /// Where it is picked.
    pub place: String,
    /// Names the next scan of the plain form, so that sending it twice is harmless.
    pub key: String,
    /// The stops in the order of the walk.
    pub stops: Vec<Stop>,
    /// What just happened: whether it was right, and in words.
    pub feedback: Option<(bool, String)>,
}

/// A stop as the page and its script know it.
#[derive(Debug, Clone, Serialize)]
pub struct Stop {
    /// The number of the line.
    pub no: i64,
    /// The label of the bin; empty if it lies somewhere without one.
    pub bin: String,
    /// The code of the SKU.
    pub sku: String,
    /// Its GTIN of 14 digits; empty if it has none.
    pub gtin: String,
    /// Its name.
    pub name: String,
    /// The lot that is to be taken; empty for goods without lots.
    pub lot: String,
    /// The tote that it goes into.
    pub tote: i64,
    /// How many pieces are to be picked.
    pub need: i64,
    /// How many are.
    pub picked: i64,
    /// How many are given up or no longer wanted.
    pub out: i64,
    /// `bin`, `item` or `lot`: what it asks for next.
    pub step: &'static str,
    /// Whether the lot was scanned.
    pub seen: bool,
    /// The address of its picture.
    pub art: String,
}

impl Stop {
    fn is_open(&self) -> bool {
        self.picked + self.out < self.need
    }
}

/// What the script says, by the names that it knows.
#[derive(Debug, Serialize)]
struct Said<'w> {
    bin: &'w str,
    item: &'w str,
    lot: &'w str,
    nowhere: &'w str,
    wrong_bin: &'w str,
    wrong_item: &'w str,
    wrong_lot: &'w str,
    right: &'w str,
    done: &'w str,
    undone: &'w str,
    nothing: &'w str,
    next: &'w str,
    tote: &'w str,
    refused: &'w str,
    back: &'w str,
    sign_in: &'w str,
    shorted: &'w str,
}

#[derive(Debug, Serialize)]
struct Data<'p> {
    href: &'p str,
    stops: &'p [Stop],
    said: Said<'p>,
}

impl PickPage {
    /// The stop at hand.
    fn now(&self) -> Option<&Stop> {
        self.stops.iter().find(|stop| stop.is_open())
    }

    fn next(&self) -> Option<&Stop> {
        self.stops.iter().filter(|stop| stop.is_open()).nth(1)
    }

    /// The share of pieces that are done, in percent.
    fn percent(&self) -> i64 {
        let all: i64 = self.stops.iter().map(|stop| stop.need).sum();
        let done: i64 = self.stops.iter().map(|stop| stop.picked + stop.out).sum();
        if all == 0 { 100 } else { done * 100 / all }
    }

    fn asks(&self, stop: &Stop) -> &'static str {
        let t = self.shell.t;
        match stop.step {
            "bin" => t.pick_bin(),
            "lot" => t.pick_lot(),
            _ => t.pick_item(),
        }
    }

    /// What the script works on.
    fn data(&self) -> String {
        let t = self.shell.t;
        let said = Said {
            bin: t.pick_bin(),
            item: t.pick_item(),
            lot: t.pick_lot(),
            nowhere: t.pick_nowhere(),
            wrong_bin: t.pick_wrong_bin(),
            wrong_item: t.pick_wrong_item(),
            wrong_lot: t.pick_wrong_lot(),
            right: t.pick_right(),
            done: t.pick_done(),
            undone: t.pick_undone(),
            nothing: t.pick_nothing(),
            next: t.pick_next(),
            tote: t.pick_tote(),
            refused: t.pick_refused(),
            back: t.pick_put_back(),
            sign_in: t.pick_sign_in(),
            shorted: t.pick_shorted(),
        };
        let data = Data { href: &self.href, stops: &self.stops, said };
        serde_json::to_string(&data).expect("plain values are JSON")
    }

    fn reasons(&self) -> Vec<Choice> {
        let t = self.shell.t;
        ShortReason::ALL.map(|it| Choice::new(it.code(), reason(it, t))).into()
    }
}

/// The code of a step, for [`Stop::step`].
pub const fn step(step: Step) -> &'static str {
    step.code()
}

/// Why pieces were not picked, in words.
pub fn reason(reason: ShortReason, t: Words) -> &'static str {
    match reason {
        ShortReason::NotFound => t.short_not_found(),
        ShortReason::Damaged => t.short_damaged(),
        ShortReason::Expired => t.short_expired(),
        ShortReason::WrongItem => t.short_wrong_item(),
    }
}

crate::words! {
    pick_title = "拣货", "Pick";
    pick_bin = "① 扫库位", "1 Scan the bin";
    pick_item = "② 扫商品", "2 Scan the item";
    pick_lot = "③ 扫批次", "3 Scan the lot";
    pick_nowhere = "无库位", "No bin";
    pick_pieces = "件", "pcs";
    pick_tote = "周转箱", "Tote";
    pick_of_lot(lot) = "批次 {lot}", "Lot {lot}";
    pick_ready = "等待扫描", "Ready to scan";
    pick_right = "正确", "Right";
    pick_wrong_bin = "库位不对，应到", "Wrong bin. Go to";
    pick_wrong_item = "商品不对，应为", "Wrong item. Take";
    pick_wrong_lot = "批次不对，应为", "Wrong lot. Take";
    pick_next = "下一站", "Next";
    pick_done = "本单拣完，送到复核台", "Complete. Bring it to the bench";
    pick_undone = "已撤销，请放回库位", "Undone. Put the piece back into its bin";
    pick_nothing = "没有可撤销的拣货", "Nothing to undo";
    pick_refused = "有一次扫描未被接受", "A scan was not taken";
    pick_put_back = "请核对并放回", "Check and put back";
    pick_sign_in = "请重新登录后继续", "Sign in again to go on";
    pick_shorted = "已登记缺货", "Noted as short";
    pick_short_title = "这一站缺多少？", "What is missing here?";
    pick_close = "继续拣货", "Go on picking";
    pick_hand_back = "交回拣货单", "Hand the list back";
    pick_handed_back = "拣货单已交回", "Handed the list back";
    pick_other_line = "这一站已经完成", "This stop is complete";
    pick_canceled = "这个订单已取消，请跳过", "The order was canceled. Leave it";
    pick_unreadable = "条码无法识别", "The barcode cannot be read";
    pick_too_many(left) = "只差 {left} 件", "Only {left} left to pick";
    short_not_found = "找不到", "Not there";
    short_damaged = "破损", "Damaged";
    short_expired = "过期", "Expired";
    short_wrong_item = "放错商品", "Another item lies there";
}

#[cfg(any(test, feature = "samples"))]
impl PickPage {
    /// Two stops, the first at its item.
    pub fn sample(language: crate::Language) -> Self {
        let t = Words::new(language);
        let stop = |no, bin: &str, sku: &str, name: &str, need| Stop {
            no,
            bin: bin.into(),
            sku: sku.into(),
            gtin: "06901234567892".into(),
            name: name.into(),
            lot: String::new(),
            tote: no,
            need,
            picked: 0,
            out: 0,
            step: "bin",
            seen: false,
            art: crate::samples::art(sku),
        };
        let shirt = t.pick("棉麻立领衬衫 白色 M", "Linen band-collar shirt, white, M");
        Self {
            shell: crate::samples::shell(language),
            href: "/pda/lists/pkl_01k2ey4xh0000".into(),
            number: "P-01K2EY4XH0000".into(),
            place: "JX".into(),
            key: "evt_01k2ey4xh0000".into(),
            stops: vec![
                Stop { picked: 1, step: "item", ..stop(1, "A-03-12-2", "LS-2210-M", shirt, 2) },
                stop(2, "A-04-01-1", "CN-0907-30", t.pick("直筒卡其裤", "Straight chinos"), 1),
            ],
            feedback: Some((true, t.pick_right().into())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Language;
    use crate::testing::assert_sound_page;

    #[test]
    fn one_instruction_is_on_the_screen_and_no_text_leaves_its_data() {
        for language in Language::ALL {
            let mut page = PickPage::sample(language);
            page.stops[1].name = "</script><b>".into();
            let html = page.render().unwrap();
            assert_sound_page(&html);
            assert!(html.contains("A-03-12-2") && html.contains(page.shell.t.pick_item()));
            assert!(!html.contains("</script><b>"), "{html}");
            for stop in &mut page.stops {
                stop.picked = stop.need;
            }
            let html = page.render().unwrap();
            assert_sound_page(&html);
            assert!(html.contains(page.shell.t.pick_done()), "{html}");
        }
    }
}

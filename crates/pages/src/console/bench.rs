//! The pack bench, `/console/wh/bench`: what waits to be rechecked and packed, and one fulfillment at a time.
//!
//! The form of the list posts `code`, what was scanned, to the same address. A fulfillment is at
//! `/console/wh/bench/{id}`; its forms post to `recheck`, `send-back`, `pack` and `open` below it, with the
//! `version` that was seen. Pieces are sent as `pieces-{line}`, and by box as `box-{n}-line-{line}`, with
//! `box-{n}-material`, `box-{n}-grams` and `box-{n}-serials-{line}`.

use askama::Template;
use ordermill_base::Timestamp;

use crate::console::Frame;
use crate::shell::Shell;
use crate::ui::{Badge, BoxDrawing, Choice, FormErrors};
use crate::words::Words;

/// What waits at the bench.
#[derive(Debug, Clone, Template)]
#[template(path = "console/bench.html")]
pub struct BenchPage {
    /// Words, theme, site.
    pub shell: Shell,
    /// Navigation and header.
    pub frame: Frame,
    /// What was scanned and found nowhere; empty if nothing was.
    pub unknown: String,
    /// What waits, the most urgent first.
    pub rows: Vec<BenchRow>,
}

/// A fulfillment that waits.
#[derive(Debug, Clone)]
pub struct BenchRow {
    /// Its page at the bench.
    pub href: String,
    /// The order's number.
    pub order: String,
    /// The code of its location.
    pub place: String,
    /// Where it stands.
    pub state: Badge,
    /// How many pieces.
    pub pieces: i64,
    /// By when it should leave.
    pub ship_by: Option<Timestamp>,
    /// Whether that is over.
    pub is_late: bool,
    /// Whether it goes first.
    pub is_urgent: bool,
}

/// A fulfillment at the bench.
#[derive(Debug, Clone, Template)]
#[template(path = "console/bench_work.html")]
pub struct BenchWorkPage {
    /// Words, theme, site.
    pub shell: Shell,
    /// Navigation and header.
    pub frame: Frame,
    /// The order's number, with those of orders that are packed with it, and its address.
    pub order: (String, String),
    /// Its own address.
    pub href: String,
    /// Its version, to be sent back.
    pub version: i64,
    /// Where it stands.
    pub state: Badge,
    /// How the buyer wants it brought; empty if they have not said.
    pub service: String,
    /// What was refused.
    pub errors: FormErrors,
    /// What is to be shipped.
    pub lines: Vec<BenchLine>,
    /// What is done with it now.
    pub step: BenchStep,
}

/// A line at the bench.
#[derive(Debug, Clone)]
pub struct BenchLine {
    /// Which line of the order; of what travels with it, its number at the bench.
    pub line_no: u16,
    /// The code of the SKU.
    pub sku: String,
    /// Its name.
    pub name: String,
    /// Its barcode; empty if it has none.
    pub gtin: String,
    /// How many pieces are to be shipped.
    pub pieces: i64,
    /// How many were counted before; as typed.
    pub counted: String,
    /// Breaks.
    pub is_fragile: bool,
    /// Each piece has a serial number that is noted.
    pub is_high_value: bool,
}

/// What is done with a fulfillment at the bench.
#[derive(Debug, Clone)]
pub enum BenchStep {
    /// Compare it with the order.
    Recheck(RecheckForm),
    /// Put it into boxes.
    Pack(PackForm),
    /// It is packed: its packages, and where its shipping note is.
    Packed(Vec<PackageRow>, String),
    /// Nothing is to be done here: why.
    Nothing(String),
}

/// Compares what was picked with the order.
#[derive(Debug, Clone, Default)]
pub struct RecheckForm {
    /// What it weighs, as typed.
    pub weight_grams: String,
    /// Whether goods and their packing were found intact.
    pub is_intact: bool,
    /// Whether what breaks was padded.
    pub is_reinforced: bool,
    /// Whether something breaks.
    pub has_fragile: bool,
    /// What it weighs by the books.
    pub computed_grams: u32,
}

/// Puts it into boxes.
#[derive(Debug, Clone)]
pub struct PackForm {
    /// Boxes, as proposed or as typed; a spare one stands behind them.
    pub boxes: Vec<BoxForm>,
    /// The materials to choose from.
    pub materials: Vec<Choice>,
    /// What the proposal costs; empty where there is none.
    pub cost: String,
    /// Why there is no proposal; empty if there is one.
    pub by_hand: String,
    /// Whether a reason is asked for: something does not fit or weigh by the books.
    pub asks_reason: bool,
    /// The reason, as typed.
    pub reason: String,
}

/// A box that is packed.
#[derive(Debug, Clone)]
pub struct BoxForm {
    /// Its number, from 1.
    pub number: usize,
    /// The code of its material.
    pub material: String,
    /// What it weighs, as typed.
    pub grams: String,
    /// What lies in it: (line, pieces as typed, serial numbers as typed).
    pub contents: Vec<(u16, String, String)>,
    /// Where each piece lies; none for a box that nobody has proposed.
    pub drawing: Option<BoxDrawing>,
}

/// A closed package.
#[derive(Debug, Clone)]
pub struct PackageRow {
    /// Its number among those of the fulfillment.
    pub number: u16,
    /// Its material.
    pub material: String,
    /// What it weighs.
    pub grams: u32,
    /// What lies in it.
    pub contents: String,
    /// Its label.
    pub label: String,
    /// Whether nobody has made its label, so that it may be asked for again.
    pub lacks_label: bool,
    /// Its packing slip.
    pub slip: String,
    /// How often that was printed.
    pub printed: u64,
}

impl BenchWorkPage {
    fn line(&self, line_no: &u16) -> Option<&BenchLine> {
        self.lines.iter().find(|line| line.line_no == *line_no)
    }
}

impl PackForm {
    fn is_chosen(&self, packed: &BoxForm, choice: &Choice) -> bool {
        packed.material == choice.value
    }
}

/// The number of a box in words.
pub fn box_name(number: usize, t: Words) -> String {
    t.bench_box(number as u64)
}

crate::words! {
    bench_title = "复核打包台", "Pack bench";
    bench_scan = "扫描订单号、出库单号或拣货单号", "Scan an order, a fulfillment or a pick list";
    bench_scan_pieces = "逐件扫描商品", "Scan each piece";
    bench_scan_ready = "每扫一件，对应行加一；也可以直接填写件数。", "Each scan counts one piece on its line. Counts can be typed as well.";
    bench_scan_wrong = "不在这张出库单里：", "Not of this order:";
    bench_scan_many = "多出一件，应发已够：", "One too many of";
    bench_scan_all = "全部件数已扫到，请检查后确认", "Every piece was scanned. Look at them, then confirm";
    bench_open = "打开", "Open";
    bench_unknown(code) = "没有找到“{code}”，或不在本仓。", "Nothing at your location is called {code}.";
    bench_waiting = "等待复核和打包", "Waiting to be rechecked and packed";
    bench_nothing = "没有等待的出库单。拣完的会出现在这里。", "Nothing waits. What is picked appears here.";
    bench_order = "订单", "Order";
    bench_place = "仓库", "Location";
    bench_state = "状态", "State";
    bench_pieces = "件数", "Pieces";
    bench_ship_by = "最晚发出", "Ship by";
    bench_urgent = "加急", "Urgent";
    bench_late = "已晚", "Late";
    bench_back = "返回打包台", "Back to the bench";
    bench_lines = "应发商品", "To be shipped";
    bench_sku = "商品", "Item";
    bench_counted = "清点件数", "Counted";
    bench_fragile = "易碎", "Fragile";
    bench_high_value = "贵重", "High value";
    bench_recheck = "复核", "Recheck";
    bench_weight = "称重（克，可不填）", "Weight in grams, if weighed";
    bench_weight_hint(grams) = "按资料应为 {grams} 克，不含包装", "By the books {grams} g without a box";
    bench_intact = "商品和包装完好", "Goods and their packing are intact";
    bench_reinforced = "易碎品已加固", "What breaks is padded";
    bench_recheck_button = "复核通过", "It is right";
    bench_send_back = "退回拣货", "Send back to the pickers";
    bench_send_back_reason = "原因", "Reason";
    bench_rechecked = "复核通过，请打包", "It is right: pack it";
    bench_sent_back = "已退回拣货", "Sent back to the pickers";
    bench_pack = "打包", "Pack";
    bench_cost(cost) = "推荐方案成本 {cost}", "The proposed boxes cost {cost}";
    bench_by_hand = "没有推荐方案，请自选包材。", "No boxes are proposed: choose them yourself.";
    bench_box(number) = "第 {number} 箱", "Box {number}";
    bench_material = "包材", "Material";
    bench_gross = "毛重（克，可不填）", "Gross weight in grams, if weighed";
    bench_serials = "序列号，逗号分隔", "Serial numbers, separated by commas";
    bench_reason = "已核实的原因", "What you have looked at";
    bench_reason_hint = "尺寸或重量与资料不符时填写，会记入日志。", "When size or weight differ from the books; it is kept in the journal.";
    bench_pack_button = "封箱", "Close the boxes";
    bench_packed = "已封箱", "The boxes are closed";
    bench_packages = "包裹", "Packages";
    bench_open_again = "拆箱重装", "Open the boxes again";
    bench_opened = "已拆箱", "The boxes are open";
    bench_print_label = "打印面单", "Print label";
    bench_no_label = "没有承运商出单", "No carrier has made its label";
    bench_ask_label = "重新申请面单", "Ask for the label again";
    bench_label_asked = "已向承运商申请面单", "A carrier is asked for the label";
    bench_nobody_takes = "现在没有承运商接受这个包裹。", "No carrier takes the package as things are.";
    bench_printed(count) = "已打印 {count} 次", "Printed {count} time" | "Printed {count} times";
    bench_package_grams(grams) = "{grams} 克", "{grams} g";
    bench_elsewhere = "这张出库单现在没有打包台的工作。", "Nothing is to be done with it at the bench now.";
    bench_wrong_pieces(sku, scanned, ordered) = "{sku}：清点 {scanned} 件，应为 {ordered} 件", "{sku}: {scanned} counted, {ordered} ordered";
    bench_wrong_code(code) = "未知条码 {code}", "No item has the code {code}";
    bench_wrong_weight(measured, computed) = "称得 {measured} 克，应为 {computed} 克", "It weighs {measured} g, by the books {computed} g";
    bench_not_intact = "商品或包装破损：请退回拣货", "Damaged goods or packing: send it back";
    bench_not_reinforced = "易碎品尚未加固", "What breaks is not padded yet";
    bench_wrong_contents(line) = "第 {line} 行的件数与应发不符", "The pieces of line {line} are not what is to be shipped";
    bench_does_not_fit(number) = "第 {number} 箱按资料装不下", "By the books box {number} is too small";
    bench_box_weight(number, measured, computed) = "第 {number} 箱称得 {measured} 克，应为 {computed} 克", "Box {number} weighs {measured} g, by the books {computed} g";
    bench_no_material(number) = "第 {number} 箱没有选择包材", "Box {number} has no material";
    bench_number(max) = "整数，最多 {max}", "A whole number up to {max}";
    bench_empty_box(number) = "第 {number} 箱是空的", "Box {number} is empty";
    bench_too_many_serials(line) = "第 {line} 行的序列号多于件数", "Line {line} has more serial numbers than pieces";
}

#[cfg(any(test, feature = "samples"))]
impl BenchPage {
    /// Two fulfillments that wait.
    pub fn sample(language: crate::Language) -> Self {
        use crate::console::{Section, warehouse};
        use crate::samples;
        use crate::ui::Tone;
        use ordermill_domain::fulfillment::State;
        let t = Words::new(language);
        let row = |order: &str, state, is_late| BenchRow {
            href: "/console/wh/bench/ful_0K3M".into(),
            order: order.into(),
            place: "HZ1".into(),
            state: Badge::new(Tone::Blue, crate::Icon::Package, warehouse::stage(state, t)),
            pieces: 3,
            ship_by: Some(samples::in_minutes(if is_late { -20 } else { 90 })),
            is_late,
            is_urgent: is_late,
        };
        Self {
            shell: samples::shell(language),
            frame: samples::console_frame(language, Section::Warehouse),
            unknown: String::new(),
            rows: vec![
                row("261122-0K3M-Z0Q4-7XC", State::Picked, true),
                row("261122-0K3M-Z0Q5-81A", State::Rechecked, false),
            ],
        }
    }
}

#[cfg(any(test, feature = "samples"))]
impl BenchWorkPage {
    /// A fulfillment that is rechecked.
    pub fn sample(language: crate::Language) -> Self {
        use crate::console::{Section, warehouse};
        use crate::samples;
        use crate::ui::Tone;
        use ordermill_domain::fulfillment::State;
        let t = Words::new(language);
        let state = warehouse::stage(State::Picked, t);
        let line = |line_no, sku: &str, (zh, en): (&str, &str), pieces, is_fragile| BenchLine {
            line_no,
            sku: sku.into(),
            name: t.pick(zh, en).into(),
            gtin: "6901234567892".into(),
            pieces,
            counted: String::new(),
            is_fragile,
            is_high_value: false,
        };
        Self {
            shell: samples::shell(language),
            frame: samples::console_frame(language, Section::Warehouse),
            order: ("261122-0K3M-Z0Q4-7XC".into(), "/console/orders/261122-0K3M-Z0Q4-7XC".into()),
            href: "/console/wh/bench/ful_0K3M".into(),
            version: 5,
            state: Badge::new(Tone::Blue, crate::Icon::Package, state),
            service: t.service_pickup_point().into(),
            errors: FormErrors::default(),
            lines: vec![
                line(1, "TEA-01", ("龙井茶 100 克", "Longjing tea, 100 g"), 2, false),
                line(2, "CUP-07", ("青瓷杯", "Celadon cup"), 1, true),
            ],
            step: BenchStep::Recheck(RecheckForm {
                has_fragile: true,
                computed_grams: 640,
                ..RecheckForm::default()
            }),
        }
    }

    /// The same with a proposal of one box.
    pub fn sample_to_pack(language: crate::Language) -> Self {
        use crate::ui::Block;
        let blocks = [
            Block { at: [0, 0, 0], size: [100, 80, 60], kind: 1 },
            Block { at: [100, 0, 0], size: [100, 80, 60], kind: 1 },
            Block { at: [0, 0, 60], size: [90, 90, 40], kind: 2 },
        ];
        let t = Words::new(language);
        let packed = BoxForm {
            number: 1,
            material: "BOX-S".into(),
            grams: String::new(),
            contents: vec![(1, "2".into(), String::new()), (2, "1".into(), String::new())],
            drawing: Some(BoxDrawing::new(box_name(1, t), [210, 140, 110], &blocks)),
        };
        let step = BenchStep::Pack(PackForm {
            boxes: vec![packed],
            materials: vec![
                Choice::new("BOX-S", t.pick("小纸箱", "Small box")),
                Choice::new("BOX-M", t.pick("中纸箱", "Medium box")),
            ],
            cost: "¥2.20".into(),
            by_hand: String::new(),
            asks_reason: true,
            reason: String::new(),
        });
        Self { step, ..Self::sample(language) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Language;
    use crate::testing::assert_sound_page;

    #[test]
    fn the_bench_is_sound_with_work_and_without() {
        for language in Language::ALL {
            let mut page = BenchPage::sample(language);
            assert_sound_page(&page.render().unwrap());
            page.rows.clear();
            page.unknown = "<X>".into();
            let html = page.render().unwrap();
            assert_sound_page(&html);
            assert!(!html.contains("<X>"), "{html}");
        }
    }

    #[test]
    fn a_fulfillment_is_sound_at_each_step() {
        for language in Language::ALL {
            let t = Words::new(language);
            for page in [BenchWorkPage::sample(language), BenchWorkPage::sample_to_pack(language)] {
                assert_sound_page(&page.render().unwrap());
            }
            let mut page = BenchWorkPage::sample(language);
            let package = PackageRow {
                number: 1,
                material: "BOX-S".into(),
                grams: 730,
                contents: "TEA-01 × 2".into(),
                label: "/console/wh/packages/pkg_0K3M/label".into(),
                lacks_label: true,
                slip: "/console/wh/packages/pkg_0K3M/slip".into(),
                printed: 1,
            };
            let note = "/console/wh/fulfillments/ful_0K3M/note".to_owned();
            page.step = BenchStep::Packed(vec![package], note);
            let html = page.render().unwrap();
            assert_sound_page(&html);
            assert!(html.contains(r#"action="/console/wh/packages/pkg_0K3M/label/ask""#), "{html}");
            page.step = BenchStep::Nothing(t.bench_elsewhere().into());
            assert_sound_page(&page.render().unwrap());
        }
    }

    #[test]
    fn the_bench_says_how_the_buyer_wants_it_brought() {
        for language in Language::ALL {
            let mut page = BenchWorkPage::sample(language);
            let wish = format!(">{}</span>", page.shell.t.service_pickup_point());
            assert!(page.render().unwrap().contains(&wish));
            page.service.clear();
            assert!(!page.render().unwrap().contains(&wish));
        }
    }

    #[test]
    fn the_scan_counts_into_the_field_of_its_line() {
        let html = BenchWorkPage::sample(Language::En).render().unwrap();
        assert!(html.contains(r#"name="pieces-2""#), "{html}");
        assert!(html.contains(r#"data-gtin="6901234567892""#), "{html}");
    }
}

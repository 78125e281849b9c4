//! Papers that go with goods, as they are printed: packing slip and shipping note of an order, and the
//! hand-over list that a driver signs. Each posts to its own address, which counts the print.

use askama::Template;

use crate::shell::Shell;
use crate::ui::Code128;

/// A packing slip or a shipping note, on A4.
#[derive(Debug, Clone, Template)]
#[template(path = "console/paper.html")]
pub struct GoodsPaper {
    /// Words of the buyer's language, theme, site.
    pub shell: Shell,
    /// What paper it is.
    pub title: String,
    /// The order's number.
    pub number: String,
    /// The number as a barcode.
    pub barcode: Option<Code128>,
    /// Date, place, receiver: name and value.
    pub facts: Vec<(String, String)>,
    /// What lies in which parcel.
    pub parcels: Vec<PaperParcel>,
    /// Whether prices stand on it.
    pub has_prices: bool,
    /// What all of it costs.
    pub total: Option<String>,
    /// How often it was printed; more than 1 is a reprint.
    pub copy: u32,
    /// Where printing is counted; not on paper.
    pub action: String,
}

/// A parcel on a paper.
#[derive(Debug, Clone)]
pub struct PaperParcel {
    /// Its place, waybill and weight; empty if there is no need to say.
    pub title: String,
    /// What lies in it.
    pub lines: Vec<PaperLine>,
}

/// Pieces of one line.
#[derive(Debug, Clone)]
pub struct PaperLine {
    /// What it is.
    pub name: String,
    /// The code of the SKU.
    pub sku: String,
    /// How many.
    pub pieces: i64,
    /// Lots and serial numbers, in words.
    pub notes: Vec<String>,
    /// Whether it was given away.
    pub is_gift: bool,
    /// What it is sent in place of; empty if it was ordered.
    pub in_place_of: String,
    /// Of one piece; empty for gifts.
    pub price: String,
    /// Of all of them; empty for gifts.
    pub amount: String,
}

/// A hand-over list, on A4, with fields to sign in.
#[derive(Debug, Clone, Template)]
#[template(path = "console/hand_over_paper.html")]
pub struct HandOverPaper {
    /// Words, theme, site.
    pub shell: Shell,
    /// The list's number.
    pub number: String,
    /// The number as a barcode.
    pub barcode: Option<Code128>,
    /// Carrier, place, time: name and value.
    pub facts: Vec<(String, String)>,
    /// The parcels.
    pub parcels: Vec<HandOverParcel>,
    /// All of them together, `12.40 kg`.
    pub weight: String,
    /// How often it was printed; more than 1 is a reprint.
    pub copy: u32,
    /// Where printing is counted; not on paper.
    pub action: String,
}

/// A parcel on a hand-over list.
#[derive(Debug, Clone)]
pub struct HandOverParcel {
    /// The carrier's number.
    pub waybill: String,
    /// The order's number.
    pub order: String,
    /// With its carton, in grams.
    pub grams: u32,
}

crate::words! {
    paper_slip = "装箱单", "Packing slip";
    paper_shipping_note = "发货单", "Shipping note";
    paper_count_print = "打印", "Print";
    paper_printed(copy) = "已打印 {copy} 次", "Printed {copy} time" | "Printed {copy} times";
    paper_order = "订单", "Order";
    paper_ordered_at = "下单时间", "Ordered";
    paper_from = "发货仓", "From";
    paper_receiver = "收件人", "Receiver";
    paper_no = "序号", "No.";
    paper_price = "单价", "Price";
    paper_amount = "金额", "Amount";
    line_gift = "赠品", "Gift";
    line_in_place_of(name) = "代替 {name}", "In place of {name}";
    paper_lot_of(lot, pieces) = "批次 {lot} × {pieces}", "Lot {lot} × {pieces}";
    paper_serials(serials) = "序列号 {serials}", "Serial {serials}";
    paper_total = "合计", "Total";
    paper_note = "请核对件数，有问题请联系我们。姓名、电话和地址已部分隐藏。", "Please check the pieces and contact us if anything is missing. Name, phone and address are partly hidden.";
    hand_over_paper = "交接单", "Hand-over list";
    hand_over_weight = "重量", "Weight";
    hand_over_total(count) = "共 {count} 件，合计", "{count} parcel," | "{count} parcels,";
    hand_over_signatures = "签字", "Signatures";
    hand_over_by_us = "交货人签字", "Handed over by";
    hand_over_by_driver = "司机签字", "Driver";
    hand_over_plate = "车牌号", "Plate";
    hand_over_at = "交接时间", "Date and time";
}

#[cfg(any(test, feature = "samples"))]
impl GoodsPaper {
    /// A reprint of a shipping note with a hundred lines.
    pub fn sample(language: crate::Language) -> Self {
        use crate::samples;
        let shell = samples::shell(language);
        let t = shell.t;
        let line = |number: i64| PaperLine {
            name: t.pick("龙井茶 100 克", "Green <tea> 100 g").into(),
            sku: format!("TEA-{number:03}"),
            pieces: number % 5 + 1,
            notes: vec![t.paper_lot_of("L2026", number % 5 + 1)],
            is_gift: number == 100,
            in_place_of: if number == 99 {
                t.pick("碧螺春", "White tea").into()
            } else {
                String::new()
            },
            price: if number == 100 { String::new() } else { "¥169.00".into() },
            amount: if number == 100 { String::new() } else { "¥338.00".into() },
        };
        Self {
            title: t.paper_shipping_note().into(),
            number: samples::ORDER_NUMBER.into(),
            barcode: Code128::new(samples::ORDER_NUMBER),
            facts: vec![
                (t.paper_ordered_at().into(), "11-22 22:58".into()),
                (t.paper_receiver().into(), "林** 138******21".into()),
            ],
            parcels: vec![PaperParcel {
                title: t.label_package(1, 1),
                lines: (1..=100).map(line).collect(),
            }],
            has_prices: true,
            total: Some("¥33,462.00".into()),
            copy: 2,
            action: "/console/wh/fulfillments/ful_01k2ey4xh0000/note".into(),
            shell,
        }
    }
}

#[cfg(any(test, feature = "samples"))]
impl HandOverPaper {
    /// A list of two parcels.
    pub fn sample(language: crate::Language) -> Self {
        use crate::samples;
        let shell = samples::shell(language);
        let t = shell.t;
        let parcel = |waybill: &str, grams| HandOverParcel {
            waybill: waybill.into(),
            order: samples::ORDER_NUMBER.into(),
            grams,
        };
        Self {
            number: "M-01K2EY4XH0000".into(),
            barcode: Code128::new("M-01K2EY4XH0000"),
            facts: vec![(t.logistics_carrier().into(), t.pick("飞燕速运", "Swallow").into())],
            parcels: vec![parcel("FY100000000123", 730), parcel("FY100000000124", 1_200)],
            weight: "1.93 kg".into(),
            copy: 1,
            action: "/console/logistics/manifests/mnf_01k2ey4xh0000/paper".into(),
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
    fn papers_are_sound_and_reprints_are_marked() {
        for language in Language::ALL {
            let mut paper = GoodsPaper::sample(language);
            let html = paper.render().unwrap();
            assert_sound_page(&html);
            assert!(html.contains(&paper.shell.t.label_reprint(2)), "{html}");
            assert_eq!(html.matches("<tr>").count(), 101, "a head and a hundred lines");
            paper.copy = 1;
            assert!(!paper.render().unwrap().contains(&paper.shell.t.label_reprint(2)));
            assert_sound_page(&HandOverPaper::sample(language).render().unwrap());
        }
    }
}

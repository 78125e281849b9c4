//! The label of a package, `/console/wh/packages/{id}/label`, 100 × 150 mm; the same as ZPL at `label.zpl`.
//! Printing posts to `label`, which counts it.

use askama::Template;

use crate::shell::Shell;
use crate::ui::{Code128, Qr};

/// A label, as it is printed.
#[derive(Debug, Clone, Template)]
#[template(path = "console/label.html")]
pub struct LabelPaper {
    /// Words, theme, site.
    pub shell: Shell,
    /// The order's number.
    pub order: String,
    /// Its place among the packages of the fulfillment, and how many there are.
    pub of: (u16, usize),
    /// The carrier; empty while there is no waybill.
    pub carrier: String,
    /// How it is brought; empty if it goes the usual way.
    pub service: String,
    /// What stands in large letters.
    pub routing: String,
    /// What the barcodes say: the waybill, or the order's number.
    pub code: String,
    /// The barcode.
    pub barcode: Option<Code128>,
    /// The same as a QR code.
    pub qr: Option<Qr>,
    /// Name and phone of the receiver, masked.
    pub receiver: String,
    /// The receiver's address, masked.
    pub address: String,
    /// Where it comes from.
    pub sender: String,
    /// What lies in it.
    pub contents: Vec<String>,
    /// Box and contents in grams.
    pub grams: u32,
    /// More than 1 for a reprint.
    pub copy: u32,
}

crate::words! {
    label_title(order) = "面单 {order}", "Label {order}";
    label_reprint(copy) = "补打 第 {copy} 次", "Reprint {copy}";
    label_to = "收", "To";
    label_from = "寄", "From";
    label_package(number, count) = "第 {number} 件，共 {count} 件", "{number} of {count}";
    label_no_waybill = "尚无运单号", "No waybill yet";
    label_grams(grams) = "{grams} 克", "{grams} g";
    label_print = "打印面单", "Print label";
    label_zpl = "ZPL 文件", "ZPL file";
}

#[cfg(any(test, feature = "samples"))]
impl LabelPaper {
    /// A reprint.
    pub fn sample(language: crate::Language) -> Self {
        use crate::samples;
        Self {
            shell: samples::shell(language),
            order: "261122-0K3M-Z0Q4-7XC".into(),
            of: (1, 2),
            carrier: "飞燕速运".into(),
            service: "自提点".into(),
            routing: "HZ-02".into(),
            code: "FY100000000123".into(),
            barcode: Code128::new("FY100000000123"),
            qr: Qr::new("FY100000000123", "FY100000000123"),
            receiver: "林** 138******21".into(),
            address: "浙江省杭州市西湖区文三路****".into(),
            sender: "HZ1 杭州仓".into(),
            contents: vec!["龙井茶 100 克 × 2".into(), "青瓷杯 × 1".into()],
            grams: 730,
            copy: 2,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Language;
    use crate::testing::assert_sound_page;

    #[test]
    fn a_label_is_sound_and_a_reprint_is_marked() {
        for language in Language::ALL {
            let mut label = LabelPaper::sample(language);
            let html = label.render().unwrap();
            assert_sound_page(&html);
            assert!(html.contains(&label.shell.t.label_reprint(2)), "{html}");
            assert!(html.contains("飞燕速运 · 自提点</h1>"), "{html}");
            label.copy = 1;
            assert!(!label.render().unwrap().contains(&label.shell.t.label_reprint(2)));
        }
    }
}

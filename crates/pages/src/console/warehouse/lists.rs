//! The pick lists of a wave, and one list on paper.

use askama::Template;
use ordermill_base::Timestamp;

use crate::console::Frame;
use crate::shell::Shell;
use crate::ui::{Badge, Code128};

/// A wave with its lists.
#[derive(Debug, Clone, Template)]
#[template(path = "console/wave.html")]
pub struct WavePage {
    /// Words, theme, site.
    pub shell: Shell,
    /// Navigation and header.
    pub frame: Frame,
    /// The heading.
    pub title: String,
    /// The floor that it is on.
    pub back: String,
    /// Its lists.
    pub lists: Vec<ListRow>,
}

/// A pick list.
#[derive(Debug, Clone)]
pub struct ListRow {
    /// Its number.
    pub number: String,
    /// Where it is printed.
    pub print: String,
    /// Where it stands.
    pub state: Badge,
    /// Who has it; empty while nobody has.
    pub picker: String,
    /// Stops that are complete, of all.
    pub stops: (usize, usize),
    /// Pieces picked, short, of all.
    pub pieces: (i64, i64, i64),
    /// How many meters are walked.
    pub walk_m: i64,
    /// Whether it is proven that there is no shorter walk.
    pub is_shortest: bool,
}

/// A pick list on paper.
#[derive(Debug, Clone, Template)]
#[template(path = "console/list_paper.html")]
pub struct ListPaper {
    /// Words, theme, site.
    pub shell: Shell,
    /// Its number.
    pub number: String,
    /// The same, for a scanner.
    pub barcode: Option<Code128>,
    /// Where it is picked.
    pub place: String,
    /// When it was released.
    pub released_at: Timestamp,
    /// How many totes stand on the cart.
    pub totes: i64,
    /// How many meters are walked.
    pub walk_m: i64,
    /// The stops in the order of the walk.
    pub stops: Vec<PaperStop>,
}

/// A stop on paper.
#[derive(Debug, Clone)]
pub struct PaperStop {
    /// The label of the bin.
    pub bin: String,
    /// The code of the SKU.
    pub sku: String,
    /// Its name.
    pub name: String,
    /// Its lot and the last day of sale; empty for goods without lots.
    pub lot: String,
    /// The tote that it goes into.
    pub tote: i64,
    /// How many pieces.
    pub pieces: i64,
}

crate::words! {
    wave_title(released) = "波次 {released}", "Wave of {released}";
    wave_back = "返回仓库作业", "Back to the floor";
    lists_title = "拣货单", "Pick lists";
    list_number = "编号", "Number";
    list_state = "状态", "Status";
    list_picker = "拣货人", "Picker";
    list_stops = "站点", "Stops";
    list_walk = "步行", "Walk";
    list_meters(meters) = "{meters} 米", "{meters} m";
    list_is_shortest = "已证明最短", "Proven shortest";
    list_print = "打印", "Print";
    list_open = "待领取", "Waiting";
    list_picking = "拣货中", "Picking";
    list_done = "已拣完", "Complete";
    paper_title(number) = "拣货单 {number}", "Pick list {number}";
    paper_totes(count) = "{count} 个周转箱", "{count} tote" | "{count} totes";
    paper_bin = "库位", "Bin";
    paper_item = "商品", "Item";
    paper_lot = "批次", "Lot";
    paper_tote = "周转箱", "Tote";
    paper_pieces = "件", "Pieces";
    paper_done = "✓", "✓";
}

#[cfg(any(test, feature = "samples"))]
impl WavePage {
    /// One list at work.
    pub fn sample(language: crate::Language) -> Self {
        use crate::console::Section;
        use crate::icon::Icon;
        use crate::samples;
        use crate::ui::Tone;
        let shell = samples::shell(language);
        let t = shell.t;
        Self {
            frame: samples::console_frame(language, Section::Warehouse),
            title: t.wave_title("11-22 22:38"),
            back: "/console/wh?place=JX".into(),
            lists: vec![ListRow {
                number: "P-01K2EY4XH0000".into(),
                print: "/console/wh/lists/pkl_01k2ey4xh0000/print".into(),
                state: Badge::new(Tone::Blue, Icon::Clock, t.list_picking()),
                picker: "周强".into(),
                stops: (2, 7),
                pieces: (3, 0, 12),
                walk_m: 138,
                is_shortest: true,
            }],
            shell,
        }
    }
}

#[cfg(any(test, feature = "samples"))]
impl ListPaper {
    /// Two stops.
    pub fn sample(language: crate::Language) -> Self {
        let shell = crate::samples::shell(language);
        let stop = |bin: &str, lot: &str| PaperStop {
            bin: bin.into(),
            sku: "LS-2210-M".into(),
            name: shell.t.pick("棉麻立领衬衫", "Linen band-collar shirt").into(),
            lot: lot.into(),
            tote: 1,
            pieces: 2,
        };
        let stops = vec![stop("A-03-12-2", ""), stop("F-01-02-1", "L7 · 2027-01-31")];
        Self {
            number: "P-01K2EY4XH0000".into(),
            barcode: Code128::new("P-01K2EY4XH0000"),
            place: "JX".into(),
            released_at: crate::samples::NOW,
            totes: 6,
            walk_m: 138,
            stops,
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
    fn a_list_is_read_by_people_and_by_scanners() {
        for language in Language::ALL {
            assert_sound_page(&WavePage::sample(language).render().unwrap());
            let html = ListPaper::sample(language).render().unwrap();
            assert_sound_page(&html);
            assert!(html.contains("code128") && html.contains("F-01-02-1"), "{html}");
        }
    }
}

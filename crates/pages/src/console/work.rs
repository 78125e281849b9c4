//! Open work, `/console/work`: what each location still has to do, by state, with what is late and the
//! oldest; `?place=HZ-1&state=planned` lists it.

use askama::Template;
use ordermill_base::Timestamp;

use crate::console::Frame;
use crate::shell::Shell;
use crate::ui::{Badge, Meters, Pager, Remaining};

/// Open work by location and state.
#[derive(Debug, Clone, Template)]
#[template(path = "console/work.html", blocks = ["work"])]
pub struct WorkPage {
    /// Words, theme, site.
    pub shell: Shell,
    /// Navigation and header.
    pub frame: Frame,
    /// The address of this page with what was chosen, for the refresh.
    pub href: String,
    /// As of when.
    pub as_of: Timestamp,
    /// Each location that has work, by code.
    pub places: Vec<PlaceWork>,
    /// What was chosen: "HZ-1 · Planned"; empty if nothing was.
    pub chosen: String,
    /// The work that was chosen, the oldest first.
    pub rows: Vec<WorkRow>,
    /// Where it goes on.
    pub pager: Pager,
}

/// The open work of one location.
#[derive(Debug, Clone)]
pub struct PlaceWork {
    /// Its short code.
    pub code: String,
    /// Its name.
    pub name: String,
    /// Whether it is in service.
    pub state: Badge,
    /// Where all of its planned work is sourced again, for those who may.
    pub pool_href: Option<String>,
    /// One for each state.
    pub stages: Meters,
}

/// One fulfillment of the list.
#[derive(Debug, Clone)]
pub struct WorkRow {
    /// The order's number.
    pub number: String,
    /// Its page.
    pub href: String,
    /// Where it is done.
    pub place: String,
    /// Pieces to be shipped.
    pub pieces: u64,
    /// Whether it goes before others.
    pub is_urgent: bool,
    /// Where it stands.
    pub state: Badge,
    /// How long until it must have left.
    pub remaining: Option<Remaining>,
}

crate::words! {
    work_title = "在制作业", "Open work";
    work_none = "没有在制作业。确认的订单会自动安排到各仓。", "No open work. Confirmed orders are planned for the locations by themselves.";
    work_all = "全部仓库", "All locations";
    work_late(count) = "{count} 超时", "{count} late" | "{count} late";
    work_oldest(span) = "最久 {span}", "oldest {span}";
    work_oldest_first = "最早的在前", "Oldest first";
    work_list_none = "这里没有作业。", "Nothing is here.";
    work_planned = "待下发", "Planned";
    work_released = "待拣货", "Released";
    work_picking = "拣货中", "Picking";
    work_picked = "已拣货", "Picked";
    work_rechecked = "已复核", "Rechecked";
    work_packed = "已打包", "Packed";
    work_handed_over = "已交运", "Handed over";
    work_closed = "已完成", "Closed";
    work_rejected = "已退回", "Given back";
    work_canceled = "已取消", "Canceled";
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Language;
    use crate::testing::{assert_sound, assert_sound_page};

    #[test]
    fn open_work_is_sound_with_and_without_a_list() {
        for language in Language::ALL {
            let page = WorkPage::sample(language);
            assert_sound_page(&page.render().unwrap());
            assert_sound(&page.as_work().render().unwrap());
            let empty = WorkPage { places: Vec::new(), rows: Vec::new(), ..page };
            assert_sound_page(&empty.render().unwrap());
        }
    }

    #[test]
    fn what_is_late_is_said_at_its_stage() {
        let html = WorkPage::sample(Language::En).render().unwrap();
        assert!(html.contains("2 late") && html.contains("oldest 3h 12m"), "{html}");
    }
}

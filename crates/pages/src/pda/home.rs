//! What there is to do, `/pda`.
//!
//! Posts to `/pda/next` (the oldest list that waits) and to `/pda/take` with `scan` (the number on a
//! printed list).

use askama::Template;

use crate::shell::Shell;

/// The list of tasks.
#[derive(Debug, Clone, Template)]
#[template(path = "pda/home.html")]
pub struct HomePage {
    /// Words, theme, site.
    pub shell: Shell,
    /// Who is signed in.
    pub person: String,
    /// Where they work; empty if nowhere, so that nothing can be picked.
    pub place: String,
    /// Lists in their hands.
    pub in_hand: Vec<ListLink>,
    /// How many lists wait for somebody.
    pub waiting: usize,
    /// How many pieces wait to be put away.
    pub to_put_away: i64,
    /// What did not work.
    pub trouble: Option<String>,
}

/// A list in hand.
#[derive(Debug, Clone)]
pub struct ListLink {
    /// Where it is picked.
    pub href: String,
    /// Its number.
    pub number: String,
    /// How many pieces are left.
    pub left: i64,
    /// How many stops are left.
    pub stops: usize,
}

crate::words! {
    pda_tasks = "任务", "Tasks";
    pda_no_place = "您没有所属仓库，无法拣货。请管理员在员工设置中指定。", "You work at no location, so there is nothing to pick. An administrator can set it.";
    pda_in_hand = "进行中", "In hand";
    pda_left(pieces, stops) = "剩 {pieces} 件 · {stops} 站", "{pieces} pieces at {stops} stops left";
    pda_next(waiting) = "领取下一张拣货单（{waiting} 张待拣）", "Take the next list ({waiting} waiting)";
    pda_none_waiting = "没有待拣的拣货单", "No list waits";
    pda_take = "扫描拣货单号领取", "Or scan the number of a list";
    pda_take_button = "领取", "Take";
    pda_receive = "收货", "Receive";
    pda_put_away = "上架", "Put away";
    pda_put_away_waiting(pieces) = "上架（{pieces} 件待放回）", "Put away ({pieces} waiting)";
    pda_count = "盘点", "Count";
    pda_transfer = "移库", "Move";
    pda_console = "控制台", "Console";
    pda_no_list = "没有这张拣货单，或不在您的仓库", "There is no such list at your location";
    pda_taken = "别人正在拣这张单", "Someone else is picking this list";
    pda_list_done = "这张单已拣完", "This list is complete";
}

#[cfg(any(test, feature = "samples"))]
impl HomePage {
    /// One list in hand, three waiting.
    pub fn sample(language: crate::Language) -> Self {
        Self {
            shell: crate::samples::shell(language),
            person: "周强".into(),
            place: "JX".into(),
            in_hand: vec![ListLink {
                href: "/pda/lists/pkl_01k2ey4xh0000".into(),
                number: "P-01K2EY4XH0000".into(),
                left: 7,
                stops: 4,
            }],
            waiting: 3,
            to_put_away: 2,
            trouble: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::assert_sound_page;
    use crate::{Language, Words};

    #[test]
    fn whoever_works_nowhere_is_told_so() {
        for language in Language::ALL {
            let mut page = HomePage::sample(language);
            assert_sound_page(&page.render().unwrap());
            page.place = String::new();
            let html = page.render().unwrap();
            assert_sound_page(&html);
            assert!(html.contains(Words::new(language).pda_no_place()));
            assert!(!html.contains("/pda/next"));
        }
    }
}

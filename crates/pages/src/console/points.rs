//! The points of a buyer, `/console/promotions/points`. It takes `q`, a phone number, a mail address
//! or a buyer's id, and `before`, the number of a movement.

use askama::Template;
use ordermill_base::Timestamp;
use ordermill_domain::points::Movement;

use crate::console::Frame;
use crate::console::form::refuse;
use crate::shell::Shell;
use crate::ui::{Field, FormErrors, Views};
use crate::words::Words;

/// The points of a buyer.
#[derive(Debug, Clone, Template)]
#[template(path = "console/points.html")]
pub struct PointsPage {
    /// Words, theme, site.
    pub shell: Shell,
    /// Navigation and header.
    pub frame: Frame,
    /// The parts of the promotions.
    pub parts: Views,
    /// What was looked for by an id; a phone number or a mail address is not shown again.
    pub q: String,
    /// Whether something was looked for and nobody found.
    pub is_unknown: bool,
    /// Whose points, if somebody was found.
    pub statement: Option<Statement>,
}

/// Points of one buyer, with how they came and went.
#[derive(Debug, Clone)]
pub struct Statement {
    /// `cus_…`.
    pub customer: String,
    /// What can be spent.
    pub balance: i64,
    /// What the next points pay off.
    pub owed: i64,
    /// Newest first.
    pub rows: Vec<PointsRow>,
    /// Older ones.
    pub next: Option<String>,
    /// Sets them right.
    pub form: PointsForm,
}

/// Gives a buyer points, or takes some away. It posts `points`, `reason` and `key` to the address of the
/// statement.
#[derive(Debug, Clone)]
pub struct PointsForm {
    /// What was refused.
    pub errors: FormErrors,
    /// How many, and why.
    pub fields: Vec<Field>,
    /// The key of this form.
    pub key: String,
}

/// What was entered to set points right.
#[derive(Debug, Clone, Default)]
#[expect(missing_docs, reason = "each is the field of its name, with its words below")]
pub struct PointsEntered {
    pub points: String,
    pub reason: String,
}

impl PointsForm {
    /// The form with what was entered before; `errors` are names of fields and what is wrong.
    pub fn new(
        entered: &PointsEntered,
        errors: &[(&'static str, String)],
        key: String,
        t: Words,
    ) -> Self {
        let mut fields = vec![
            Field::new("points", t.points_delta())
                .max_length(8)
                .hint(t.points_delta_hint())
                .value(&entered.points),
            Field::new("reason", t.approval_why())
                .max_length(200)
                .hint(t.gift_card_reason_hint())
                .value(&entered.reason),
        ];
        let errors = refuse(&mut fields, errors, t);
        Self { errors, fields, key }
    }
}

/// Points that came or went.
#[derive(Debug, Clone)]
pub struct PointsRow {
    /// When.
    pub at: Timestamp,
    /// Why.
    pub why: String,
    /// For which order: its number and address.
    pub order: Option<(String, String)>,
    /// How many.
    pub points: i64,
}

/// Why points came or went, in words.
pub fn movement(movement: Movement, t: Words) -> &'static str {
    match movement {
        Movement::Earned => t.points_earned(),
        Movement::Spent => t.points_spent(),
        Movement::GivenBack => t.points_given_back(),
        Movement::TakenBack => t.points_taken_back(),
        Movement::Adjusted => t.points_adjusted(),
    }
}

crate::words! {
    points_title = "顾客积分", "Points of a buyer";
    points_who = "手机号、邮箱或顾客编号", "Phone number, mail address or id of the buyer";
    points_look = "查询", "Look up";
    points_lead = "输入完整的手机号或邮箱。", "The whole phone number or mail address.";
    points_unknown = "没有找到这位顾客。", "There is no such buyer.";
    points_customer = "顾客", "Buyer";
    points_balance = "可用积分", "Points to spend";
    points_owed = "待抵扣", "Owed";
    points_statement = "积分明细", "Statement";
    points_nothing = "还没有积分变动。", "Nothing yet.";
    points_at = "时间", "When";
    points_why = "原因", "Why";
    points_order = "订单", "Order";
    points_points = "积分", "Points";
    points_earned = "订单获得", "Earned";
    points_spent = "抵扣使用", "Spent";
    points_given_back = "退回", "Given back";
    points_taken_back = "扣回", "Taken back";
    points_adjusted = "人工调整", "Adjusted";
    points_set_right = "调整积分", "Set right";
    points_delta = "增减积分", "Points to come or go";
    points_delta_hint = "如 200 或 -50；超过个人限额须第二人审批", "Such as 200 or -50; beyond what one person decides alone it waits for a second one";
    points_wrong(max) = "不为 0 的整数，最多 {max}", "A whole number up to {max}, and not 0";
    points_too_few(balance) = "只有 {balance} 积分可扣", "Only {balance} points are there";
    points_button = "调整", "Book";
    points_booked = "积分已调整", "The points are booked";
}

#[cfg(any(test, feature = "samples"))]
impl PointsPage {
    /// Somebody with points.
    pub fn sample(language: crate::Language) -> Self {
        use crate::console::{Section, promotions};
        use crate::samples;
        let t = Words::new(language);
        Self {
            shell: samples::shell(language),
            frame: samples::console_frame(language, Section::Promotions),
            parts: promotions::parts(promotions::Part::Points, t),
            q: String::new(),
            is_unknown: false,
            statement: Some(Statement {
                customer: "cus_0K3M".into(),
                balance: 1_280,
                owed: 0,
                rows: vec![PointsRow {
                    at: samples::in_minutes(-600),
                    why: movement(Movement::Earned, t).into(),
                    order: Some((
                        "261122-0K3M-Z0Q4-7XC".into(),
                        "/console/orders/261122-0K3M-Z0Q4-7XC".into(),
                    )),
                    points: 338,
                }],
                next: None,
                form: PointsForm::new(&PointsEntered::default(), &[], "01JD3M9Z".into(), t),
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Language;
    use crate::testing::assert_sound_page;

    #[test]
    fn the_page_is_sound_with_somebody_and_with_nobody() {
        for language in Language::ALL {
            let mut page = PointsPage::sample(language);
            assert_sound_page(&page.render().unwrap());
            if let Some(statement) = &mut page.statement {
                let t = page.shell.t;
                let errors = [("points", t.points_too_few(3))];
                statement.form = PointsForm::new(&PointsEntered::default(), &errors, "k".into(), t);
            }
            let html = page.render().unwrap();
            assert_sound_page(&html);
            assert!(html.contains(r#"id="e-points""#), "{html}");
            (page.statement, page.is_unknown) = (None, true);
            let html = page.render().unwrap();
            assert_sound_page(&html);
            assert!(html.contains(page.shell.t.points_unknown()), "{html}");
        }
    }
}

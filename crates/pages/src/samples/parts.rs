//! The page `/ui` of the preview: every component and style class once, to look at and to copy.

use askama::Template;
use ordermill_base::Span;

use crate::icon::Icon;
use crate::samples;
use crate::shell::Shell;
use crate::shell::console::{Frame, Section};
use crate::ui::{
    Badge, Choice, Empty, Field, FormErrors, Moment, Pager, Progress, Remaining, Stat, Step, Steps,
    Timeline, Toast, Tone, TotalLine, Totals, Undo,
};
use crate::words::{Language, Words};

#[derive(Template)]
#[template(path = "samples/parts.html")]
pub(super) struct PartsPage {
    shell: Shell,
    frame: Frame,
    badges: Vec<Badge>,
    deadlines: Vec<Remaining>,
    errors: FormErrors,
    fields: Vec<Field>,
    stats: Vec<Stat>,
    steps: Steps,
    timeline: Timeline,
    totals: Totals,
    pager: Pager,
    empty: Empty,
}

impl PartsPage {
    pub(super) fn sample(language: Language) -> Self {
        let t = Words::new(language);
        let mut shell = samples::shell(language);
        let undo = Undo {
            action: "/ui".into(),
            values: vec![("ids".into(), "1,2".into())],
            label: t.pick("撤销", "Undo").into(),
        };
        shell.toast = Some(Toast {
            text: t.pick("已放行 2 单", "Released 2 orders").into(),
            undo: Some(undo),
        });
        let fields = vec![
            Field::new("name", t.pick("姓名", "Name")).value("林小满"),
            Field::new("phone", t.pick("手机", "Phone"))
                .kind("tel")
                .hint(t.pick("只给快递员", "For the courier only"))
                .value("138")
                .error(Some(t.pick("需要 11 位数字", "11 digits are needed"))),
            Field::select("province", t.pick("省份", "Province"), vec![Choice::new("sh", "上海")]),
            Field::new("note", t.pick("备注", "Note")).kind("textarea").optional(),
        ];
        let remaining =
            |minutes| Remaining::new(samples::in_minutes(minutes), samples::NOW, Span::hours(1), t);
        let step = |progress, icon, label: &str, note: &str| Step {
            progress,
            icon,
            label: label.into(),
            note: note.into(),
        };
        let moment = |tone, icon, text: &str, note: &str, is_public| Moment {
            tone,
            icon,
            text: text.into(),
            note: note.into(),
            is_public,
        };
        let stat = |label: &str, value: &str, note: &str, tone| Stat {
            label: label.into(),
            value: value.into(),
            note: note.into(),
            tone,
            course: vec![8.0, 9.0, 12.0, 11.0, 15.0, 14.0, 18.0],
            href: "/ui".into(),
        };
        Self {
            frame: samples::console_frame(language, Section::Dashboard),
            badges: vec![
                Badge::new(Tone::Green, Icon::CircleCheck, t.pick("已付款", "Paid")),
                Badge::new(Tone::Blue, Icon::Truck, t.pick("运输中", "In transit")),
                Badge::new(Tone::Amber, Icon::Clock, t.pick("待拣货", "To pick")),
                Badge::new(Tone::Red, Icon::Alert, t.pick("异常", "Exception")),
                Badge::new(Tone::Violet, Icon::Eye, t.pick("待审核", "In review")),
                Badge::new(Tone::Grey, Icon::Ban, t.pick("已取消", "Canceled")),
            ],
            deadlines: vec![remaining(192), remaining(42), remaining(-11)],
            errors: FormErrors::of(t.pick("请检查 1 处", "Please check 1 field"), &fields),
            fields,
            stats: vec![
                stat(t.pick("订单", "Orders"), "12,344", "▲ 8.2%", Tone::Green),
                stat(t.pick("已付金额", "Paid"), "¥10,004,117", "¥812 / 单", Tone::Grey),
                stat(t.pick("准时率", "On time"), "96.4%", "98%", Tone::Amber),
                stat(t.pick("已超时", "Late"), "40", "14m", Tone::Red),
            ],
            steps: Steps {
                t,
                steps: vec![
                    step(Progress::Done, Icon::Cart, t.pick("下单", "Placed"), "11-22 23:19"),
                    step(Progress::Done, Icon::Card, t.pick("付款", "Paid"), "11-22 23:20"),
                    step(Progress::Warned, Icon::Barcode, t.pick("拣货", "Picked"), "11-23 00:23"),
                    step(Progress::Now, Icon::Package, t.pick("打包", "Packed"), "11-23 00:39"),
                    step(
                        Progress::Failed,
                        Icon::Truck,
                        t.pick("揽收", "Picked up"),
                        t.pick("已超时 61 分", "61m late"),
                    ),
                    step(Progress::Ahead, Icon::CircleCheck, t.pick("签收", "Delivered"), ""),
                ],
            },
            timeline: Timeline {
                moments: vec![
                    moment(
                        Tone::Violet,
                        Icon::Eye,
                        t.pick("查看了收件人信息", "Recipient revealed"),
                        "11-22 23:21",
                        false,
                    ),
                    moment(Tone::Green, Icon::Card, t.pick("已付款", "Paid"), "11-22 23:20", true),
                ],
            },
            totals: Totals {
                lines: vec![
                    TotalLine::new(t.pick("商品小计", "Items"), samples::yuan(66_600)),
                    TotalLine::new(t.pick("优惠", "Discount"), samples::yuan(-2_000)),
                    TotalLine {
                        free: t.pick("包邮", "Free").into(),
                        ..TotalLine::new(t.pick("运费", "Shipping"), samples::yuan(0))
                    },
                ],
                label: t.pick("实付", "To pay").into(),
                total: samples::yuan(64_600),
            },
            pager: Pager {
                t,
                summary: t.pick("共 12,487 条 · 最新在前", "12,487 orders · newest first").into(),
                first: None,
                next: Some("/ui?cursor=a".into()),
                region: "",
            },
            empty: Empty {
                icon: Icon::Search,
                title: t.pick("没有符合条件的订单", "No orders match").into(),
                text: t.pick("试试放宽筛选。", "Loosen the filters.").into(),
                action: Some(("/ui".into(), t.pick("清除筛选", "Clear filters").into())),
            },
            shell,
        }
    }
}

/// The parts of the tracking page.
#[derive(Template)]
#[template(path = "samples/tracking.html")]
pub(super) struct TrackingParts {
    shell: Shell,
    heading: &'static str,
    steps: Steps,
    timeline: Timeline,
}

impl TrackingParts {
    pub(super) fn sample(language: Language) -> Self {
        let PartsPage { shell, mut steps, timeline, .. } = PartsPage::sample(language);
        steps.steps.drain(..2);
        Self { heading: shell.t.pick("今天 18:00 前", "Today by 18:00"), shell, steps, timeline }
    }
}

/// The parts of the PDA.
#[derive(Template)]
#[template(path = "samples/pda.html")]
pub(super) struct PdaParts {
    pub(super) shell: Shell,
}

#[cfg(test)]
mod tests {
    use crate::samples;
    use crate::testing::assert_sound_page;
    use crate::words::Language;

    #[test]
    fn every_sample_is_a_sound_page() {
        for language in Language::ALL {
            for sample in samples::pages(language) {
                assert_sound_page(&sample.html);
            }
        }
    }
}

//! How a payment went, `/orders/{number}/payment`: paid, failed, or not yet known.

use askama::Template;
use ordermill_base::Money;

use crate::shell::Shell;
use crate::shop::Frame;
use crate::ui::Remaining;

/// The result of a payment. While it is waited for, its block `outcome` refreshes itself.
#[derive(Debug, Template)]
#[template(path = "shop/payment.html", blocks = ["outcome"])]
pub struct PaymentPage {
    /// Words, theme, site.
    pub shell: Shell,
    /// Header and footer.
    pub frame: Frame,
    /// The number people read out on the phone.
    pub order_number: String,
    /// How much it is about.
    pub amount: Money,
    /// How it went.
    pub outcome: Outcome,
}

/// How a payment went.
#[derive(Debug, Clone)]
pub enum Outcome {
    /// Captured; when the goods arrive, in words, if that is known.
    Paid {
        /// "Tue 11-24".
        arrives_on: Option<String>,
    },
    /// Refused or broken off; the order can still be paid.
    Failed {
        /// What the gateway said, in words a buyer can use.
        reason: String,
        /// How long the order waits.
        left: Remaining,
    },
    /// On the way to the page where one pays, which is another site's.
    Leaving {
        /// That page.
        pay_at: String,
    },
    /// Not yet known.
    Waiting {
        /// Where one pays, if that page is still to be visited.
        pay_at: Option<String>,
        /// How long the order waits.
        left: Remaining,
    },
}

crate::words! {
    no_way_to_pay = "现在没有可用的在线支付方式，请联系客服。", "There is no way to pay online right now. Please contact us.";
    pay_declined_reason = "付款被拒绝或中途取消。", "The payment was declined or broken off.";
    pay_expired_reason = "付款页面已过期。", "The payment page has expired.";
    pay_voided_reason = "这笔付款已作废。", "This payment was withdrawn.";
    paid_title = "付款成功", "Payment received";
    paid_text_without_day = "商家会尽快发货。", "It leaves as soon as possible.";
    pay_leaving_title = "正在前往付款页面", "Taking you to the payment page";
    pay_leaving_text = "如果没有自动跳转，请点下面的按钮。付完会回到这里。", "If nothing happens, use the button below. You come back here afterwards.";
    paid_text(day) = "预计 {day} 送达，发货后可查看物流。", "Arrives {day}. You can follow it once it leaves.";
    pay_failed_title = "付款没有成功", "The payment did not go through";
    pay_failed_safe = "没有扣款，订单还为您保留。", "Nothing was charged, and the order is still yours.";
    pay_waiting_title = "正在确认付款", "Confirming the payment";
    pay_waiting_text = "通常几秒钟。可以离开本页，结果会记在订单里。", "This takes seconds. You may leave; the order will show the result.";
    pay_left = "剩余付款时间", "Time left to pay";
    pay_open = "去付款", "Go and pay";
    pay_again = "重新付款", "Pay again";
    see_order = "查看订单", "See the order";
    shop_on = "继续逛逛", "Keep shopping";
    order_named(number) = "订单 {number}", "Order {number}";
}

#[cfg(any(test, feature = "samples"))]
impl PaymentPage {
    fn sample(language: crate::Language, outcome: impl FnOnce(Remaining) -> Outcome) -> Self {
        use crate::samples;
        let shell = samples::shell(language);
        let (due, warning) = (samples::in_minutes(1_378), ordermill_base::Span::hours(1));
        let left = Remaining::new(due, samples::NOW, warning, shell.t);
        Self {
            frame: samples::shop_frame(language),
            order_number: samples::ORDER_NUMBER.into(),
            amount: samples::yuan(43_400),
            outcome: outcome(left),
            shell,
        }
    }

    /// It went well.
    pub fn sample_paid(language: crate::Language) -> Self {
        let arrives_on: String = crate::Words::new(language).pick("11-24 周二", "Tue 11-24").into();
        Self::sample(language, |_| Outcome::Paid { arrives_on: Some(arrives_on) })
    }

    /// The bank refused.
    pub fn sample_failed(language: crate::Language) -> Self {
        let t = crate::Words::new(language);
        let reason = t.pick("余额不足。", "There is not enough money on the account.").into();
        Self::sample(language, |left| Outcome::Failed { reason, left })
    }

    /// On the way to the gateway's page.
    pub fn sample_leaving(language: crate::Language) -> Self {
        Self::sample(language, |_| Outcome::Leaving { pay_at: "/pay/7".into() })
    }

    /// The gateway has not answered.
    pub fn sample_waiting(language: crate::Language) -> Self {
        Self::sample(language, |left| Outcome::Waiting { pay_at: Some("/pay/7".into()), left })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Language;
    use crate::testing::{assert_sound, assert_sound_page};

    #[test]
    fn a_refused_payment_says_that_nothing_was_charged_and_can_be_tried_again() {
        for language in Language::ALL {
            let page = PaymentPage::sample_failed(language);
            let html = page.render().unwrap();
            assert_sound_page(&html);
            assert!(html.contains(page.shell.t.pay_failed_safe()), "{html}");
            assert!(html.contains(r#"action="/orders/SO2611220012470/pay""#), "{html}");
            assert!(!html.contains("hx-trigger"), "nothing is waited for: {html}");
        }
    }

    /// A form may not lead to another site, so a page of ours does.
    #[test]
    fn the_way_to_the_gateway_is_a_page_that_leads_on_by_itself() {
        for language in Language::ALL {
            let html = PaymentPage::sample_leaving(language).render().unwrap();
            assert_sound_page(&html);
            assert!(html.contains(r#"http-equiv="refresh" content="0; url=/pay/7""#), "{html}");
            assert!(html.contains(r#"href="/pay/7""#), "{html}");
        }
    }

    #[test]
    fn only_a_payment_that_is_waited_for_asks_again_with_and_without_scripts() {
        for language in Language::ALL {
            let page = PaymentPage::sample_waiting(language);
            let html = page.render().unwrap();
            assert_sound_page(&html);
            assert_sound(&page.as_outcome().render().unwrap());
            assert!(html.contains(r#"hx-trigger="every 3s""#), "{html}");
            assert!(html.contains(r#"<noscript><meta http-equiv="refresh""#), "{html}");
            let paid = PaymentPage::sample_paid(language).render().unwrap();
            assert_sound_page(&paid);
            assert!(!paid.contains("every 3s") && !paid.contains("refresh"), "{paid}");
        }
    }
}

//! What went wrong, in the shop: what happened, what is safe, what to do.

use askama::Template;

use crate::icon::Icon;
use crate::shell::Shell;
use crate::shop::Frame;
use crate::ui::Tone;

/// A page instead of the one asked for. The status code goes in front of it in the handler.
#[derive(Debug, Template)]
#[template(path = "shop/problem.html")]
pub struct ProblemPage {
    /// Words, theme, site.
    pub shell: Shell,
    /// Header and footer.
    pub frame: Frame,
    /// Its color.
    pub tone: Tone,
    /// Its picture.
    pub icon: Icon,
    /// What happened.
    pub title: String,
    /// What is safe and what to do.
    pub text: String,
    /// The next step: its address and its words.
    pub action: (String, String),
    /// To be read out to support; only where looking it up helps.
    pub request_id: Option<String>,
}

impl ProblemPage {
    /// 404: nothing is at this address, or one may not know that something is.
    pub fn not_found(shell: Shell, frame: Frame) -> Self {
        let t = shell.t;
        Self {
            tone: Tone::Grey,
            icon: Icon::Search,
            title: t.page_not_found().into(),
            text: t.page_not_found_hint().into(),
            action: ("/".into(), t.to_home().into()),
            request_id: None,
            shell,
            frame,
        }
    }

    /// 409: what one saw has changed meanwhile; `back` shows it as it is now.
    pub fn changed(shell: Shell, frame: Frame, reason: String, back: String) -> Self {
        let t = shell.t;
        Self {
            tone: Tone::Amber,
            icon: Icon::Refresh,
            title: t.changed_meanwhile().into(),
            text: reason,
            action: (back, t.see_now().into()),
            request_id: None,
            shell,
            frame,
        }
    }

    /// 503: too much at once; trying again is right.
    pub fn busy(shell: Shell, frame: Frame, back: String) -> Self {
        let t = shell.t;
        Self {
            tone: Tone::Amber,
            icon: Icon::Hourglass,
            title: t.shop_busy().into(),
            text: t.shop_busy_hint().into(),
            action: (back, t.try_again().into()),
            request_id: None,
            shell,
            frame,
        }
    }

    /// 500: our fault. Nothing is half done: a command is one transaction.
    pub fn failed(shell: Shell, frame: Frame, request_id: String, back: String) -> Self {
        let t = shell.t;
        Self {
            tone: Tone::Red,
            icon: Icon::Alert,
            title: t.our_fault().into(),
            text: t.our_fault_safe().into(),
            action: (back, t.try_again().into()),
            request_id: Some(request_id),
            shell,
            frame,
        }
    }
}

crate::words! {
    page_not_found = "没有找到这个页面", "This page does not exist";
    page_not_found_hint = "链接可能已失效，或商品已下架。", "The link may be old, or the product is gone.";
    changed_meanwhile = "内容刚刚有变化", "Something has just changed";
    see_now = "查看最新状态", "See how it stands now";
    shop_busy = "现在访问的人很多", "Many people are here right now";
    shop_busy_hint = "什么都没有丢。请过几秒再试一次。", "Nothing is lost. Please try again in a few seconds.";
    our_fault = "这次没有成功，是我们的问题", "That did not work, and it is our fault";
    our_fault_safe = "您的订单和付款不会只完成一半。请再试一次；如果还不行，把下面的编号告诉客服。", "No order and no payment is left half done. Please try again; if it fails once more, give support the number below.";
    try_again = "再试一次", "Try again";
    request_number = "请求编号", "Request";
}

#[cfg(any(test, feature = "samples"))]
impl ProblemPage {
    /// Nothing there.
    pub fn sample_not_found(language: crate::Language) -> Self {
        use crate::samples;
        Self::not_found(samples::shell(language), samples::shop_frame(language))
    }

    /// Paid while it was being canceled.
    pub fn sample_changed(language: crate::Language) -> Self {
        use crate::samples;
        let shell = samples::shell(language);
        let reason = shell.t.pick(
            "订单已经出库，不能取消；签收后可以申请退换。",
            "The order has left the warehouse and cannot be canceled. You can return it after delivery.",
        );
        let back = format!("/orders/{}", samples::ORDER_NUMBER);
        Self::changed(shell, samples::shop_frame(language), reason.into(), back)
    }

    /// Our fault.
    pub fn sample_failed(language: crate::Language) -> Self {
        use crate::samples;
        let (shell, frame) = (samples::shell(language), samples::shop_frame(language));
        Self::failed(shell, frame, "req_01JD9Y3V8Q".into(), "/cart".into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Language;
    use crate::testing::assert_sound_page;

    #[test]
    fn only_our_own_fault_shows_a_number_for_support() {
        for language in Language::ALL {
            let failed = ProblemPage::sample_failed(language).render().unwrap();
            let changed = ProblemPage::sample_changed(language).render().unwrap();
            let missing = ProblemPage::sample_not_found(language).render().unwrap();
            for html in [&failed, &changed, &missing] {
                assert_sound_page(html);
            }
            assert!(failed.contains("req_01JD9Y3V8Q"), "{failed}");
            assert!(!changed.contains("req_") && !missing.contains("req_"));
        }
    }
}

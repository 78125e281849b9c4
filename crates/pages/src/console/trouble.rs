//! Pages for what did not work: what happened, what is safe, what to do now.

use askama::Template;

use crate::icon::Icon;
use crate::shell::Shell;

/// A page of the console instead of the one that was asked for. Its status goes in front:
/// `(StatusCode::NOT_FOUND, Page(page))`.
#[derive(Debug, Clone, Template)]
#[template(path = "console/trouble.html")]
pub struct TroublePage {
    /// Words, theme, site.
    pub shell: Shell,
    /// What happened.
    pub trouble: Trouble,
    /// The id under which the logs know this request.
    pub request_id: String,
}

/// What did not work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trouble {
    /// 404: nothing is there, or they may not know that something is.
    NotFound,
    /// 403: they lack a right.
    Forbidden {
        /// Who has it, in words: "Operations".
        granted_to: String,
    },
    /// 409: someone else changed it meanwhile.
    Stale {
        /// Where the current state is.
        href: String,
    },
    /// 409: its state or the rules have no such step.
    Refused {
        /// Where the thing is.
        href: String,
    },
    /// 429: too many requests.
    TooMany,
    /// 503: overloaded or starting; nothing was changed.
    Busy,
    /// 500: our mistake.
    Broken,
}

impl TroublePage {
    fn icon(&self) -> Icon {
        match self.trouble {
            Trouble::NotFound => Icon::Search,
            Trouble::Forbidden { .. } => Icon::Lock,
            Trouble::Stale { .. } => Icon::Refresh,
            Trouble::Refused { .. } => Icon::Ban,
            Trouble::TooMany | Trouble::Busy => Icon::Hourglass,
            Trouble::Broken => Icon::Alert,
        }
    }

    fn title(&self) -> &'static str {
        let t = self.shell.t;
        match self.trouble {
            Trouble::NotFound => t.trouble_not_found(),
            Trouble::Forbidden { .. } => t.trouble_forbidden(),
            Trouble::Stale { .. } => t.trouble_stale(),
            Trouble::Refused { .. } => t.trouble_refused(),
            Trouble::TooMany => t.trouble_too_many(),
            Trouble::Busy => t.trouble_busy(),
            Trouble::Broken => t.trouble_broken(),
        }
    }

    fn text(&self) -> String {
        let t = self.shell.t;
        match &self.trouble {
            Trouble::NotFound => t.trouble_not_found_text().into(),
            Trouble::Forbidden { granted_to } => t.trouble_forbidden_text(granted_to),
            Trouble::Stale { .. } => t.trouble_stale_text().into(),
            Trouble::Refused { .. } => t.trouble_refused_text().into(),
            Trouble::TooMany => t.trouble_too_many_text().into(),
            Trouble::Busy => t.trouble_busy_text().into(),
            Trouble::Broken => t.trouble_broken_text().into(),
        }
    }

    /// Where to go now and in which words.
    fn way_on(&self) -> (&str, &'static str) {
        let t = self.shell.t;
        match &self.trouble {
            Trouble::NotFound | Trouble::Forbidden { .. } => ("/console", t.trouble_to_console()),
            Trouble::Stale { href } | Trouble::Refused { href } if href.is_empty() => {
                ("/console", t.trouble_to_console())
            }
            Trouble::Stale { href } | Trouble::Refused { href } => (href, t.trouble_see_current()),
            Trouble::TooMany | Trouble::Busy | Trouble::Broken => {
                (&self.shell.here, t.trouble_try_again())
            }
        }
    }
}

crate::words! {
    trouble_not_found = "没有找到", "Not found";
    trouble_not_found_text = "这里没有内容：编号可能输错了，或者它不在您的权限范围内。", "Nothing is here: the number may be mistyped, or it is outside what you may see.";
    trouble_forbidden = "没有权限", "Not allowed";
    trouble_forbidden_text(role) = "这一步需要「{role}」的权限，请联系他们或管理员。", "This needs the rights of {role}. Ask them or an admin.";
    trouble_stale = "刚刚被别人改过", "Changed by someone else";
    trouble_stale_text = "您的修改没有保存。请看最新内容后再决定。", "Your change was not saved. Look at the current state and decide again.";
    trouble_refused = "这一步现在不行", "This step is not possible now";
    trouble_refused_text = "没有任何改动。请看它现在的状态，再决定下一步。", "Nothing was changed. Look at its present state and decide again.";
    trouble_too_many = "请求太频繁", "Too many requests";
    trouble_too_many_text = "没有任何改动。请稍等片刻再试。", "Nothing was changed. Wait a moment and try again.";
    trouble_busy = "系统繁忙", "Busy right now";
    trouble_busy_text = "没有任何改动。请稍后再试。", "Nothing was changed. Try again in a moment.";
    trouble_broken = "出错了，是我们的问题", "Something broke on our side";
    trouble_broken_text = "已保存的内容不受影响。再试一次；如果仍然不行，请把下面的编号告诉管理员。", "What was saved is safe. Try again; if it stays, give an admin the id below.";
    trouble_to_console = "回到看板", "To the dashboard";
    trouble_see_current = "查看最新内容", "See the current state";
    trouble_try_again = "再试一次", "Try again";
    trouble_request(id) = "请求编号 {id}", "Request {id}";
}

#[cfg(any(test, feature = "samples"))]
impl TroublePage {
    /// The page for some trouble.
    pub fn sample(language: crate::Language, trouble: Trouble) -> Self {
        let shell = crate::samples::shell(language);
        Self { shell, trouble, request_id: "req_01JD3M9Z".into() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Language;
    use crate::testing::assert_sound_page;

    #[test]
    fn every_trouble_says_what_is_safe_and_where_to_go() {
        let troubles = [
            Trouble::NotFound,
            Trouble::Forbidden { granted_to: "Finance".into() },
            Trouble::Stale { href: "/console/stock".into() },
            Trouble::Refused { href: "/console/stock".into() },
            Trouble::TooMany,
            Trouble::Busy,
            Trouble::Broken,
        ];
        for language in Language::ALL {
            for trouble in troubles.clone() {
                let page = TroublePage::sample(language, trouble);
                let html = page.render().unwrap();
                assert_sound_page(&html);
                let (href, words) = page.way_on();
                assert!(html.contains(href) && html.contains(words), "{html}");
                assert!(html.contains("req_01JD3M9Z"), "{html}");
            }
        }
    }
}

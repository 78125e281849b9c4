//! Signing in, `/console/sign-in`: password, then the code of a device where one is set up.

use askama::Template;

use crate::shell::Shell;
use crate::ui::{Field, FormErrors};

/// The sign-in page in one of its two steps.
#[derive(Debug, Clone, Template)]
#[template(path = "console/sign_in.html")]
pub struct SignInPage {
    /// Words, theme, site.
    pub shell: Shell,
    /// Which step.
    pub step: SignInStep,
    /// What was refused, and when it may be tried again.
    pub errors: FormErrors,
    /// Where to go afterwards: a path of ours, checked by whoever reads it back.
    pub next: String,
}

/// A step of signing in.
#[derive(Debug, Clone)]
pub enum SignInStep {
    /// Who, and their password. Posts `login`, `password`, `next` to `/console/sign-in`.
    Password {
        /// What they sign in with, as entered before.
        login: String,
    },
    /// The six digits of their device, or a recovery code. Posts `code`, `next` to
    /// `/console/sign-in/code`.
    Code,
}

impl SignInPage {
    fn is_code(&self) -> bool {
        matches!(self.step, SignInStep::Code)
    }

    fn fields(&self) -> Vec<Field> {
        let t = self.shell.t;
        match &self.step {
            SignInStep::Password { login } => vec![
                Field::new("login", t.sign_in_login())
                    .autocomplete("username")
                    .max_length(64)
                    .value(login),
                Field::new("password", t.sign_in_password())
                    .kind("password")
                    .autocomplete("current-password")
                    .max_length(1024),
            ],
            SignInStep::Code => vec![
                Field::new("code", t.sign_in_code())
                    .autocomplete("one-time-code")
                    .hint(t.sign_in_code_hint())
                    .max_length(32),
            ],
        }
    }
}

impl SignInPage {
    /// Refused for now: how much longer, after too many attempts.
    pub fn locked(self, span: ordermill_base::Span) -> Self {
        let text = self.shell.t.sign_in_locked(self.shell.span(&span));
        self.refused(text)
    }

    /// Refused because login and password, or the code, are wrong. Does not say which.
    pub fn wrong(self) -> Self {
        let t = self.shell.t;
        let text = match self.step {
            SignInStep::Password { .. } => t.sign_in_wrong(),
            SignInStep::Code => t.sign_in_wrong_code(),
        };
        self.refused(text.to_owned())
    }

    fn refused(self, text: String) -> Self {
        let title = self.shell.t.sign_in_refused().into();
        Self { errors: FormErrors { title, errors: vec![("", text)] }, ..self }
    }
}

crate::words! {
    sign_in_title = "登录控制台", "Sign in to the console";
    sign_in_login = "账号", "Login";
    sign_in_password = "密码", "Password";
    sign_in_button = "登录", "Sign in";
    sign_in_code_title = "输入验证码", "Enter the code";
    sign_in_code = "验证码", "Code";
    sign_in_code_hint = "验证器上的 6 位数字，或一个恢复码", "6 digits from your authenticator, or a recovery code";
    sign_in_code_button = "验证", "Verify";
    sign_in_other_person = "换一个账号", "Use another account";
    sign_in_help = "忘记密码或丢失设备，请联系管理员重置。", "Forgot the password or lost the device? An admin can reset it.";
    sign_in_wrong = "账号或密码不对，请重试。", "Login or password is wrong. Try again.";
    sign_in_wrong_code = "验证码不对或已过期，请用新的一个。", "The code is wrong or too old. Use the next one.";
    sign_in_locked(span) = "尝试次数过多，请 {span}后再试。", "Too many attempts. Try again in {span}.";
    sign_in_refused = "登录未成功", "Not signed in";
}

#[cfg(any(test, feature = "samples"))]
impl SignInPage {
    /// The first step.
    pub fn sample(language: crate::Language) -> Self {
        Self {
            shell: crate::samples::shell(language),
            step: SignInStep::Password { login: String::new() },
            errors: FormErrors::default(),
            next: "/console".into(),
        }
    }

    /// The first step, refused.
    pub fn sample_wrong(language: crate::Language) -> Self {
        let step = SignInStep::Password { login: "siyu".into() };
        Self { step, ..Self::sample(language) }.wrong()
    }

    /// The second step.
    pub fn sample_code(language: crate::Language) -> Self {
        Self { step: SignInStep::Code, ..Self::sample(language) }
    }
}

#[cfg(test)]
mod tests {
    use ordermill_base::Span;

    use super::*;
    use crate::Language;
    use crate::testing::assert_sound_page;

    #[test]
    fn a_refusal_keeps_the_login_and_never_the_password() {
        for language in Language::ALL {
            let page = SignInPage::sample_wrong(language);
            let html = page.render().unwrap();
            assert_sound_page(&html);
            assert!(html.contains(page.shell.t.sign_in_wrong()), "{html}");
            assert!(html.contains(r#"value="siyu""#), "{html}");
            assert!(html.contains(r#"type="password" value="""#), "{html}");
        }
    }

    #[test]
    fn the_code_is_asked_for_alone_and_a_lock_says_how_long() {
        let page = SignInPage::sample_code(Language::En).locked(Span::minutes(15));
        let html = page.render().unwrap();
        assert_sound_page(&html);
        assert!(html.contains(r#"action="/console/sign-in/code""#), "{html}");
        assert!(html.contains("Try again in 15m."), "{html}");
        assert!(!html.contains(r#"type="password""#), "{html}");
    }
}

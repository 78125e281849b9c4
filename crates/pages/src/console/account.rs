//! One's own account, `/console/account`: password, second factor, sessions.
//!
//! Posts below it: `password` with `present` and `new`; `totp` (makes a secret), `totp/confirm` with
//! `code`; `sessions/end`, which ends all but this one.

use askama::Template;
use ordermill_base::Timestamp;

use crate::console::{Frame, form};
use crate::shell::Shell;
use crate::ui::{Field, FormErrors, Qr};
use crate::words::Words;

/// The page of one's own account.
#[derive(Debug, Clone, Template)]
#[template(path = "console/account.html")]
pub struct AccountPage {
    /// Words, theme, site.
    pub shell: Shell,
    /// Navigation and header.
    pub frame: Frame,
    /// What they sign in with.
    pub login: String,
    /// Whether a second factor is asked for.
    pub has_totp: bool,
    /// A secret that was just made, shown this once; with what was refused of its code.
    pub enrollment: Option<Enrollment>,
    /// The form of another password.
    pub password: PasswordForm,
    /// Where they are signed in, newest first.
    pub sessions: Vec<SessionRow>,
}

/// A fresh secret for an authenticator app.
#[derive(Debug, Clone)]
pub struct Enrollment {
    /// To be typed into the app.
    pub secret: String,
    /// `otpauth://…`, which goes along with the form.
    pub uri: String,
    /// The same, to be scanned by the app.
    pub qr: Option<Qr>,
    /// The first code of the app.
    pub code: Field,
}

impl Enrollment {
    /// A secret with what was wrong with its code, if anything.
    pub fn new(secret: String, uri: String, is_wrong: bool, t: Words) -> Self {
        let error = is_wrong.then(|| t.account_code_wrong());
        let code = Field::new("code", t.account_code())
            .digits(6)
            .autocomplete("one-time-code")
            .hint(t.account_code_hint())
            .error(error);
        let qr = Qr::new(&uri, t.account_qr());
        Self { secret, uri, qr, code }
    }
}

/// The form of another password.
#[derive(Debug, Clone)]
pub struct PasswordForm {
    /// What was refused.
    pub errors: FormErrors,
    /// The present one and the new one.
    pub fields: Vec<Field>,
}

impl PasswordForm {
    /// The form with what was refused: names of fields and what is wrong.
    pub fn new(errors: &[(&'static str, String)], t: Words) -> Self {
        let mut fields = vec![
            Field::new("present", t.account_present())
                .kind("password")
                .autocomplete("current-password")
                .max_length(1024),
            Field::new("new", t.account_new())
                .kind("password")
                .autocomplete("new-password")
                .hint(t.account_new_hint())
                .max_length(1024),
        ];
        let errors = if errors.is_empty() {
            FormErrors::default()
        } else {
            form::refuse(&mut fields, errors, t)
        };
        Self { errors, fields }
    }
}

/// A place where they are signed in.
#[derive(Debug, Clone)]
pub struct SessionRow {
    /// The browser, as it calls itself.
    pub browser: String,
    /// Since when.
    pub created_at: Timestamp,
    /// When they were here last.
    pub seen_at: Timestamp,
    /// Whether it is this one.
    pub is_this: bool,
}

crate::words! {
    account_title = "我的账号", "My account";
    account_login(login) = "登录名 {login}", "Login {login}";
    account_password = "更改密码", "Change the password";
    account_present = "当前密码", "Present password";
    account_present_wrong = "当前密码不对", "The present password is wrong";
    account_new = "新密码", "New password";
    account_new_hint = "至少 8 位，越长越好；其他设备会被登出", "8 characters or more, the longer the better; other devices are signed out";
    account_new_weak = "太短或太常见，请换一个", "Too short or too common; choose another";
    account_change = "更改", "Change";
    account_changed = "密码已更改，其他设备已登出", "The password is changed; other devices are signed out";
    account_totp = "两步验证", "Second factor";
    account_totp_on = "已启用：登录时需要验证器上的验证码。更换手机时请管理员重置。", "On: signing in asks for a code of your authenticator app. An admin resets it when your phone changes.";
    account_totp_off = "未启用。启用后，仅凭密码无法登录。", "Off. Once it is on, the password alone opens nothing.";
    account_qr = "用验证器扫描的二维码", "QR code for your authenticator app";
    account_scan = "用验证器应用扫描二维码，或手动输入下面的密钥。", "Scan the code with your authenticator app, or type in the key below.";
    account_totp_start = "启用", "Turn on";
    account_totp_done = "两步验证已启用", "The second factor is on";
    account_secret = "密钥，只显示这一次：", "The key, shown this once:";
    account_code = "验证器上的验证码", "Code of the app";
    account_code_hint = "6 位数字，用来确认设置成功", "6 digits, to prove that it works";
    account_code_wrong = "验证码不对，请用下一个再试", "The code is wrong; try the next one";
    account_confirm = "确认", "Confirm";
    account_sessions = "已登录的设备", "Where you are signed in";
    account_this = "本设备", "This one";
    account_since(at, seen) = "登录于 {at} · 最近 {seen}", "Since {at} · last seen {seen}";
    account_end_others = "登出其他设备", "Sign out the others";
    account_ended(count) = "已登出 {count} 个其他设备", "Signed out {count} other device" | "Signed out {count} other devices";
    account_busy = "请稍等几秒再试", "Wait some seconds and try again";
}

#[cfg(any(test, feature = "samples"))]
impl AccountPage {
    /// An account that is signed in at two places.
    pub fn sample(language: crate::Language) -> Self {
        use crate::samples::in_minutes;
        let t = Words::new(language);
        let session = |browser: &str, since: i64, is_this| SessionRow {
            browser: browser.into(),
            created_at: in_minutes(-since),
            seen_at: in_minutes(-3),
            is_this,
        };
        Self {
            shell: crate::samples::shell(language),
            frame: crate::samples::console_frame(language, crate::console::Section::Account),
            login: "siyu".into(),
            has_totp: false,
            enrollment: None,
            password: PasswordForm::new(&[], t),
            sessions: vec![session("Chrome", 60, true), session("Safari", 600, false)],
        }
    }

    /// The same while the second factor is set up, after a wrong code.
    pub fn sample_enrolling(language: crate::Language) -> Self {
        let t = Words::new(language);
        let uri = "otpauth://totp/Ordermill:siyu?secret=JBSWY3DPEHPK3PXP".to_owned();
        let enrollment = Enrollment::new("JBSW Y3DP EHPK 3PXP".into(), uri, true, t);
        Self { enrollment: Some(enrollment), ..Self::sample(language) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Language;
    use crate::testing::assert_sound_page;

    #[test]
    fn the_account_is_sound_and_shows_no_password() {
        for language in Language::ALL {
            for page in [AccountPage::sample(language), AccountPage::sample_enrolling(language)] {
                let html = page.render().unwrap();
                assert_sound_page(&html);
                assert_eq!(html.matches(r#"type="password" value="""#).count(), 2, "{html}");
            }
        }
    }

    #[test]
    fn a_refused_password_says_why_at_its_field() {
        let t = Words::new(Language::En);
        let wrong = [("present", t.account_present_wrong().to_owned())];
        let page = AccountPage {
            password: PasswordForm::new(&wrong, t),
            ..AccountPage::sample(Language::En)
        };
        let html = page.render().unwrap();
        assert_sound_page(&html);
        assert!(html.contains(r#"id="e-present""#), "{html}");
    }
}

//! Signing in, `/sign-in`: by a code sent to a phone or an e-mail address, without a password.

use askama::Template;

use crate::shell::Shell;
use crate::shop::Frame;
use crate::ui::{Field, FormErrors};
use crate::words::Words;

/// The two steps of signing in.
#[derive(Debug, Template)]
#[template(path = "shop/sign_in.html")]
pub struct SignInPage {
    /// Words, theme, site.
    pub shell: Shell,
    /// Header and footer.
    pub frame: Frame,
    /// Where to go afterwards: a path of ours.
    pub then: String,
    /// What was wrong with the last try.
    pub errors: FormErrors,
    /// Which step this is.
    pub step: Step,
}

/// A step of signing in.
#[derive(Debug, Clone)]
pub enum Step {
    /// Who is it? The field takes a phone number or an e-mail address.
    Contact(Field),
    /// What does the message say?
    Code {
        /// The contact as entered, sent along.
        contact: String,
        /// The contact as shown, masked.
        sent_to: String,
        /// The field of the code.
        code: Field,
    },
}

impl Step {
    /// The first step, with an empty field.
    pub fn contact(t: Words) -> Self {
        Self::Contact(
            Field::new("contact", t.phone_or_email()).autocomplete("username").max_length(254),
        )
    }

    /// The second step, with an empty field for six digits.
    pub fn code(t: Words, contact: impl Into<String>, sent_to: impl Into<String>) -> Self {
        let code = Field::new("code", t.code()).autocomplete("one-time-code").digits(6);
        Self::Code { contact: contact.into(), sent_to: sent_to.into(), code }
    }
}

crate::words! {
    contact_wrong = "请填写手机号或邮箱地址", "Please enter a phone number or an e-mail address";
    contact_not_mobile = "这个号码收不到短信，请用手机号或邮箱", "This number receives no text messages. Please use a mobile phone or e-mail";
    code_wrong = "验证码不对或已失效，可以重新发送", "That code is wrong or no longer good. You can have a new one";
    code_wait(span) = "发送得太频繁，请 {span}后再试", "Too many codes. Please wait {span}";
    code_unsent = "验证码没有发出，请稍后再试", "The code could not be sent. Please try again shortly";
    phone_or_email = "手机号或邮箱", "Phone number or e-mail";
    code = "验证码", "Code";
    code_send = "发送验证码", "Send a code";
    code_again = "重新发送", "Send it again";
    code_sent_to(contact) = "验证码已发送到 {contact}，10 分钟内有效。", "We sent a code to {contact}. It is good for 10 minutes.";
    sign_in_why = "不需要密码。登录后可以查看全部订单。", "No password needed. Signed in, you see all your orders.";
    guest_hint = "没有账号也能查订单：", "Without an account:";
    other_contact = "换一个手机号或邮箱", "Use another phone or e-mail";
}

#[cfg(any(test, feature = "samples"))]
impl SignInPage {
    /// The first step.
    pub fn sample(language: crate::Language) -> Self {
        use crate::samples;
        let shell = samples::shell(language);
        let mut frame = samples::shop_frame(language);
        frame.account = None;
        let step = Step::contact(shell.t);
        Self { frame, then: "/orders".into(), errors: FormErrors::default(), step, shell }
    }

    /// The second step after a wrong code.
    pub fn sample_code(language: crate::Language) -> Self {
        let mut page = Self::sample(language);
        let t = page.shell.t;
        page.step = Step::code(t, "13817260921", "138******21");
        if let Step::Code { code, .. } = &mut page.step {
            code.error = Some(
                t.pick("验证码不对，还可以试 4 次。", "That is not the code. 4 tries left.").into(),
            );
            page.errors = FormErrors::of(t.check_fields(1), [&*code]);
        }
        page
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Language;
    use crate::testing::assert_sound_page;

    #[test]
    fn the_code_is_asked_for_with_the_number_masked() {
        for language in Language::ALL {
            assert_sound_page(&SignInPage::sample(language).render().unwrap());
            let html = SignInPage::sample_code(language).render().unwrap();
            assert_sound_page(&html);
            assert!(html.contains("138******21"), "{html}");
            assert!(html.contains(r#"autocomplete="one-time-code""#), "{html}");
            assert!(html.contains(r#"inputmode="numeric""#), "{html}");
        }
    }
}

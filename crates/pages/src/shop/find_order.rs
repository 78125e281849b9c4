//! A guest's order, `/orders/find`: by its number and the end of the phone number.

use askama::Template;

use crate::shell::Shell;
use crate::shop::Frame;
use crate::ui::{Field, FormErrors};

/// The search for one order.
#[derive(Debug, Template)]
#[template(path = "shop/find_order.html")]
pub struct FindOrderPage {
    /// Words, theme, site.
    pub shell: Shell,
    /// Header and footer.
    pub frame: Frame,
    /// What was wrong with the last try. A wrong number and a wrong phone are told alike.
    pub errors: FormErrors,
    /// The order number.
    pub number: Field,
    /// The last four digits of the phone number.
    pub phone_end: Field,
}

impl FindOrderPage {
    /// An empty form.
    pub fn new(shell: Shell, frame: Frame) -> Self {
        let t = shell.t;
        Self {
            number: Field::new("number", t.order_number())
                .autocomplete("off")
                .max_length(32)
                .hint(t.order_number_hint()),
            phone_end: Field::new("phone_end", t.phone_end()).autocomplete("off").digits(4),
            errors: FormErrors::default(),
            shell,
            frame,
        }
    }

    /// The form again, after too many tries.
    pub fn wait(mut self, span: ordermill_base::Span, number: String, phone_end: String) -> Self {
        let words = self.shell.t.order_find_wait(self.shell.span(&span));
        let title = self.shell.t.order_not_found().into();
        self.errors = FormErrors { title, errors: vec![("", words)] };
        (self.number.value, self.phone_end.value) = (number, phone_end);
        self
    }

    /// The form again, after nothing was found.
    pub fn not_found(mut self, number: String, phone_end: String) -> Self {
        self.errors = FormErrors {
            title: self.shell.t.order_not_found().into(),
            errors: vec![("", self.shell.t.order_not_found_hint().into())],
        };
        (self.number.value, self.phone_end.value) = (number, phone_end);
        self
    }
}

crate::words! {
    order_number = "订单号", "Order number";
    order_number_hint = "例如 261122-0K3M-Z0Q4-7XC，横线可以省略。", "Like 261122-0K3M-Z0Q4-7XC; the dashes may be left out.";
    phone_end = "下单手机号后四位", "Last four digits of the phone number";
    find = "查询", "Find it";
    order_find_wait(span) = "试得太频繁了，请 {span}后再试。", "Too many tries. Please wait {span}.";
    order_not_found = "没有找到这个订单", "We did not find this order";
    order_not_found_hint = "请核对订单号和手机号后四位。", "Please check the number and the four digits.";
}

#[cfg(any(test, feature = "samples"))]
impl FindOrderPage {
    /// After a number that does not exist.
    pub fn sample(language: crate::Language) -> Self {
        use crate::samples;
        let page = Self::new(samples::shell(language), samples::shop_frame(language));
        page.not_found("SO26112200<1>".into(), "0921".into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Language;
    use crate::testing::assert_sound_page;

    #[test]
    fn what_was_not_found_is_kept_and_not_told_apart() {
        for language in Language::ALL {
            let html = FindOrderPage::sample(language).render().unwrap();
            assert_sound_page(&html);
            assert!(
                html.contains("SO26112200&#60;1&#62;") && html.contains(r#"value="0921""#),
                "{html}"
            );
            assert!(!html.contains("aria-invalid"), "no field is blamed: {html}");
        }
    }
}

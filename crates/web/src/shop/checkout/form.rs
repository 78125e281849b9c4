//! What a buyer has typed into the checkout, read and kept.

use jiff::civil::Date;
use ordermill_app::benefit::HandedIn;
use ordermill_app::shopper::{Profile, profile};
use ordermill_domain::address::{Country, RawAddress, RawRecipient, paste};
use ordermill_domain::carrier::ServiceKind;
use ordermill_domain::email::Email;
use ordermill_pages::Words;
use serde::Deserialize;

use super::fields;
use crate::shop::{Here, Trouble};

/// The form as sent. Everything may be missing.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct CheckoutForm {
    pub(super) idempotency_key: String,
    pub(super) cart: String,
    /// `place`, `update` or `paste`.
    pub(super) step: String,
    pub(super) paste: String,
    pub(super) country: String,
    pub(super) name: String,
    pub(super) phone: String,
    pub(super) email: String,
    pub(super) province: String,
    pub(super) city: String,
    pub(super) district: String,
    pub(super) street: String,
    pub(super) postal_code: String,
    pub(super) note: String,
    /// The code of a service, or `standard`.
    pub(super) delivery: String,
    pub(super) payment: String,
    /// The code of a coupon.
    pub(super) coupon: String,
    /// The code of a gift card.
    pub(super) gift_card: String,
    /// Points to pay with.
    pub(super) points: u64,
    /// The total on the page, in minor units.
    pub(super) agreed_total: i64,
    /// The last day of delivery on the page; empty if it named none.
    pub(super) agreed_day: String,
}

impl CheckoutForm {
    /// An empty form, or that of a customer's newest address, with the code that the cart holds.
    pub(super) async fn fresh(here: &Here) -> Result<Self, Trouble> {
        let usual = here.services().payment_methods().first().map(|it| it.code().to_owned());
        let payment = usual.unwrap_or_default();
        let of_cart = here.cart.as_ref().and_then(|cart| cart.coupons.first());
        let coupon = of_cart.cloned().unwrap_or_default();
        let country = Country::CHINA.to_string();
        let mut form = Self { country, payment, coupon, ..Self::default() };
        let Some(customer) = here.customer else { return Ok(form) };
        let vault = here.services().vault().clone();
        let read = here.services().database().read(move |tx| {
            Ok::<_, ordermill_storage::Error>(profile::fetch(tx, &vault, customer))
        });
        let Ok((known, _)) = read.await? else { return Ok(form) };
        form.fill_from(&known);
        Ok(form)
    }

    fn fill_from(&mut self, known: &Profile) {
        self.email = known.email.as_ref().map(|it| it.as_str().to_owned()).unwrap_or_default();
        self.phone = known.phone.as_ref().map(|it| it.national()).unwrap_or_default();
        let Some(last) = known.addresses.first() else { return };
        let level = |level: Option<&ordermill_domain::address::Division>| {
            level.map(|division| division.name.clone()).unwrap_or_default()
        };
        self.name = last.name.as_str().to_owned();
        self.phone = last.phone.national();
        self.country = last.address.country().to_string();
        self.province = level(last.address.province());
        self.city = level(last.address.city());
        self.district = level(last.address.district());
        self.street = last.address.street().join(" ");
        self.postal_code = last.address.postal_code().unwrap_or_default().to_owned();
    }

    /// The country of the address; that of the shop until another is chosen.
    pub(super) fn country(&self) -> Country {
        Country::parse(&self.country).unwrap_or(Country::CHINA)
    }

    /// The service that was chosen, beyond what everybody gets.
    pub(super) fn wish(&self) -> Option<ServiceKind> {
        let chosen = ServiceKind::from_code(&self.delivery).ok();
        chosen.filter(|kind| *kind != ServiceKind::Standard)
    }

    /// Fills the fields from the pasted text. Gives whether an address was found in it.
    pub(super) fn read_pasted(&mut self) -> bool {
        let found = paste::read(&self.paste);
        if found.province.is_none() && found.phone.is_none() {
            return false;
        }
        let raw = found.to_raw();
        let fill = |field: &mut String, found: String| {
            if !found.is_empty() {
                *field = found;
            }
        };
        self.country = Country::CHINA.to_string();
        fill(&mut self.name, raw.name);
        fill(&mut self.phone, found.phone.map(|phone| phone.national()).unwrap_or_default());
        fill(&mut self.province, raw.address.province);
        fill(&mut self.city, raw.address.city);
        fill(&mut self.district, raw.address.district);
        fill(&mut self.street, raw.address.street.join(" "));
        self.paste.clear();
        true
    }

    /// Takes out what no longer fits the level above it: another province has other cities.
    pub(super) fn tidy(&mut self) {
        for text in [
            &mut self.name,
            &mut self.phone,
            &mut self.email,
            &mut self.province,
            &mut self.city,
            &mut self.district,
            &mut self.street,
            &mut self.postal_code,
            &mut self.note,
            &mut self.coupon,
            &mut self.gift_card,
        ] {
            *text = text.trim().to_owned();
        }
        fields::tidy(self);
    }

    /// What is handed in besides money.
    pub(super) fn handed_in(&self) -> HandedIn {
        let typed = |code: &String| Some(code.clone()).filter(|code| !code.is_empty());
        HandedIn {
            coupons: typed(&self.coupon).into_iter().collect(),
            points: self.points,
            gift_cards: typed(&self.gift_card).into_iter().collect(),
        }
    }

    /// As a recipient to check.
    pub(super) fn recipient(&self) -> RawRecipient {
        RawRecipient {
            name: self.name.clone(),
            phone: self.phone.clone(),
            address: RawAddress {
                country: self.country().to_string(),
                province: self.province.clone(),
                city: self.city.clone(),
                district: self.district.clone(),
                street: vec![self.street.clone()],
                postal_code: self.postal_code.clone(),
            },
        }
    }

    /// The last day of delivery that the page named.
    pub(super) fn agreed_day(&self) -> Option<Date> {
        self.agreed_day.parse().ok()
    }

    /// What is wrong with each field.
    pub(super) fn problems(&self, t: Words) -> Vec<(&'static str, String)> {
        let mut problems = match self.recipient().validate() {
            Ok(_) => Vec::new(),
            Err(found) => found.iter().map(|it| fields::problem(it, t)).collect(),
        };
        if !self.email.is_empty() && self.email.parse::<Email>().is_err() {
            problems.push(("email", t.email_wrong().to_owned()));
        }
        problems
    }

    /// Everything that the order depends on, in one text: sent again with another one it is another
    /// request.
    pub(super) fn essence(&self) -> String {
        let fields = [
            &self.country,
            &self.name,
            &self.phone,
            &self.email,
            &self.province,
            &self.city,
            &self.district,
            &self.street,
            &self.postal_code,
            &self.note,
            &self.delivery,
            &self.payment,
            &self.coupon,
            &self.gift_card,
            &self.agreed_day,
        ];
        let sums = format!("{}:{}", self.agreed_total, self.points);
        fields.iter().fold(sums, |all, field| format!("{all}\u{1f}{field}"))
    }

    /// Keeps the address for the customer's next order. The order stands whether or not this works.
    pub(super) async fn remember_address(&self, here: &Here) {
        let (Some(customer), Ok(recipient)) = (here.customer, self.recipient().validate()) else {
            return;
        };
        let (vault, act) = (here.services().vault().clone(), here.act());
        let write = move |tx: &mut ordermill_storage::Tx<'_>| {
            let (mut known, version) = profile::fetch(tx, &vault, customer)?;
            if known.addresses.first() == Some(&recipient) {
                return Ok(());
            }
            known.addresses.retain(|address| *address != recipient);
            known.addresses.insert(0, recipient.clone());
            known.addresses.truncate(Profile::ADDRESSES_MAX);
            known.name.get_or_insert_with(|| recipient.name.clone());
            profile::change(tx, &vault, &act, customer, version, &known)
        };
        if let Err(error) = here.services().database().write(write).await {
            let error = &error as &dyn std::error::Error;
            tracing::warn!(error, "a customer's address is not remembered");
        }
    }
}

/// Without what a buyer has typed.
impl std::fmt::Debug for CheckoutForm {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CheckoutForm").field("step", &self.step).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pasted_text_fills_the_fields_and_leaves_the_rest() {
        let mut form = CheckoutForm {
            paste: "林小满 13817260921 浙江省杭州市西湖区文三路123号3幢501室".to_owned(),
            note: "after six".to_owned(),
            ..CheckoutForm::default()
        };
        assert!(form.read_pasted());
        assert_eq!((form.name.as_str(), form.phone.as_str()), ("林小满", "13817260921"));
        assert_eq!([&*form.province, &*form.city, &*form.district], ["浙江省", "杭州市", "西湖区"]);
        assert_eq!(
            (form.street.as_str(), form.note.as_str()),
            ("文三路123号3幢501室", "after six")
        );
        let mut form = CheckoutForm { paste: "hello".to_owned(), ..CheckoutForm::default() };
        assert!(!form.read_pasted());
    }

    #[test]
    fn another_province_takes_its_cities_along() {
        let mut form = CheckoutForm {
            country: "CN".to_owned(),
            province: "广东省".to_owned(),
            city: "杭州市".to_owned(),
            district: "西湖区".to_owned(),
            ..CheckoutForm::default()
        };
        form.tidy();
        assert_eq!((form.city.as_str(), form.district.as_str()), ("", ""));
        form.province = "上海市".to_owned();
        form.tidy();
        assert_eq!(form.city, "上海市", "a municipality is its own city");
    }
}

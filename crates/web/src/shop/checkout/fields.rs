//! The fields of an address: which there are, what may be chosen, and what is wrong with them.

use ordermill_domain::address::division::{City, Province, provinces};
use ordermill_domain::address::{Country, Expected, Field, FieldProblem, ProblemCode};
use ordermill_pages::Words;
use ordermill_pages::shop::checkout::AddressFields;
use ordermill_pages::ui::{self, Choice};

use super::form::CheckoutForm;
use crate::shop::Here;

/// Choices that an error names at most.
const NAMED_MAX: usize = 5;

fn province_of(form: &CheckoutForm) -> Option<&'static Province> {
    provinces().iter().find(|province| province.name == form.province)
}

fn city_of(form: &CheckoutForm) -> Option<&'static City> {
    province_of(form)?.cities.iter().find(|city| city.name == form.city)
}

/// Whether the address is written with the divisions of the table.
fn is_chinese(form: &CheckoutForm) -> bool {
    form.country() == Country::CHINA
}

/// Takes out what is not inside the level above it.
pub(super) fn tidy(form: &mut CheckoutForm) {
    if !is_chinese(form) {
        form.district.clear();
        return;
    }
    let Some(province) = province_of(form) else { return };
    if let [only] = province.cities.as_slice() {
        only.name.clone_into(&mut form.city);
    }
    let names = |city: &City, typed: &str| city.name == typed || city.name.starts_with(typed);
    match province.cities.iter().find(|city| !form.city.is_empty() && names(city, &form.city)) {
        None => {
            form.city.clear();
            form.district.clear();
        }
        Some(city) => {
            city.name.clone_into(&mut form.city);
            let typed = form.district.clone();
            let known = city
                .districts
                .iter()
                .find(|it| !typed.is_empty() && (it.name == typed || it.name.starts_with(&typed)));
            let merged = city.merged.iter().any(|(name, _)| *name == typed);
            match known {
                Some(known) => known.name.clone_into(&mut form.district),
                None if merged => {}
                None => form.district.clear(),
            }
        }
    }
}

impl CheckoutForm {
    /// The fields as they stand, without errors.
    pub(super) fn fields(&self, here: &Here) -> AddressFields {
        let t = here.t();
        let mut fields = if is_chinese(self) {
            self.chinese(here)
        } else {
            AddressFields::elsewhere(t, countries(t))
        };
        if !is_chinese(self) {
            fields.province.is_required = self.country().requires(Field::Province);
            let needs_code = self.country().requires(Field::PostalCode);
            if let Some(code) = &mut fields.postal_code {
                code.is_required = needs_code;
            }
        }
        let values = [
            (&mut fields.paste, &self.paste),
            (&mut fields.country, &self.country),
            (&mut fields.name, &self.name),
            (&mut fields.phone, &self.phone),
            (&mut fields.email, &self.email),
            (&mut fields.province, &self.province),
            (&mut fields.city, &self.city),
            (&mut fields.street, &self.street),
            (&mut fields.note, &self.note),
        ];
        for (field, value) in values {
            field.value.clone_from(value);
        }
        if let Some(district) = &mut fields.district {
            district.value.clone_from(&self.district);
        }
        if let Some(code) = &mut fields.postal_code {
            code.value.clone_from(&self.postal_code);
        }
        fields
    }

    fn chinese(&self, here: &Here) -> AddressFields {
        let t = here.t();
        let label = |chinese: &str, latin: Option<&&str>| match latin {
            Some(latin) => t.pick(chinese.to_owned(), format!("{latin} {chinese}")),
            None => chinese.to_owned(),
        };
        let mainland = provinces().iter().filter(|it| !matches!(it.iso, "TW" | "HK" | "MO"));
        let choices = mainland
            .map(|it| Choice::new(it.name, label(it.name, it.latin_names.first())))
            .collect();
        let mut fields = AddressFields::chinese(t, countries(t), choices);
        let plain = |name: &str| Choice::new(name, name);
        if let Some(province) = province_of(self) {
            let cities = province.cities.iter().map(|city| plain(city.name)).collect();
            fields.city =
                ui::Field::select("city", t.city(), cities).autocomplete("address-level2");
        }
        if let Some(city) = city_of(self) {
            let districts: Vec<Choice> =
                city.districts.iter().map(|district| plain(district.name)).collect();
            fields.district = (!districts.is_empty()).then(|| {
                ui::Field::select("district", t.district(), districts)
                    .autocomplete("address-level3")
            });
        }
        fields
    }
}

/// China first, then by name.
fn countries(t: Words) -> Vec<Choice> {
    let name = |it: Country| t.pick(it.chinese_name(), it.english_name());
    let mut all: Vec<Country> = Country::all().collect();
    all.sort_by_key(|it| (*it != Country::CHINA, name(*it)));
    all.into_iter().map(|it| Choice::new(it.code(), name(it))).collect()
}

/// A problem of the recipient, as the name of a field and what to do about it.
pub(super) fn problem(problem: &FieldProblem, t: Words) -> (&'static str, String) {
    let (name, label) = match problem.field {
        Field::Name => ("name", t.recipient()),
        Field::Phone => ("phone", t.phone()),
        Field::Country => ("country", t.country()),
        Field::Province => ("province", t.province()),
        Field::City => ("city", t.city()),
        Field::District => ("district", t.district()),
        Field::Street => ("street", t.street()),
        Field::PostalCode => ("postal_code", t.postal_code()),
    };
    let words = match (problem.code, &problem.expected) {
        (ProblemCode::Required, _) => t.field_required(label),
        (ProblemCode::TooLong, _) => t.field_too_long(label),
        (ProblemCode::ControlCharacter, _) => t.field_letters(label),
        (_, Expected::Phone) => t.phone_wrong().to_owned(),
        (_, Expected::Pattern(pattern)) => t.field_format(label, pattern),
        (_, Expected::OneOf(names)) if !names.is_empty() => {
            let names: Vec<&str> = names.iter().take(NAMED_MAX).map(String::as_str).collect();
            t.field_one_of(label, names.join(t.pick("、", ", ")))
        }
        _ => t.field_unknown(label),
    };
    (name, words)
}

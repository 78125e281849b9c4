//! Making a SKU and changing it.

use std::collections::BTreeMap;

use axum::extract::{Form, Path};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use ordermill_app::catalog::edit::{self, EditError};
use ordermill_app::once::{Key, Once, OnceError, once};
use ordermill_app::price::{EditByHandError, edit_by_hand};
use ordermill_base::{Currency, Money};
use ordermill_domain::ids::{CategoryId, SkuId};
use ordermill_domain::pricing::TaxClass;
use ordermill_domain::sku::{Handling, HandlingFlag, Sku};
use ordermill_domain::text::Text;
use ordermill_pages::console::Section;
use ordermill_pages::console::catalog::SkuEntered;
use ordermill_pages::console::catalog::sku_form::{self as view, Subject, price_field};
use ordermill_pages::console::form::FormPage;
use ordermill_pages::ui::Toast;
use ordermill_pages::{Page, Words};
use ordermill_storage::{Tx, sku as stored};

use super::sku::{load, trouble_of};
use super::{CHANGE, href_of};
use crate::console::desk::Desk;
use crate::console::pairs::Pairs;
use crate::console::route::Routes;
use crate::console::trouble::Trouble;

/// The heaviest and the longest that carriers of any kind take.
const GRAMS_MAX: u32 = 10_000_000;
const MILLIMETERS_MAX: u32 = 100_000;
const REORDER_MAX: i64 = 1_000_000;

pub(super) fn routes() -> Routes {
    Routes::default()
        .get("/console/catalog/new", CHANGE, new)
        .post("/console/catalog/new", CHANGE, create)
        .get("/console/catalog/skus/{sku}/edit", CHANGE, edit_form)
        .post("/console/catalog/skus/{sku}/edit", CHANGE, change)
}

type Wrong = Vec<(&'static str, String)>;

impl Desk {
    fn sku_page(&self, entered: &SkuEntered, subject: Subject<'_>) -> FormPage {
        let (shell, frame) = (self.shell(), self.frame(Section::Catalog));
        let currency = self.site.services().catalog().shop.currency;
        view::form(shell, frame, entered, self.category_choices(), currency, subject)
    }

    /// The other currencies that the shop sells in, and those that the SKU has a price in.
    fn other_currencies(&self, sku: Option<&Sku>) -> Vec<Currency> {
        let catalog = self.site.services().catalog();
        let is_sold_in = |currency: &Currency| {
            catalog.price_lists.0.contains_key(currency)
                || sku.is_some_and(|sku| sku.prices.contains_key(currency))
        };
        let own = catalog.shop.currency;
        Currency::ALL.into_iter().filter(|it| *it != own && is_sold_in(it)).collect()
    }

    /// A SKU as its form shows it.
    fn shown(&self, sku: &Sku) -> SkuEntered {
        let catalog = self.site.services().catalog();
        let currency = sku.price.currency;
        let amount = |minor: Option<i64>, currency: Currency| {
            minor.map(|minor| Money::new(minor, currency).to_decimal()).unwrap_or_default()
        };
        let [length, width, height] = sku.dimensions_mm.map(|side| side.to_string());
        let substitutes: Vec<&str> = sku
            .substitutes
            .iter()
            .filter_map(|id| catalog.sku(*id))
            .map(|it| it.code.as_str())
            .collect();
        SkuEntered {
            code: sku.code.clone(),
            gtin: sku.gtin.clone().unwrap_or_default(),
            name_zh: sku.name.zh.clone(),
            name_en: sku.name.en.clone(),
            description_zh: sku.description.zh.clone(),
            description_en: sku.description.en.clone(),
            category: catalog.category(sku.category).map(|it| it.code.clone()).unwrap_or_default(),
            family: sku.family.clone(),
            variant_zh: sku.variant.zh.clone(),
            variant_en: sku.variant.en.clone(),
            price: sku.price.to_decimal(),
            list_price: amount(sku.list_price_minor, currency),
            cost: amount(sku.cost_minor, currency),
            prices: self
                .other_currencies(Some(sku))
                .into_iter()
                .map(|it| (it, amount(sku.prices.get(&it).copied(), it)))
                .collect(),
            tax_class: sku.tax_class.code().to_owned(),
            weight_grams: sku.weight_grams.to_string(),
            length_mm: length,
            width_mm: width,
            height_mm: height,
            reorder_point: sku.reorder_point.to_string(),
            shelf_life_days: sku.shelf_life_days.map(|days| days.to_string()).unwrap_or_default(),
            substitutes: substitutes.join(" "),
            flags: HandlingFlag::ALL
                .into_iter()
                .filter(|flag| sku.handling.has(*flag))
                .map(|flag| flag.code().to_owned())
                .collect(),
            is_active: if sku.is_active { "1".to_owned() } else { String::new() },
            reason: String::new(),
        }
    }

    fn entered(&self, pairs: &Pairs, sku: Option<&Sku>) -> SkuEntered {
        let prices = self.other_currencies(sku);
        SkuEntered {
            code: pairs.one("code"),
            gtin: pairs.one("gtin"),
            name_zh: pairs.one("name_zh"),
            name_en: pairs.one("name_en"),
            description_zh: pairs.one("description_zh"),
            description_en: pairs.one("description_en"),
            category: pairs.one("category"),
            family: pairs.one("family"),
            variant_zh: pairs.one("variant_zh"),
            variant_en: pairs.one("variant_en"),
            price: pairs.one("price"),
            list_price: pairs.one("list_price"),
            cost: pairs.one("cost"),
            prices: prices.into_iter().map(|it| (it, pairs.one(price_field(it)))).collect(),
            tax_class: pairs.one("tax_class"),
            weight_grams: pairs.one("weight_grams"),
            length_mm: pairs.one("length_mm"),
            width_mm: pairs.one("width_mm"),
            height_mm: pairs.one("height_mm"),
            reorder_point: pairs.one("reorder_point"),
            shelf_life_days: pairs.one("shelf_life_days"),
            substitutes: pairs.one("substitutes"),
            flags: pairs.all("flags", HandlingFlag::ALL.len()),
            is_active: pairs.one("is_active"),
            reason: pairs.one("reason"),
        }
    }
}

/// What was entered, as fields of a SKU.
struct Wanted {
    category: CategoryId,
    price: Money,
    prices: BTreeMap<Currency, i64>,
    list_price_minor: Option<i64>,
    cost_minor: Option<i64>,
    tax_class: TaxClass,
    weight_grams: u32,
    dimensions_mm: [u32; 3],
    reorder_point: i64,
    shelf_life_days: Option<i64>,
    substitutes: Vec<SkuId>,
    entered: SkuEntered,
}

/// Reads numbers, amounts and codes, and names everything that is wrong at once.
struct Reader<'a> {
    desk: &'a Desk,
    t: Words,
    wrong: Wrong,
}

impl Reader<'_> {
    fn amount(&mut self, name: &'static str, text: &str, currency: Currency) -> i64 {
        let amount = Money::parse(text, currency).ok().filter(|amount| amount.minor >= 0);
        if amount.is_none() {
            self.wrong.push((name, self.t.sku_amount_wrong().to_owned()));
        }
        amount.map_or(0, |amount| amount.minor)
    }

    fn optional(&mut self, name: &'static str, text: &str, currency: Currency) -> Option<i64> {
        (!text.is_empty()).then(|| self.amount(name, text, currency))
    }

    fn whole(&mut self, name: &'static str, text: &str, max: u32) -> u32 {
        let number = text.parse().ok().filter(|number| *number <= max);
        if number.is_none() {
            self.wrong.push((name, self.t.sku_whole_wrong(max)));
        }
        number.unwrap_or(0)
    }

    fn substitutes(&mut self, codes: &str) -> Vec<SkuId> {
        let catalog = self.desk.site.services().catalog();
        let is_between =
            |letter: char| letter.is_whitespace() || matches!(letter, ',' | '，' | '、');
        let codes = codes.split(is_between).filter(|code| !code.is_empty());
        let mut found = Vec::new();
        for code in codes.take(Sku::SUBSTITUTES_MAX + 1) {
            match catalog.by_code(code) {
                Some(sku) => found.push(sku.id),
                None => self.wrong.push(("substitutes", self.t.sku_substitute_unknown(code))),
            }
        }
        found
    }
}

fn read(desk: &Desk, entered: &SkuEntered) -> Result<Wanted, Wrong> {
    let (t, catalog) = (desk.t(), desk.site.services().catalog());
    let currency = catalog.shop.currency;
    let mut reader = Reader { desk, t, wrong: Vec::new() };
    let category = catalog.category_by_code(&entered.category).map(|category| category.id);
    if category.is_none() {
        reader.wrong.push(("category", t.sku_category_wrong().to_owned()));
    }
    let tax_class = TaxClass::from_code(&entered.tax_class);
    if tax_class.is_err() {
        reader.wrong.push(("tax_class", t.sku_tax_class_wrong().to_owned()));
    }
    let price = Money::new(reader.amount("price", &entered.price, currency), currency);
    let mut prices = BTreeMap::new();
    for (other, text) in &entered.prices {
        if let Some(minor) = reader.optional(price_field(*other), text, *other) {
            prices.insert(*other, minor);
        }
    }
    let list_price_minor = reader.optional("list_price", &entered.list_price, currency);
    let cost_minor = reader.optional("cost", &entered.cost, currency);
    let weight_grams = reader.whole("weight_grams", &entered.weight_grams, GRAMS_MAX);
    let dimensions_mm = [
        reader.whole("length_mm", &entered.length_mm, MILLIMETERS_MAX),
        reader.whole("width_mm", &entered.width_mm, MILLIMETERS_MAX),
        reader.whole("height_mm", &entered.height_mm, MILLIMETERS_MAX),
    ];
    let reorder = u32::try_from(REORDER_MAX).unwrap_or(u32::MAX);
    let reorder_point = reader.whole("reorder_point", &entered.reorder_point, reorder).into();
    let shelf_life_days: Option<i64> = match entered.shelf_life_days.as_str() {
        "" => None,
        // What is no number is no number of days either; the check of the SKU says which are.
        text => Some(text.parse().unwrap_or(-1)),
    };
    let long = [
        ("family", &entered.family, 64),
        ("variant_zh", &entered.variant_zh, 300),
        ("variant_en", &entered.variant_en, 300),
        ("description_zh", &entered.description_zh, 8_000),
        ("description_en", &entered.description_en, 8_000),
    ];
    for (name, text, bytes_max) in long {
        if text.len() > bytes_max {
            reader.wrong.push((name, t.sku_text_wrong().to_owned()));
        }
    }
    let substitutes = reader.substitutes(&entered.substitutes);
    match (category, tax_class) {
        (Some(category), Ok(tax_class)) if reader.wrong.is_empty() => Ok(Wanted {
            category,
            price,
            prices,
            list_price_minor,
            cost_minor,
            tax_class,
            weight_grams,
            dimensions_mm,
            reorder_point,
            shelf_life_days,
            substitutes,
            entered: entered.clone(),
        }),
        _ => Err(reader.wrong),
    }
}

impl Wanted {
    fn fill(&self, sku: &mut Sku) {
        let it = &self.entered;
        let has = |flag: HandlingFlag| it.flags.iter().any(|code| code == flag.code());
        sku.code.clone_from(&it.code);
        sku.gtin = Some(it.gtin.clone()).filter(|gtin| !gtin.is_empty());
        sku.name = Text::new(it.name_zh.as_str(), it.name_en.as_str());
        sku.description = Text::new(it.description_zh.as_str(), it.description_en.as_str());
        sku.category = self.category;
        sku.family.clone_from(&it.family);
        sku.variant = Text::new(it.variant_zh.as_str(), it.variant_en.as_str());
        sku.price = self.price;
        sku.prices.clone_from(&self.prices);
        sku.list_price_minor = self.list_price_minor;
        sku.cost_minor = self.cost_minor;
        sku.tax_class = self.tax_class;
        sku.weight_grams = self.weight_grams;
        sku.dimensions_mm = self.dimensions_mm;
        sku.handling = Handling {
            is_fragile: has(HandlingFlag::Fragile),
            is_high_value: has(HandlingFlag::HighValue),
            is_perishable: has(HandlingFlag::Perishable),
            is_hazardous: has(HandlingFlag::Hazardous),
            is_oversized: has(HandlingFlag::Oversized),
        };
        sku.shelf_life_days = self.shelf_life_days;
        sku.is_active = it.is_active == "1";
        sku.reorder_point = self.reorder_point;
        sku.substitutes.clone_from(&self.substitutes);
    }
}

/// What the rules say about a SKU, each at the field of the form; none if it concerns no field.
fn refusals(error: &EditError, t: Words) -> Option<Wrong> {
    let at = |field: &'static str| match field {
        "code" => ("code", t.sku_code_wrong().to_owned()),
        "name" => ("name_zh", t.sku_name_wrong().to_owned()),
        "gtin" => ("gtin", t.sku_gtin_wrong().to_owned()),
        "category" => ("category", t.sku_category_wrong().to_owned()),
        "list_price" => ("list_price", t.sku_list_price_wrong().to_owned()),
        "cost" => ("cost", t.sku_amount_wrong().to_owned()),
        "shelf_life_days" => ("shelf_life_days", t.sku_shelf_life_wrong().to_owned()),
        "substitutes" => ("substitutes", t.sku_substitutes_wrong().to_owned()),
        "reorder_point" => ("reorder_point", t.sku_whole_wrong(REORDER_MAX)),
        // The price itself, or one in another currency.
        _ => ("price", t.sku_amount_wrong().to_owned()),
    };
    match error {
        EditError::Invalid(wrong) => Some(wrong.iter().map(|wrong| at(wrong.field)).collect()),
        EditError::Taken { field: "gtin", .. } => {
            Some(vec![("gtin", t.sku_gtin_taken().to_owned())])
        }
        EditError::Taken { .. } => Some(vec![("code", t.sku_code_taken().to_owned())]),
        EditError::NotFound(_) | EditError::Changed { .. } | EditError::Storage(_) => None,
    }
}

fn refused(desk: &Desk, entered: &SkuEntered, subject: Subject<'_>, wrong: &Wrong) -> Response {
    let page = desk.sku_page(entered, subject).refused(wrong);
    (StatusCode::UNPROCESSABLE_ENTITY, Page(page)).into_response()
}

async fn new(desk: Desk) -> Response {
    let none = || "0".to_owned();
    let entered = SkuEntered {
        prices: desk.other_currencies(None).into_iter().map(|it| (it, String::new())).collect(),
        tax_class: TaxClass::Standard.code().to_owned(),
        weight_grams: none(),
        length_mm: none(),
        width_mm: none(),
        height_mm: none(),
        reorder_point: none(),
        is_active: "1".to_owned(),
        ..SkuEntered::default()
    };
    let key = desk.key();
    Page(desk.sku_page(&entered, Subject::New(&key))).into_response()
}

async fn create(desk: Desk, Form(pairs): Form<Pairs>) -> Result<Response, Trouble> {
    let t = desk.t();
    let text = pairs.one("key");
    let subject = Subject::New(&text);
    let entered = desk.entered(&pairs, None);
    let wanted = match read(&desk, &entered) {
        Ok(wanted) => wanted,
        Err(wrong) => return Ok(refused(&desk, &entered, subject, &wrong)),
    };
    let staff = desk.member.staff().id;
    let (act, key) = (desk.act(), Key::of_form(staff, "sku", &text, pairs.entered().as_bytes()));
    let work = move |tx: &mut Tx<'_>| {
        let made = once(tx, key.as_ref(), act.at, |tx| {
            let id: SkuId = tx.next_id(act.at);
            let mut sku = Sku::new(id, "", Text::default(), wanted.price);
            wanted.fill(&mut sku);
            edit::create_sku(tx, &act, &sku)?;
            Ok::<_, EditError>((id, sku.code))
        })?;
        match made {
            Once::Made(_, code) => Ok(code),
            Once::Before(id) => match stored::fetch(tx, id)? {
                Some(made) => Ok(made.code),
                None => Err(OnceError::Other(EditError::NotFound("SKU"))),
            },
        }
    };
    match desk.site.services().database().write(work).await {
        Ok(code) => {
            desk.site.services().catalog_changed().await;
            Ok(desk.done(&href_of(&code), &Toast::new(t.sku_created(&code))))
        }
        Err(OnceError::KeyReused) => Err(Trouble::Refused(super::HERE.to_owned())),
        Err(OnceError::Other(error)) => match refusals(&error, t) {
            Some(wrong) => Ok(refused(&desk, &entered, subject, &wrong)),
            None => Err(trouble_of(error, super::HERE)),
        },
    }
}

async fn edit_form(desk: Desk, Path(code): Path<String>) -> Result<Response, Trouble> {
    let sku = load(&desk, &code).await?;
    let (href, version) = (href_of(&sku.code), sku.version.unsigned_abs());
    let page = desk.sku_page(&desk.shown(&sku), Subject::Known(&href, version));
    Ok(Page(page).into_response())
}

async fn change(
    desk: Desk,
    Path(code): Path<String>,
    Form(pairs): Form<Pairs>,
) -> Result<Response, Trouble> {
    let t = desk.t();
    let sku = load(&desk, &code).await?;
    let version: i64 = pairs.one("version").parse().map_err(|_| Trouble::NotFound)?;
    let href = href_of(&sku.code);
    let subject = Subject::Known(&href, version.unsigned_abs());
    let entered = desk.entered(&pairs, Some(&sku));
    let wanted = match read(&desk, &entered) {
        Ok(wanted) => wanted,
        Err(wrong) => return Ok(refused(&desk, &entered, subject, &wrong)),
    };
    let principal = desk.member.principal.clone();
    let (act, id) = (desk.act_for(&pairs.one("reason")), sku.id);
    let work = move |tx: &mut Tx<'_>| {
        edit_by_hand(tx, &principal, &act, id, version, |sku| wanted.fill(sku))
    };
    match desk.site.services().database().write(work).await {
        Ok((saved, waiting)) => {
            desk.site.services().catalog_changed().await;
            let text = match waiting {
                None => t.sku_saved(&saved.code),
                Some(_) => t.sku_price_waits(&saved.code),
            };
            Ok(desk.done(&href_of(&saved.code), &Toast::new(text)))
        }
        Err(EditByHandError::Forbidden(forbidden)) => Err(forbidden.into()),
        Err(EditByHandError::AnotherWaits(_)) => {
            let wrong = vec![("price", t.approval_another().to_owned())];
            Ok(refused(&desk, &entered, subject, &wrong))
        }
        Err(EditByHandError::Edit(error)) => match refusals(&error, t) {
            Some(wrong) => Ok(refused(&desk, &entered, subject, &wrong)),
            None => Err(trouble_of(error, &href)),
        },
    }
}

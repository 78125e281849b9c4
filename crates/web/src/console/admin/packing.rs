//! What the shop packs in: the list with what matters beside it, and the form of one material.

use axum::extract::{Form, Path};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use ordermill_app::catalog::settings::read;
use ordermill_app::pack::Materials;
use ordermill_app::pack::edit::{EditError, Flaw, Wrong, edit};
use ordermill_base::{Currency, Money};
use ordermill_domain::package::Material;
use ordermill_domain::text::Text;
use ordermill_pages::console::Section;
use ordermill_pages::console::admin::Part;
use ordermill_pages::console::form::{FormGroup, FormPage, refuse};
use ordermill_pages::console::packing::{
    MaterialEntered, MaterialRow, PackingPage, material_groups,
};
use ordermill_pages::ui::{Action, Effect, Field, FormErrors, Toast};
use ordermill_pages::{Icon, Page, Words};
use ordermill_storage::{Error, Tx};

use super::sourcing::CHANGE;
use crate::console::desk::Desk;
use crate::console::pairs::Pairs;
use crate::console::route::Routes;
use crate::console::trouble::Trouble;

const HERE: &str = "/console/admin/packing";

pub(super) fn routes() -> Routes {
    Routes::default()
        .get("/console/admin/packing", CHANGE, show)
        .post("/console/admin/packing", CHANGE, save)
        .get("/console/admin/packing/new", CHANGE, show_new)
        .post("/console/admin/packing/new", CHANGE, add)
        .get("/console/admin/packing/{code}", CHANGE, show_one)
        .post("/console/admin/packing/{code}", CHANGE, change)
        .post("/console/admin/packing/{code}/remove", CHANGE, remove)
}

type Refused = Vec<(&'static str, String)>;

async fn kept(desk: &Desk) -> Result<(Materials, i64), Trouble> {
    let read = |tx: &mut Tx<'_>| read::<Materials>(tx);
    Ok(desk.site.services().database().read(read).await?)
}

fn currency(desk: &Desk) -> Currency {
    desk.site.services().catalog().shop.currency
}

/// What was entered beside the materials.
struct Beside {
    parcel: String,
    worse: String,
    percent: String,
    grams: String,
    apart: String,
}

impl Beside {
    fn of(materials: &Materials, currency: Currency) -> Self {
        let money = |minor: u32| Money::new(minor.into(), currency).to_decimal();
        let pair = |(a, b): &(String, String)| format!("{a} {b}");
        Self {
            parcel: money(materials.parcel_minor),
            worse: money(materials.not_recyclable_minor),
            percent: materials.weight_tolerance_percent.to_string(),
            grams: materials.weight_tolerance_grams.to_string(),
            apart: materials.apart.iter().map(pair).collect::<Vec<_>>().join("\n"),
        }
    }

    fn group(&self, wrong: &Refused, t: Words) -> (FormGroup, FormErrors) {
        let number =
            |name, label: &str, value: &str| Field::new(name, label).value(value).digits(7);
        let money = |name, label: &str, value: &str| {
            Field::new(name, label).decimal().value(value).max_length(20)
        };
        let mut fields = vec![
            money("parcel", t.packing_parcel(), &self.parcel),
            money("not_recyclable", t.packing_worse(), &self.worse),
            number("percent", t.packing_percent(), &self.percent),
            number("grams", t.packing_grams(), &self.grams).hint(t.packing_grams_hint()),
            Field::new("apart", t.packing_apart())
                .kind("textarea")
                .hint(t.packing_apart_hint())
                .max_length(10_000)
                .value(&self.apart)
                .optional(),
        ];
        let errors =
            if wrong.is_empty() { FormErrors::default() } else { refuse(&mut fields, wrong, t) };
        (FormGroup::new(t.packing_beside(), fields), errors)
    }

    /// The materials with what was entered, or what is wrong with it.
    fn read(&self, desk: &Desk, before: &Materials) -> Result<Materials, Refused> {
        let (t, currency) = (desk.t(), currency(desk));
        let mut wrong = Refused::new();
        let mut materials = before.clone();
        for (name, text, minor) in [
            ("parcel", &self.parcel, &mut materials.parcel_minor),
            ("not_recyclable", &self.worse, &mut materials.not_recyclable_minor),
        ] {
            match amount(text, currency) {
                Some(read) => *minor = read,
                None => wrong.push((name, t.sourcing_amount_wrong().to_owned())),
            }
        }
        for (name, text, number, most) in [
            ("percent", &self.percent, &mut materials.weight_tolerance_percent, 100),
            ("grams", &self.grams, &mut materials.weight_tolerance_grams, 2_000_000),
        ] {
            match text.trim().parse::<u32>() {
                Ok(read) => *number = read,
                Err(_) => wrong.push((name, t.packing_range(0, most))),
            }
        }
        let lines = self.apart.lines().map(str::trim).filter(|line| !line.is_empty());
        let pairs: Option<Vec<(String, String)>> = lines
            .map(|line| {
                let (a, b) = line.split_once(char::is_whitespace)?;
                Some((a.to_owned(), b.trim().to_owned()))
            })
            .collect();
        match pairs {
            Some(pairs) => materials.apart = pairs,
            None => wrong.push(("apart", t.packing_apart_hint().to_owned())),
        }
        if wrong.is_empty() { Ok(materials) } else { Err(wrong) }
    }
}

fn amount(text: &str, currency: Currency) -> Option<u32> {
    let money = Money::parse(text.trim(), currency).ok()?;
    u32::try_from(money.minor).ok()
}

fn page(
    desk: &Desk,
    materials: &Materials,
    beside: &Beside,
    version: i64,
    wrong: &Refused,
) -> PackingPage {
    let t = desk.t();
    let row = |it: &Material| {
        let size = |mm: [u32; 3]| mm.map(|edge| edge.to_string()).join(" × ");
        MaterialRow {
            href: format!("{HERE}/{}", it.code),
            code: it.code.clone(),
            name: t.pick(it.name.zh(), it.name.en()).to_owned(),
            inner: size(it.inner_mm),
            outer: size(it.outer_mm),
            tare_grams: it.tare_grams,
            max_grams: it.max_gross_grams,
            cost: Money::new(it.cost_minor.into(), currency(desk)).to_string(),
            is_recyclable: it.is_recyclable,
        }
    };
    let (group, errors) = beside.group(wrong, t);
    let open = Effect::Open(format!("{HERE}/new"));
    PackingPage {
        shell: desk.shell(),
        frame: desk.frame(Section::Admin),
        parts: desk.parts(Part::Packing),
        add: Action::new(Icon::Plus, t.packing_add(), open),
        rows: materials.materials.iter().map(row).collect(),
        errors,
        group,
        version,
    }
}

async fn show(desk: Desk) -> Result<Response, Trouble> {
    let (materials, version) = kept(&desk).await?;
    let beside = Beside::of(&materials, currency(&desk));
    Ok(Page(page(&desk, &materials, &beside, version, &Refused::new())).into_response())
}

/// Keeps the materials that `make` makes of those that are there, or gives what is wrong.
async fn keep(
    desk: &Desk,
    wanted: Materials,
    version: i64,
) -> Result<Result<(), Vec<Wrong>>, Trouble> {
    let catalog = desk.site.services().catalog();
    let (principal, act) = (desk.member.principal.clone(), desk.act());
    let change = move |tx: &mut Tx<'_>| edit(tx, &catalog, &principal, &act, &wanted, version);
    match desk.site.services().database().write(change).await {
        Ok(_) => {
            desk.site.services().catalog_changed().await;
            Ok(Ok(()))
        }
        Err(EditError::Invalid(wrong)) => Ok(Err(wrong)),
        Err(EditError::Forbidden(forbidden)) => Err(forbidden.into()),
        Err(EditError::Storage(Error::Stale(_))) => Err(Trouble::Stale(HERE.to_owned())),
        Err(EditError::Storage(error)) => Err(error.into()),
    }
}

fn version_of(pairs: &Pairs) -> Result<i64, Trouble> {
    pairs.one("version").parse().map_err(|_| Trouble::NotFound)
}

fn told(wrong: &Wrong, t: Words) -> (&'static str, String) {
    let name = match wrong.field {
        "parcel_minor" => "parcel",
        "not_recyclable_minor" => "not_recyclable",
        "weight_tolerance_percent" => "percent",
        "weight_tolerance_grams" => "grams",
        "cost_minor" => "cost",
        "materials" => "",
        same => same,
    };
    let text = match wrong.flaw {
        Flaw::OutOfRange(least, most) => t.packing_range(least, most),
        Flaw::Text => t.packing_text_wrong().to_owned(),
        Flaw::Taken => t.packing_taken().to_owned(),
        Flaw::InnerLarger => t.packing_inner_larger().to_owned(),
        Flaw::TareHeavier => t.packing_tare_heavier().to_owned(),
        Flaw::Unknown => t.packing_unknown().to_owned(),
        Flaw::TooMany(most) => t.packing_too_many(most),
        Flaw::None => t.packing_none_left().to_owned(),
    };
    (name, text)
}

async fn save(desk: Desk, Form(pairs): Form<Pairs>) -> Result<Response, Trouble> {
    let (version, t) = (version_of(&pairs)?, desk.t());
    let beside = Beside {
        parcel: pairs.one("parcel"),
        worse: pairs.one("not_recyclable"),
        percent: pairs.one("percent"),
        grams: pairs.one("grams"),
        apart: pairs.one("apart"),
    };
    let (materials, _) = kept(&desk).await?;
    let wrong = match beside.read(&desk, &materials) {
        Ok(wanted) => match keep(&desk, wanted, version).await? {
            Ok(()) => return Ok(desk.done(HERE, &Toast::new(t.packing_saved()))),
            Err(wrong) => wrong.iter().map(|wrong| told(wrong, t)).collect(),
        },
        Err(wrong) => wrong,
    };
    let page = page(&desk, &materials, &beside, version, &wrong);
    Ok((StatusCode::UNPROCESSABLE_ENTITY, Page(page)).into_response())
}

fn entered_of(material: &Material, currency: Currency) -> MaterialEntered {
    let [inner_length, inner_width, inner_height] = material.inner_mm.map(|it| it.to_string());
    let [outer_length, outer_width, outer_height] = material.outer_mm.map(|it| it.to_string());
    MaterialEntered {
        code: material.code.clone(),
        name_zh: material.name.zh.clone(),
        name_en: material.name.en.clone(),
        inner_length,
        inner_width,
        inner_height,
        outer_length,
        outer_width,
        outer_height,
        tare_grams: material.tare_grams.to_string(),
        max_gross_grams: material.max_gross_grams.to_string(),
        cost: Money::new(material.cost_minor.into(), currency).to_decimal(),
        recyclable: if material.is_recyclable { "1".to_owned() } else { String::new() },
    }
}

fn entered(pairs: &Pairs) -> MaterialEntered {
    MaterialEntered {
        code: pairs.one("code"),
        name_zh: pairs.one("name_zh"),
        name_en: pairs.one("name_en"),
        inner_length: pairs.one("inner_length"),
        inner_width: pairs.one("inner_width"),
        inner_height: pairs.one("inner_height"),
        outer_length: pairs.one("outer_length"),
        outer_width: pairs.one("outer_width"),
        outer_height: pairs.one("outer_height"),
        tare_grams: pairs.one("tare_grams"),
        max_gross_grams: pairs.one("max_gross_grams"),
        cost: pairs.one("cost"),
        recyclable: pairs.one("recyclable"),
    }
}

fn material(entered: &MaterialEntered, currency: Currency, t: Words) -> Result<Material, Refused> {
    let mut wrong = Refused::new();
    let mut number = |name: &'static str, text: &str| {
        text.trim().parse::<u32>().unwrap_or_else(|_| {
            wrong.push((name, t.sourcing_number_wrong(0, 2_000_000)));
            0
        })
    };
    let inner_mm = [
        number("inner_length", &entered.inner_length),
        number("inner_width", &entered.inner_width),
        number("inner_height", &entered.inner_height),
    ];
    let outer_mm = [
        number("outer_length", &entered.outer_length),
        number("outer_width", &entered.outer_width),
        number("outer_height", &entered.outer_height),
    ];
    let tare_grams = number("tare_grams", &entered.tare_grams);
    let max_gross_grams = number("max_gross_grams", &entered.max_gross_grams);
    let cost = amount(&entered.cost, currency);
    if cost.is_none() {
        wrong.push(("cost", t.sourcing_amount_wrong().to_owned()));
    }
    let (Some(cost_minor), true) = (cost, wrong.is_empty()) else { return Err(wrong) };
    Ok(Material {
        code: entered.code.trim().to_owned(),
        name: Text::new(entered.name_zh.trim(), entered.name_en.trim()),
        inner_mm,
        outer_mm,
        tare_grams,
        max_gross_grams,
        cost_minor,
        is_recyclable: !entered.recyclable.is_empty(),
    })
}

fn form(desk: &Desk, code: Option<&str>, entered: &MaterialEntered, version: i64) -> FormPage {
    let t = desk.t();
    let action = format!("{HERE}/{}", code.unwrap_or("new"));
    let remove = code.map(|_| {
        let values = vec![("version", version.to_string())];
        Action::new(Icon::X, t.packing_remove(), Effect::Post(format!("{action}/remove"), values))
    });
    FormPage {
        shell: desk.shell(),
        frame: desk.frame(Section::Admin),
        title: code.unwrap_or(t.packing_add()).to_owned(),
        lead: String::new(),
        back: (HERE.to_owned(), t.packing_title().to_owned()),
        actions: remove.into_iter().collect(),
        errors: FormErrors::default(),
        values: vec![("version", version.to_string())],
        groups: material_groups(entered, t),
        button: t.settings_save().to_owned(),
        action,
    }
}

async fn show_new(desk: Desk) -> Result<Response, Trouble> {
    let (_, version) = kept(&desk).await?;
    Ok(Page(form(&desk, None, &MaterialEntered::default(), version)).into_response())
}

async fn show_one(desk: Desk, Path(code): Path<String>) -> Result<Response, Trouble> {
    let (materials, version) = kept(&desk).await?;
    let found = materials.by_code(&code).ok_or(Trouble::NotFound)?;
    let entered = entered_of(found, currency(&desk));
    Ok(Page(form(&desk, Some(&code), &entered, version)).into_response())
}

async fn add(desk: Desk, Form(pairs): Form<Pairs>) -> Result<Response, Trouble> {
    put(&desk, None, &pairs).await
}

async fn change(
    desk: Desk,
    Path(code): Path<String>,
    Form(pairs): Form<Pairs>,
) -> Result<Response, Trouble> {
    put(&desk, Some(&code), &pairs).await
}

/// Puts a material in the place of the one with this code, or behind all others.
async fn put(desk: &Desk, code: Option<&str>, pairs: &Pairs) -> Result<Response, Trouble> {
    let (version, t) = (version_of(pairs)?, desk.t());
    let entered = entered(pairs);
    let refused = |wrong: &Refused| {
        let page = form(desk, code, &entered, version).refused(wrong);
        (StatusCode::UNPROCESSABLE_ENTITY, Page(page)).into_response()
    };
    let material = match material(&entered, currency(desk), t) {
        Ok(material) => material,
        Err(wrong) => return Ok(refused(&wrong)),
    };
    let (mut materials, _) = kept(desk).await?;
    let at = match code {
        Some(code) => {
            let found = materials.materials.iter().position(|it| it.code == code);
            let at = found.ok_or(Trouble::NotFound)?;
            materials.materials[at] = material;
            at
        }
        None => {
            materials.materials.push(material);
            materials.materials.len() - 1
        }
    };
    match keep(desk, materials, version).await? {
        Ok(()) => Ok(desk.done(HERE, &Toast::new(t.packing_saved()))),
        Err(wrong) => {
            let of_it = wrong.iter().filter(|it| it.material.is_none_or(|other| other == at));
            Ok(refused(&of_it.map(|wrong| told(wrong, t)).collect()))
        }
    }
}

async fn remove(
    desk: Desk,
    Path(code): Path<String>,
    Form(pairs): Form<Pairs>,
) -> Result<Response, Trouble> {
    let (version, t) = (version_of(&pairs)?, desk.t());
    let (mut materials, _) = kept(&desk).await?;
    let found = materials.by_code(&code).ok_or(Trouble::NotFound)?;
    let entered = entered_of(found, currency(&desk));
    materials.materials.retain(|material| material.code != code);
    match keep(&desk, materials, version).await? {
        Ok(()) => Ok(desk.done(HERE, &Toast::new(t.packing_removed(&code)))),
        Err(wrong) => {
            let wrong: Refused = wrong.iter().map(|wrong| told(wrong, t)).collect();
            let page = form(&desk, Some(&code), &entered, version).refused(&wrong);
            Ok((StatusCode::UNPROCESSABLE_ENTITY, Page(page)).into_response())
        }
    }
}

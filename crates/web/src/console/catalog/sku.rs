//! One SKU: its facts, its picture, how locations sell it.

use axum::extract::{Form, Multipart, Path};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use ordermill_app::approval;
use ordermill_app::catalog::edit::{self, EditError};
use ordermill_app::catalog::image::{StoreImageError, store_image};
use ordermill_app::stock::{StockError, set_stock_policy};
use ordermill_base::{Currency, Money};
use ordermill_domain::role::Permission;
use ordermill_domain::sku::{HandlingFlag, Sku};
use ordermill_domain::stock::{BackorderPolicy, StockLevel};
use ordermill_pages::console::Section;
use ordermill_pages::console::approval::href as approval_href;
use ordermill_pages::console::catalog::sku::{self as view, PlaceRow, PolicyEntered, PolicyForm};
use ordermill_pages::console::catalog::{SkuPage, list, sku_form};
use ordermill_pages::ui::{Action, Effect, FormErrors, Toast, Undo};
use ordermill_pages::{Icon, Page};
use ordermill_storage::{Error, Tx, sku as stored, stock};

use super::{CHANGE, READ, art_of, href_of, name_of, picture_limit};
use crate::console::desk::Desk;
use crate::console::pairs::Pairs;
use crate::console::route::{Needs, Routes};
use crate::console::trouble::Trouble;
use crate::upload::{Upload, UploadError};

const SAFETY_MAX: i64 = 1_000_000;

pub(super) fn routes() -> Routes {
    Routes::default()
        .get("/console/catalog/skus/{sku}", READ, show)
        .post("/console/catalog/skus/{sku}/policy", CHANGE, set_policy)
        .post_with("/console/catalog/skus/{sku}/image", CHANGE, picture_limit(), set_picture)
        .post("/console/catalog/skus/{sku}/{verb}", CHANGE, put_on_or_off)
}

/// What was refused on the page.
#[derive(Default)]
struct Refused {
    policy: Option<(PolicyEntered, Vec<(&'static str, String)>)>,
    picture: Vec<(&'static str, String)>,
}

/// The SKU of a code, as it is stored now.
pub(super) async fn load(desk: &Desk, code: &str) -> Result<Sku, Trouble> {
    let code = code.to_owned();
    let find = move |tx: &mut Tx<'_>| stored::find_by_code(tx, &code);
    desk.site.services().database().read(find).await?.ok_or(Trouble::NotFound)
}

async fn page(desk: &Desk, code: &str, refused: Refused) -> Result<SkuPage, Trouble> {
    let t = desk.t();
    let sku = load(desk, code).await?;
    let id = sku.id;
    let read = move |tx: &mut Tx<'_>| {
        let levels = stock::levels(tx, [id])?;
        Ok::<_, Error>((levels, approval::waiting_for(tx, id)?))
    };
    let (levels, waiting) = desk.site.services().database().snapshot(read).await?;
    let catalog = desk.site.services().catalog();
    let href = href_of(&sku.code);
    let may_change = desk.may_change_catalog();
    let substitutes = sku.substitutes.iter().filter_map(|id| catalog.sku(*id));
    let row = |level: &StockLevel| PlaceRow {
        location: catalog.location(level.location).map(|it| it.code.clone()).unwrap_or_default(),
        available: level.available(),
        on_hand: level.on_hand,
        incoming: level.incoming,
        safety: level.safety_stock,
        backorder: view::backorder(level.backorder, t).to_owned(),
    };
    let (policy, errors) = refused.policy.unwrap_or_default();
    let policy = || PolicyForm::new(desk.place_choices(), &policy, &errors, t);
    let may_enter_stock = Needs::Right(Permission::AdjustStock).check(&desk.member).is_ok();
    Ok(SkuPage {
        shell: desk.shell(),
        frame: desk.frame(Section::Catalog),
        sku: sku.code.clone(),
        name: name_of(&sku, t).to_owned(),
        art: art_of(&sku),
        state: list::sale(sku.is_active, t),
        actions: if may_change { actions(desk, &sku, &href) } else { Vec::new() },
        waiting: waiting.filter(|(_, asked)| asked.is_seen_by(&desk.member.principal)).map(
            |(task, asked)| (desk.title_of_wish(&asked.wish), approval_href(&task.to_string())),
        ),
        facts: desk.facts(&sku),
        descriptions: [
            (t.sku_description_zh(), &sku.description.zh),
            (t.sku_description_en(), &sku.description.en),
        ]
        .into_iter()
        .filter(|(_, text)| !text.is_empty())
        .map(|(name, text)| (name.to_owned(), text.clone()))
        .collect(),
        prices: desk.prices(&sku),
        substitutes: substitutes
            .map(|it| (format!("{} · {}", it.code, name_of(it, t)), href_of(&it.code)))
            .collect(),
        stock: levels.iter().map(row).collect(),
        stock_href: may_enter_stock
            .then(|| format!("/console/stock/{}", super::segment(&sku.code))),
        policy: may_change.then(policy),
        picture: may_change.then(|| FormErrors {
            title: t.form_refused(refused.picture.len() as u64),
            errors: refused.picture,
        }),
        version: sku.version.unsigned_abs(),
        href,
    })
}

fn actions(desk: &Desk, sku: &Sku, href: &str) -> Vec<Action> {
    let t = desk.t();
    let post = |verb: &str| {
        Effect::Post(format!("{href}/{verb}"), vec![("version", sku.version.to_string())])
    };
    let sale = if sku.is_active {
        Action::new(Icon::Pause, t.sku_take_off(), post("off"))
    } else {
        Action::new(Icon::Check, t.sku_put_on(), post("on"))
    };
    let edit = Effect::Open(format!("{href}/edit"));
    vec![sale, Action::new(Icon::Edit, t.sku_edit_button(), edit).primary()]
}

impl Desk {
    /// What a SKU is, in names and values.
    fn facts(&self, sku: &Sku) -> Vec<(String, String)> {
        let t = self.t();
        let catalog = self.site.services().catalog();
        let none = || t.sku_none().to_owned();
        let or_none = |text: &str| if text.is_empty() { none() } else { text.to_owned() };
        let category = catalog.category(sku.category);
        let flags: Vec<&str> = HandlingFlag::ALL
            .into_iter()
            .filter(|flag| sku.handling.has(*flag))
            .map(|flag| list::flag(flag, t))
            .collect();
        let [length, width, height] = sku.dimensions_mm;
        let mut facts = vec![
            (t.sku_name_zh(), or_none(&sku.name.zh)),
            (t.sku_name_en(), or_none(&sku.name.en)),
            (t.sku_gtin(), sku.gtin.clone().unwrap_or_else(none)),
            (
                t.sku_category(),
                category.map_or_else(none, |it| t.pick(it.name.zh(), it.name.en()).to_owned()),
            ),
            (t.sku_family(), or_none(&sku.family)),
            (t.sku_variant_zh(), or_none(&sku.variant.zh)),
            (t.sku_variant_en(), or_none(&sku.variant.en)),
            (t.sku_weight(), sku.weight_grams.to_string()),
            (t.sku_dimensions(), format!("{length} × {width} × {height} mm")),
            (t.sku_flags(), or_none(&flags.join(t.pick("、", ", ")))),
            (t.sku_shelf_life(), sku.shelf_life_days.map_or_else(none, |days| days.to_string())),
            (t.sku_reorder_point(), sku.reorder_point.to_string()),
            (t.sku_tax_class(), sku_form::tax_class(sku.tax_class, t).to_owned()),
        ];
        facts.push((t.sku_updated(), self.shell().moment(&sku.updated_at)));
        facts.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
    }

    /// What it costs. What it costs the shop is for those who set prices.
    fn prices(&self, sku: &Sku) -> Vec<(String, String)> {
        let t = self.t();
        let currency = sku.price.currency;
        let money = |minor: i64, currency: Currency| Money::new(minor, currency).to_string();
        let mut prices = vec![(t.sku_price(currency.code()), sku.price.to_string())];
        if let Some(minor) = sku.list_price_minor {
            prices.push((t.sku_list_price(currency.code()), money(minor, currency)));
        }
        for (other, minor) in &sku.prices {
            prices.push((t.sku_price(other.code()), money(*minor, *other)));
        }
        if let Some(minor) = sku.cost_minor.filter(|_| self.may_change_catalog()) {
            prices.push((t.sku_cost(currency.code()), money(minor, currency)));
        }
        prices
    }
}

async fn show(desk: Desk, Path(code): Path<String>) -> Result<Response, Trouble> {
    Ok(Page(page(&desk, &code, Refused::default()).await?).into_response())
}

async fn put_on_or_off(
    desk: Desk,
    Path((code, verb)): Path<(String, String)>,
    Form(pairs): Form<Pairs>,
) -> Result<Response, Trouble> {
    let is_active = match verb.as_str() {
        "on" => true,
        "off" => false,
        _ => return Err(Trouble::NotFound),
    };
    let t = desk.t();
    let sku = load(&desk, &code).await?;
    // An undo comes without the version: it takes back what was done a moment ago.
    let version: i64 = pairs.one("version").parse().unwrap_or(sku.version);
    let (act, id, href) = (desk.act(), sku.id, href_of(&code));
    let work = move |tx: &mut Tx<'_>| {
        edit::edit_sku(tx, &act, id, version, |sku| sku.is_active = is_active)
    };
    let edited = desk.site.services().database().write(work).await;
    edited.map_err(|error| trouble_of(error, &href))?;
    desk.site.services().catalog_changed().await;
    let (text, back) = match is_active {
        true => (t.sku_on_toast(&code), "off"),
        false => (t.sku_off_toast(&code), "on"),
    };
    let undo =
        Undo { action: format!("{href}/{back}"), values: Vec::new(), label: t.undo().to_owned() };
    Ok(desk.done(&href, &Toast { text, undo: Some(undo) }))
}

/// An edit that did not work and has no field to stand at.
pub(super) fn trouble_of(error: EditError, href: &str) -> Trouble {
    match error {
        EditError::NotFound(_) => Trouble::NotFound,
        EditError::Changed { .. } | EditError::Storage(Error::Stale(_)) => {
            Trouble::Stale(href.to_owned())
        }
        EditError::Invalid(_) | EditError::Taken { .. } => Trouble::Refused(href.to_owned()),
        EditError::Storage(error) => error.into(),
    }
}

async fn set_policy(
    desk: Desk,
    Path(code): Path<String>,
    Form(pairs): Form<Pairs>,
) -> Result<Response, Trouble> {
    let t = desk.t();
    let sku = load(&desk, &code).await?;
    let entered = PolicyEntered {
        location: pairs.one("location"),
        safety_stock: pairs.one("safety_stock"),
        backorder: pairs.one("backorder"),
    };
    let catalog = desk.site.services().catalog();
    let at = catalog.location_by_code(&entered.location).map(|location| location.id);
    let safety: Option<i64> = entered.safety_stock.parse().ok();
    let safety = safety.filter(|pieces| (0..=SAFETY_MAX).contains(pieces));
    let backorder = BackorderPolicy::from_code(&entered.backorder).ok();
    let (Some(at), Some(safety), Some(backorder)) = (at, safety, backorder) else {
        let wrong = [
            ("location", at.is_none(), t.stock_choose_location()),
            ("safety_stock", safety.is_none(), t.sku_safety_wrong()),
            ("backorder", backorder.is_none(), t.settings_choose()),
        ];
        let errors = wrong
            .into_iter()
            .filter(|(_, is_wrong, _)| *is_wrong)
            .map(|(name, _, text)| (name, text.to_owned()))
            .collect();
        let refused = Refused { policy: Some((entered, errors)), ..Refused::default() };
        let page = page(&desk, &code, refused).await?;
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, Page(page)).into_response());
    };
    let (act, id, href) = (desk.act(), sku.id, href_of(&code));
    let work = move |tx: &mut Tx<'_>| set_stock_policy(tx, &act, id, at, safety, backorder);
    match desk.site.services().database().write(work).await {
        Ok(()) => Ok(desk.done(&href, &Toast::new(t.sku_policy_saved()))),
        Err(StockError::Storage(error)) => Err(error.into()),
        Err(_) => Err(Trouble::Refused(href)),
    }
}

async fn set_picture(
    desk: Desk,
    Path(code): Path<String>,
    form: Multipart,
) -> Result<Response, Trouble> {
    let t = desk.t();
    let refused = async |text: &str| {
        let picture = vec![("picture", text.to_owned())];
        let page = page(&desk, &code, Refused { picture, ..Refused::default() }).await?;
        Ok((StatusCode::UNPROCESSABLE_ENTITY, Page(page)).into_response())
    };
    let upload = match Upload::read(form).await {
        Ok(upload) => upload,
        Err(UploadError::TooLarge | UploadError::Unreadable) => {
            return refused(t.sku_picture_wrong()).await;
        }
    };
    if upload.bytes.is_empty() {
        return refused(t.sku_picture_missing()).await;
    }
    let sku = load(&desk, &code).await?;
    let version: i64 = upload.field("version").parse().map_err(|_| Trouble::NotFound)?;
    let (act, id, href) = (desk.act(), sku.id, href_of(&code));
    let work = move |tx: &mut Tx<'_>| {
        let name = store_image(tx, &upload.bytes, act.at)?;
        let edited = edit::edit_sku(tx, &act, id, version, |sku| sku.art = Some(name));
        edited.map(drop).map_err(SetPictureError::Edit)
    };
    match desk.site.services().database().write(work).await {
        Ok(()) => {
            desk.site.services().catalog_changed().await;
            Ok(desk.done(&href, &Toast::new(t.sku_picture_saved())))
        }
        Err(SetPictureError::Image(StoreImageError::Refused(_))) => {
            refused(t.sku_picture_wrong()).await
        }
        Err(SetPictureError::Image(StoreImageError::Storage(error))) => Err(error.into()),
        Err(SetPictureError::Edit(error)) => Err(trouble_of(error, &href)),
    }
}

/// Why a SKU has no new picture.
enum SetPictureError {
    Image(StoreImageError),
    Edit(EditError),
}

impl From<StoreImageError> for SetPictureError {
    fn from(error: StoreImageError) -> Self {
        Self::Image(error)
    }
}

impl From<Error> for SetPictureError {
    fn from(error: Error) -> Self {
        Self::Edit(error.into())
    }
}

//! Categories: the list, and the form of one.

use axum::extract::{Form, Path};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use ordermill_app::catalog::Category;
use ordermill_app::catalog::edit::{self, EditError};
use ordermill_app::once::{Key, OnceError, once};
use ordermill_domain::ids::CategoryId;
use ordermill_domain::text::Text;
use ordermill_pages::console::Section;
use ordermill_pages::console::catalog::categories::{
    self as view, CategoriesPage, CategoryEntered, CategoryRow,
};
use ordermill_pages::console::catalog::sku_form::Subject;
use ordermill_pages::console::catalog::{Part, parts};
use ordermill_pages::console::form::FormPage;
use ordermill_pages::ui::Toast;
use ordermill_pages::{Page, Words};
use ordermill_storage::{Tx, category as stored};

use super::sku::trouble_of;
use super::{CHANGE, READ, segment};
use crate::console::desk::Desk;
use crate::console::pairs::Pairs;
use crate::console::route::Routes;
use crate::console::sign_in::encoded;
use crate::console::trouble::Trouble;

const LIST: &str = "/console/catalog/categories";
const POSITION_MAX: i64 = 999_999;

pub(super) fn routes() -> Routes {
    Routes::default()
        .get("/console/catalog/categories", READ, list)
        .get("/console/catalog/categories/new", CHANGE, new)
        .post("/console/catalog/categories/new", CHANGE, create)
        .get("/console/catalog/categories/of/{category}", CHANGE, edit_form)
        .post("/console/catalog/categories/of/{category}", CHANGE, change)
}

fn href_of(code: &str) -> String {
    format!("{LIST}/of/{}", segment(code))
}

async fn list(desk: Desk) -> Response {
    let t = desk.t();
    let catalog = desk.site.services().catalog();
    let goods = |id: CategoryId| catalog.skus().iter().filter(|sku| sku.category == id).count();
    let rows = catalog.categories().iter().map(|category| CategoryRow {
        href: href_of(&category.code),
        goods_href: format!("{}?category={}", super::HERE, encoded(&category.code)),
        name: t.pick(category.name.zh(), category.name.en()).to_owned(),
        code: category.code.clone(),
        slug: category.slug.clone(),
        position: category.position,
        goods: goods(category.id) as u64,
    });
    Page(CategoriesPage {
        shell: desk.shell(),
        frame: desk.frame(Section::Catalog),
        parts: parts(Part::Categories, t),
        rows: rows.collect(),
        can_change: desk.may_change_catalog(),
    })
    .into_response()
}

fn entered(pairs: &Pairs) -> CategoryEntered {
    CategoryEntered {
        code: pairs.one("code"),
        slug: pairs.one("slug"),
        name_zh: pairs.one("name_zh"),
        name_en: pairs.one("name_en"),
        about_zh: pairs.one("about_zh"),
        about_en: pairs.one("about_en"),
        position: pairs.one("position"),
    }
}

type Wrong = Vec<(&'static str, String)>;

/// What was entered, as a category without an id.
fn read(entered: &CategoryEntered, t: Words) -> Result<Category, Wrong> {
    let mut wrong = Vec::new();
    let position: Option<i64> = entered.position.parse().ok();
    let position = position.filter(|place| (0..=POSITION_MAX).contains(place));
    if position.is_none() {
        wrong.push(("position", t.sku_whole_wrong(POSITION_MAX)));
    }
    let is_letter = |it: char| it.is_ascii_lowercase() || it.is_ascii_digit() || it == '-';
    if entered.slug.len() > 64 || !entered.slug.chars().all(is_letter) {
        wrong.push(("slug", t.category_slug_wrong().to_owned()));
    }
    for (name, text) in [("about_zh", &entered.about_zh), ("about_en", &entered.about_en)] {
        if text.len() > 2_000 {
            wrong.push((name, t.sku_text_wrong().to_owned()));
        }
    }
    match position {
        Some(position) if wrong.is_empty() => Ok(Category {
            id: ordermill_base::Id::from_raw(0),
            code: entered.code.clone(),
            slug: entered.slug.clone(),
            name: Text::new(entered.name_zh.as_str(), entered.name_en.as_str()),
            about: Text::new(entered.about_zh.as_str(), entered.about_en.as_str()),
            position,
            version: 1,
        }),
        _ => Err(wrong),
    }
}

fn refusals(error: &EditError, t: Words) -> Option<Wrong> {
    match error {
        EditError::Invalid(wrong) => Some(
            wrong
                .iter()
                .map(|wrong| match wrong.field {
                    "name" => ("name_zh", t.sku_name_wrong().to_owned()),
                    _ => ("code", t.sku_code_wrong().to_owned()),
                })
                .collect(),
        ),
        EditError::Taken { .. } => Some(vec![("code", t.category_code_taken().to_owned())]),
        EditError::NotFound(_) | EditError::Changed { .. } | EditError::Storage(_) => None,
    }
}

impl Desk {
    fn category_page(&self, entered: &CategoryEntered, subject: Subject<'_>) -> FormPage {
        view::form(self.shell(), self.frame(Section::Catalog), entered, subject)
    }
}

fn refused(
    desk: &Desk,
    entered: &CategoryEntered,
    subject: Subject<'_>,
    wrong: &Wrong,
) -> Response {
    let page = desk.category_page(entered, subject).refused(wrong);
    (StatusCode::UNPROCESSABLE_ENTITY, Page(page)).into_response()
}

async fn new(desk: Desk) -> Response {
    let last = desk.site.services().catalog().categories().last().map_or(0, |it| it.position);
    let entered =
        CategoryEntered { position: (last + 1).to_string(), ..CategoryEntered::default() };
    let key = desk.key();
    Page(desk.category_page(&entered, Subject::New(&key))).into_response()
}

async fn create(desk: Desk, Form(pairs): Form<Pairs>) -> Result<Response, Trouble> {
    let (t, entered, text) = (desk.t(), entered(&pairs), pairs.one("key"));
    let wanted = match read(&entered, t) {
        Ok(wanted) => wanted,
        Err(wrong) => return Ok(refused(&desk, &entered, Subject::New(&text), &wrong)),
    };
    let (act, staff) = (desk.act(), desk.member.staff().id);
    let key = Key::of_form(staff, "category", &text, pairs.entered().as_bytes());
    let work = move |tx: &mut Tx<'_>| {
        once(tx, key.as_ref(), act.at, |tx| {
            let id: CategoryId = tx.next_id(act.at);
            edit::create_category(tx, &act, &Category { id, ..wanted.clone() })?;
            Ok::<_, EditError>((id, ()))
        })
    };
    match desk.site.services().database().write(work).await {
        Ok(_) => {
            desk.site.services().catalog_changed().await;
            Ok(desk.done(LIST, &Toast::new(t.category_saved(&entered.code))))
        }
        Err(OnceError::KeyReused) => Err(Trouble::Refused(LIST.to_owned())),
        Err(OnceError::Other(error)) => match refusals(&error, t) {
            Some(wrong) => Ok(refused(&desk, &entered, Subject::New(&text), &wrong)),
            None => Err(trouble_of(error, LIST)),
        },
    }
}

async fn load(desk: &Desk, code: String) -> Result<Category, Trouble> {
    let find = move |tx: &mut Tx<'_>| stored::find_by_code(tx, &code);
    desk.site.services().database().read(find).await?.ok_or(Trouble::NotFound)
}

async fn edit_form(desk: Desk, Path(code): Path<String>) -> Result<Response, Trouble> {
    let category = load(&desk, code).await?;
    let entered = CategoryEntered {
        code: category.code.clone(),
        slug: category.slug.clone(),
        name_zh: category.name.zh.clone(),
        name_en: category.name.en.clone(),
        about_zh: category.about.zh.clone(),
        about_en: category.about.en.clone(),
        position: category.position.to_string(),
    };
    let href = href_of(&category.code);
    let subject = Subject::Known(&href, category.version.unsigned_abs());
    Ok(Page(desk.category_page(&entered, subject)).into_response())
}

async fn change(
    desk: Desk,
    Path(code): Path<String>,
    Form(pairs): Form<Pairs>,
) -> Result<Response, Trouble> {
    let (t, entered, href) = (desk.t(), entered(&pairs), href_of(&code));
    let version: i64 = pairs.one("version").parse().map_err(|_| Trouble::NotFound)?;
    let id = load(&desk, code).await?.id;
    let subject = Subject::Known(&href, version.unsigned_abs());
    let wanted = match read(&entered, t) {
        Ok(wanted) => wanted,
        Err(wrong) => return Ok(refused(&desk, &entered, subject, &wrong)),
    };
    let act = desk.act();
    let work = move |tx: &mut Tx<'_>| {
        edit::edit_category(tx, &act, id, version, |category| {
            *category = Category { version, ..wanted.clone() };
        })
    };
    match desk.site.services().database().write(work).await {
        Ok(saved) => {
            desk.site.services().catalog_changed().await;
            Ok(desk.done(LIST, &Toast::new(t.category_saved(&saved.code))))
        }
        Err(error) => match refusals(&error, t) {
            Some(wrong) => Ok(refused(&desk, &entered, subject, &wrong)),
            None => Err(trouble_of(error, LIST)),
        },
    }
}

//! The list of SKUs: search, filters, pages by code.

use std::collections::HashMap;

use axum::extract::Query;
use axum::response::{IntoResponse, Response};
use ordermill_domain::ids::SkuId;
use ordermill_domain::sku::{HandlingFlag, Sku};
use ordermill_pages::console::Section;
use ordermill_pages::console::catalog::{CatalogPage, Part as CatalogPart, SkuRow, list, parts};
use ordermill_pages::ui::{Pager, View, Views};
use ordermill_pages::{Page, Part};
use ordermill_storage::sku::{self, Search};
use ordermill_storage::{Error, Tx, stock};
use serde::Deserialize;

use super::{HERE, READ, art_of, href_of, name_of};
use crate::console::desk::Desk;
use crate::console::route::Routes;
use crate::console::sign_in::encoded;
use crate::console::trouble::Trouble;

/// SKUs on one page.
const ROWS: usize = 50;

pub(super) fn routes() -> Routes {
    Routes::default().get("/console/catalog", READ, show)
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
struct Asked {
    view: String,
    q: String,
    category: String,
    flag: String,
    cursor: String,
}

impl Asked {
    fn href(&self, view: &str, cursor: &str) -> String {
        let view = if view == "all" { "" } else { view };
        let parts = [
            ("view", view),
            ("q", self.q.trim()),
            ("category", &self.category),
            ("flag", &self.flag),
            ("cursor", cursor),
        ];
        let parts: Vec<String> = parts
            .into_iter()
            .filter(|(_, value)| !value.is_empty())
            .map(|(name, value)| format!("{name}={}", encoded(value)))
            .collect();
        if parts.is_empty() { HERE.to_owned() } else { format!("{HERE}?{}", parts.join("&")) }
    }
}

const VIEWS: [&str; 3] = ["all", "active", "inactive"];

async fn show(desk: Desk, Query(asked): Query<Asked>) -> Result<Response, Trouble> {
    let t = desk.t();
    let catalog = desk.site.services().catalog();
    let current = VIEWS.into_iter().find(|view| *view == asked.view).unwrap_or("all");
    let flag: Option<HandlingFlag> = asked.flag.parse().ok();
    let search = Search {
        text: asked.q.clone(),
        category: catalog.category_by_code(&asked.category).map(|category| category.id),
        is_active: (current != "all").then_some(current == "active"),
        flag,
    };
    let after = asked.cursor.clone();
    let load = move |tx: &mut Tx<'_>| {
        let limit = i64::try_from(ROWS + 1).unwrap_or(i64::MAX);
        let mut found = sku::search(tx, &search, &after, limit)?;
        let has_more = found.len() > ROWS;
        found.truncate(ROWS);
        let mut available: HashMap<SkuId, i64> = HashMap::new();
        for level in stock::levels(tx, found.iter().map(|sku| sku.id))? {
            *available.entry(level.sku).or_default() += level.available();
        }
        Ok::<_, Error>((found, has_more, available))
    };
    let (found, has_more, available) = desk.site.services().database().snapshot(load).await?;
    let row = |sku: &Sku| {
        let flags: Vec<&str> = HandlingFlag::ALL
            .into_iter()
            .filter(|flag| sku.handling.has(*flag))
            .map(|flag| list::flag(flag, t))
            .collect();
        let category = catalog.category(sku.category);
        SkuRow {
            sku: sku.code.clone(),
            href: href_of(&sku.code),
            art: art_of(sku),
            name: name_of(sku, t).to_owned(),
            category: category
                .map(|it| t.pick(it.name.zh(), it.name.en()).to_owned())
                .unwrap_or_default(),
            flags: flags.join(t.pick("、", ", ")),
            price: sku.price,
            available: available.get(&sku.id).copied().unwrap_or(0),
            state: list::sale(sku.is_active, t),
        }
    };
    let is_filtered =
        !asked.q.trim().is_empty() || !asked.category.is_empty() || !asked.flag.is_empty();
    let plain = Asked::default().href(current, "");
    let view = |key| View::new(key, list::view_name(key, t), asked.href(key, ""));
    let categories = desk.category_choices();
    let page = CatalogPage {
        shell: desk.shell(),
        frame: desk.frame(Section::Catalog),
        parts: parts(CatalogPart::Skus, t),
        views: Views::of_list(t, "list", current, VIEWS.map(view).into()),
        filters: list::filters(
            current,
            asked.q.trim(),
            (&asked.category, categories),
            flag.map_or("", HandlingFlag::code),
            is_filtered.then(|| plain.clone()),
            t,
        ),
        empty: list::empty(is_filtered || current != "all", HERE, t),
        pager: Pager {
            t,
            summary: t.catalog_count(catalog.skus().len() as u64),
            first: (!asked.cursor.is_empty()).then(|| asked.href(current, "")),
            next: found.last().filter(|_| has_more).map(|last| asked.href(current, &last.code)),
            region: "list",
        },
        rows: found.iter().map(row).collect(),
        can_change: desk.may_change_catalog(),
    };
    Ok(match desk.visit.part {
        Part::Page => Page(page).into_response(),
        Part::Fragment => Page(page.as_list()).into_response(),
    })
}

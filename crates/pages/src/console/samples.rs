//! The pages of the console with sample data.

mod admin;
mod dashboard;
mod goods;
mod order;
mod orders;
mod tasks;
mod work;

use ordermill_domain::hand_work::Kind;

use crate::console::account::AccountPage;
use crate::console::api_keys::ApiKeysPage;
use crate::console::approval::ApprovalPage;
use crate::console::audit::AuditPage;
use crate::console::bench::{BenchPage, BenchWorkPage};
use crate::console::bulk::{self, BulkPage, BulksPage};
use crate::console::catalog::categories::CategoriesPage;
use crate::console::catalog::files::{FilesPage, ReportPage};
use crate::console::catalog::layout::LayoutPage;
use crate::console::catalog::locations::{LocationPage, LocationsPage};
use crate::console::catalog::{CatalogPage, SkuPage, sku_form};
use crate::console::coupons::{self, CouponsPage};
use crate::console::dashboard::DashboardPage;
use crate::console::disputes::{DisputePage, DisputesPage};
use crate::console::gift_cards::GiftCardsPage;
use crate::console::gift_rules::{self, GiftRulesPage};
use crate::console::label::LabelPaper;
use crate::console::logistics::{
    CarriersPage, LogisticsPage, ManifestPage, ManifestsPage, ShipmentPage,
};
use crate::console::order::OrderPage;
use crate::console::orders::OrdersPage;
use crate::console::packing::PackingPage;
use crate::console::paper::{GoodsPaper, HandOverPaper};
use crate::console::points::PointsPage;
use crate::console::review::ReviewPage;
use crate::console::rules::{RulePage, RulesPage};
use crate::console::settings::SettingsPage;
use crate::console::sign_in::SignInPage;
use crate::console::staff::{self, RolesPage, StaffPage, Subject};
use crate::console::stock::{StockItemPage, StockPage};
use crate::console::tasks::TasksPage;
use crate::console::trouble::{Trouble, TroublePage};
use crate::console::warehouse::{ListPaper, WarehousePage, WavePage};
use crate::console::watchlist::WatchlistPage;
use crate::console::webhooks::{self, WebhookPage, WebhooksPage};
use crate::console::work::WorkPage;
use crate::pda::hand::{HandPage, href as hand_href};
use crate::pda::home::HomePage;
use crate::pda::pick::PickPage;
use crate::samples::{Sample, sample};
use crate::words::Language;

/// Every page of the console in its states, in one language.
pub(crate) fn pages(language: Language) -> Vec<Sample> {
    let forbidden = Trouble::Forbidden { granted_to: "财务 Finance".into() };
    let refused = [("value", language_text(language).to_owned())];
    let known = Subject::Known { id: "stf_2", version: 3, is_active: true, has_totp: true };
    let gift_rule = gift_rules::form::sample_form(language, gift_rules::form::Subject::New);
    let coupon = coupons::form::sample_form(language, coupons::form::Subject::New("01JD3M9Z"));
    vec![
        sample("/console/sign-in", SignInPage::sample(language)),
        sample("/console/sign-in?state=wrong", SignInPage::sample_wrong(language)),
        sample("/console/sign-in/code", SignInPage::sample_code(language)),
        sample("/console/account", AccountPage::sample(language)),
        sample("/console/account/totp", AccountPage::sample_enrolling(language)),
        sample("/console/dashboard", DashboardPage::sample(language)),
        sample("/console/work", WorkPage::sample(language)),
        sample("/console/tasks", TasksPage::sample(language)),
        sample("/console/approvals/tsk_1", ApprovalPage::sample(language)),
        sample("/console/tasks?desk=warehouse", TasksPage::sample_empty(language)),
        sample("/console/logistics", LogisticsPage::sample(language)),
        sample("/console/logistics/shipments/shp_1", ShipmentPage::sample(language)),
        sample("/console/logistics/manifests", ManifestsPage::sample(language)),
        sample("/console/logistics/manifests/mnf_1", ManifestPage::sample(language)),
        sample("/console/logistics/carriers", CarriersPage::sample(language)),
        sample("/console/disputes", DisputesPage::sample(language)),
        sample("/console/disputes/dsp_1", DisputePage::sample(language)),
        sample("/console/disputes/dsp_1?state=submitted", DisputePage::sample_submitted(language)),
        sample("/console/orders", OrdersPage::sample(language)),
        sample("/console/orders?q=nothing", OrdersPage::sample_no_match(language)),
        sample("/console/orders?state=skipped", OrdersPage::sample_skipped(language)),
        sample("/console/orders/bulk?ask=all", bulk::sample_ask(language)),
        sample("/console/orders/bulk", BulksPage::sample(language)),
        sample("/console/orders/bulk/blk_1", BulkPage::sample(language)),
        sample("/console/orders/bulk/blk_1?state=stopped", BulkPage::sample_stopped(language)),
        sample("/console/orders/261122-0K3M-Z0Q4-7XC", OrderPage::sample(language)),
        sample(
            "/console/orders/261122-0K3M-Z0Q4-7XC?ask=cancel",
            OrderPage::sample_asking(language),
        ),
        sample("/console/orders/261122-0K3M-Z0Q4-7XC/reveal", OrderPage::sample_revealed(language)),
        sample("/console/orders/261122-0K5T-M2H8-3WR", OrderPage::sample_unpaid(language)),
        sample("/console/stock", StockPage::sample(language)),
        sample("/console/stock/CUP-CEL-2", StockItemPage::sample(language)),
        sample("/console/catalog", CatalogPage::sample(language)),
        sample("/console/catalog/skus/CUP-CEL-2", SkuPage::sample(language)),
        sample("/console/catalog/skus/CUP-CEL-2/edit", sku_form::sample_form(language)),
        sample("/console/catalog/categories", CategoriesPage::sample(language)),
        sample("/console/wh", WarehousePage::sample(language)),
        sample("/console/wh/bench", BenchPage::sample(language)),
        sample("/console/wh/bench/ful_01k2ey4xh0000", BenchWorkPage::sample(language)),
        sample("/console/wh/bench/ful_01k2ey4xh0001", BenchWorkPage::sample_to_pack(language)),
        sample("/console/wh/packages/pkg_01k2ey4xh0000/label", LabelPaper::sample(language)),
        sample("/console/admin/packing", PackingPage::sample(language)),
        sample("/console/wh/fulfillments/ful_01k2ey4xh0000/note", GoodsPaper::sample(language)),
        sample(
            "/console/logistics/manifests/mnf_01k2ey4xh0000/paper",
            HandOverPaper::sample(language),
        ),
        sample("/console/wh/waves/wav_01k2ey4xh0000", WavePage::sample(language)),
        sample("/console/wh/lists/pkl_01k2ey4xh0000/print", ListPaper::sample(language)),
        sample("/pda", HomePage::sample(language)),
        sample("/pda/lists/pkl_01k2ey4xh0000", PickPage::sample(language)),
        sample(hand_href(Kind::Receive), HandPage::sample(language, Kind::Receive)),
        sample(hand_href(Kind::PutAway), HandPage::sample(language, Kind::PutAway)),
        sample(hand_href(Kind::Count), HandPage::sample(language, Kind::Count)),
        sample(hand_href(Kind::Transfer), HandPage::sample(language, Kind::Transfer)),
        sample("/console/catalog/locations", LocationsPage::sample(language)),
        sample("/console/catalog/locations/of/HZ-1", LocationPage::sample(language)),
        sample("/console/catalog/locations/of/HZ-1/layout", LayoutPage::sample(language)),
        sample("/console/catalog/files", FilesPage::sample(language)),
        sample("/console/catalog/files/imp_1", ReportPage::sample(language)),
        sample("/console/promotions/gift-cards", GiftCardsPage::sample(language)),
        sample("/console/promotions/points", PointsPage::sample(language)),
        sample("/console/promotions", CouponsPage::sample(language)),
        sample("/console/promotions/new", coupon.refused(&refused)),
        sample("/console/promotions/gifts", GiftRulesPage::sample(language)),
        sample("/console/promotions/gifts/new", gift_rule),
        sample("/console/admin", SettingsPage::sample(language)),
        sample("/console/admin/staff", StaffPage::sample(language)),
        sample(
            "/console/admin/staff/new",
            staff::sample_form(language, Subject::New { key: "01JD3M9Z" }),
        ),
        sample("/console/admin/staff/stf_2", staff::sample_form(language, known)),
        sample("/console/admin/roles", RolesPage::sample(language)),
        sample("/console/admin/keys", ApiKeysPage::sample(language)),
        sample("/console/admin/keys?state=fresh", ApiKeysPage::sample_fresh(language)),
        sample("/console/admin/keys?revoke=key_1", ApiKeysPage::sample_revoking(language)),
        sample("/console/desk/review/261122-0K3M-Z0Q4-7XC", ReviewPage::sample(language)),
        sample("/console/admin/rules", RulesPage::sample(language)),
        sample("/console/admin/rules/rul_5", RulePage::sample(language)),
        sample("/console/admin/watchlist", WatchlistPage::sample(language)),
        sample("/console/admin/webhooks", WebhooksPage::sample(language)),
        sample("/console/admin/webhooks/new", webhooks::sample_form(language)),
        sample("/console/admin/webhooks/whk_1", WebhookPage::sample(language)),
        sample("/console/admin/audit", AuditPage::sample(language)),
        sample("/console/missing", TroublePage::sample(language, Trouble::NotFound)),
        sample("/console/forbidden", TroublePage::sample(language, forbidden)),
        sample("/console/broken", TroublePage::sample(language, Trouble::Broken)),
    ]
}

fn language_text(language: Language) -> &'static str {
    match language {
        Language::Zh => "百分比不能超过 100",
        Language::En => "A percentage is at most 100",
    }
}

//! What would it cost: a form that answers below itself.

use axum::extract::Query;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use jiff::civil::Date;
use ordermill_app::carrier::choose::{Chosen, Place, ReadyParcel};
use ordermill_app::carrier::compare::{Imagined, compare};
use ordermill_base::{Currency, Money};
use ordermill_domain::carrier::ServiceKind;
use ordermill_domain::carrier::choice::{Offer, Verdict};
use ordermill_domain::sku::{Handling, HandlingFlag};
use ordermill_pages::console::Section;
use ordermill_pages::console::carrier::compare::{
    Answer, CompareEntered, ComparePage, OfferRow, compare_fields,
};
use ordermill_pages::console::carrier::{Wrong, refuses};
use ordermill_pages::states::shipment as words;
use ordermill_pages::ui::Choice;
use ordermill_pages::{Page, Shell, Words};
use ordermill_storage::{Error, Tx, carrier};

use super::super::{Names, names};
use crate::console::desk::Desk;
use crate::console::pairs::Pairs;
use crate::console::trouble::Trouble;

pub(super) async fn show(desk: Desk, Query(pairs): Query<Pairs>) -> Result<Response, Trouble> {
    let (t, services) = (desk.t(), desk.site.services());
    let catalog = services.catalog();
    let currency = catalog.shop.currency;
    let entered = CompareEntered {
        location: pairs.one("location"),
        division: pairs.one("division"),
        weight_grams: pairs.one("weight_grams"),
        sides_mm: pairs.one("sides_mm"),
        value: pairs.one("value"),
        wish: pairs.one("wish"),
        promised_by_on: pairs.one("promised_by_on"),
        handling: pairs.all("handling", HandlingFlag::ALL.len()),
    };
    let location = |it: &std::sync::Arc<ordermill_domain::location::Location>| {
        Choice::new(
            it.code.clone(),
            format!("{} · {}", it.code, t.pick(it.name.zh(), it.name.en())),
        )
    };
    let locations: Vec<Choice> = catalog.locations().iter().map(location).collect();
    let shell = desk.shell();
    let page = |wrong: Vec<Wrong>, answer| ComparePage {
        shell: shell.clone(),
        frame: desk.frame(Section::Logistics),
        fields: compare_fields(&entered, locations.clone(), currency.code(), &wrong, t),
        handling: refuses(&entered.handling, "handling", t.compare_handling(), t),
        errors: wrong,
        answer,
    };
    if !pairs.has("ask") {
        return Ok(Page(page(Vec::new(), None)).into_response());
    }
    let from = catalog.location_by_code(&entered.location).map(|it| it.id);
    let imagined = match read(&entered, currency, t) {
        Ok((to, parcel)) => Imagined { from: from.ok_or(Trouble::NotFound)?, to, parcel },
        Err(wrong) => {
            return Ok((StatusCode::UNPROCESSABLE_ENTITY, Page(page(wrong, None))).into_response());
        }
    };
    let (known, now) = (services.carriers().known().await?, desk.now());
    let load = move |tx: &mut Tx<'_>| {
        Ok::<_, Error>((compare(tx, &imagined, &known, now)?, carrier::names(tx)?))
    };
    let (chosen, carriers) = services.database().snapshot(load).await?;
    let chosen = chosen.ok_or(Trouble::NotFound)?;
    let answer = answer(&chosen, &names(&carriers, t), currency, &shell, t);
    Ok(Page(page(Vec::new(), Some(answer))).into_response())
}

fn read(
    entered: &CompareEntered,
    currency: Currency,
    t: Words,
) -> Result<(Place, ReadyParcel), Vec<Wrong>> {
    let mut wrong: Vec<Wrong> = Vec::new();
    let mut must = |is_right: bool, field: &str, why: &str| {
        if !is_right {
            wrong.push((field.to_owned(), why.to_owned()));
        }
    };
    let division: Option<u32> = entered.division.parse().ok();
    let division = division.filter(|code| (110_000..830_000).contains(code));
    must(division.is_some(), "division", t.compare_wrong_division());
    let weight: Option<u32> = entered.weight_grams.parse().ok();
    let weight = weight.filter(|grams| (1..=10_000_000).contains(grams));
    must(weight.is_some(), "weight_grams", t.carrier_wrong_number());
    let sides = entered.sides_mm.split([' ', 'x', '×', '*', ',']).filter(|it| !it.is_empty());
    let sides: Option<Vec<u32>> = sides.map(|side| side.parse().ok()).collect();
    let sides = sides.and_then(|sides| <[u32; 3]>::try_from(sides).ok());
    let sides = sides.filter(|sides| sides.iter().all(|side| (1..=100_000).contains(side)));
    must(sides.is_some(), "sides_mm", t.compare_wrong_sides());
    let value = Money::parse(&entered.value, currency).ok().filter(|money| money.minor >= 0);
    must(value.is_some(), "value", t.carrier_wrong_price());
    let has = |flag: HandlingFlag| entered.handling.iter().any(|code| code == flag.code());
    match (division, weight, sides, value) {
        (Some(division), Some(weight_grams), Some(dimensions_mm), Some(value)) => {
            let parcel = ReadyParcel {
                weight_grams,
                dimensions_mm,
                handling: Handling {
                    is_fragile: has(HandlingFlag::Fragile),
                    is_high_value: has(HandlingFlag::HighValue),
                    is_perishable: has(HandlingFlag::Perishable),
                    is_hazardous: has(HandlingFlag::Hazardous),
                    is_oversized: has(HandlingFlag::Oversized),
                },
                value,
                promised_by_on: entered.promised_by_on.parse::<Date>().ok(),
                wish: ServiceKind::from_code(&entered.wish).ok(),
            };
            Ok((Place::in_china(division), parcel))
        }
        _ => Err(wrong),
    }
}

fn answer(chosen: &Chosen, names: &Names, currency: Currency, shell: &Shell, t: Words) -> Answer {
    let name = |carrier, service| {
        let carrier = names.get(&carrier).cloned().unwrap_or_default();
        format!("{carrier} · {}", words::service(service, t))
    };
    let money = |minor| Money::new(minor, currency).to_string();
    let row = |offer: &Offer, is_chosen| OfferRow {
        name: name(offer.carrier, offer.service),
        is_chosen,
        price: money(offer.price_minor),
        insurance: match offer.insurance_minor {
            0 => "—".to_owned(),
            minor => money(minor),
        },
        billed_grams: offer.billed_grams,
        expected: shell.moment(&offer.expected_by),
        late_days: offer.late_days,
        score: offer.score.0,
        weighed: money(offer.weighed_minor),
    };
    let mut offers: Vec<OfferRow> =
        chosen.choice.chosen.iter().map(|offer| row(offer, true)).collect();
    let mut refused = Vec::new();
    for verdict in &chosen.choice.others {
        match verdict {
            Verdict::Offered(offer) => offers.push(row(offer, false)),
            Verdict::Refused { carrier, service, because } => {
                refused.push((name(*carrier, *service), words::refusal(*because, t).to_owned()));
            }
        }
    }
    let rules = chosen.ruled.as_ref().map_or_else(String::new, |ruled| rules_of(ruled, t));
    Answer { rules, offers, refused }
}

/// The rules that had a say, in the reader's language.
pub(in crate::console::logistics) fn rules_of(
    ruled: &ordermill_app::rule_table::Ruled,
    t: Words,
) -> String {
    let names: Vec<&str> = ruled.matched.iter().map(|name| t.pick(&*name.zh, &*name.en)).collect();
    t.compare_rules_of(ruled.version, names.join(" · "))
}

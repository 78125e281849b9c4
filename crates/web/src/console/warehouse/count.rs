//! What a wave would take, counted before it is released.

use ordermill_app::wave::foresee::Known;
use ordermill_app::wave::preview::{Count, Preview, preview};
use ordermill_app::wave::{ReleaseError, Wish};
use ordermill_domain::carrier::ServiceKind;
use ordermill_domain::ids::{CarrierId, LocationId};
use ordermill_pages::console::warehouse::{CountRow, Counted};
use ordermill_pages::{Words, states};
use ordermill_storage::carrier::Named;

use crate::console::desk::Desk;
use crate::console::trouble::Trouble;

/// What is known of goods and carriers beside the database.
pub(super) async fn known(desk: &Desk) -> Result<Known, Trouble> {
    let services = desk.site.services();
    let histories = services.carriers().histories().await?;
    Ok(Known { catalog: services.catalog(), histories })
}

pub(super) async fn counted(
    desk: &Desk,
    at: LocationId,
    wish: &Wish,
    carriers: &[Named],
) -> Result<Counted, Trouble> {
    let (t, known) = (desk.t(), known(desk).await?);
    let database = desk.site.services().database();
    let found = preview(database, &desk.member.principal, at, (wish, &known), desk.now()).await;
    let Preview { taken, left, by_carrier, by_service, by_zone } = found.map_err(trouble)?;
    let carrier = |id: Option<CarrierId>| {
        let found = carriers.iter().find(|it| Some(it.id) == id);
        let name = found.map(|it| t.pick(it.name.zh(), it.name.en()).to_owned());
        name.unwrap_or_else(|| t.wave_no_carrier().to_owned())
    };
    let service = |kind: Option<ServiceKind>| {
        let name =
            kind.map_or_else(|| t.wave_no_carrier(), |kind| states::shipment::service(kind, t));
        name.to_owned()
    };
    let zone = |code: Option<String>| code.unwrap_or_else(|| t.wave_zones_mixed().to_owned());
    Ok(Counted {
        taken: row(String::new(), &taken),
        left: row(String::new(), &left),
        by_carrier: by_carrier.iter().map(|(id, count)| row(carrier(*id), count)).collect(),
        by_service: by_service.iter().map(|(kind, count)| row(service(*kind), count)).collect(),
        by_zone: by_zone.into_iter().map(|(code, count)| row(zone(code), &count)).collect(),
    })
}

fn row(name: String, count: &Count) -> CountRow {
    CountRow {
        name,
        count: count.fulfillments.unsigned_abs(),
        late: count.late.unsigned_abs(),
        urgent: count.urgent.unsigned_abs(),
        pieces: count.pieces.unsigned_abs(),
    }
}

fn trouble(error: ReleaseError) -> Trouble {
    match error {
        ReleaseError::Forbidden(forbidden) => forbidden.into(),
        ReleaseError::Work(error) => error.into_storage().into(),
        ReleaseError::Storage(error) => error.into(),
        ReleaseError::NotFound
        | ReleaseError::Nothing
        | ReleaseError::Impossible
        | ReleaseError::KeyReused
        | ReleaseError::Busy => Trouble::NotFound,
    }
}

/// The carriers that a wave can be limited to: their codes with their names.
pub(super) fn choices(carriers: &[Named], t: Words) -> Vec<ordermill_pages::ui::Choice> {
    let choice = |it: &Named| {
        let name = t.pick(it.name.zh(), it.name.en());
        ordermill_pages::ui::Choice::new(it.code.clone(), name)
    };
    carriers.iter().map(choice).collect()
}

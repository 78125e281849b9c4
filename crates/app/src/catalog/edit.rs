//! Keeping the catalog: new goods, places and announcements, and their edits.
//!
//! Every edit names the version that its author has seen, checks all fields, and tells the journal
//! what changed. An edit that changes nothing writes nothing.

use ordermill_base::{Money, Quantity};
use ordermill_domain::actor::Act;
use ordermill_domain::category::Category;
use ordermill_domain::ids::{CategoryId, IncomingId, LocationId, SkuId};
use ordermill_domain::location::{Bin, Location, Zone};
use ordermill_domain::sku::{Invalid, Sku};
use ordermill_storage::incoming::{self, Incoming};
use ordermill_storage::{Error, Tx, category, location, sku};

use super::settings::{self, ShopSettings};

/// Why a record was not created or edited; nothing has changed.
#[derive(Debug, thiserror::Error)]
pub enum EditError {
    /// There is no such record.
    #[error("there is no such {0}")]
    NotFound(&'static str),
    /// Somebody else has edited it since its author read it; read again.
    #[error("the {what} is at version {found}, not {expected}")]
    Changed {
        /// What kind of record.
        what: &'static str,
        /// The version that the author has seen.
        expected: i64,
        /// Its version now.
        found: i64,
    },
    /// Fields have values that they cannot have; all of them are named.
    #[error("{} fields are wrong", .0.len())]
    Invalid(Vec<Invalid>),
    /// Another record has this value already.
    #[error("this {field} belongs to another {what}")]
    Taken {
        /// What kind of record.
        what: &'static str,
        /// The field that must be unique.
        field: &'static str,
    },
    /// The database.
    #[error(transparent)]
    Storage(#[from] Error),
}

impl From<Vec<Invalid>> for EditError {
    fn from(wrong: Vec<Invalid>) -> Self {
        Self::Invalid(wrong)
    }
}

fn invalid(field: &'static str, expected: &'static str) -> EditError {
    EditError::Invalid(vec![Invalid { field, expected }])
}

fn check_version(what: &'static str, expected: i64, found: i64) -> Result<(), EditError> {
    if expected == found { Ok(()) } else { Err(EditError::Changed { what, expected, found }) }
}

fn free<I: PartialEq>(
    what: &'static str,
    field: &'static str,
    id: I,
    owner: Option<I>,
) -> Result<(), EditError> {
    if owner.is_none_or(|owner| owner == id) {
        Ok(())
    } else {
        Err(EditError::Taken { what, field })
    }
}

/// Takes a new SKU into the catalog. Its id is a fresh one of [`Tx::next_id`].
pub fn create_sku(tx: &mut Tx<'_>, act: &Act, new: &Sku) -> Result<(), EditError> {
    check_sku(tx, None, new)?;
    Ok(sku::insert(tx, act, new)?)
}

/// Edits a SKU of which the author has seen this version. Gives it as it is now.
pub fn edit_sku(
    tx: &mut Tx<'_>,
    act: &Act,
    id: SkuId,
    version: i64,
    edit: impl FnOnce(&mut Sku),
) -> Result<Sku, EditError> {
    let before = sku::fetch(tx, id)?.ok_or(EditError::NotFound("SKU"))?;
    check_version("SKU", version, before.version)?;
    let mut after = before.clone();
    edit(&mut after);
    save_sku(tx, act, &before, after)
}

/// Stores an edited SKU after checking it. Gives it as it is now.
pub(crate) fn save_sku(
    tx: &mut Tx<'_>,
    act: &Act,
    before: &Sku,
    mut after: Sku,
) -> Result<Sku, EditError> {
    after.id = before.id;
    check_sku(tx, Some(before), &after)?;
    let version = sku::update(tx, act, before, &after)?;
    if version != before.version {
        (after.version, after.updated_at) = (version, act.at);
    }
    Ok(after)
}

/// Changes the price of a SKU, and the price struck through beside it.
pub fn set_price(
    tx: &mut Tx<'_>,
    act: &Act,
    id: SkuId,
    version: i64,
    price: Money,
    list_price_minor: Option<i64>,
) -> Result<Sku, EditError> {
    edit_sku(tx, act, id, version, |sku| {
        (sku.price, sku.list_price_minor) = (price, list_price_minor);
    })
}

/// What the SKU itself cannot know: that codes are free and that what it names exists.
fn check_sku(tx: &mut Tx<'_>, before: Option<&Sku>, after: &Sku) -> Result<(), EditError> {
    after.check()?;
    let is_new = |is_same: fn(&Sku, &Sku) -> bool| before.is_none_or(|it| !is_same(it, after));
    if is_new(|a, b| a.code == b.code) {
        let owner = sku::find_by_code(tx, &after.code)?.map(|owner| owner.id);
        free("SKU", "code", after.id, owner)?;
    }
    if let Some(gtin) = after.gtin.as_deref().filter(|_| is_new(|a, b| a.gtin == b.gtin)) {
        let owner = sku::find_by_gtin(tx, gtin)?.map(|owner| owner.id);
        free("SKU", "gtin", after.id, owner)?;
    }
    if is_new(|a, b| a.category == b.category) && category::fetch(tx, after.category)?.is_none() {
        return Err(invalid("category", "a category of the shop"));
    }
    if is_new(|a, b| a.price.currency == b.price.currency)
        && settings::read::<ShopSettings>(tx)?.0.currency != after.price.currency
    {
        return Err(invalid("currency", "the currency of the shop"));
    }
    if is_new(|a, b| a.substitutes == b.substitutes)
        && sku::fetch_all(tx, after.substitutes.iter().copied())?.len() != after.substitutes.len()
    {
        return Err(invalid("substitutes", "SKUs of the shop"));
    }
    Ok(())
}

/// Opens a category. Its id is a fresh one of [`Tx::next_id`].
pub fn create_category(tx: &mut Tx<'_>, act: &Act, new: &Category) -> Result<(), EditError> {
    new.check()?;
    let owner = category::find_by_code(tx, &new.code)?.map(|owner| owner.id);
    free("category", "code", new.id, owner)?;
    Ok(category::insert(tx, act, new)?)
}

/// Edits a category of which the author has seen this version. Gives it as it is now.
pub fn edit_category(
    tx: &mut Tx<'_>,
    act: &Act,
    id: CategoryId,
    version: i64,
    edit: impl FnOnce(&mut Category),
) -> Result<Category, EditError> {
    let before = category::fetch(tx, id)?.ok_or(EditError::NotFound("category"))?;
    check_version("category", version, before.version)?;
    let mut after = before.clone();
    edit(&mut after);
    after.id = id;
    after.check()?;
    let owner = category::find_by_code(tx, &after.code)?.map(|owner| owner.id);
    free("category", "code", id, owner)?;
    after.version = category::update(tx, act, &before, &after)?;
    Ok(after)
}

/// Opens a location. Its id is a fresh one of [`Tx::next_id`].
pub fn create_location(tx: &mut Tx<'_>, act: &Act, new: &Location) -> Result<(), EditError> {
    new.check()?;
    let owner = location::find_by_code(tx, &new.code)?.map(|owner| owner.id);
    free("location", "code", new.id, owner)?;
    Ok(location::insert(tx, act, new)?)
}

/// Edits a location of which the author has seen this version. Gives it as it is now.
pub fn edit_location(
    tx: &mut Tx<'_>,
    act: &Act,
    id: LocationId,
    version: i64,
    edit: impl FnOnce(&mut Location),
) -> Result<Location, EditError> {
    let before = location::fetch(tx, id)?.ok_or(EditError::NotFound("location"))?;
    check_version("location", version, before.version)?;
    let mut after = before.clone();
    edit(&mut after);
    after.id = id;
    after.check()?;
    let owner = location::find_by_code(tx, &after.code)?.map(|owner| owner.id);
    free("location", "code", id, owner)?;
    after.version = location::update(tx, act, &before, &after)?;
    Ok(after)
}

/// Sets up a zone of a location, with bins in the order in which they are walked. Bins of these
/// labels that exist already stay as they are. What is new or different stands in the history of the
/// location.
pub fn set_up_zone(
    tx: &mut Tx<'_>,
    act: &Act,
    zone: &Zone,
    bins: impl IntoIterator<Item = String>,
) -> Result<(), EditError> {
    let at = location::fetch(tx, zone.location)?.ok_or(EditError::NotFound("location"))?;
    let mut new = Vec::new();
    for (code, position) in bins.into_iter().zip(1..) {
        let is_known = location::find_bin(tx, zone.location, &code)?.is_some();
        if !is_known && new.iter().all(|bin: &Bin| bin.code != code) {
            let (id, location, zone) = (tx.next_id(act.at), zone.location, zone.code.clone());
            new.push(Bin { id, location, zone, code, position, place: None });
        }
    }
    Ok(location::put_zone(tx, act, &at, zone, &new)?)
}

/// Announces goods to a location. Gives the announcement.
pub fn announce_incoming(
    tx: &mut Tx<'_>,
    act: &Act,
    sku: SkuId,
    to: LocationId,
    quantity: Quantity,
    expected_on: jiff::civil::Date,
    reference: &str,
) -> Result<Incoming, EditError> {
    if sku::fetch(tx, sku)?.is_none() {
        return Err(EditError::NotFound("SKU"));
    }
    if location::fetch(tx, to)?.is_none() {
        return Err(EditError::NotFound("location"));
    }
    let new = Incoming {
        id: tx.next_id(act.at),
        sku,
        location: to,
        quantity: quantity.get(),
        received: 0,
        expected_on,
        reference: reference.to_owned(),
        is_closed: false,
        version: 1,
    };
    incoming::insert(tx, act, &new)?;
    Ok(new)
}

/// Changes an announcement of which the author has seen this version: another day, another
/// quantity, or that nothing more comes. Gives it as it is now.
pub fn edit_incoming(
    tx: &mut Tx<'_>,
    act: &Act,
    id: IncomingId,
    version: i64,
    edit: impl FnOnce(&mut Incoming),
) -> Result<Incoming, EditError> {
    let before = incoming::fetch(tx, id)?.ok_or(EditError::NotFound("announcement"))?;
    check_version("announcement", version, before.version)?;
    let mut after = before.clone();
    edit(&mut after);
    if Quantity::new(after.quantity).is_err() || after.received < 0 {
        return Err(invalid("quantity", "a whole number from 1 to 1000000"));
    }
    after.version = incoming::update(tx, act, &before, &after)?;
    Ok(after)
}

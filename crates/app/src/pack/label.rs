//! Labels (面单) of packages: what stands on them, and who printed them how often.
//!
//! The receiver is masked as GB/T 41833-2022 asks: the carrier has the address in full from the order of the
//! label, and nobody on the way needs to read it. The same model is a page and ZPL for label printers.

use ordermill_base::Timestamp;
use ordermill_domain::actor::Act;
use ordermill_domain::carrier::ServiceKind;
use ordermill_domain::ids::{LocationId, PackageId};
use ordermill_domain::order::OrderNumber;
use ordermill_domain::package::Package;
use ordermill_domain::shipment;
use ordermill_storage::{Error, Tx, carrier, order, package, shipment as stored};

use super::{BenchError, together};
use crate::catalog::Catalog;
use crate::permission::Principal;
use crate::pick_list::may_pick;
use crate::privacy::Vault;

/// What stands on a label.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// The package.
    pub package: Package,
    /// Its place among those of the fulfillment, and how many there are.
    pub of: (u16, usize),
    /// The order's number.
    pub order: OrderNumber,
    /// The numbers of other orders of which goods lie in it.
    pub others: Vec<OrderNumber>,
    /// Where it was packed.
    pub location: LocationId,
    /// The receiver's name, masked; empty if it was erased.
    pub name: String,
    /// The receiver's phone, masked.
    pub phone: String,
    /// The receiver's address, masked.
    pub address: String,
    /// What the carrier knows it by; none while there is no waybill.
    pub carriage: Option<Carriage>,
    /// The how-manieth print it is: 0 for a look, more than 1 for a reprint.
    pub copy: u32,
    /// When the package was closed.
    pub packed_at: Timestamp,
}

/// The carrier's part of a label.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Carriage {
    /// The carrier's name in Chinese and English.
    pub carrier: ordermill_domain::text::Text,
    /// How it carries the parcel.
    pub service: ServiceKind,
    /// Its number of the parcel.
    pub waybill: String,
    /// What stands in large letters.
    pub routing: String,
}

/// Counts a print of a label, and gives the how-manieth it is.
///
/// # Errors
/// If there is no such closed package, or they do not pack at its location.
pub fn print(
    tx: &mut Tx<'_>,
    principal: &Principal,
    act: &Act,
    id: PackageId,
) -> Result<u32, PrintError> {
    let (_, location) = find(tx, id)?;
    may_pick(principal, location).map_err(BenchError::from)?;
    package::count_print(tx, act, id)?.ok_or(PrintError::NotFound(id))
}

/// Why a label was not printed.
#[derive(Debug, thiserror::Error)]
pub enum PrintError {
    /// No such box, or it was opened again.
    #[error("package {0} not found")]
    NotFound(PackageId),
    /// They may not.
    #[error(transparent)]
    Bench(#[from] BenchError),
}

impl From<Error> for PrintError {
    fn from(error: Error) -> Self {
        Self::Bench(error.into())
    }
}

/// Reads a label. Whoever may print it may look at it.
///
/// # Errors
/// If there is no such closed package, or they do not pack at its location.
pub fn read(
    tx: &mut Tx<'_>,
    vault: &Vault,
    principal: &Principal,
    id: PackageId,
) -> Result<Label, PrintError> {
    let (mut package, location) = find(tx, id)?;
    may_pick(principal, location).map_err(BenchError::from)?;
    let mut others: Vec<OrderNumber> = Vec::new();
    for share in package::inside_of(tx, package.id)? {
        let number = OrderNumber::from(share.order);
        if share.order != package.order && !others.contains(&number) {
            others.push(number);
        }
        package.contents.extend(share.contents);
    }
    let stored = order::fetch(tx, package.order)?.ok_or(PrintError::NotFound(id))?;
    let together = together::read(tx, package.fulfillment)?.ok_or(PrintError::NotFound(id))?;
    let boxes = package::of_each(tx, &together.ids())?;
    let count = boxes.iter().filter(|package| package.inside.is_none()).count();
    // What was erased stays erased on paper, too.
    let masked = vault.mask_recipient(package.order, &stored.recipient).ok();
    let (name, phone, address) =
        masked.map(|it| (it.name, it.phone, it.address)).unwrap_or_default();
    let carriage = carriage(tx, &package)?;
    Ok(Label {
        of: (package.number, count),
        order: OrderNumber::from(package.order),
        others,
        location,
        name,
        phone,
        address,
        carriage,
        copy: package.printed,
        packed_at: package.packed_at,
        package,
    })
}

fn find(tx: &mut Tx<'_>, id: PackageId) -> Result<(Package, LocationId), PrintError> {
    // Goods in the box of another travel with its label: theirs has no sense.
    let is_box = |it: &Package| it.opened_at.is_none() && it.inside.is_none();
    let package = package::fetch(tx, id)?.filter(is_box);
    let package = package.ok_or(PrintError::NotFound(id))?;
    let work = ordermill_storage::fulfillment::fetch(tx, package.fulfillment)?;
    let work = work.ok_or(PrintError::NotFound(id))?;
    Ok((package, work.facts().location))
}

fn carriage(tx: &mut Tx<'_>, package: &Package) -> Result<Option<Carriage>, Error> {
    let of_order = stored::of(tx, package.order)?;
    let its = of_order.into_iter().find(|it| {
        let facts = it.shipment.facts();
        facts.terms.package == package.id && facts.state != shipment::State::Voided
    });
    let Some(its) = its else { return Ok(None) };
    let terms = &its.shipment.facts().terms;
    let carrier = carrier::fetch(tx, terms.carrier)?.map(|it| it.carrier.name);
    Ok(carrier.map(|carrier| Carriage {
        carrier,
        service: terms.service,
        waybill: terms.waybill.clone(),
        routing: its.routing.clone(),
    }))
}

impl Label {
    /// The numbers of all orders of which goods lie in it.
    pub fn orders(&self) -> String {
        let numbers = std::iter::once(&self.order).chain(&self.others).map(ToString::to_string);
        numbers.collect::<Vec<_>>().join(" + ")
    }

    /// The label in ZPL II for a printer of 203 dots per inch and labels of 100 × 150 mm. Texts are UTF-8
    /// (`^CI28`) and free of what a printer would take for a command.
    pub fn zpl(&self, catalog: &Catalog) -> String {
        let mut zpl = String::from("^XA^CI28^PW799^LL1199^LH0,0\n");
        let mut text = |x: u32, y: u32, height: u32, text: &str| {
            zpl.push_str(&format!("^FO{x},{y}^A0N,{height},{height}^FD{}^FS\n", plain(text)));
        };
        if let Some(carriage) = &self.carriage {
            text(30, 30, 40, &carriage.carrier.zh);
            text(30, 90, 90, &carriage.routing);
            if carriage.service != ServiceKind::Standard {
                let service = carriage.service.code().replace('_', " ").to_uppercase();
                text(30, 182, 30, &service);
            }
        }
        let copy = if self.copy > 1 { format!("REPRINT {}", self.copy) } else { String::new() };
        text(480, 30, 36, &copy);
        text(30, 420, 40, &format!("{}  {}", self.name, self.phone));
        for (line, part) in wrapped(&self.address, 22).into_iter().take(3).enumerate() {
            text(30, 480 + 50 * u32::try_from(line).unwrap_or_default(), 36, &part);
        }
        let (number, count) = self.of;
        text(30, 650, 36, &format!("{}  {number}/{count}", self.orders()));
        for (at, content) in self.package.contents.iter().take(8).enumerate() {
            let name = catalog.sku(content.sku).map(|sku| sku.name.zh.as_str()).unwrap_or_default();
            let y = 710 + 40 * u32::try_from(at).unwrap_or_default();
            text(30, y, 28, &format!("{name} × {}", content.quantity));
        }
        text(30, 1_120, 28, &format!("{} g", self.package.gross_grams));
        let code = self
            .carriage
            .as_ref()
            .map_or_else(|| self.order.to_string(), |carriage| carriage.waybill.clone());
        let code = plain(&code);
        zpl.push_str(&format!("^FO60,220^BY3^BCN,140,Y,N,N^FD{code}^FS\n"));
        zpl.push_str(&format!("^FO600,900^BQN,2,6^FDQA,{code}^FS\n^XZ\n"));
        zpl
    }
}

/// What a printer prints as it stands: `^` and `~` begin commands, and control letters end fields.
fn plain(text: &str) -> String {
    text.chars().filter(|it| !matches!(it, '^' | '~') && !it.is_control()).collect()
}

/// Lines of at most so many letters.
fn wrapped(text: &str, letters: usize) -> Vec<String> {
    let all: Vec<char> = text.chars().collect();
    all.chunks(letters).map(|part| part.iter().collect()).collect()
}

#[cfg(test)]
mod tests {
    use ordermill_base::{Id, Quantity};
    use ordermill_domain::ids::{FulfillmentId, OrderId, SkuId};
    use ordermill_domain::package::Content;
    use ordermill_domain::text::Text;

    use super::*;

    fn label() -> Label {
        let content = Content {
            line_no: 1,
            sku: SkuId::from_raw(1),
            quantity: Quantity::ONE,
            lot: None,
            serials: Vec::new(),
        };
        let package = Package {
            id: PackageId::from_raw(1),
            order: OrderId::from_raw(1),
            fulfillment: FulfillmentId::from_raw(1),
            inside: None,
            number: 1,
            material: "BOX-S".into(),
            size_mm: [216, 146, 116],
            gross_grams: 490,
            is_weighed: false,
            contents: vec![content],
            packed_at: Timestamp::from_millis(1_795_000_000_000),
            opened_at: None,
            printed: 2,
        };
        Label {
            of: (1, 2),
            order: OrderNumber::from(package.order),
            others: Vec::new(),
            location: LocationId::from_raw(1),
            name: "林**".into(),
            phone: "138******21".into(),
            address: "浙江省杭州市西湖区文三路***".into(),
            carriage: Some(Carriage {
                carrier: Text::new("飞燕速运", "Swallow Express"),
                service: ServiceKind::PickupPoint,
                waybill: "FY^1000~1".into(),
                routing: "HZ-02".into(),
            }),
            copy: 2,
            packed_at: package.packed_at,
            package,
        }
    }

    #[test]
    fn a_reprint_says_so() {
        let zpl = label().zpl(&Catalog::default());
        assert!(zpl.contains("^FDREPRINT 2^FS"), "{zpl}");
        let first = Label { copy: 1, ..label() };
        assert!(!first.zpl(&Catalog::default()).contains("REPRINT"));
    }

    #[test]
    fn how_it_is_brought_is_printed_unless_it_goes_the_usual_way() {
        let mut label = label();
        assert!(label.zpl(&Catalog::default()).contains("^FDPICKUP POINT^FS"));
        if let Some(carriage) = &mut label.carriage {
            carriage.service = ServiceKind::Standard;
        }
        assert!(!label.zpl(&Catalog::default()).contains("STANDARD"));
    }

    #[test]
    fn no_text_is_taken_for_a_command() {
        let zpl = label().zpl(&Catalog::default());
        assert!(zpl.contains("^FDFY10001^FS"), "{zpl}");
    }

    #[test]
    fn a_label_begins_and_ends_once() {
        let zpl = label().zpl(&Catalog::default());
        assert!(zpl.starts_with("^XA") && zpl.trim_end().ends_with("^XZ"));
        assert_eq!(zpl.matches("^XA").count(), 1);
    }
}

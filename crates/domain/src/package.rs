//! Packages: boxes with goods of one fulfillment, and the materials that they are made of. Where goods of
//! several orders travel in one box, each order has its share as a package of its own, and one of them is
//! the box ([`Package::inside`]).

mod event;

use serde::{Deserialize, Serialize};

use ordermill_base::{Quantity, Timestamp};

use crate::ids::{FulfillmentId, OrderId, PackageId, SkuId};
use crate::order::LineQuantity;
use crate::text::Text;

pub use event::Event;

/// A closed box with goods of one fulfillment, or their share of a box that has goods of several.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Package {
    /// Its key.
    pub id: PackageId,
    /// Whose goods.
    pub order: OrderId,
    /// With which share of the order.
    pub fulfillment: FulfillmentId,
    /// Goods that travel with those of another order lie in the box of this package: it has the label.
    pub inside: Option<PackageId>,
    /// Its box's place among the boxes that were packed with it, from 1.
    pub number: u16,
    /// The code of the material it is packed in.
    pub material: String,
    /// Outer length, width and height in millimeters.
    pub size_mm: [u32; 3],
    /// Box and contents in grams: as weighed, else computed. Of goods in another's box, their own weight.
    pub gross_grams: u32,
    /// Whether that was weighed.
    pub is_weighed: bool,
    /// What lies in it.
    pub contents: Vec<Content>,
    /// When it was closed.
    pub packed_at: Timestamp,
    /// When it was opened again, if it was: it then counts no more.
    pub opened_at: Option<Timestamp>,
    /// How often its label was printed.
    pub printed: u32,
}

/// Pieces of one line in a package.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Content {
    /// Which line of the order.
    pub line_no: u16,
    /// What.
    pub sku: SkuId,
    /// How many.
    pub quantity: Quantity,
    /// From which lot; none for goods without lots.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lot: Option<String>,
    /// The serial numbers of the pieces, where they were scanned.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub serials: Vec<String>,
}

/// A box or bag that goods are packed in (包材).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Material {
    /// Its code, as printed on it.
    pub code: String,
    /// Its name.
    pub name: Text,
    /// Inner length, width and height in millimeters.
    pub inner_mm: [u32; 3],
    /// Outer length, width and height in millimeters.
    pub outer_mm: [u32; 3],
    /// What it weighs empty, in grams.
    pub tare_grams: u32,
    /// What it may weigh with its contents, in grams.
    pub max_gross_grams: u32,
    /// Material and handling, minor units of the shop's currency.
    pub cost_minor: u32,
    /// Whether it is recycled.
    pub is_recyclable: bool,
}

/// Why packages are not what is to be shipped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ContentError {
    /// A package without anything in it.
    #[error("package {number} is empty")]
    Empty {
        /// Which one, from 1.
        number: u16,
    },
    /// More or fewer pieces of a line than are to be shipped.
    #[error("{packed} pieces of line {line_no} are packed, {to_ship} are to be shipped")]
    Pieces {
        /// Which line of the order.
        line_no: u16,
        /// How many are packed.
        packed: i64,
        /// How many are to be shipped.
        to_ship: i64,
    },
    /// More serial numbers than pieces.
    #[error("line {line_no} has more serial numbers than pieces in a package")]
    Serials {
        /// Which line of the order.
        line_no: u16,
    },
}

/// Checks that packages hold exactly what is to be shipped.
///
/// # Errors
/// The first package that is empty, or line that does not fit.
pub fn check_contents(
    packages: &[Vec<Content>],
    to_ship: &[LineQuantity],
) -> Result<(), ContentError> {
    for (number, contents) in (1..).zip(packages) {
        if contents.is_empty() {
            return Err(ContentError::Empty { number });
        }
        for content in contents {
            let serials = i64::try_from(content.serials.len()).unwrap_or(i64::MAX);
            if serials > content.quantity.get() {
                return Err(ContentError::Serials { line_no: content.line_no });
            }
        }
    }
    let packed_of = |line_no: u16| -> i64 {
        let of_line = packages.iter().flatten().filter(|content| content.line_no == line_no);
        of_line.map(|content| content.quantity.get()).sum()
    };
    let to_ship_of = |line_no: u16| -> i64 {
        let of_line = to_ship.iter().filter(|line| line.line_no == line_no);
        of_line.map(|line| line.quantity.get()).sum()
    };
    let packed = packages.iter().flatten().map(|content| content.line_no);
    let lines = to_ship.iter().map(|line| line.line_no).chain(packed);
    for line_no in lines {
        let (packed, to_ship) = (packed_of(line_no), to_ship_of(line_no));
        if packed != to_ship {
            return Err(ContentError::Pieces { line_no, packed, to_ship });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use ordermill_base::Id;

    use super::*;

    fn content(line_no: u16, pieces: i64) -> Content {
        Content {
            line_no,
            sku: SkuId::from_raw(line_no.into()),
            quantity: Quantity::new(pieces).unwrap(),
            lot: None,
            serials: Vec::new(),
        }
    }

    fn to_ship() -> [LineQuantity; 2] {
        let line =
            |line_no, pieces| LineQuantity { line_no, quantity: Quantity::new(pieces).unwrap() };
        [line(1, 3), line(2, 1)]
    }

    #[test]
    fn packages_hold_what_is_to_be_shipped() {
        let packages = [vec![content(1, 2)], vec![content(1, 1), content(2, 1)]];
        assert_eq!(check_contents(&packages, &to_ship()), Ok(()));
    }

    #[test]
    fn a_piece_that_is_missing_or_too_many_is_told() {
        let missing = [vec![content(1, 3)]];
        let told = ContentError::Pieces { line_no: 2, packed: 0, to_ship: 1 };
        assert_eq!(check_contents(&missing, &to_ship()), Err(told));
        let foreign = [vec![content(1, 3), content(2, 1), content(9, 1)]];
        let told = ContentError::Pieces { line_no: 9, packed: 1, to_ship: 0 };
        assert_eq!(check_contents(&foreign, &to_ship()), Err(told));
    }

    #[test]
    fn no_package_is_empty() {
        let packages = [vec![content(1, 3), content(2, 1)], Vec::new()];
        let told = ContentError::Empty { number: 2 };
        assert_eq!(check_contents(&packages, &to_ship()), Err(told));
    }

    #[test]
    fn a_serial_number_belongs_to_one_piece() {
        let mut serials = content(2, 1);
        serials.serials = vec!["SN1".into(), "SN2".into()];
        let told = ContentError::Serials { line_no: 2 };
        assert_eq!(check_contents(&[vec![content(1, 3), serials]], &to_ship()), Err(told));
    }
}

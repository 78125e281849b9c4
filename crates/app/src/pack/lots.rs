//! Lots of packed pieces: they were scanned at the shelf, and nobody types them again at the bench.

use std::collections::BTreeMap;

use ordermill_base::Quantity;
use ordermill_domain::package::Content;
use ordermill_storage::pick_list::PickedLot;

/// Names the lots of the pieces in boxes: as stated by who packed them, else as they were picked, the first
/// lot first. Pieces of several lots become an entry for each; only where serial numbers stand beside pieces
/// of several lots, nobody knows which belongs to which, and the lot stays open.
pub(super) fn name_lots(picked: Vec<PickedLot>, boxes: &[Vec<Content>]) -> Vec<Vec<Content>> {
    let mut left: BTreeMap<u16, Vec<PickedLot>> = BTreeMap::new();
    for lot in picked {
        left.entry(lot.line_no).or_default().push(lot);
    }
    for content in boxes.iter().flatten() {
        let lots = left.entry(content.line_no).or_default();
        if let Some(lot) = lots.iter_mut().find(|lot| Some(&lot.lot) == content.lot.as_ref()) {
            lot.pieces -= content.quantity.get();
        }
    }
    let named = boxes.iter().map(|contents| {
        let each = contents.iter().map(|content| match left.get_mut(&content.line_no) {
            Some(lots) if content.lot.is_none() => divide(content, lots),
            _ => vec![content.clone()],
        });
        each.flatten().collect()
    });
    named.collect()
}

/// Divides pieces among the lots that are left.
fn divide(content: &Content, lots: &mut [PickedLot]) -> Vec<Content> {
    let mut wanted = content.quantity.get();
    let mut parts = Vec::new();
    for lot in lots {
        let taken = lot.pieces.min(wanted);
        let Ok(quantity) = Quantity::new(taken) else { continue };
        lot.pieces -= taken;
        wanted -= taken;
        parts.push(Content { quantity, lot: Some(lot.lot.clone()), ..content.clone() });
    }
    if let Ok(quantity) = Quantity::new(wanted) {
        parts.push(Content { quantity, ..content.clone() });
    }
    let is_uncertain = parts.len() > 1 && !content.serials.is_empty();
    if is_uncertain { vec![content.clone()] } else { parts }
}

#[cfg(test)]
mod tests {
    use ordermill_base::Id as _;
    use ordermill_domain::ids::SkuId;

    use super::*;

    fn lot(lot: &str, pieces: i64) -> PickedLot {
        PickedLot { line_no: 1, lot: lot.to_owned(), pieces }
    }

    fn pieces(number: i64, lot: Option<&str>, serials: &[&str]) -> Content {
        Content {
            line_no: 1,
            sku: SkuId::from_raw(1),
            quantity: Quantity::new(number).unwrap(),
            lot: lot.map(str::to_owned),
            serials: serials.iter().map(|&it| it.to_owned()).collect(),
        }
    }

    #[test]
    fn pieces_of_two_lots_in_two_boxes_are_named_in_turn() {
        let boxes = [vec![pieces(2, None, &[])], vec![pieces(3, None, &[])]];
        let named = name_lots(vec![lot("L1", 3), lot("L2", 2)], &boxes);
        let first = vec![pieces(2, Some("L1"), &[])];
        let second = vec![pieces(1, Some("L1"), &[]), pieces(2, Some("L2"), &[])];
        assert_eq!(named, [first, second]);
    }

    #[test]
    fn what_the_packer_states_is_not_given_to_other_pieces() {
        let boxes = [vec![pieces(1, None, &[])], vec![pieces(1, Some("L1"), &[])]];
        let named = name_lots(vec![lot("L1", 1), lot("L2", 1)], &boxes);
        assert_eq!(named, [vec![pieces(1, Some("L2"), &[])], vec![pieces(1, Some("L1"), &[])]]);
    }

    #[test]
    fn serial_numbers_are_not_guessed_to_be_of_a_lot() {
        let boxes = [vec![pieces(2, None, &["S1", "S2"])]];
        assert_eq!(name_lots(vec![lot("L1", 1), lot("L2", 1)], &boxes), boxes);
        let of_one = name_lots(vec![lot("L1", 2)], &boxes);
        assert_eq!(of_one, [vec![pieces(2, Some("L1"), &["S1", "S2"])]]);
    }

    #[test]
    fn goods_without_lots_stay_as_they_are() {
        let boxes = [vec![pieces(2, None, &[])]];
        assert_eq!(name_lots(Vec::new(), &boxes), boxes);
    }
}

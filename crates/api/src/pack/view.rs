//! Boxes and packages as the API takes and shows them.

use ordermill_app::pack::close::PackedBox;
use ordermill_app::pack::proposal::{Proposal, ProposedBox};
use ordermill_base::Quantity;
use ordermill_domain::fulfillment::Fulfillment;
use ordermill_domain::package::{Content, Package};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::problem::FieldError;

/// Pieces of one line in a box.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = BoxContent)]
pub struct ContentView {
    /// Which line of the order.
    #[schema(minimum = 1)]
    pub line_no: u16,
    /// How many pieces.
    #[schema(minimum = 1, maximum = 100_000)]
    pub quantity: i64,
    /// The lot that they are from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 40)]
    pub lot: Option<String>,
    /// Their serial numbers, where they were scanned.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 200)]
    pub serials: Vec<String>,
}

/// A box as it was packed.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = PackedBox)]
pub struct BoxBody {
    /// The code of its material.
    #[schema(max_length = 40, example = "BOX-M")]
    pub material: String,
    /// What lies in it.
    #[schema(min_items = 1, max_items = 200)]
    pub contents: Vec<ContentView>,
    /// Box and contents in grams, if it was weighed.
    #[serde(default)]
    #[schema(maximum = 10_000_000)]
    pub gross_grams: Option<u32>,
}

/// How a fulfillment can be packed.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = PackingProposal)]
pub struct ProposalView {
    /// The boxes, in the sequence of packing.
    pub boxes: Vec<ProposedBoxView>,
    /// What they cost, minor units of the shop's currency.
    pub cost_minor: u64,
    /// No other boxes can cost less than this.
    pub bound_minor: u64,
}

/// A box of a proposal.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = ProposedBox)]
pub struct ProposedBoxView {
    /// The code of its material.
    pub material: String,
    /// What lies in it.
    pub contents: Vec<ContentView>,
    /// Where each piece lies, in the sequence of packing.
    pub pieces: Vec<PlacedView>,
    /// Box and contents by the books, in grams.
    pub gross_grams: u32,
}

/// A piece in its place.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = PlacedPiece)]
pub struct PlacedView {
    /// Which line of the order.
    pub line_no: u16,
    /// Its corner nearest to the box's origin, millimeters along length, width and height.
    pub at_mm: [u32; 3],
    /// Its size as it lies, in millimeters.
    pub size_mm: [u32; 3],
}

/// A closed package.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Package)]
pub struct PackageView {
    /// Its key.
    #[schema(example = "pkg_01k2ey4xh0000")]
    pub id: String,
    /// The order whose goods it holds.
    pub order_id: String,
    /// With which share of the order.
    pub fulfillment_id: String,
    /// Its place among the packages of the fulfillment, from 1.
    pub number: u16,
    /// The code of its material.
    pub material: String,
    /// Outer length, width and height in millimeters.
    pub size_mm: [u32; 3],
    /// Box and contents in grams.
    pub gross_grams: u32,
    /// Whether that was weighed, or computed.
    pub is_weighed: bool,
    /// What lies in it.
    pub contents: Vec<ContentView>,
    /// When it was closed.
    #[schema(format = DateTime)]
    pub packed_at: String,
}

impl From<&Content> for ContentView {
    fn from(content: &Content) -> Self {
        Self {
            line_no: content.line_no,
            quantity: content.quantity.get(),
            lot: content.lot.clone(),
            serials: content.serials.clone(),
        }
    }
}

impl From<&Proposal> for ProposalView {
    fn from(proposal: &Proposal) -> Self {
        let of_box = |it: &ProposedBox| ProposedBoxView {
            material: it.material.clone(),
            contents: it.contents.iter().map(ContentView::from).collect(),
            pieces: it
                .pieces
                .iter()
                .map(|piece| PlacedView {
                    line_no: piece.line_no,
                    at_mm: piece.at_mm,
                    size_mm: piece.size_mm,
                })
                .collect(),
            gross_grams: it.gross_grams,
        };
        Self {
            boxes: proposal.boxes.iter().map(of_box).collect(),
            cost_minor: proposal.cost_minor,
            bound_minor: proposal.bound_minor,
        }
    }
}

impl From<&Package> for PackageView {
    fn from(package: &Package) -> Self {
        Self {
            id: package.id.to_string(),
            order_id: package.order.to_string(),
            fulfillment_id: package.fulfillment.to_string(),
            number: package.number,
            material: package.material.clone(),
            size_mm: package.size_mm,
            gross_grams: package.gross_grams,
            is_weighed: package.is_weighed,
            contents: package.contents.iter().map(ContentView::from).collect(),
            packed_at: package.packed_at.to_string(),
        }
    }
}

/// Boxes of one fulfillment at most.
pub const BOXES_MAX: usize = 200;
const CONTENTS_MAX: usize = 200;
const SERIALS_MAX: usize = 200;
const PIECES_MAX: i64 = 100_000;
const GRAMS_MAX: u32 = 10_000_000;

/// The boxes of a body, for this fulfillment; every field that is wrong.
pub(super) fn boxes(
    work: &Fulfillment,
    boxes: &[BoxBody],
) -> Result<Vec<PackedBox>, Vec<FieldError>> {
    let mut wrong = Vec::new();
    if boxes.is_empty() || boxes.len() > BOXES_MAX {
        let expected = format!("1 to {BOXES_MAX} boxes");
        wrong.push(FieldError::new("/boxes", "out_of_range", expected));
    }
    let read = boxes.iter().take(BOXES_MAX).enumerate().map(|(at, body)| {
        let here = format!("/boxes/{at}");
        if body.contents.is_empty() || body.contents.len() > CONTENTS_MAX {
            let expected = format!("1 to {CONTENTS_MAX} lines");
            wrong.push(FieldError::new(format!("{here}/contents"), "out_of_range", expected));
        }
        if body.gross_grams.is_some_and(|grams| grams > GRAMS_MAX) {
            let expected = format!("at most {GRAMS_MAX} grams");
            wrong.push(FieldError::new(format!("{here}/gross_grams"), "out_of_range", expected));
        }
        let contents = body.contents.iter().take(CONTENTS_MAX).enumerate();
        let contents = contents.filter_map(|(index, content)| {
            content_of(work, content, &format!("{here}/contents/{index}"), &mut wrong)
        });
        PackedBox {
            material: body.material.clone(),
            contents: contents.collect(),
            gross_grams: body.gross_grams,
        }
    });
    let read: Vec<PackedBox> = read.collect();
    if wrong.is_empty() { Ok(read) } else { Err(wrong) }
}

fn content_of(
    work: &Fulfillment,
    content: &ContentView,
    here: &str,
    wrong: &mut Vec<FieldError>,
) -> Option<Content> {
    let Some(line) = work.line(content.line_no) else {
        let expected = "a line that the fulfillment ships";
        wrong.push(FieldError::new(format!("{here}/line_no"), "unknown", expected));
        return None;
    };
    let quantity = Quantity::new(content.quantity).ok().filter(|it| it.get() <= PIECES_MAX);
    if quantity.is_none() {
        let expected = format!("1 to {PIECES_MAX} pieces");
        wrong.push(FieldError::new(format!("{here}/quantity"), "out_of_range", expected));
    }
    let is_long = |text: &String| text.is_empty() || text.chars().count() > 60;
    if content.serials.len() > SERIALS_MAX || content.serials.iter().any(is_long) {
        let expected = format!("up to {SERIALS_MAX} serial numbers of 1 to 60 characters");
        wrong.push(FieldError::new(format!("{here}/serials"), "out_of_range", expected));
    }
    if content.lot.as_ref().is_some_and(is_long) {
        let expected = "1 to 40 characters";
        wrong.push(FieldError::new(format!("{here}/lot"), "out_of_range", expected));
    }
    Some(Content {
        line_no: content.line_no,
        sku: line.sku,
        quantity: quantity?,
        lot: content.lot.clone(),
        serials: content.serials.clone(),
    })
}

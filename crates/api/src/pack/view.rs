//! Boxes and packages as the API takes and shows them.

use ordermill_app::pack::Together;
use ordermill_app::pack::close::PackedBox;
use ordermill_app::pack::proposal::{Placed, Proposal, ProposedBox};
use ordermill_base::Quantity;
use ordermill_domain::ids::FulfillmentId;
use ordermill_domain::package::{Content, Package};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::problem::FieldError;

/// Pieces of one line in a box.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = BoxContent)]
pub struct ContentView {
    /// The fulfillment, where goods travel together and it is another than the one that is asked about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 40, example = "ful_01k2ey4xh0001")]
    pub fulfillment_id: Option<String>,
    /// Which line of its order.
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
    /// The fulfillment, where goods travel together and it is another than the one that is asked about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fulfillment_id: Option<String>,
    /// Which line of its order.
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
    /// The package whose box these goods lie in, with goods of other orders; none for a box.
    #[schema(example = "pkg_01k2ey4xh0000")]
    pub inside_package_id: Option<String>,
    /// The place of the box among those that were packed together, from 1.
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
            fulfillment_id: None,
            line_no: content.line_no,
            quantity: content.quantity.get(),
            lot: content.lot.clone(),
            serials: content.serials.clone(),
        }
    }
}

impl ProposalView {
    pub(super) fn of(proposal: &Proposal, together: &Together) -> Self {
        let in_hand = together.work.id();
        let place = |number: u16| match together.find(number) {
            Some((work, line_no)) => {
                ((work.id() != in_hand).then(|| work.id().to_string()), line_no)
            }
            None => (None, number),
        };
        let content = |content: &Content| {
            let (fulfillment_id, line_no) = place(content.line_no);
            ContentView { fulfillment_id, line_no, ..ContentView::from(content) }
        };
        let piece = |piece: &Placed| {
            let (fulfillment_id, line_no) = place(piece.line_no);
            PlacedView { fulfillment_id, line_no, at_mm: piece.at_mm, size_mm: piece.size_mm }
        };
        let of_box = |it: &ProposedBox| ProposedBoxView {
            material: it.material.clone(),
            contents: it.contents.iter().map(content).collect(),
            pieces: it.pieces.iter().map(piece).collect(),
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
            inside_package_id: package.inside.map(|it| it.to_string()),
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

/// The boxes of a body, for what is packed together; every field that is wrong.
pub(super) fn boxes(
    together: &Together,
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
            content_of(together, content, &format!("{here}/contents/{index}"), &mut wrong)
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
    together: &Together,
    content: &ContentView,
    here: &str,
    wrong: &mut Vec<FieldError>,
) -> Option<Content> {
    let of_it = match content.fulfillment_id.as_deref().map(str::parse::<FulfillmentId>) {
        None => Some(together.work.id()),
        Some(id) => id.ok().filter(|id| together.ids().contains(id)),
    };
    let Some(of_it) = of_it else {
        let expected = "a fulfillment that is packed with it";
        wrong.push(FieldError::new(format!("{here}/fulfillment_id"), "unknown", expected));
        return None;
    };
    let number = together.number(of_it, content.line_no);
    let Some(line) = number.and_then(|number| together.work.line(number)) else {
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
        line_no: line.line_no,
        sku: line.sku,
        quantity: quantity?,
        lot: content.lot.clone(),
        serials: content.serials.clone(),
    })
}

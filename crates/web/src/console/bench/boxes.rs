//! Boxes at the bench: what is proposed, what was packed really, and boxes that are opened again.

use axum::extract::{Form, Path};
use axum::response::Response;
use ordermill_app::catalog::Catalog;
use ordermill_app::pack::close::{CloseError, Pack, PackedBox, open};
use ordermill_app::pack::proposal::{Proposal, propose};
use ordermill_base::{Money, Quantity};
use ordermill_domain::fulfillment::Fulfillment;
use ordermill_domain::ids::FulfillmentId;
use ordermill_domain::package::{Content, ContentError, Package};
use ordermill_pages::Words;
use ordermill_pages::console::bench::{BoxForm, PackForm, PackageRow, box_name};
use ordermill_pages::ui::{Block, BoxDrawing, Choice, Toast};
use ordermill_storage::Tx;

use super::{GRAMS_MAX, PIECES_MAX, Wrong, href_of, label, load, refused, seen, trouble_of, whole};
use crate::console::desk::Desk;
use crate::console::pairs::Pairs;
use crate::console::paper::slip_href;
use crate::console::route::{Needs, Routes};
use crate::console::trouble::Trouble;

/// Boxes of one form, the spare one included.
const BOXES_MAX: usize = 40;
const SERIALS_MAX: usize = 200;

pub(super) fn routes() -> Routes {
    Routes::default().post("/console/wh/bench/{work}/pack", Needs::Floor, take_boxes).post(
        "/console/wh/bench/{work}/open",
        Needs::Floor,
        open_boxes,
    )
}

pub(super) fn pack_form(
    catalog: &Catalog,
    work: &Fulfillment,
    entered: &Pairs,
    asks_reason: bool,
    t: Words,
) -> PackForm {
    let materials = &catalog.materials.materials;
    let choice = |it: &ordermill_domain::package::Material| {
        let [length, width, height] = it.inner_mm;
        let name = t.pick(&it.name.zh, &it.name.en);
        Choice::new(it.code.clone(), format!("{} · {name} · {length}×{width}×{height}", it.code))
    };
    let proposal = propose(catalog, &catalog.materials, work).ok();
    let lines: Vec<u16> =
        work.facts().lines.iter().filter(|it| it.quantity > 0).map(|it| it.line_no).collect();
    let proposed = proposal.as_ref().map_or(0, |proposal| proposal.boxes.len());
    let count = (proposed + 1).min(BOXES_MAX);
    let boxes = (1..=count).map(|number| {
        let at = proposal.as_ref().and_then(|proposal| proposal.boxes.get(number - 1));
        let was_sent = entered.has("version");
        let field = |name: String, proposed: String| {
            if was_sent { entered.one(&name) } else { proposed }
        };
        let contents = lines.iter().map(|line_no| {
            let proposed = at.and_then(|it| it.contents.iter().find(|it| it.line_no == *line_no));
            let pieces = proposed.map(|it| it.quantity.get().to_string()).unwrap_or_default();
            (
                *line_no,
                field(format!("box-{number}-line-{line_no}"), pieces),
                entered.one(&format!("box-{number}-serials-{line_no}")),
            )
        });
        BoxForm {
            number,
            material: field(
                format!("box-{number}-material"),
                at.map(|it| it.material.clone()).unwrap_or_default(),
            ),
            grams: entered.one(&format!("box-{number}-grams")),
            contents: contents.collect(),
            drawing: proposal.as_ref().and_then(|it| drawing(catalog, it, number, t)),
        }
    });
    let cost = proposal.as_ref().map(|proposal| {
        let minor = i64::try_from(proposal.cost_minor).unwrap_or(i64::MAX);
        Money::new(minor, catalog.shop.currency).to_string()
    });
    PackForm {
        boxes: boxes.collect(),
        materials: materials.iter().map(choice).collect(),
        by_hand: if proposal.is_some() { String::new() } else { t.bench_by_hand().to_owned() },
        cost: cost.unwrap_or_default(),
        asks_reason,
        reason: entered.one("reason"),
    }
}

fn drawing(catalog: &Catalog, proposal: &Proposal, number: usize, t: Words) -> Option<BoxDrawing> {
    let proposed = proposal.boxes.get(number - 1)?;
    let material = catalog.materials.by_code(&proposed.material)?;
    let block = |piece: &ordermill_app::pack::proposal::Placed| Block {
        at: piece.at_mm,
        size: piece.size_mm,
        kind: usize::from(piece.line_no),
    };
    let blocks: Vec<Block> = proposed.pieces.iter().map(block).collect();
    Some(BoxDrawing::new(box_name(number, t), material.inner_mm, &blocks))
}

pub(super) fn package_row(
    catalog: &Catalog,
    package: &Package,
    lacks_label: bool,
    t: Words,
) -> PackageRow {
    let content = |content: &Content| {
        let sku = catalog.sku(content.sku);
        let name = sku.map(|sku| t.pick(&sku.name.zh, &sku.name.en).clone()).unwrap_or_default();
        format!("{name} × {}", content.quantity)
    };
    let contents: Vec<String> = package.contents.iter().map(content).collect();
    PackageRow {
        number: package.number,
        material: package.material.clone(),
        grams: package.gross_grams,
        contents: contents.join(t.pick("，", ", ")),
        label: label::href_of(package.id),
        lacks_label,
        slip: slip_href(package.id),
        printed: package.printed.into(),
    }
}

async fn open_boxes(
    desk: Desk,
    Path(id): Path<FulfillmentId>,
    Form(pairs): Form<Pairs>,
) -> Result<Response, Trouble> {
    let (principal, act) = (desk.member.principal.clone(), desk.act_for(&pairs.one("reason")));
    let seen = seen(id, &pairs);
    let work = move |tx: &mut Tx<'_>| open(tx, &principal, &act, seen);
    match desk.site.services().database().write(work).await {
        Ok(()) => Ok(desk.done(&href_of(id), &Toast::new(desk.t().bench_opened()))),
        Err(error) => Err(trouble_of(error, id)),
    }
}

async fn take_boxes(
    desk: Desk,
    Path(id): Path<FulfillmentId>,
    Form(pairs): Form<Pairs>,
) -> Result<Response, Trouble> {
    let (t, catalog) = (desk.t(), desk.site.services().catalog());
    let together = load(&desk, id).await?.together;
    let boxes = match boxes_of(&together.work, &pairs, t) {
        Ok(boxes) => boxes,
        Err(wrong) => return refused(&desk, id, &pairs, wrong).await,
    };
    let act = desk.act_for(&pairs.one("reason"));
    let principal = desk.member.principal.clone();
    let pack = Pack { catalog, principal, act, seen: seen(id, &pairs), boxes };
    let wrong = match desk.site.services().database().submit(pack).await? {
        Ok(_) => return Ok(desk.done(&href_of(id), &Toast::new(t.bench_packed()))),
        Err(CloseError::Bench(error)) => return Err(trouble_of(error, id)),
        Err(CloseError::UnknownMaterial(code)) => t.bench_wrong_code(code),
        Err(CloseError::DoesNotFit { number, .. }) => t.bench_does_not_fit(number),
        Err(CloseError::Weight { number, measured_grams, computed_grams }) => {
            t.bench_box_weight(number, measured_grams, computed_grams)
        }
        Err(CloseError::Contents(ContentError::Empty { number })) => t.bench_empty_box(number),
        Err(CloseError::Contents(ContentError::Pieces { line_no, .. })) => {
            t.bench_wrong_contents(line_no)
        }
        Err(CloseError::Contents(ContentError::Serials { line_no })) => {
            t.bench_too_many_serials(line_no)
        }
    };
    refused(&desk, id, &pairs, vec![("", wrong)]).await
}

/// The boxes of the form that have anything in them or a material.
fn boxes_of(work: &Fulfillment, pairs: &Pairs, t: Words) -> Result<Vec<PackedBox>, Wrong> {
    let (mut boxes, mut wrong) = (Vec::new(), Wrong::new());
    for number in 1..=BOXES_MAX {
        let material = pairs.one(&format!("box-{number}-material"));
        let mut contents = Vec::new();
        for line in &work.facts().lines {
            let pieces = pairs.one(&format!("box-{number}-line-{}", line.line_no));
            match whole(&pieces, PIECES_MAX, t) {
                Ok(pieces) => {
                    let quantity = Quantity::new(pieces.unwrap_or_default().into());
                    let serials = pairs.one(&format!("box-{number}-serials-{}", line.line_no));
                    let serials = serials.split([',', '，', ' ', '\n']).map(str::trim);
                    let serials = serials.filter(|it| !it.is_empty()).take(SERIALS_MAX);
                    contents.extend(quantity.ok().map(|quantity| Content {
                        line_no: line.line_no,
                        sku: line.sku,
                        quantity,
                        lot: None,
                        serials: serials.map(str::to_owned).collect(),
                    }));
                }
                Err(error) => wrong.push(("", format!("{}: {error}", box_name(number, t)))),
            }
        }
        let gross_grams = whole(&pairs.one(&format!("box-{number}-grams")), GRAMS_MAX, t);
        let gross_grams = gross_grams.unwrap_or_else(|error| {
            wrong.push(("", format!("{}: {error}", box_name(number, t))));
            None
        });
        if contents.is_empty() && gross_grams.is_none() {
            continue;
        }
        if material.is_empty() {
            wrong.push(("", t.bench_no_material(number)));
        }
        boxes.push(PackedBox { material, contents, gross_grams });
    }
    if wrong.is_empty() { Ok(boxes) } else { Err(wrong) }
}

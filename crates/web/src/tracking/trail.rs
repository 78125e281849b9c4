//! Every scan on the way of an order, ours and the carriers', as one list.

use ordermill_app::shipment::tracking_page::Tracked;
use ordermill_app::shipment::trail::{Node, Scan};
use ordermill_base::Timestamp;
use ordermill_pages::states::shipment as words;
use ordermill_pages::ui::{Moment, Timeline, Tone};
use ordermill_pages::{Icon, Shell, Words};

use crate::Site;

/// Moments that are shown at most.
const MOMENTS_MAX: usize = 120;

pub(super) fn timeline(site: &Site, shell: &Shell, tracked: &Tracked) -> Timeline {
    let t = shell.t;
    let catalog = site.services().catalog();
    let place = |scan: &Scan| {
        let found = catalog.location(scan.location);
        found.map_or("", |place| t.pick(place.name.zh(), place.name.en())).to_owned()
    };
    let ours = tracked.trail.iter().map(|scan| {
        let (icon, text) = said(scan.node, t);
        (scan.at, moment(shell, (Tone::Blue, icon), text, scan.at, &place(scan)))
    });
    let carriers = tracked.parcels.iter().flat_map(|parcel| &parcel.events);
    let theirs = carriers.map(|(at, status, place)| {
        let tone = if status.is_exception() { Tone::Red } else { Tone::Blue };
        let text = words::word(*status, t).to_owned();
        (*at, moment(shell, (tone, words::icon(*status)), text, *at, place))
    });
    let mut moments: Vec<(Timestamp, Moment)> = theirs.chain(ours).collect();
    moments.sort_by_key(|(at, _)| std::cmp::Reverse(*at));
    Timeline { moments: moments.into_iter().take(MOMENTS_MAX).map(|(_, it)| it).collect() }
}

fn moment(
    shell: &Shell,
    (tone, icon): (Tone, Icon),
    text: String,
    at: Timestamp,
    place: &str,
) -> Moment {
    let when = shell.moment(&at);
    let note = if place.is_empty() { when } else { format!("{when} · {place}") };
    Moment { tone, icon, text, note, is_public: false }
}

fn said(node: Node, t: Words) -> (Icon, String) {
    match node {
        Node::Released => (Icon::Clipboard, t.trail_released().to_owned()),
        Node::Picked(pieces) => (Icon::Barcode, t.trail_picked(pieces.unsigned_abs())),
        Node::AllPicked => (Icon::Check, t.trail_all_picked().to_owned()),
        Node::Rechecked => (Icon::CircleCheck, t.trail_rechecked().to_owned()),
        Node::Packed(count) => (Icon::Package, t.trail_packed(count as u64)),
        Node::AtDock => (Icon::Barcode, t.trail_at_dock().to_owned()),
        Node::HandedOver => (Icon::Truck, t.trail_handed_over().to_owned()),
    }
}

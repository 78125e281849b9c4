//! The floor of a location: bins are placed and never doubled or lost.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use ordermill_app::catalog::edit::{self, EditError};
use ordermill_app::check;
use ordermill_app::layout::{Seen, draw, see};
use ordermill_base::{Id, Span, Timestamp};
use ordermill_domain::actor::{Act, Actor};
use ordermill_domain::layout::{Numbering, Plan, ZonePlan};
use ordermill_domain::location::Zone;
use ordermill_domain::text::Text;
use ordermill_storage::{Connection, journal, location as places};
use ordermill_testkit::stock::location;
use ordermill_testkit::{TestClock, catalog as sample, each_database};

const NOW: Timestamp = TestClock::START;

fn clerk() -> Act {
    Act::new(Actor::system("test"), NOW)
}

fn a_location(connection: &mut Connection) {
    connection
        .transact(|tx| {
            places::insert(tx, &clerk(), &sample::location(location(1), "JX", 31, 121))?;
            let (at, name) = (location(1), Text::new("区", "Area"));
            let zone = Zone { location: at, code: "A".to_owned(), name, kind: "shelf".to_owned() };
            edit::set_up_zone(tx, &clerk(), &zone, ["A-01-01-1".to_owned(), "OLD".to_owned()])
        })
        .unwrap();
}

fn plan(aisles: u32) -> Plan {
    Plan {
        zones: vec![ZonePlan { zone: "A".to_owned(), aisles, bays: 4, levels: 2 }],
        blocks: 2,
        bay_width_mm: 1_000,
        aisle_pitch_mm: 3_000,
        cross_aisle_width_mm: 2_000,
        level_height_mm: 500,
        numbering: Numbering::Street,
        start_aisle: 1,
        end_aisle: aisles,
    }
}

fn draw_it(connection: &mut Connection, version: i64, plan: &Plan) -> Result<i64, EditError> {
    connection.transact(|tx| draw(tx, &clerk(), location(1), version, plan))
}

fn seen(connection: &mut Connection) -> Seen {
    connection.read(|tx| see(tx, location(1))).unwrap().unwrap()
}

#[test]
fn a_drawn_floor_places_the_bins_that_exist_and_makes_the_others() {
    for database in each_database() {
        let mut connection = database.connection();
        a_location(&mut connection);
        let before = seen(&mut connection);
        let known = before.bins.iter().find(|bin| bin.code == "A-01-01-1").unwrap();
        assert!(before.layout.is_none() && known.place.is_none());

        let version = draw_it(&mut connection, before.location.version, &plan(3)).unwrap();
        assert_eq!(version, before.location.version + 1);
        let after = seen(&mut connection);
        let layout = after.layout.as_ref().unwrap();
        assert_eq!(layout.plan, plan(3));
        assert_eq!(
            (layout.aisles.len(), layout.cross_aisles_mm.as_slice()),
            (3, &[0, 3_000, 6_000][..])
        );
        let (placed, without) = layout.placed(&after.bins);
        assert_eq!(placed.len(), 3 * 4 * 2);
        assert_eq!(without.iter().map(|bin| bin.code.as_str()).collect::<Vec<_>>(), ["OLD"]);
        let now = placed.iter().find(|bin| bin.code == "A-01-01-1").unwrap();
        assert_eq!((now.id, now.place.unwrap().aisle), (known.id, 1));

        let entries = connection.read(|tx| journal::of(tx, "location", location(1), 1, 9)).unwrap();
        assert!(entries.last().unwrap().body.contains("new_bins"), "{entries:?}");
        let report = check::check(&mut connection, NOW + Span::days(1), None, &mut |_, _| ());
        assert_eq!(report.unwrap().violations, []);
    }
}

#[test]
fn a_smaller_floor_keeps_the_bins_that_it_no_longer_has() {
    for database in each_database() {
        let mut connection = database.connection();
        a_location(&mut connection);
        let version = seen(&mut connection).location.version;
        let version = draw_it(&mut connection, version, &plan(3)).unwrap();
        draw_it(&mut connection, version, &plan(1)).unwrap();
        let after = seen(&mut connection);
        let (placed, without) = after.layout.as_ref().unwrap().placed(&after.bins);
        assert_eq!((placed.len(), without.len()), (8, 17));
        assert!(without.iter().all(|bin| bin.place.is_none()));
        let last = placed.iter().map(|bin| bin.position).max().unwrap();
        let gone = without.iter().filter(|bin| bin.code != "OLD");
        assert!(gone.map(|bin| bin.position).min().unwrap() > last);
    }
}

#[test]
fn a_floor_is_drawn_from_what_its_author_has_seen_and_of_zones_that_exist() {
    for database in each_database() {
        let mut connection = database.connection();
        a_location(&mut connection);
        let version = seen(&mut connection).location.version;
        let stale = draw_it(&mut connection, version - 1, &plan(1));
        assert!(matches!(stale, Err(EditError::Changed { .. })));
        let mut unknown = plan(1);
        unknown.zones[0].zone = "Z".to_owned();
        let refused = draw_it(&mut connection, version, &unknown);
        assert!(matches!(refused, Err(EditError::Invalid(wrong)) if wrong[0].field == "zones"));
        let nowhere = connection.transact(|tx| draw(tx, &clerk(), Id::from_raw(9), 1, &plan(1)));
        assert!(matches!(nowhere, Err(EditError::NotFound("location"))));
        assert!(seen(&mut connection).layout.is_none());
    }
}

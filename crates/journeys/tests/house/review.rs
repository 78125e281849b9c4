//! The review desk, by the keyboard alone.

use anyhow::Result;
use ordermill_journeys::{Browser, Demo, View, css, visit};

use crate::kit::sign_in;

#[test]
fn orders_are_reviewed_without_a_mouse() {
    let demo = Demo::start().unwrap();
    let reviewer = demo.sign_in_of("operations").unwrap();
    for view in [View::DESKTOP_ENGLISH, View::DESKTOP_CHINESE] {
        visit(&demo.url, view, |staff| {
            sign_in(staff, &reviewer, "/console/orders")?;
            // G R goes to the desk, N takes the most urgent case.
            staff.type_keys("gr")?;
            staff.arrive("/console/desk/review")?;
            staff.check("review-queue")?;
            let waiting = staff.text(&css("#queue .count"))?.parse::<usize>()?;
            staff.type_keys("n")?;
            staff.see(view.either("Yours until", "已由您领取"))?;
            staff.check("review-case")?;
            decide(staff, "r", "the address is made up")?;
            // The next case comes by itself.
            staff.see(view.either("Yours until", "已由您领取"))?;
            decide(staff, "a", "the buyer is known")?;
            let left = staff.text(&css("#queue .count"))?.parse::<usize>()?;
            assert_eq!(left, waiting - 2);
            Ok(())
        });
    }
}

/// Decides the case at hand: the key names what is done, the reason follows, Enter does it.
fn decide(staff: &mut Browser, key: &str, why: &str) -> Result<()> {
    let case = staff.text(&css("#case"))?;
    staff.type_keys(key)?;
    staff.see(staff.view().either("Say why, then Enter", "写明原因，回车即"))?;
    staff.type_keys(why)?;
    staff.type_keys(Browser::ENTER)?;
    staff.see_no_more(&case)
}

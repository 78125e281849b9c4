//! Pictures: each is what its name says, to the byte.

use ordermill_storage::{Error, image};

use super::Examination;
use crate::catalog::image::name_of;

const NAMES: i64 = 256;

/// I12: what was stored is there with equal content.
pub(super) fn run(examination: &mut Examination<'_, '_>) -> Result<i64, Error> {
    let mut after = String::new();
    let mut count = 0;
    loop {
        let names = image::names(examination.tx, &after, NAMES)?;
        let Some(last) = names.last() else { return Ok(count) };
        after.clone_from(last);
        count += names.len() as i64;
        for name in names {
            let image = image::fetch(examination.tx, &name)?;
            if image.is_none_or(|image| name_of(&image.bytes) != name) {
                examination.found("I12", format!("image {name}"), "its content has changed");
            }
        }
        (examination.progress)("images", count);
    }
}

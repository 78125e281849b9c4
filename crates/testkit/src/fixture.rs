//! Payloads of partners and standards that are not ours to copy: read where they lie beside the checkout.

use std::path::Path;

/// A file of the collection beside the checkout; `None`, said aloud, where there is no collection.
///
/// # Panics
/// If the collection is there and the file is not.
pub fn beside(path: &str) -> Option<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/fixtures");
    if !folder.is_dir() {
        eprintln!("not tested: there are no fixtures beside the checkout");
        return None;
    }
    Some(std::fs::read_to_string(folder.join(path)).expect("a fixture"))
}

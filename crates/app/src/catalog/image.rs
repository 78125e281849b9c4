//! Pictures of goods: stored once, known by the digest of their bytes, named by SKUs.

use ordermill_base::Timestamp;
use ordermill_domain::image::{self, Refused};
use ordermill_storage::image::{self as stored, Image};
use ordermill_storage::{Error, Tx};
use ring::digest::{SHA256, digest};

/// Why a picture was not stored.
#[derive(Debug, thiserror::Error)]
pub enum StoreImageError {
    /// It may not be shown.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// The database.
    #[error(transparent)]
    Storage(#[from] Error),
}

/// Stores a picture and gives its name, for [`Sku::art`](super::Sku::art). The same picture has the
/// same name however often it is stored; one that no SKU names is seen by nobody.
///
/// # Errors
/// See [`StoreImageError`].
pub fn store_image(
    tx: &mut Tx<'_>,
    bytes: &[u8],
    at: Timestamp,
) -> Result<String, StoreImageError> {
    let kind = image::check(bytes)?;
    let image = Image { name: name_of(bytes), kind, bytes: bytes.to_vec() };
    stored::insert(tx, &image, at)?;
    Ok(image.name)
}

/// The name of a picture: half of its SHA-256, in hexadecimal digits.
pub fn name_of(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    let digest = digest(&SHA256, bytes);
    digest.as_ref().iter().take(16).fold(String::with_capacity(32), |mut name, byte| {
        let _ = write!(name, "{byte:02x}");
        name
    })
}

/// Whether a text can be the name of a picture.
pub fn is_name(text: &str) -> bool {
    text.len() == 32 && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
}

//! Forms that carry a file.

use axum::extract::Multipart;
use axum::extract::multipart::MultipartError;
use axum::http::StatusCode;

/// Bytes of such a form beside the file: its other fields and what separates them.
pub(crate) const AROUND_BYTES_MAX: usize = 16 * 1024;
/// Fields of such a form that are looked at.
const FIELDS_MAX: usize = 16;
/// Letters of the name of a file that are kept.
const NAME_CHARS_MAX: usize = 200;

/// A form with a file.
#[derive(Debug, Default)]
pub(crate) struct Upload {
    /// What the file is called where it comes from; for people, never for a path.
    pub(crate) file_name: String,
    /// The file; empty if none was chosen.
    pub(crate) bytes: Vec<u8>,
    fields: Vec<(String, String)>,
}

/// Why a form was not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum UploadError {
    /// It has more bytes than are taken.
    TooLarge,
    /// It is no form with a file, or broke off.
    Unreadable,
}

impl Upload {
    /// Reads a form with at most one file. The limit is that of the address.
    pub(crate) async fn read(mut form: Multipart) -> Result<Self, UploadError> {
        let mut upload = Self::default();
        while let Some(field) = form.next_field().await.map_err(problem)? {
            let name = field.name().unwrap_or_default().to_owned();
            let file_name = field.file_name().map(str::to_owned);
            let bytes = field.bytes().await.map_err(problem)?;
            match file_name {
                Some(file_name) if upload.bytes.is_empty() => {
                    upload.file_name = file_name.chars().take(NAME_CHARS_MAX).collect();
                    upload.bytes = bytes.into();
                }
                Some(_) => {}
                None if upload.fields.len() < FIELDS_MAX => {
                    let value = String::from_utf8_lossy(&bytes).trim().to_owned();
                    upload.fields.push((name, value));
                }
                None => return Err(UploadError::Unreadable),
            }
        }
        Ok(upload)
    }

    /// The value of a field; empty if there is none.
    pub(crate) fn field(&self, name: &str) -> &str {
        let found = self.fields.iter().find(|(known, _)| known == name);
        found.map_or("", |(_, value)| value)
    }
}

fn problem(error: MultipartError) -> UploadError {
    if error.status() == StatusCode::PAYLOAD_TOO_LARGE {
        UploadError::TooLarge
    } else {
        UploadError::Unreadable
    }
}

//! Something that just happened, told once on the next page: carried there by a cookie.

use axum::http::{HeaderMap, HeaderValue, header};
use ordermill_app::session::cookie_attributes;
use ordermill_pages::ui::{Toast, Undo};
use serde::{Deserialize, Serialize};

use crate::Visit;

const COOKIE: &str = "ordermill-told";
/// A browser keeps about 4,000 bytes in a cookie; what is longer is not told.
const BYTES_MAX: usize = 3_000;

#[derive(Serialize, Deserialize)]
struct Told {
    text: String,
    undo: Option<ToldUndo>,
}

#[derive(Serialize, Deserialize)]
struct ToldUndo {
    action: String,
    values: Vec<(String, String)>,
    label: String,
}

/// Sends it along with a redirect.
pub(super) fn tell(headers: &mut HeaderMap, toast: &Toast, is_secure: bool) {
    let undo = toast.undo.as_ref().map(|undo| ToldUndo {
        action: undo.action.clone(),
        values: undo.values.clone(),
        label: undo.label.clone(),
    });
    let told = Told { text: toast.text.clone(), undo };
    let Ok(json) = serde_json::to_vec(&told) else { return };
    let text = hex(&json);
    if text.len() > BYTES_MAX {
        return;
    }
    let cookie = format!("{COOKIE}={text}; {}; Max-Age=60", cookie_attributes(is_secure));
    if let Ok(cookie) = HeaderValue::from_str(&cookie) {
        headers.append(header::SET_COOKIE, cookie);
    }
}

/// What the browser brings along, if it can be read.
pub(super) fn heard(visit: &Visit) -> Option<Toast> {
    let told: Told = serde_json::from_slice(&unhex(visit.cookie(COOKIE)?)?).ok()?;
    let undo =
        told.undo.map(|undo| Undo { action: undo.action, values: undo.values, label: undo.label });
    // Whatever else a cookie says, a form leads nowhere but into the console.
    let is_ours = undo.as_ref().is_none_or(|undo| undo.action.starts_with("/console/"));
    is_ours.then_some(Toast { text: told.text, undo })
}

/// It was told.
pub(super) fn forget(headers: &mut HeaderMap, is_secure: bool) {
    let cookie = format!("{COOKIE}=; {}; Max-Age=0", cookie_attributes(is_secure));
    if let Ok(cookie) = HeaderValue::from_str(&cookie) {
        headers.append(header::SET_COOKIE, cookie);
    }
}

/// Any text as letters that a cookie takes.
fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        for digit in [byte >> 4, byte & 15] {
            text.push(char::from_digit(digit.into(), 16).unwrap_or('0'));
        }
        text
    })
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u8>> =
        text.chars().map(|digit| digit.to_digit(16).and_then(|it| u8::try_from(it).ok())).collect();
    let digits = digits.filter(|digits| digits.len() % 2 == 0)?;
    Some(digits.chunks_exact(2).map(|pair| pair[0] << 4 | pair[1]).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_text_comes_back_as_it_went() {
        for text in ["", "取消了订单 ¥3", "a;b=c\r\n\"\\"] {
            assert_eq!(unhex(&hex(text.as_bytes())).as_deref(), Some(text.as_bytes()));
        }
        for broken in ["0", "xy", "ä"] {
            assert_eq!(unhex(broken), None, "{broken}");
        }
    }
}

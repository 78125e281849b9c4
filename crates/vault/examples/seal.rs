//! How long the vault's hot operations take: `cargo run --release -p ordermill-vault --example seal`.
//!
//! An order seals one value of some 300 bytes and computes a few blind indexes. The target is 2 µs
//! for a seal on one core.

use std::hint::black_box;
use std::time::Instant;

use ordermill_base::Timestamp;
use ordermill_vault::{Claim, Entropy as _, IndexKind, Keyring, OsEntropy, Place, Token};

fn main() {
    let now = Timestamp::from_millis(1_700_000_000_000);
    let keyring = Keyring::generate(&OsEntropy, now);
    let place = |row| Place { table: "order_contacts", column: "sealed", row };
    let plain = [b'x'; 300];
    let sealed = keyring.seal(place(1), &plain, &OsEntropy);
    let claim = Claim { audience: "guest_order", id: 1 };
    let signed = keyring.sign_token(claim, None);

    measure("seal 300 bytes", |row| keyring.seal(place(row), &plain, &OsEntropy));
    measure("open 300 bytes", |_| keyring.open(place(1), &sealed));
    measure("blind index", |_| keyring.blind_index(IndexKind::Phone, black_box("13800138000")));
    measure("sign token", |id| keyring.sign_token(Claim { id, ..claim }, None));
    measure("verify token", |_| keyring.verify_token(claim, &signed, now));
    measure("random token", |_| Token::generate(&OsEntropy));
    measure("12 random bytes", |_| {
        let mut out = [0; 12];
        OsEntropy.fill(&mut out);
        out
    });
}

/// Prints the best of ten rounds, which is the one least disturbed by others.
#[expect(clippy::print_stdout, reason = "the example's result")]
fn measure<T>(what: &str, mut operation: impl FnMut(i64) -> T) {
    const ROUND: i64 = 50_000;
    let round = |_| {
        let start = Instant::now();
        for index in 0..ROUND {
            black_box(operation(index));
        }
        start.elapsed().as_nanos() / u128::from(ROUND.unsigned_abs())
    };
    let best = (0..10).map(round).min().unwrap_or_default();
    println!("{what:<16} {best:>5} ns");
}

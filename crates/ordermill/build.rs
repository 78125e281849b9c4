//! Links the release small: a twentieth of the program would be a table of addresses to move when it is loaded,
//! which newer systems keep packed.

use std::process::Command;

/// The first glibc that unpacks the table.
const UNPACKS_SINCE: (u32, u32) = (2, 36);

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let is = |name: &str, value: &str| std::env::var(name).is_ok_and(|it| it == value);
    if !is("PROFILE", "release") || !is("DEBUG", "false") || !is("CARGO_CFG_TARGET_OS", "linux") {
        return;
    }
    // Cargo forgets that the profile strips where this package has an optimization of its own.
    println!("cargo::rustc-link-arg-bins=-Wl,--strip-all");
    if is("CARGO_CFG_TARGET_ENV", "gnu") && glibc().is_some_and(|it| it >= UNPACKS_SINCE) {
        println!("cargo::rustc-link-arg-bins=-Wl,-z,pack-relative-relocs");
    }
}

/// The version of this machine's glibc, such as (2, 36).
fn glibc() -> Option<(u32, u32)> {
    let answer = Command::new("getconf").arg("GNU_LIBC_VERSION").output().ok()?.stdout;
    let (major, minor) =
        std::str::from_utf8(&answer).ok()?.trim().rsplit(' ').next()?.split_once('.')?;
    Some((major.parse().ok()?, minor.parse().ok()?))
}

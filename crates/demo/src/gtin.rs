//! Barcodes of the demo: GTIN-13 from the range GS1 keeps for use inside one company (20–29), so
//! that none is ever the barcode of a real product.

/// The barcode of a SKU: prefix 29, ten digits that depend on the code alone, and the check digit.
pub(crate) fn in_store(sku: &str) -> String {
    let body = format!("29{:010}", fingerprint(sku) % 10_000_000_000);
    format!("{body}{}", check_digit(&body))
}

/// The last digit of a GTIN-13: weights 1 and 3 in turn, filled up to the next ten.
pub(crate) fn check_digit(body: &str) -> u32 {
    let sum: u32 = body
        .chars()
        .filter_map(|digit| digit.to_digit(10))
        .zip([1, 3].into_iter().cycle())
        .map(|(digit, weight)| digit * weight)
        .sum();
    (10 - sum % 10) % 10
}

/// 64 bits that depend on the text alone (FNV-1a with a final mix): what differs between two SKUs
/// without being random.
pub(crate) fn fingerprint(text: &str) -> u64 {
    let hash = text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    ordermill_base::Random::from_seed(hash).next_u64()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_check_digit_is_the_one_of_gs1() {
        assert_eq!(check_digit("629104150021"), 3, "the worked example of GS1's own page");
        assert_eq!(check_digit("400638133393"), 1);
    }
}

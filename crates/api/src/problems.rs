//! Every code that a problem of the API can have, with what to do about it: `/api/problems`.

/// (code, status, what it means and what to do).
pub(crate) const PROBLEMS: &[(&str, u16, &str)] = &[
    (
        "above_limit",
        409,
        "It is more than one person may send back alone. Refund it with an approval, or ask the buyer.",
    ),
    (
        "approval_awaited",
        409,
        "Another request about the same waits for approval. It is decided first.",
    ),
    ("approval_decided", 409, "The request is approved or rejected already."),
    (
        "approval_impossible",
        409,
        "What was asked for cannot be done any more. Reject it and ask anew.",
    ),
    ("asked_already", 409, "The buyer is asked about the line already. Wait for the answer."),
    ("balance_too_small", 409, "There is less than is to go."),
    (
        "benefit_gone",
        409,
        "A coupon, points or a gift card that the order hands in were used up meanwhile. Ask for another quote.",
    ),
    (
        "body_too_large",
        413,
        "The body has more bytes than this operation takes. Send less at a time.",
    ),
    ("body_too_slow", 408, "The body did not arrive in time. Send it again."),
    ("body_unreadable", 400, "The connection broke off while the body was sent. Send it again."),
    ("busy", 503, "The place where this is done is taken. Wait as Retry-After says and try again."),
    (
        "buyer_of_channel",
        409,
        "The channel that the order came from talks to its buyers itself. Ask the buyer there.",
    ),
    (
        "cannot_be_priced",
        422,
        "The order cannot be priced: no rate or tax is set up for where it goes, or its currency is not sold in.",
    ),
    ("cart_not_found", 404, "There is no such cart, or it is not yours to know of."),
    (
        "cart_not_ready",
        409,
        "Something in the cart cannot be ordered as it is. errors points into the cart.",
    ),
    ("cart_ordered", 409, "The cart has become an order and changes no more."),
    ("channel_unknown", 404, "No channel has this code, or something else speaks through it."),
    ("code_taken", 409, "Another carrier has this code."),
    (
        "conflict",
        503,
        "The change kept losing a race against others. Nothing was changed; try again.",
    ),
    (
        "cursor_malformed",
        400,
        "The cursor is none of ours. Use the next of the page before, unchanged.",
    ),
    (
        "database_unavailable",
        503,
        "The database cannot be reached just now. Nothing was changed; try again.",
    ),
    (
        "dispute_answered",
        409,
        "The dispute was answered or has ended. Read it: state and answer say what was decided.",
    ),
    ("erased", 410, "What was received has been erased."),
    (
        "file_refused",
        422,
        "The file as a whole is no good: empty, too large or without the columns it needs.",
    ),
    ("forbidden", 403, "The key may not do this."),
    (
        "gateway_refused",
        502,
        "The gateway refused. The payment has failed and may be started again.",
    ),
    ("gateway_unknown", 404, "No gateway of this name is set up."),
    (
        "held_by_review",
        409,
        "The order is held by its review. Decide that first; its work is changed afterwards.",
    ),
    (
        "idempotency_key_malformed",
        400,
        "An Idempotency-Key has 1 to 128 printable letters and is sent once.",
    ),
    (
        "idempotency_key_required",
        400,
        "Creating calls need an Idempotency-Key, so that repeating them is safe.",
    ),
    (
        "idempotency_key_reused",
        422,
        "The key was used for another request within the last day. Take a new key for a new request.",
    ),
    ("if_match_malformed", 400, "If-Match is one ETag as it was sent, in its quotes."),
    (
        "if_match_required",
        428,
        "Edits need the ETag that was read as If-Match, so that nobody's change is undone unseen.",
    ),
    ("import_not_found", 404, "There is no such import, or it is not yours to know of."),
    (
        "internal",
        500,
        "A defect of ours. The request may be sent again; X-Request-Id names it in our log.",
    ),
    (
        "invalid_fields",
        422,
        "Some fields are missing or wrong. Each stands in errors, by its JSON Pointer, with the reason; card_number means that a text holds the number of a payment card, which is not accepted anywhere.",
    ),
    (
        "key_of_one_channel",
        403,
        "The thing belongs to all channels, and the key is of one. Use a key without a channel.",
    ),
    (
        "key_unknown",
        401,
        "There is no valid key in Authorization: Bearer. Keys are made in the console or by ordermill admin.",
    ),
    (
        "location_cannot_ship",
        409,
        "The location does not have what the order wants. The work stays where it was.",
    ),
    ("malformed_json", 400, "The body is not JSON."),
    ("manifest_closed", 409, "The hand-over list was closed before: its carrier has the parcels."),
    ("manifest_empty", 409, "Nothing stands on the hand-over list that could leave."),
    ("method_not_allowed", 405, "The address exists and does not have that method."),
    (
        "movement_refused",
        409,
        "The books do not allow the movement: fewer pieces are there, or orders claim them. With 422: what it names does not exist or does not fit together.",
    ),
    (
        "no_carrier",
        409,
        "No carrier takes the package as things are. Mend zones, prices or accounts, and ask again.",
    ),
    ("no_gateway", 409, "No payment gateway is set up."),
    (
        "no_proposal",
        409,
        "No boxes can be proposed: something fits into none, or there is too much of it.",
    ),
    ("not_a_file_of_orders", 415, "Send the file as application/x-ndjson or text/csv."),
    (
        "not_all_received",
        409,
        "Something of the order is still to come, or it has ended otherwise.",
    ),
    ("not_found", 404, "There is no such thing, or it is not yours to know of."),
    ("not_json", 415, "Send the body as application/json."),
    (
        "not_mergeable",
        409,
        "The work does not travel together: the detail says what keeps it apart.",
    ),
    ("not_merged", 409, "The work travels by itself already."),
    ("not_payable", 409, "The order is not to be paid online, or no longer."),
    ("not_replaceable", 409, "It is a gift, and nothing is sent in place of gifts."),
    ("not_waiting", 409, "The channel's order does not wait any more."),
    ("nothing_delivered", 409, "No parcel of the order was delivered: nothing can be missing yet."),
    ("nothing_missing", 409, "No piece of the line waits for stock."),
    ("nothing_planned", 409, "The order has no work that is planned and not on a floor yet."),
    ("nothing_to_refund", 409, "Nothing that came in is left to be refunded."),
    ("nothing_to_release", 409, "Nothing that waits at the location is wanted by this wave."),
    ("order_not_found", 404, "There is no such order, or it is not yours to know of."),
    ("order_refused", 422, "The order does not add up."),
    (
        "out_of_stock",
        409,
        "There is not enough stock. errors names each line that wants more than there is.",
    ),
    (
        "overloaded",
        503,
        "Too much is waiting. Nothing was changed; wait as Retry-After says and try again.",
    ),
    ("own_request", 403, "Nobody approves their own request."),
    (
        "paid_at_the_door",
        409,
        "The order is paid at the door, and what the carrier collects cannot be less. Cancel the order, or let the buyer wait.",
    ),
    (
        "parameters_unreadable",
        400,
        "A parameter behind the question mark cannot be read, or is unknown.",
    ),
    (
        "payment_disputed",
        409,
        "The buyer's bank wants the money back: refunded now, it would leave twice. Answer the dispute, or refund what is left beside it.",
    ),
    ("payment_not_found", 404, "The order has no such payment."),
    ("pick_list_refuses", 409, "The pick list has no such step now, or it is complete."),
    ("pick_list_taken", 409, "A colleague has the pick list."),
    (
        "position_malformed",
        400,
        "The position in the stream is none of ours. Use the id of an event, unchanged.",
    ),
    (
        "price_changed",
        409,
        "The order costs something else than was agreed. Ask for another quote.",
    ),
    (
        "rate_limited",
        429,
        "The key, or without a valid key the address, has used up its requests. Wait as Retry-After says.",
    ),
    ("refund_too_large", 409, "More than came in cannot go back."),
    (
        "review_taken",
        409,
        "A member of staff is at the review of the order. Wait until they have decided or let it go.",
    ),
    ("scope_missing", 403, "The key lacks the scope that the operation needs."),
    ("signature_header", 400, "A header of the signature is missing or doubled."),
    ("signature_wrong", 401, "The signature is not the partner's, or not from now."),
    ("stale", 409, "It changed while the request ran. Read it again."),
    (
        "step_not_allowed",
        409,
        "It has no such step now. allowed_actions of an order says what may be done.",
    ),
    ("storage_full", 503, "The disk is full. Reading goes on; writing does when there is room."),
    (
        "substitute_sold_out",
        409,
        "Too few pieces of the substitute can be sold. The list of substitutes says what is there.",
    ),
    ("taken", 409, "Another one has this value, which must be unique. errors names the field."),
    ("too_many", 409, "There are as many of these as there may be."),
    (
        "too_many_at_once",
        429,
        "Too many requests of the key run at once. Wait for answers before sending more.",
    ),
    (
        "too_many_tries",
        429,
        "The key has handed in too many codes of gift cards that do not exist. Wait as Retry-After says.",
    ),
    (
        "version_changed",
        412,
        "Somebody else has changed it since it was read. Read it again and decide anew.",
    ),
    (
        "work_changed",
        409,
        "The work changed while the wave was planned, several times over. Try again.",
    ),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// The codes that stand behind a status in the sources: `StatusCode::…, "code"`, and those of
    /// functions that are given one.
    fn codes_in(text: &str, found: &mut BTreeSet<String>) {
        for start in ["StatusCode::", "(status, ", "Self::busy(", "too_many(", "bad("] {
            for (at, _) in text.match_indices(start) {
                let rest: String = text[at + start.len()..].chars().take(120).collect();
                let Some(open) = rest.find('"') else { continue };
                let between = &rest[..open];
                let is_argument = between.chars().all(|it| {
                    it.is_ascii_uppercase() || it == '_' || it == ',' || it.is_whitespace()
                });
                let code: String = rest[open + 1..].chars().take_while(|it| *it != '"').collect();
                let is_code =
                    !code.is_empty() && code.chars().all(|it| it.is_ascii_lowercase() || it == '_');
                if is_argument && is_code {
                    found.insert(code);
                }
            }
        }
    }

    fn sources(folder: &std::path::Path, found: &mut BTreeSet<String>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                sources(&path, found);
            } else if path.extension().is_some_and(|it| it == "rs") {
                let text = std::fs::read_to_string(&path).unwrap();
                let text = text.split("#[cfg(test)]").next().unwrap_or_default();
                codes_in(text, found);
            }
        }
    }

    #[test]
    fn every_code_of_the_sources_is_described() {
        let mut used = BTreeSet::new();
        sources(&std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut used);
        assert!(used.contains("order_not_found") && used.contains("overloaded"), "{used:?}");
        let known: BTreeSet<&str> = PROBLEMS.iter().map(|(code, ..)| *code).collect();
        let missing: Vec<&String> =
            used.iter().filter(|code| !known.contains(code.as_str())).collect();
        assert!(missing.is_empty(), "not described: {missing:?}");
        assert!(PROBLEMS.is_sorted_by_key(|(code, ..)| *code));
    }
}
